// SPDX-License-Identifier: Apache-2.0

package spec_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/spec"
)

func TestMass(t *testing.T) {
	got, err := spec.ParseMass([]byte("\xef\xbb\xbf" + `{"options": {"connections": 5, "batchsize": 2, "batchdelay": 0.5}, "servers": [{"name": "a", "uri": "ws://a", "desc": "d"}, {"uri": "ws://b"}], "x": 1}`))
	want := spec.Mass{
		Connections: 5, BatchSize: 2, BatchDelay: 500 * time.Microsecond, RetryDelay: 10 * time.Millisecond,
		Servers: []spec.LoadServer{{"a", "ws://a", "d"}, {"ws://b", "ws://b", ""}},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	got, err = spec.ParseMass(spec.DefaultLoad(spec.MassConnect))
	if err != nil || got.Connections != 10000 || got.BatchSize != 100 || got.BatchDelay != 10*time.Millisecond || got.Servers[0].URL != "ws://127.0.0.1:9000" {
		t.Errorf("%+v, %v", got, err)
	}
}

// The options of a case go over those of its set, and those over our own.
func TestPerf(t *testing.T) {
	got, err := spec.ParsePerf([]byte(`{"options": {"debug": true}, "servers": [{"uri": "ws://a"}], "testsets": [
		{"options": {"outfile": "o", "digits": 2, "sep": ";", "rtts": true, "quantile_count": 4, "count": 7, "binary": false, "verify": true},
		 "cases": [{}, {"size": 0, "count": 1, "timeout": 50, "binary": true, "sync": false, "verify": false}]},
		{"mode": "echo", "cases": [{}]}]}`))
	want := spec.Perf{Servers: []spec.LoadServer{{"ws://a", "ws://a", ""}}, Sets: []spec.PerfSet{
		{OutFile: "o", Sep: ";", Digits: 2, Quantiles: 4, RTTs: true, Cases: []spec.PerfCase{
			{Count: 7, Size: 64, Timeout: 10 * time.Second, Sync: true, Verify: true},
			{Count: 1, Timeout: 50 * time.Millisecond, Binary: true},
		}},
		{Sep: "\t", Quantiles: 10, Cases: []spec.PerfCase{{Count: 1000, Size: 64, Timeout: 10 * time.Second, Binary: true, Sync: true}}},
	}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := spec.ParsePerf(spec.DefaultLoad(spec.WsperfControl)); err != nil || len(got.Sets) != 1 || len(got.Sets[0].Cases) != 4 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestLoadErrorsNameThePlace(t *testing.T) {
	mass := func(b []byte) error { _, err := spec.ParseMass(b); return err }
	perf := func(b []byte) error { _, err := spec.ParsePerf(b); return err }
	const servers = `"servers": [{"uri": "ws://a"}]`
	for _, c := range []struct {
		parse      func([]byte) error
		json, want string
	}{
		{mass, "", "line 1, column 1: unexpected end"},
		{mass, "null", "line 1: the specification is null: want an object"},
		{mass, "{\n\"options\": 7}", "line 2, column 12: options is a number: want an object"},
		{mass, "{\n\"options\": {\"connections\": \"7\"}}", "line 2, column 30: options.connections is a string: want a number"},
		{mass, "{}", "servers: there are none"},
		{mass, `{"servers": [{"uri": "ws://a"}, {"name": "b"}]}`, "servers[1]: there is no uri"},
		{mass, `{"options": {"connections": 0}, ` + servers + `}`, "options.connections is 0: want a whole number from 1 to 10000000"},
		{mass, `{"options": {"connections": 1e300}, ` + servers + `}`, "options.connections is 1e+300: want"},
		{mass, `{"options": {"batchsize": 1.5}, ` + servers + `}`, "options.batchsize is 1.5: want a whole number"},
		{mass, `{"options": {"batchdelay": -1}, ` + servers + `}`, "options.batchdelay is -1: want milliseconds from 0 to 3600000"},
		{perf, "\xff\xfe{\x00", "UTF-16"},
		{perf, `{` + servers + `}`, "testsets: there are none"},
		{perf, `{` + servers + `, "testsets": [{}]}`, "testsets[0].cases: there are none"},
		{perf, `{` + servers + `, "testsets": [{"mode": "x", "cases": [{}]}]}`, `testsets[0].mode is "x": there is only "echo"`},
		{perf, `{` + servers + `, "testsets": [{"options": {"sep": ""}, "cases": [{}]}]}`, `testsets[0].options.sep is "": want`},
		{perf, `{` + servers + `, "testsets": [{"options": {"digits": 9}, "cases": [{}]}]}`, "testsets[0].options.digits is 9: want a whole number from 0 to 3"},
		{perf, `{` + servers + `, "testsets": [{"options": {"count": 0}, "cases": [{}]}]}`, "testsets[0].options.count is 0"},
		{perf, `{` + servers + `, "testsets": [{"cases": [{}, {"size": -1}]}]}`, "testsets[0].cases[1].size is -1: want"},
		{perf, `{` + servers + `, "testsets": [{"cases": [{"timeout": 0}]}]}`, "testsets[0].cases[0].timeout is 0: want milliseconds from 1"},
		{perf, "{\"testsets\": [{\"cases\": [\n{\"sync\": 1}]}]}", "line 2, column 10: testsets.cases.sync is a number: want true or false"},
	} {
		if err := c.parse([]byte(c.json)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", c.json, err, c.want)
		}
	}
	path := filepath.Join(t.TempDir(), "m.json")
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := spec.ReadMass(path); err == nil || !strings.HasPrefix(err.Error(), path+": line 1") {
		t.Error(err)
	}
	if _, err := spec.ReadPerf(path + "x"); err == nil || !strings.HasPrefix(err.Error(), "read specification: open ") {
		t.Error(err)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(spec.DefaultLoad(spec.MassConnect))
	f.Add(spec.DefaultLoad(spec.WsperfControl))
	f.Fuzz(func(t *testing.T, b []byte) {
		if m, err := spec.ParseMass(b); err == nil && (m.Connections < 1 || m.BatchSize < 1 || m.BatchDelay < 0 || m.RetryDelay < 0 || len(m.Servers) == 0) {
			t.Fatalf("%q gives %+v", b, m)
		}
		p, err := spec.ParsePerf(b)
		if err != nil {
			return
		}
		for _, s := range p.Sets {
			for _, c := range s.Cases {
				if c.Count < 1 || c.Size < 0 || c.Timeout <= 0 {
					t.Fatalf("%q gives %+v", b, c)
				}
			}
		}
	})
}
