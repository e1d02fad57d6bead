// SPDX-License-Identifier: Apache-2.0

package telling_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/diagnosis"
	"github.com/wsspec/wsspec/internal/report/telling"
)

// What rests on one case, or on few that many mistakes break, is told as cases with a
// guess.
func TestTell(t *testing.T) {
	fault := func(name, look, topic string) diagnosis.Fault {
		return diagnosis.Fault{Name: name, Title: "Does " + name, Look: look, Topic: topic}
	}
	a, b, c := fault("a", "the loop", "text"), fault("b", "the loop", "text"), fault("c", "the switch", "text")
	d := diagnosis.Diagnosis{
		Causes: []diagnosis.Cause{
			{Fault: fault("many", "", ""), Of: 9, Explains: []string{"1.1.1", "1.1.2"}},
			{Fault: fault("kind", "", ""), Or: []diagnosis.Fault{a, b, c}, Of: 9, Explains: []string{"2.1", "2.2", "2.3", "2.4"}},
			{Fault: fault("vague", "", ""), Or: []diagnosis.Fault{a, b, c}, Of: 9, Explains: []string{"5.1", "5.3"}},
			{Fault: fault("pair", "", ""), Or: []diagnosis.Fault{a}, Of: 2, Explains: []string{"3.2"}},
			{Fault: fault("one", "", ""), Of: 1, Explains: []string{"10.1.1"}},
		},
		Left: []string{"4.1.1"},
	}
	told := telling.Tell(d)
	var names []string
	for _, c := range told.Causes {
		names = append(names, c.Name)
	}
	if want := []string{"many", "kind"}; !slices.Equal(names, want) {
		t.Errorf("causes %v, want %v", names, want)
	}
	if want := []string{"3.2", "4.1.1", "5.1", "5.3", "10.1.1"}; !slices.Equal(told.Left, want) {
		t.Errorf("left %v, want %v", told.Left, want)
	}
	if got, want := slices.Sorted(maps.Keys(told.Guess)), []string{"10.1.1", "3.2", "5.1", "5.3"}; !slices.Equal(got, want) {
		t.Errorf("guesses %v, want %v", got, want)
	}
	if len(d.Left) != 1 || len(d.Causes) != 5 {
		t.Errorf("the diagnosis is another now: %+v", d)
	}
	for id, want := range map[string]string{
		"10.1.1": "Does one (one)", "3.2": "Does pair (pair), or another mistake that looks the same", "5.1": "Does vague (vague), or one of 3 mistakes that look the same",
	} {
		if got := telling.Perhaps(told.Guess[id]); got != want {
			t.Errorf("%s: perhaps %q, want %q", id, got, want)
		}
	}
	if got, want := telling.Title(told.Causes[1]), "Something like: Does kind (4 known mistakes look the same in these cases)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := telling.Title(told.Causes[0]); got != "Does many" {
		t.Errorf("%q", got)
	}
}

// Where several mistakes look the same, only what they have in common says where to look.
func TestLookAtWhatIsCommon(t *testing.T) {
	f := func(look, topic string) diagnosis.Fault { return diagnosis.Fault{Look: look, Topic: topic} }
	for _, c := range []struct {
		cause diagnosis.Cause
		want  string
	}{
		{diagnosis.Cause{Fault: f("the loop", "text")}, "the loop"},
		{diagnosis.Cause{Fault: f("the loop", "text"), Or: []diagnosis.Fault{f("the loop", "closing")}}, "the loop"},
		{diagnosis.Cause{Fault: f("the loop", "text"), Or: []diagnosis.Fault{f("the switch", "text")}}, "where text is decoded"},
		{diagnosis.Cause{Fault: f("the loop", "text"), Or: []diagnosis.Fault{f("the switch", "closing")}}, ""},
		{diagnosis.Cause{Fault: f("", "text")}, "where text is decoded"},
	} {
		if got := telling.LookAt(c.cause); !strings.HasPrefix(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%+v: %q, want %q", c.cause, got, c.want)
		}
	}
}
