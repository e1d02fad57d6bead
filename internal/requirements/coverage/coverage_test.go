// SPDX-License-Identifier: Apache-2.0

package coverage_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/requirements"
	"github.com/wsspec/wsspec/internal/requirements/coverage"
	"github.com/wsspec/wsspec/internal/verdict"
)

func table(t *testing.T) requirements.Table {
	t.Helper()
	parsed, err := requirements.Parse(`
spec RFC 1: One
section 1: A
1-1-1 both MUST: Both.
1-1-2 client MUST: Client.
1-1-3 server MAY: Permitted.
section 1.1: B
1-1.1-1 both SHOULD: Looked at.
1-1.1-2 both MUST: Excepted.
1-1.1-3 both MUST: Uncovered.
spec RFC 2: Two
2-1 other MUST: Nobody.
    no: nobody can
`)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func named(id string, names ...string) conform.Case { return conform.Case{ID: id, Requirements: names} }

func playedOn(roles conform.Roles, c conform.Case) conform.Case { c.Only = roles; return c }

func wanting(w verdict.Want, c conform.Case) conform.Case { c.Want = w; return c }

func TestOf(t *testing.T) {
	got := coverage.Of(table(t), []conform.Case{
		playedOn(conform.AsClient, named("1.1", "1-1-1")),
		named("1.2", "1-1-1", "1-1-2"),
		wanting(verdict.Want{Informational: true}, named("1.3", "1-1-3", "1-1.1-1")),
		playedOn(conform.AsServer, named("1.4", "1-1-3")),
		named("1.5"),
	}, map[string]string{"1-1.1-2": "why not"})
	var lines []string
	for _, e := range got.Entries {
		lines = append(lines, fmt.Sprintf("%s %s %v looks %v servers %v clients %v %q", e.ID, e.State, e.Cases, e.Looks, e.Servers, e.Clients, e.Exception))
	}
	want := []string{
		`1-1-1 covered [1.1 1.2] looks [] servers true clients true ""`,
		`1-1-2 covered [1.2] looks [] servers false clients true ""`,
		`1-1-3 covered [1.3 1.4] looks [] servers true clients true ""`,
		`1-1.1-1 uncovered [] looks [1.3] servers false clients false ""`,
		`1-1.1-2 excepted [] looks [] servers false clients false "why not"`,
		`1-1.1-3 uncovered [] looks [] servers false clients false ""`,
		`2-1 untestable [] looks [] servers false clients false ""`,
	}
	if !reflect.DeepEqual(lines, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
	if len(got.Problems) > 0 || !reflect.DeepEqual(got.Unnamed, []string{"1.5"}) {
		t.Errorf("problems %q, unnamed %q", got.Problems, got.Unnamed)
	}
	var counts []string
	for _, s := range append(got.Sections, got.Spec("RFC 1"), got.Total) {
		counts = append(counts, fmt.Sprintf("%s %d+%d+%d of %d", s, s.Covered, s.Uncovered, s.Excepted, s.Total()))
	}
	if want := []string{"RFC 1, 1 3+0+0 of 3", "RFC 1, 1.1 0+2+1 of 3", "RFC 2 0+0+0 of 0", "RFC 1 3+2+1 of 6", " 3+2+1 of 6"}; !reflect.DeepEqual(counts, want) {
		t.Errorf("counts %q, want %q", counts, want)
	}
}

// A case that comes to INFORMATIONAL whatever the peer does covers nothing but what
// is permitted.
func TestCasesThatCannotFail(t *testing.T) {
	ok := verdict.Outcome{Grade: verdict.OK}
	failed := verdict.Outcome{Grade: verdict.Failed}
	turns := func(w verdict.Want) conform.Case {
		c := wanting(verdict.Want{Informational: true}, named("1.1", "1-1-1"))
		c.Turns = []conform.Turn{{}, {Want: &w}}
		return c
	}
	for _, c := range []struct {
		kase  conform.Case
		state coverage.State
	}{
		{wanting(verdict.Want{}, named("1.1", "1-1-1")), coverage.Covered},
		{wanting(verdict.Want{Informational: true}, named("1.1", "1-1-1")), coverage.Uncovered},
		{wanting(verdict.Want{Level: verdict.Should}, named("1.1", "1-1-1")), coverage.Covered},
		{wanting(verdict.Want{Level: verdict.Open, Outcomes: []verdict.Outcome{ok}}, named("1.1", "1-1-1")), coverage.Uncovered},
		{wanting(verdict.Want{Level: verdict.Open, Outcomes: []verdict.Outcome{ok, failed}}, named("1.1", "1-1-1")), coverage.Covered},
		{turns(verdict.Want{Informational: true}), coverage.Uncovered},
		{turns(verdict.Want{}), coverage.Covered},
	} {
		if got := coverage.Of(table(t), []conform.Case{c.kase}, nil).Entries[0]; got.State != c.state {
			t.Errorf("%+v: %s, want %s", c.kase, got.State, c.state)
		}
	}
}

func TestProblems(t *testing.T) {
	got := coverage.Of(table(t), []conform.Case{
		named("1.1", "1-1-1", "1-1-9", "1-1-1"),
		playedOn(conform.AsClient, named("1.2", "1-1-2")),
		named("1.3", "2-1"),
	}, map[string]string{"1-1-1": "stale", "2-1": "needless", "9-9": "unknown"}).Problems
	want := []string{
		`case 1.1: there is no requirement "1-1-9"`,
		"case 1.1 names 1-1-1 twice",
		"case 1.2 names 1-1-2, which does not bind whom it is played with",
		"case 1.3 names 2-1, which does not bind whom it is played with",
		"1-1-1 needs no exception",
		"2-1 needs no exception",
		`exception "9-9": there is no such requirement`,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestOneSided(t *testing.T) {
	entries := coverage.Of(table(t), []conform.Case{
		playedOn(conform.AsClient, named("1.1", "1-1-1")), named("1.2", "1-1-2"), named("1.3", "1-1.1-1"),
	}, nil).Entries
	for i, want := range []bool{true, false, false, false} {
		if entries[i].OneSided() != want {
			t.Errorf("%s: one-sided %v", entries[i].ID, !want)
		}
	}
}

func TestOnly(t *testing.T) {
	all := coverage.Of(table(t), nil, nil)
	got := all.Only(func(e coverage.Entry) bool { return strings.HasPrefix(e.ID, "1-1.1") })
	if len(got.Entries) != 3 || len(got.Sections) != 1 || got.Sections[0].String() != "RFC 1, 1.1" || got.Total.Total() != 6 {
		t.Errorf("%+v", got)
	}
	if in := got.In(got.Sections[0].Section); len(in) != 3 || in[2].ID != "1-1.1-3" {
		t.Errorf("%+v", in)
	}
	if len(all.Entries) != 7 || len(all.Sections) != 3 {
		t.Errorf("the original has %d entries, %d sections now", len(all.Entries), len(all.Sections))
	}
}

func TestRanges(t *testing.T) {
	var cs []conform.Case
	for _, id := range []string{"1.1", "1.2", "1.3", "2.1.1", "2.1.2", "2.2.1", "2.2.3"} {
		cs = append(cs, named(id))
	}
	c := coverage.Of(requirements.Table{}, cs, nil)
	for _, tt := range []struct{ ids, want string }{
		{"", ""}, {"1.1", "1.1"}, {"1.1 1.2", "1.1, 1.2"}, {"1.1 1.2 1.3", "1.1–1.3"}, {"1.1 1.3", "1.1, 1.3"},
		{"1.2 1.3 2.1.1 2.1.2 2.2.1 2.2.3", "1.2, 1.3, 2.1.1–2.2.3"},
	} {
		if got := strings.Join(c.Ranges(strings.Fields(tt.ids)), ", "); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.ids, got, tt.want)
		}
	}
}

// Each exception is of a requirement that could be tested.
func TestExceptions(t *testing.T) {
	reasons := coverage.Exceptions()
	for id, reason := range reasons {
		if r, ok := requirements.Load().ByID(id); !ok || r.Testable == requirements.No || reason == "" {
			t.Errorf("%s: %q", id, reason)
		}
	}
}
