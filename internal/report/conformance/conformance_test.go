// SPDX-License-Identifier: Apache-2.0

package conformance_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/report/conformance"
	"github.com/wsspec/wsspec/internal/requirements"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

func table(t *testing.T) requirements.Table {
	t.Helper()
	parsed, err := requirements.Parse(`
spec RFC 6455: WebSocket
section 4.1: Opening
6455-4.1-9 client MUST: Opening, client.
6455-4.2-1 server MUST: Opening, server.
6455-4.1-22 both MUST: Around the opening.
section 5.2: Frames
6455-5.2-1 both MUST: Frames.
6455-5.2-2 both SHOULD: More of frames.
6455-5.2-3 both MUST: Without a case.
6455-5.2-4 both MUST: Not to be tested.
    no: nobody can
section 5.5.1: Close
6455-5.5.1-1 both MUST: Close.
`)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// weClose and peerFails are how cases want connections to end.
var (
	weClose   = verdict.Closing{ByUs: true, Clean: true}
	peerFails = verdict.Closing{}
)

func naming(id string, ends verdict.Closing, names string) conform.Case {
	return conform.Case{ID: id, Close: ends, Requirements: strings.Fields(names)}
}

func came(behavior, closing verdict.Grade) conformance.Result {
	return conformance.Result{Verdict: verdict.Verdict{Behavior: behavior, Close: closing}, Opened: true}
}

func refused() conformance.Result {
	return conformance.Result{Verdict: verdict.Verdict{Behavior: verdict.Failed, Close: verdict.Failed}}
}

// What the verdict of a case says of a requirement that it names.
func TestVerdictsCountForWhatTheyAreAbout(t *testing.T) {
	const opening, around, frames, closing = "6455-4.2-1", "6455-4.1-22", "6455-5.2-1", "6455-5.5.1-1"
	all := strings.Join([]string{opening, around, frames, closing}, " ")
	several := naming("1", weClose, opening+" "+frames)
	several.Turns = make([]conform.Turn, 2)
	survey := naming("1", weClose, frames)
	survey.Want.Survey = true
	for _, c := range []struct {
		name   string
		kase   conform.Case
		result conformance.Result
		want   string // by requirement: opening, around, frames, closing
	}{
		{"all is well", naming("1", weClose, all), came("OK", "OK"), "met, met, met, met"},
		{"nothing comes back", naming("1", weClose, all), came("FAILED", "OK"), "met, not met, not met, not met"},
		{"late", naming("1", weClose, all), came("NON-STRICT", "OK"), "met, not strictly, not strictly, not strictly"},
		{"only the end is bad", naming("1", weClose, all), came("OK", "UNCLEAN"), "met, met, met, not met"},
		{"only the code is bad", naming("1", weClose, all), came("OK", "WRONG CODE"), "met, met, met, not strictly"},
		{"no grade that we know", naming("1", weClose, all), came("GREAT", ""), "met, not met, not met, not met"},
		{"refused", naming("1", weClose, all), refused(), "not met, not met, not judged, not judged"},
		{"informational", naming("1", weClose, all), came("INFORMATIONAL", "INFORMATIONAL"), "not judged, not judged, not judged, not judged"},
		{"not implemented, bad end", naming("1", weClose, all), came("UNIMPLEMENTED", "UNCLEAN"), "not judged, not judged, not judged, not met"},
		{"the peer has to end it and does not", naming("1", peerFails, frames), came("OK", "FAILED"), "no case, no case, not met, no case"},
		{"the peer has to end it and does", naming("1", peerFails, frames), came("OK", "OK"), "no case, no case, met, no case"},
		{"handshakes alone, refused as they should be", naming("1", weClose, opening), conformance.Result{Verdict: verdict.Verdict{Behavior: "OK", Close: "OK"}}, "met, no case, no case, no case"},
		{"handshakes alone, opened as they should not be", naming("1", weClose, opening), came("FAILED", "OK"), "not met, no case, no case, no case"},
		{"several connections", several, refused(), "not met, no case, not met, no case"},
		{"survey", survey, conformance.Result{Verdict: verdict.Verdict{Behavior: "FAILED", Close: "OK"}}, "no case, no case, not met, no case"},
	} {
		got := conformance.Of(table(t), []conform.Case{c.kase}, requirements.Server, map[string]conformance.Result{"1": c.result})
		states := map[string]string{}
		for _, r := range got.Requirements {
			states[r.ID] = string(r.State)
		}
		if s := strings.Join([]string{states[opening], states[around], states[frames], states[closing]}, ", "); s != c.want {
			t.Errorf("%s: %s, want %s", c.name, s, c.want)
		}
	}
}

// NON-STRICT says that a SHOULD is not kept to. Where the case names one, it says
// nothing against a MUST.
func TestAdviceTakesTheBlame(t *testing.T) {
	for _, c := range []struct{ names, behavior, want string }{
		{"6455-5.2-1 6455-5.2-2", "NON-STRICT", "met, not strictly"},
		{"6455-5.2-1", "NON-STRICT", "not strictly, no case"},
		{"6455-5.2-1 6455-5.2-2", "FAILED", "not met, not met"},
	} {
		got := conformance.Of(table(t), []conform.Case{naming("1", weClose, c.names)}, requirements.Server,
			map[string]conformance.Result{"1": came(verdict.Grade(c.behavior), "OK")})
		states := map[string]conformance.State{}
		for _, r := range got.Requirements {
			states[r.ID] = r.State
		}
		if s := fmt.Sprintf("%s, %s", states["6455-5.2-1"], states["6455-5.2-2"]); s != c.want {
			t.Errorf("%s of a case on %s: %s, want %s", c.behavior, c.names, s, c.want)
		}
	}
}

func TestOf(t *testing.T) {
	onServers := naming("1.7", weClose, "6455-5.2-1")
	onServers.Only = conform.AsClient
	cs := []conform.Case{
		naming("1.1", weClose, "6455-4.1-9 6455-4.2-1 6455-5.2-1 6455-5.2-2"),
		naming("1.2", weClose, "6455-5.2-1"),
		naming("1.3", weClose, "6455-5.2-1 6455-5.2-2"),
		naming("1.4", weClose, "6455-5.2-1"),
		naming("1.5", weClose, "6455-5.2-2"),
		naming("1.6", weClose, "6455-5.2-1 unknown"),
		onServers,
	}
	results := map[string]conformance.Result{
		"1.1": came("OK", "OK"), "1.2": came("OK", "UNCLEAN"), "1.3": came("FAILED", "OK"), "1.4": came("NON-STRICT", "OK"), "1.5": came("INFORMATIONAL", "OK"),
		"1.7": came("OK", "OK"), "9.9": came("FAILED", "OK"),
	}
	show := func(side requirements.Side) []string {
		c := conformance.Of(table(t), cs, side, results)
		var lines []string
		for _, r := range c.Requirements {
			lines = append(lines, fmt.Sprintf("%s %s: ok %v lapsed %v failed %v unjudged %v not run %v", r.ID, r.State, r.OK, r.Lapsed, r.Failed, r.Unjudged, r.NotRun))
		}
		for _, s := range c.Sections {
			lines = append(lines, fmt.Sprintf("%s %v", s, s.States))
		}
		return append(lines, fmt.Sprintf("total %s", c.Total), fmt.Sprintf("endings %v", c.Endings))
	}
	for _, c := range []struct {
		side requirements.Side
		want []string
	}{
		{requirements.Server, []string{
			"6455-4.2-1 met: ok [1.1] lapsed [] failed [] unjudged [] not run []",
			"6455-4.1-22 no case: ok [] lapsed [] failed [] unjudged [] not run []",
			"6455-5.2-1 met in part: ok [1.1 1.2 1.7] lapsed [1.4] failed [1.3] unjudged [] not run [1.6]",
			"6455-5.2-2 met in part: ok [1.1] lapsed [] failed [1.3] unjudged [1.5] not run []",
			"6455-5.2-3 no case: ok [] lapsed [] failed [] unjudged [] not run []",
			"6455-5.2-4 not testable: ok [] lapsed [] failed [] unjudged [] not run []",
			"6455-5.5.1-1 no case: ok [] lapsed [] failed [] unjudged [] not run []",
			"RFC 6455, 4.1: 1 of 1 map[met:1 no case:1]",
			"RFC 6455, 5.2: 3 of 5, 1 not judged, 1 not run map[met in part:2 no case:1 not testable:1]",
			"RFC 6455, 5.5.1: no case map[no case:1]",
			"total 3 of 5, 1 not judged, 1 not run",
			"endings [1.2]",
		}},
		{requirements.Client, []string{
			"6455-4.1-9 met: ok [1.1] lapsed [] failed [] unjudged [] not run []",
			"6455-4.1-22 no case: ok [] lapsed [] failed [] unjudged [] not run []",
			"6455-5.2-1 met in part: ok [1.1 1.2] lapsed [1.4] failed [1.3] unjudged [] not run [1.6]",
			"6455-5.2-2 met in part: ok [1.1] lapsed [] failed [1.3] unjudged [1.5] not run []",
			"6455-5.2-3 no case: ok [] lapsed [] failed [] unjudged [] not run []",
			"6455-5.2-4 not testable: ok [] lapsed [] failed [] unjudged [] not run []",
			"6455-5.5.1-1 no case: ok [] lapsed [] failed [] unjudged [] not run []",
			"RFC 6455, 4.1: 1 of 1 map[met:1 no case:1]",
			"RFC 6455, 5.2: 2 of 4, 1 not judged, 1 not run map[met in part:2 no case:1 not testable:1]",
			"RFC 6455, 5.5.1: no case map[no case:1]",
			"total 2 of 4, 1 not judged, 1 not run",
			"endings [1.2]",
		}},
	} {
		if got := show(c.side); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got\n%s\nwant\n%s", c.side, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		}
	}
}

func TestSectionInALine(t *testing.T) {
	ids := func(n int) []string { return make([]string, n) }
	section := requirements.Section{Spec: "RFC 6455", Number: "5.5.2"}
	for _, c := range []struct {
		tally conformance.Tally
		want  string
	}{
		{conformance.Tally{OK: ids(11), Failed: ids(1)}, "RFC 6455, 5.5.2: 11 of 12"},
		{conformance.Tally{OK: ids(1), Lapsed: ids(2), NotRun: ids(3)}, "RFC 6455, 5.5.2: 1 of 3, 3 not run"},
		{conformance.Tally{Unjudged: ids(2)}, "RFC 6455, 5.5.2: 2 not judged"},
		{conformance.Tally{NotRun: ids(4)}, "RFC 6455, 5.5.2: 4 not run"},
		{conformance.Tally{}, "RFC 6455, 5.5.2: no case"},
	} {
		if got := (conformance.Section{Section: section, Tally: c.tally}).String(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// What is likeliest to be broken comes first.
func TestWorst(t *testing.T) {
	cs := []conform.Case{
		naming("1.1", weClose, "6455-5.2-1 6455-5.2-2 6455-4.1-22"), naming("1.2", weClose, "6455-5.2-1 6455-5.2-2"), naming("1.3", weClose, "6455-5.2-1 6455-5.5.1-1"),
		naming("1.4", weClose, "6455-5.2-3"),
	}
	got := conformance.Of(table(t), cs, requirements.Server, map[string]conformance.Result{
		"1.1": came("FAILED", "OK"), "1.2": came("NON-STRICT", "OK"), "1.3": came("OK", "OK"), "1.4": came("OK", "OK"),
	}).Worst()
	var ids []string
	for _, r := range got {
		ids = append(ids, r.ID)
	}
	if want := []string{"6455-4.1-22", "6455-5.2-2", "6455-5.2-1"}; !reflect.DeepEqual(ids, want) {
		t.Errorf("%q, want %q", ids, want)
	}
}

// A peer for which every case of the catalogue is OK meets whatever has a case; one
// that fails them all meets nothing but what the open connection proves.
func TestCatalogue(t *testing.T) {
	full := requirements.Load()
	all := cases.Full(cases.Current)
	for _, side := range []struct {
		side requirements.Side
		we   ws.Role
	}{{requirements.Server, ws.Client}, {requirements.Client, ws.Server}} {
		good, bad := map[string]conformance.Result{}, map[string]conformance.Result{}
		tells, binding := 0, map[string]bool{}
		for _, r := range full.Requirements {
			binding[r.ID] = r.Binds(side.side)
		}
		for _, c := range all {
			good[c.ID], bad[c.ID] = came("OK", "OK"), came("FAILED", "FAILED")
			if c.Only.Has(side.we) && slices.ContainsFunc(c.Requirements, func(id string) bool { return binding[id] }) {
				tells++
			}
		}
		best := conformance.Of(full, all, side.side, good)
		if best.Total.Judged() != tells || len(best.Total.OK) != tells || best.Total.States[conformance.Met] == 0 {
			t.Errorf("%s: %s, %v", side.side, best.Total, best.Total.States)
		}
		for _, state := range []conformance.State{conformance.Broken, conformance.Partly, conformance.Lapsed, conformance.NotRun} {
			if n := best.Total.States[state]; n > 0 {
				t.Errorf("%s: %d requirements %s", side.side, n, state)
			}
		}
		for _, r := range conformance.Of(full, all, side.side, bad).Requirements {
			if r.State == conformance.Met && r.Section[0] != '4' && r.Section[0] != '9' && r.Section != "3" && !strings.HasPrefix(r.Section, "11.") {
				t.Errorf("%s: everything FAILED, and %s is met by %v", side.side, r.ID, r.OK)
			}
		}
	}
}
