// SPDX-License-Identifier: Apache-2.0

package spec_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/spec"
)

func TestDefaultsAreReadBack(t *testing.T) {
	s, err := spec.Parse(spec.Default(spec.FuzzingClient), spec.FuzzingClient)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Servers) != 1 || s.Servers[0].URL != "ws://127.0.0.1:9001" || s.OutDir != "./reports/servers" || !reflect.DeepEqual(s.Cases, []string{"*"}) {
		t.Errorf("got %+v", s)
	}
	s, err = spec.Parse(spec.Default(spec.FuzzingServer), spec.FuzzingServer)
	if err != nil || s.URL != "ws://127.0.0.1:9001" || s.OutDir != "./reports/clients" {
		t.Errorf("got %+v, %v", s, err)
	}
}

// What specifications in use look like.
func TestFilesAsTheyAreFound(t *testing.T) {
	s, err := spec.Parse([]byte("\xef\xbb\xbf{\n\t\"webport\": 8080, \"enable-ssl\": false,\n"+
		"\t\"options\": {\"failByDrop\": false, \"version\": 13, \"openHandshakeTimeout\": 2.5},\n"+
		"\t\"servers\": [{\"agent\": \"a\", \"url\": \"ws://h:1/\", \"options\": {\"version\": 18, \"failByDrop\": true}}, {\"url\": \"ws://h:2\"}],\n"+
		"\t\"cases\": [\"1[1-4].*\"], \"exclude-cases\": [\"\"]}"), spec.FuzzingClient)
	if err != nil {
		t.Fatal(err)
	}
	if !s.Servers[0].Options.FailByDrop || s.Servers[1].Options.FailByDrop {
		t.Errorf("a server's options hold for it alone: %+v", s.Servers)
	}
	if s.Servers[0].Options.OpenTimeout != 2500*time.Millisecond {
		t.Errorf("options for all hold for each: %+v", s.Servers[0].Options)
	}
	if s.OutDir != "./reports/servers" {
		t.Errorf("outdir %q", s.OutDir)
	}
}

// The reference goes through whatever stands in place of a list, so that files have what
// is empty in other ways, and "*" for everything.
func TestListsAsTheyAreFound(t *testing.T) {
	for json, want := range map[string]spec.Spec{
		`{}`:             {Cases: []string{"*"}},
		`{"cases": "*"}`: {Cases: []string{"*"}},
		`{"cases": []}`:  {Cases: []string{}},
		`{"cases": ""}`:  {Cases: []string{}},
		`{"cases": ["1.*"], "exclude-cases": "", "exclude-agent-cases": []}`:                        {Cases: []string{"1.*"}, ExcludeCases: []string{}},
		`{"cases": ["1.*"], "exclude-cases": {}, "exclude-agent-cases": ""}`:                        {Cases: []string{"1.*"}, ExcludeCases: []string{}},
		`{"cases": ["1.*"], "exclude-agent-cases": {"*": ["2.*"], "b": "", "c": "*"}}`:              {Cases: []string{"1.*"}, ExcludeAgentCases: map[string][]string{"*": {"2.*"}, "b": {}, "c": {"*"}}},
		`{"cases": ["1.*"], "servers": [], "protocols": [], "options": {"version": null}}`:          {Cases: []string{"1.*"}},
		`{"cases": ["1.*"], "servers": null, "options": null, "key": null, "cert": null}`:           {Cases: []string{"1.*"}},
		`{"cases": ["1.*"], "options": {"version": 18.0, "failByDrop": null, "tcpNoDelay": "yes"}}`: {Cases: []string{"1.*"}},
	} {
		s, err := spec.Parse([]byte(json), spec.FuzzingServer)
		if err != nil {
			t.Errorf("%s: %v", json, err)
			continue
		}
		if !reflect.DeepEqual(s.Cases, want.Cases) || !reflect.DeepEqual(s.ExcludeCases, want.ExcludeCases) || !reflect.DeepEqual(s.ExcludeAgentCases, want.ExcludeAgentCases) {
			t.Errorf("%s: %q, without %q and %q; want %q, %q and %q", json, s.Cases, s.ExcludeCases, s.ExcludeAgentCases, want.Cases, want.ExcludeCases, want.ExcludeAgentCases)
		}
	}
}

// The drafts of RFC 6455 whose protocol is that of the RFC are in specification files too.
func TestVersions(t *testing.T) {
	for v := 10; v < 21; v++ {
		_, err := spec.Parse(fmt.Appendf(nil, `{"servers": [{"url": "ws://x", "options": {"version": %d}}]}`, v), spec.FuzzingClient)
		if want := v >= 13 && v <= 18; want != (err == nil) {
			t.Errorf("version %d: %v", v, err)
		}
	}
}

func TestErrorsNameThePlace(t *testing.T) {
	for _, tt := range []struct{ json, want string }{
		{"{\n  \"cases\": [\"*\",]\n}", "line 2, column"},
		{"{\n\"cases\": \"1.*\"}", "line 2, column 14: cases is a string: want an array"},
		{"{\n\"cases\": [1]}", "line 2, column 11: cases is a number: want a string"},
		{`{"exclude-agent-cases": {"a": "1.*"}}`, "exclude-agent-cases is a string: want an array"},
		{`{"servers": [{"url": "ws://x"}, {"agent": "y"}]}`, "servers[1]: there is no url"},
		{`{"servers": [{"url": "ws://x", "options": {"failByDrop": 1}}]}`, "servers[0].options"},
		{`{"options": {"version": 8}}`, "version 8"},
		{`{"options": {"autoFragmentSize": -1}}`, "autoFragmentSize is -1"},
		{`{"options": {"closeHandshakeTimeout": 1e300}}`, "closeHandshakeTimeout"},
		{`[]`, "the specification is a array: want an object"},
		{`{"options": {"maxFramePayloadSize": 1e400}}`, "options: maxFramePayloadSize is 1e400: that is too large"},
		{"{\n\"options\": {\n\"failByDrop\": 1}}", "options: failByDrop is a number: want true or false"},
		{"\xff\xfe{\x00}\x00", "this is UTF-16: save it as UTF-8"},
		{``, "unexpected end"},
	} {
		if _, err := spec.Parse([]byte(tt.json), spec.FuzzingClient); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %s", tt.json, err, tt.want)
		}
	}
	path := filepath.Join(t.TempDir(), "my.json")
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := spec.Read(path, spec.FuzzingClient); err == nil || !strings.HasPrefix(err.Error(), path+": line 1") {
		t.Errorf("got %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(spec.Default(spec.FuzzingClient))
	f.Add(spec.Default(spec.FuzzingServer))
	f.Add([]byte(`{"options": {"maxFramePayloadSize": 1e99}, "servers": [{"url": "ws://x", "options": null}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := spec.Parse(b, spec.FuzzingClient)
		if err != nil {
			return
		}
		for _, server := range s.Servers {
			if server.URL == "" || server.Options.MaxFrame < 0 || server.Options.OpenTimeout < 0 {
				t.Fatalf("%q gives %+v", b, server)
			}
		}
	})
}
