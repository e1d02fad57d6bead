// SPDX-License-Identifier: Apache-2.0

package results_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/golden"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/baseline"
	"github.com/wsspec/wsspec/internal/report/reporttest"
	"github.com/wsspec/wsspec/internal/report/results"
	"github.com/wsspec/wsspec/internal/report/telling"
)

func write(t *testing.T, rep *report.Report, v report.View) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := results.Write(&b, rep, v); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var view = report.View{
	Title: "Nightly", Made: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC), Strict: true,
	Known: func(r report.Result) (string, bool) { return "issue 17", r.ID == "7.5.1" },
}

func TestWrite(t *testing.T) {
	golden.Check(t, "results.json", write(t, reporttest.Mixed(), view))
}

// schema is the part of JSON Schema that ours uses.
type schema struct {
	Type       any                `json:"type"`
	Ref        string             `json:"$ref"`
	Const      any                `json:"const"`
	Enum       []any              `json:"enum"`
	Required   []string           `json:"required"`
	Properties map[string]*schema `json:"properties"`
	Additional json.RawMessage    `json:"additionalProperties"`
	Items      *schema            `json:"items"`
	Defs       map[string]*schema `json:"$defs"`

	Dialect     string `json:"$schema"`
	ID          string `json:"$id"`
	Title       string `json:"title"`
	Description string `json:"description"`
}

