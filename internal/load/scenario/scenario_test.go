// SPDX-License-Identifier: Apache-2.0

package scenario_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/load/scenario"
)

func TestParse(t *testing.T) {
	want := []scenario.Entry{
		{"command", 2, []string{"echo"}}, {"url", 3, []string{"ws://localhost:9001"}}, {"rate", 4, []string{"2.5"}},
		{"size", 5, []string{"64"}}, {"binary", 6, []string{"true"}}, {"hold", 7, []string{"1m"}}, {"fail-if", 8, []string{"p99>5ms", "failed>0"}}, {"slo", 9, []string{"p50<1s"}},
	}
	for _, text := range []string{
		"# a plan\ncommand: echo\nurl: ws://localhost:9001\nrate: 2.5\nsize: 64\nbinary: True\nhold: 1m\nfail-if: [p99>5ms, failed>0]\nslo: p50<1s\n",
		"{\n\t\"command\": \"echo\",\n\"url\": \"ws:\\/\\/localhost:9001\", \n\"rate\": 2.5,\n \"size\": 64,\n\"binary\": true,\n\"hold\": \"1m\",\n\"fail-if\":\t[\"p99>5ms\", \"failed>0\"],\n\"slo\": \"p50<1s\"}\n",
	} {
		got, err := scenario.Parse("plan", []byte(text))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s\n%v, %v\nwant %v", text, got, err, want)
		}
	}
}

// One message for each mistake: the file, the line and what to do.
func TestMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"":                                      "f: it is empty: want keys such as url and connections",
		"- a":                                   "f:1: want keys with values, such as connections: 100",
		"url: a\nconections: 1":                 `f:2: there is no key "conections": did you mean "connections"?`,
		"in_flight: 1":                          `f:1: there is no key "in_flight": did you mean "in-flight"?`,
		"whatever: 1":                           `f:1: there is no key "whatever": there are alpn, batch, `,
		"rate: 1\n\nrate: 2":                    "f:3: rate is there twice, first in line 1",
		"rate: fast":                            `f:1: rate: want a number, not "fast"`,
		"connections: 1.5":                      `f:1: connections: want a whole number, not "1.5"`,
		"connections: [1]":                      "f:1: connections: want a whole number",
		"connections: \"1\"":                    `f:1: connections: want a whole number, not "1"`,
		"hold: 5":                               `f:1: hold: want a duration with a unit, such as 500ms, 10s or 1m30s, not "5"`,
		"hold: soon":                            `f:1: hold: want a duration with a unit, such as 500ms, 10s or 1m30s, not "soon"`,
		"binary: yes please":                    `f:1: binary: want true or false, not "yes please"`,
		"command: run":                          `f:1: command: want one of connect, echo, broadcast, find, not "run"`,
		"fail-if: [1]":                          "f:1: fail-if: want a text, or a list of texts",
		"xy: 1":                                 `f:1: there is no key "xy": there are alpn, batch, `,
		"rte: 1":                                `f:1: there is no key "rte": did you mean "rate"?`,
		"url: a\n---\nurl: b\n":                 "f:2: a second document begins here: want one, so no line of ---",
		"url: a\n---\n":                         "f:2: a second document",
		"url: a\n---\nurl: [\n":                 "f:3: no valid YAML: ",
		"a: &a 1\nurl: *a":                      `f:1: there is no key "a"`,
		"url: x\nbatch: *a":                     "f: no valid YAML: unknown anchor 'a' referenced",
		"url: x\n\tbatch: 1":                    "f:2: no valid YAML: found a tab character that violates indentation",
		"{\n\"rate\": 1,\n}":                    "f:3: no valid JSON: ",
		"{\"rate\": 1} x":                       "f:1: no valid JSON: ",
		"? [a]\n: 1":                            "f:1: a key has to be a word",
		strings.Repeat(" ", 1+scenario.MaxFile): "f: it has more than 1048576 octets",
	} {
		_, err := scenario.Parse("f", []byte(text))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.60q: %v\nwant %s", text, err, want)
		}
	}
}

func TestCommands(t *testing.T) {
	for _, key := range scenario.Keys() {
		if len(scenario.Commands(key)) == 0 {
			t.Errorf("no command has the key %s", key)
		}
	}
	if scenario.Commands("nope") != nil {
		t.Error("there is a key nope")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("command: echo\nurl: ws://x\nfail-if:\n- p99>5ms\n"))
	f.Add([]byte(`{"command": "find", "slo": ["p99<1ms"], "size": "64:9,4k:1"}`))
	f.Add([]byte("a: &a [*a, *a]\n<<: *a"))
	f.Fuzz(func(t *testing.T, text []byte) {
		entries, err := scenario.Parse("f", text)
		if err != nil {
			if _, ok := errors.AsType[*scenario.Error](err); !ok {
				t.Errorf("%T: %v", err, err)
			}
			return
		}
		for _, e := range entries {
			if e.Line < 1 || scenario.Commands(e.Key) == nil {
				t.Errorf("%+v", e)
			}
		}
	})
}
