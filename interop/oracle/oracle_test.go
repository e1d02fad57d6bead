// SPDX-License-Identifier: Apache-2.0

package oracle_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/interop/oracle"
)

func load(t testing.TB, name string) oracle.Table {
	t.Helper()
	table, err := oracle.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestLoad(t *testing.T) {
	servers, clients := load(t, oracle.Servers), load(t, oracle.Clients)
	for _, want := range []struct {
		table oracle.Table
		peer  string
		cases int
		id    string
		got   oracle.Outcome
	}{
		{servers, "go-gorilla", 319, "2.5", oracle.Outcome{Behavior: "OK", BehaviorClose: "OK", CloseCode: 1002}},
		{servers, "go-xnet", 319, "1.1.1", oracle.Outcome{Behavior: "OK", BehaviorClose: "UNCLEAN"}},
		{servers, "py-websockets", 318, "1.1.1", oracle.Outcome{Behavior: "OK", BehaviorClose: "OK", CloseCode: 1000}},
		{clients, "chromium", 269, "1.1.1", oracle.Outcome{Behavior: "OK", BehaviorClose: "OK", CloseCode: 1000}},
	} {
		p := want.table[want.peer]
		if len(p.Cases) != want.cases || p.Cases[want.id] != want.got {
			t.Errorf("%s: %d cases, %s is %v; want %d, %v",
				want.peer, len(p.Cases), want.id, p.Cases[want.id], want.cases, want.got)
		}
	}
	if n := len(servers["py-websockets"].Unstable["4.2.5"]); n != 2 {
		t.Errorf("py-websockets 4.2.5: %d outcomes seen, want 2", n)
	}
	if _, err := oracle.Load("../clients"); err == nil {
		t.Error("loaded a table that does not exist")
	}
}

func TestCompare(t *testing.T) {
	ok := oracle.Outcome{Behavior: "OK", BehaviorClose: "OK", CloseCode: 1000}
	nonStrict := oracle.Outcome{Behavior: "NON-STRICT", BehaviorClose: "OK", CloseCode: 1002}
	failed := oracle.Outcome{Behavior: "FAILED", BehaviorClose: "UNCLEAN"}
	otherCode := oracle.Outcome{Behavior: "OK", BehaviorClose: "OK", CloseCode: 1001}
	want := oracle.Peer{
		Cases: map[string]oracle.Outcome{"1.1.1": ok, "1.1.2": ok, "1.1.10": ok, "3.2": nonStrict, "7.1": ok, "7.2": ok},
		Unstable: map[string][]oracle.Outcome{
			"4.1": {{Behavior: "OK", BehaviorClose: "OK"}, {Behavior: "NON-STRICT", BehaviorClose: "OK"}},
			"4.2": {{Behavior: "OK", BehaviorClose: "OK"}},
		},
	}
	c := oracle.Compare(want, map[string]oracle.Outcome{
		"1.1.1": ok, "1.1.2": failed, "1.1.10": otherCode, "3.2": ok, // 7.x not run
		"4.1": nonStrict, "4.2": failed, "99.1": failed,
	})
	var b strings.Builder
	if err := c.Print(&b, "peer"); err != nil {
		t.Fatal(err)
	}
	wantText := `peer           compared 6, same 2, different 4, not run 2
  1.1.2    want OK / OK / 1000, got FAILED / UNCLEAN / no code
  1.1.10   want OK / OK / 1000, got OK / OK / 1001
  3.2      want NON-STRICT / OK / 1002, got OK / OK / 1000  (depends on timing: run it again)
  4.2      want OK / OK, got FAILED / UNCLEAN / no code  (unstable)
`
	if b.String() != wantText {
		t.Errorf("got:\n%swant:\n%s", b.String(), wantText)
	}
	if !slices.Equal(c.NotRun, []string{"7.1", "7.2"}) {
		t.Errorf("not run: %v", c.NotRun)
	}
	if c.Agrees() {
		t.Error("agrees in spite of differences")
	}
}

func TestAgrees(t *testing.T) {
	ok := oracle.Outcome{Behavior: "OK", BehaviorClose: "OK"}
	failed := oracle.Outcome{Behavior: "FAILED", BehaviorClose: "OK"}
	want := oracle.Peer{
		Cases:    map[string]oracle.Outcome{"1.1": ok},
		Unstable: map[string][]oracle.Outcome{"1.2": {ok}},
	}
	for _, tt := range []struct {
		name string
		got  map[string]oracle.Outcome
		want bool
	}{
		{"same", map[string]oracle.Outcome{"1.1": ok, "1.2": ok}, true},
		{"only an unstable case differs", map[string]oracle.Outcome{"1.1": ok, "1.2": failed}, true},
		{"different", map[string]oracle.Outcome{"1.1": failed}, false},
		{"nothing compared", map[string]oracle.Outcome{"9.9": ok}, false},
	} {
		if got := oracle.Compare(want, tt.got).Agrees(); got != tt.want {
			t.Errorf("%s: Agrees is %v", tt.name, got)
		}
	}
}

const index = `{
   "go-gws": {
      "1.1.1": {"behavior": "OK", "behaviorClose": "OK", "duration": 2, "remoteCloseCode": 1000, "reportfile": "go_gws_case_1_1_1.json"},
      "1.1.2": {"behavior": "FAILED", "behaviorClose": "UNCLEAN", "duration": 2, "remoteCloseCode": null, "reportfile": "x.json"}
   }
}`

func TestReadReport(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "index.json")
	if err := os.WriteFile(file, []byte(index), 0o666); err != nil {
		t.Fatal(err)
	}
	want := map[string]oracle.Outcome{
		"1.1.1": {Behavior: "OK", BehaviorClose: "OK", CloseCode: 1000},
		"1.1.2": {Behavior: "FAILED", BehaviorClose: "UNCLEAN"},
	}
	for _, path := range []string{file, dir} {
		report, err := oracle.ReadReport(path)
		if err != nil || !maps.Equal(report["go-gws"], want) {
			t.Errorf("%s: %v, %v", path, report, err)
		}
	}
}

func TestReportErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                   "unexpected end",
		`[]`:                 "cannot unmarshal",
		`{"a": {"1.1": {}}}`: `agent "a", case "1.1"`,
		`{"a": {"1.1": {"behavior": "OK", "behaviorClose": "OK", "remoteCloseCode": "x"}}}`: "RemoteCloseCode",
	} {
		if _, err := oracle.ParseReport(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

func TestAgent(t *testing.T) {
	a := map[string]oracle.Outcome{"1.1": {Behavior: "OK", BehaviorClose: "OK"}}
	b := map[string]oracle.Outcome{"1.2": {Behavior: "OK", BehaviorClose: "OK"}}
	one, two := oracle.Report{"a": a}, oracle.Report{"a": a, "b": b}
	for _, tt := range []struct {
		report oracle.Report
		name   string
		want   map[string]oracle.Outcome // nil for an error
	}{
		{two, "b", b},
		{two, "x", nil},
		{two, "", nil},
		{one, "", a},
		{one, "x", nil},
		{oracle.Report{}, "", nil},
	} {
		got, err := tt.report.Agent(tt.name)
		if !maps.Equal(got, tt.want) || (err == nil) != (tt.want != nil) {
			t.Errorf("%v, agent %q: %v, %v", tt.report, tt.name, got, err)
		}
	}
}

func FuzzParseReport(f *testing.F) {
	f.Add(index)
	f.Add(`{"a": null, "b": {"1": null}}`)
	servers := load(f, oracle.Servers)
	f.Fuzz(func(t *testing.T, text string) {
		report, err := oracle.ParseReport(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, cases := range report {
			for id, o := range cases {
				if o.Behavior == "" || o.BehaviorClose == "" {
					t.Errorf("case %q without verdict: %v", id, o)
				}
			}
			c := oracle.Compare(servers["go-gws"], cases)
			if c.Compared+len(c.NotRun) != len(servers["go-gws"].Cases) {
				t.Errorf("compared %d, not run %d", c.Compared, len(c.NotRun))
			}
		}
	})
}