func readSchema(t *testing.T) *schema {
	t.Helper()
	b, err := os.ReadFile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields() // a keyword that this test does not check
	s := new(schema)
	if err := d.Decode(s); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *schema) check(root *schema, at string, v any) error {
	if name, ok := strings.CutPrefix(s.Ref, "#/$defs/"); ok {
		if s = root.Defs[name]; s == nil {
			return fmt.Errorf("%s: no definition of %s", at, name)
		}
	}
	if s.Const != nil && s.Const != v || s.Enum != nil && !slices.Contains(s.Enum, v) {
		return fmt.Errorf("%s: %v is not one of those allowed", at, v)
	}
	if !s.hasType(v) {
		return fmt.Errorf("%s: %T, want %v", at, v, s.Type)
	}
	switch v := v.(type) {
	case []any:
		for i, item := range v {
			if err := s.Items.check(root, fmt.Sprintf("%s[%d]", at, i), item); err != nil {
				return err
			}
		}
	case map[string]any:
		for _, key := range s.Required {
			if _, ok := v[key]; !ok {
				return fmt.Errorf("%s: no %s", at, key)
			}
		}
		for key, item := range v {
			property := s.Properties[key]
			if property == nil {
				if string(s.Additional) == "false" {
					return fmt.Errorf("%s: %s is not in the schema", at, key)
				}
				if err := json.Unmarshal(s.Additional, &property); err != nil {
					return err
				}
			}
			if err := property.check(root, at+"."+key, item); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *schema) hasType(v any) bool {
	types, ok := s.Type.([]any)
	if !ok {
		types = []any{s.Type}
	}
	for _, want := range types {
		number, isNumber := v.(float64)
		switch want {
		case nil:
			return true
		case "object":
			_, ok = v.(map[string]any)
		case "array":
			_, ok = v.([]any)
		case "string":
			_, ok = v.(string)
		case "boolean":
			_, ok = v.(bool)
		case "number":
			ok = isNumber
		case "integer":
			ok = isNumber && number == math.Trunc(number)
		case "null":
			ok = v == nil
		}
		if ok {
			return true
		}
	}
	return false
}

func TestSchema(t *testing.T) {
	s := readSchema(t)
	validate := func(b []byte) error {
		var v any
		if err := json.Unmarshal(b, &v); err != nil {
			return err
		}
		return s.check(s, "results", v)
	}
	for name, rep := range map[string]*report.Report{"mixed": reporttest.Mixed(), "catalogue": reporttest.Catalogue(1, cases.All(cases.Current)), "empty": {}} {
		for _, v := range []report.View{{}, view} {
			if err := validate(write(t, rep, v)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	good := string(write(t, reporttest.Mixed(), view))
	for from, to := range map[string]string{
		`"version": 2`: `"version": 3`, `"behavior": "OK"`: `"behavior": "FINE"`, `"strict": true`: `"strict": "yes"`, `"role"`: `"rule"`, `"duration": 7`: `"duration": null`,
	} {
		bad := strings.Replace(good, from, to, 1)
		if bad == good || validate([]byte(bad)) == nil {
			t.Errorf("the schema does not mind %s", to)
		}
	}
}

func TestRead(t *testing.T) {
	for _, rep := range []*report.Report{reporttest.Mixed(), reporttest.Hostile()} {
		got, err := results.Read(bytes.NewReader(write(t, rep, view)))
		if err != nil {
			t.Fatal(err)
		}
		again, err := results.Read(bytes.NewReader(write(t, got, view)))
		if err != nil || len(baseline.Diff(got, again)) != 0 || len(got.Agents) != len(rep.Agents) {
			t.Errorf("read again: %v, %v", baseline.Diff(got, again), err)
		}
	}
	rep := reporttest.Mixed()
	got, err := results.Read(bytes.NewReader(write(t, rep, view)))
	if err != nil {
		t.Fatal(err)
	}
	if changes := baseline.Diff(rep, got); len(changes) > 0 {
		t.Errorf("what was read differs: %v", changes)
	}
	for i, a := range rep.Agents {
		for j, want := range a.Results {
			r := got.Agents[i].Results[j]
			if r.ID != want.ID || r.Verdict != want.Verdict || r.Took != want.Took || r.Seed != want.Seed || !r.Started.Equal(want.Started) ||
				!reflect.DeepEqual(r.Log.Facts.Remote, want.Log.Facts.Remote) || telling.Command(r) != telling.Command(want) || len(r.Others) != len(want.Others) {
				t.Errorf("%s %s: got %+v, want %+v", a.Name, want.ID, r, want)
			}
		}
	}
}

// Attempts come back but for their logs, and those of version 1 as what load may
// have spoilt.
func TestReadAttempts(t *testing.T) {
	rep := reporttest.Mixed()
	got, err := results.Read(bytes.NewReader(write(t, rep, view)))
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range rep.Agents {
		for j, want := range a.Results {
			for k := range want.Others {
				want.Others[k].Records, want.Others[k].Left = nil, 0
			}
			r := got.Agents[i].Results[j]
			if r.Attempt != want.Attempt || r.Flakiness() != want.Flakiness() || !reflect.DeepEqual(r.Others, want.Others) {
				t.Errorf("%s %s: got %d, %+v\nwant %d, %+v", a.Name, want.ID, r.Attempt, r.Others, want.Attempt, want.Others)
			}
		}
	}
	const old = `{"version":1,"agents":[{"name":"a","results":[{"case":"1.1.1","behavior":"OK","attempts":[{"behavior":"FAILED","behaviorClose":"OK","duration":2,"why":"x"}]}]}]}`
	if got, err = results.Read(strings.NewReader(old)); err != nil {
		t.Fatal(err)
	}
	if r := got.Agents[0].Results[0]; r.Attempt != 2 || !r.Others[0].Loaded || r.Others[0].Number != 1 || r.Flaky() {
		t.Errorf("version 1: attempt %d beside %+v", r.Attempt, r.Others)
	}
}

func TestReadErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":              "the file is empty",
		"{}":            "it has no version: this is no JSON report",
		`{"version":3}`: "version 3, this program reads 1 to 2",
		`{"version":1,"agents":[{"name":"a","results":[{}]}]}`: `result 1 of agent "a" has no case`,
		`{"version":1,"agents":{}}`:                            "line 1, octet 23: agents is an object: want an array",
	} {
		if _, err := results.Read(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"version":1,"agents":[{"name":"a","results":[{"case":"1.1.1","behavior":"OK","duration":1e300,"seed":"-1","remoteCloseCode":70000,"attempts":[{}]}]}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		rep, err := results.Read(bytes.NewReader(b))
		if err != nil {
			return
		}
		again, err := results.Read(bytes.NewReader(write(t, rep, report.View{})))
		if err != nil || len(baseline.Diff(rep, again)) > 0 {
			t.Errorf("written and read again: %v, %v", baseline.Diff(rep, again), err)
		}
	})
}
