// SPDX-License-Identifier: Apache-2.0

package load_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/load"
	"github.com/wsspec/wsspec/internal/load/stats"
)

// schema is the part of JSON Schema that ours uses.
type schema struct {
	Type       any                `json:"type"`
	Ref        string             `json:"$ref"`
	Enum       []any              `json:"enum"`
	Required   []string           `json:"required"`
	Properties map[string]*schema `json:"properties"`
	Additional any                `json:"additionalProperties"`
	Items      *schema            `json:"items"`
	Defs       map[string]*schema `json:"$defs"`

	Dialect     string `json:"$schema"`
	ID          string `json:"$id"`
	Title       string `json:"title"`
	Description string `json:"description"`
}

func readSchema(t *testing.T, text string) *schema {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields() // a keyword that this test does not check
	s := new(schema)
	if err := d.Decode(s); err != nil {
		t.Fatal(err)
	}
	return s
}

// check collects what is wrong with a value, and which properties it has.
func (s *schema) check(root *schema, at string, v any, seen map[string]bool) error {
	if name, ok := strings.CutPrefix(s.Ref, "#/$defs/"); ok {
		if s = root.Defs[name]; s == nil {
			return fmt.Errorf("%s: no definition of %s", at, name)
		}
	}
	if s.Enum != nil && !slices.Contains(s.Enum, v) {
		return fmt.Errorf("%s: %v is not one of those allowed", at, v)
	}
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			if err := s.Items.check(root, at+"[]", item, seen); err != nil {
				return err
			}
		}
		return s.is(at, "array")
	case map[string]any:
		for _, key := range s.Required {
			if _, ok := v[key]; !ok {
				return fmt.Errorf("%s: no %s", at, key)
			}
		}
		for key, item := range v {
			seen[at+"."+key] = true
			property := s.Properties[key]
			if property == nil {
				if s.Additional == false {
					return fmt.Errorf("%s: %s is not in the schema", at, key)
				}
				continue
			}
			if err := property.check(root, at+"."+key, item, seen); err != nil {
				return err
			}
		}
		return s.is(at, "object")
	case string:
		return s.is(at, "string")
	case bool:
		return s.is(at, "boolean")
	case float64:
		if v == math.Trunc(v) && s.Type == "integer" {
			return nil
		}
		return s.is(at, "number")
	}
	return fmt.Errorf("%s: %T", at, v)
}

func (s *schema) is(at, kind string) error {
	if s.Type != kind {
		return fmt.Errorf("%s is a %s, want %v", at, kind, s.Type)
	}
	return nil
}

// full is a result in which nothing is missing.
func full(t *testing.T) *load.Result {
	t.Helper()
	s := &stats.Snapshot{Counts: stats.Counts{
		Attempts: 12, Opened: 10, Failed: 1, Retries: 1, Held: 9, Lost: 1,
		Sent: 100, Messages: 98, Bytes: 9800, Missing: 2, Wrong: 1, Pings: 10, Pongs: 9,
	}, Ramp: 2 * time.Second, End: 12 * time.Second}
	for i, p := range stats.Phases() {
		for k := range 100 {
			s.Record(p, time.Duration(i+1)*time.Millisecond+time.Duration(k)*time.Microsecond)
		}
	}
	s.Fail("refused", 2, "dial tcp 127.0.0.1:1: connect: connection refused")
	s.Series.At(0).Opened = 10
	s.Series.At(0).Record(time.Millisecond)
	s.Series.At(time.Second).Ended = 1
	step := load.Step{At: 100, Holds: true, Verdicts: []load.Verdict{{Text: "p99<50ms", OK: true, Value: "1ms"}}}
	r, err := load.Conclude(load.Plan{Kind: load.Echo, URL: "ws://localhost:9001", Connections: 10, FailIf: []string{"p99>5ms", "failed>0"}, Hold: load.Duration(time.Second)}, load.Run{
		Wsspec: "devel", Started: time.Date(2026, 3, 4, 5, 6, 7, 8, time.UTC), Interrupted: "SIGINT", Messaging: 10 * time.Second,
		Preflight: []load.Finding{{Limit: "files", OK: true, Need: 10, Have: 20, Text: "enough", Remedy: "ulimit -n 30"}},
		Server:    &load.Resources{Process: 42, Name: "server", CPUS: 1.5, MemoryPeak: 1 << 20, Unknown: "?"}, Client: &load.Resources{},
	}, s)
	if err != nil {
		t.Fatal(err)
	}
	r.Amiss = "no message came back"
	r.Curve, r.Best = []load.Step{step}, &step
	return r
}

func asJSON(t *testing.T, r *load.Result) map[string]any {
	t.Helper()
	var b bytes.Buffer
	if err := load.WriteJSON(&b, r); err != nil {
		t.Fatal(err)
	}
	var v map[string]any
	if err := json.Unmarshal(b.Bytes(), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// The JSON of a full result and of an empty one is as the schema says, and the schema has
// no key that is never written.
func TestResultFitsTheSchema(t *testing.T) {
	s := readSchema(t, load.Schema())
	empty, err := load.Conclude(load.Plan{Kind: load.Connect}, load.Run{}, new(stats.Snapshot))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, r := range []*load.Result{full(t), empty} {
		if err := s.check(s, "", asJSON(t, r), seen); err != nil {
			t.Error(err)
		}
	}
	for key := range s.Properties {
		if !seen["."+key] {
			t.Errorf("%s is in the schema and not in a full result", key)
		}
	}
}

func TestConclude(t *testing.T) {
	r := full(t)
	if r.ConnectRate != 5 || r.MessageRate != 9.8 || r.DurationS != 12 || r.Latency.TLS.P50 != 2049.535 && r.Latency.TLS.P50 < 2049 {
		t.Errorf("%+v", r)
	}
	want := []load.Verdict{{Text: "p99>5ms", OK: false, Value: "5.1ms"}, {Text: "failed>0", OK: false, Value: "1"}}
	if !slices.Equal(r.Thresholds, want) || r.OK() {
		t.Errorf("thresholds %+v", r.Thresholds)
	}
	if last := r.Series[len(r.Series)-1]; last.Held != 9 || len(r.Series) != 11 || last.AtS != 1.1 {
		t.Errorf("series %+v", r.Series)
	}
}
