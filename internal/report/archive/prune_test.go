// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// What is cut off is null, and what is no JSON is found, in what is cut off too.
func TestPrune(t *testing.T) {
	off := branches{"a": nil, "b": {"c": nil, "d": {"e": nil}}}
	for text, want := range map[string]string{
		`{}`: `{}`, ` [ ] `: ` [ ] `, `"x"`: `"x"`, `-0.5e+10`: `-0.5e+10`, "null\n": "null\n",
		`{"a": [1, {"a": "]\"}"}], "c": 2}`: `{"a":null, "c": 2}`,
		`{"a":"x","a":{}}`:                  `{"a":null,"a":null}`,
		`{"b": {"a": 1, "c": {"c": true}, "d": [{"e": 1}, 2, {"e": ""}]}}`: `{"b": {"a": 1, "c":null, "d": [{"e":null}, 2, {"e":null}]}}`,
		`{ "x" : { "a" : 1 } , "\u0061": false}`:                           `{ "x" : { "a" : 1 } , "\u0061": false}`,
	} {
		var p pruner
		if got, ok := p.prune([]byte(text), off); !ok || string(got) != want {
			t.Errorf("%s: %s, %v; want %s", text, got, ok, want)
		}
	}
	for _, text := range []string{
		``, ` `, `{`, `}`, `{"a"}`, `{"a":}`, `{"a": 1,}`, `{"a": [1 2]}`, `{"a": [1,]}`, `{"a": "\x"}`, `{"a": "\u12g4"}`, `{"a": "\u12`, "{\"a\": \"\n\"}",
		`{"a": 01}`, `{"a": -}`, `{"a": 1.}`, `{"a": .5}`, `{"a": 1e}`, `{"a": tru}`, `{"a": nul}`, `{a: 1}`, `{"a": 1} x`, `{"a": [}`, `{"a": "`, `{"a": "\`,
		strings.Repeat("[", deepest+1) + strings.Repeat("]", deepest+1),
	} {
		var p pruner
		if got, ok := p.prune([]byte(text), off); ok {
			t.Errorf("%.40s: %s", text, got)
		}
	}
}

// AddCaseFiles adds case files of ours and of the reference to what is fuzzed.
func AddCaseFiles(f *testing.F) {
	f.Helper()
	files, err := filepath.Glob("testdata/reference/*_case_*.json")
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, name := range append(files, "testdata/case.json", "testdata/case_native.json") {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
}

// FuzzLightCase holds what is read of a case file for summaries against what is left of
// all that is in it.
func FuzzLightCase(f *testing.F) {
	AddCaseFiles(f)
	f.Add([]byte(`{"id": "1", "wsspec": {"schema": 2, "seed": "0", "attempts": [{"number": 1, "log": ["x"], "seed": "f"}]}}`))
	l := newLightReader()
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, ok := l.pruner.prune(b, l.off); ok != json.Valid(b) {
			t.Errorf("taken: %v", ok)
		}
		whole, err := ReadCase(b)
		if err != nil {
			return
		}
		light, ok := l.result(b)
		if want := lighten(whole); !ok || !reflect.DeepEqual(light, want) {
			t.Errorf("%v\n%+v, %+v\nwant\n%+v, %+v", ok, light, light.Log, want, want.Log)
		}
	})
}
