// SPDX-License-Identifier: Apache-2.0

package html_test

import (
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/diagnosis"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/reporttest"
	"github.com/wsspec/wsspec/internal/report/telling"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// The page tells causes and guesses as telling.Tell has them, in its words, and counts
// apart what could not be judged and ended wrongly.
func TestWhatIsWrong(t *testing.T) {
	rep := new(report.Report)
	add := func(id string, o diagnosis.Outcome) {
		r := reporttest.Simple("poor", id)
		r.Verdict.Behavior, r.Verdict.Close = o.Behavior, o.Close
		rep.Add(r)
	}
	table := diagnosis.Load(ws.Server)
	outcomes := map[string]diagnosis.Outcome{}
	for _, f := range table {
		for id := range f.Shows {
			outcomes[id] = diagnosis.Outcome{Behavior: verdict.OK, Close: verdict.OK}
		}
	}
	for _, f := range table {
		if f.Name == "no-utf8-check" || f.Name == "accepts-several-keys" {
			for id, o := range f.Shows {
				outcomes[id] = o
			}
		}
	}
	outcomes["99.1.1"] = diagnosis.Outcome{Behavior: verdict.Failed, Close: verdict.OK}
	outcomes["99.1.2"] = diagnosis.Outcome{Behavior: verdict.Unimplemented, Close: verdict.Unclean}
	for id, o := range outcomes {
		add(id, o)
	}
	told := telling.Tell(telling.Diagnose(rep.Agents[0]))
	if len(told.Causes) != 1 || len(told.Guess) == 0 {
		t.Fatalf("causes %+v, guesses %v: want one, and some", told.Causes, told.Guess)
	}
	text := textOf(parse(t, onePage(t, rep, report.View{})))
	wants := []string{"Does not check that text is UTF-8", "Look at " + telling.LookAt(told.Causes[0]) + ".", "Not explained by any of this: ", "99.1.1", "1 case could not be judged, and did not end as it should"}
	for id, c := range told.Guess {
		wants = append(wants, id+" Text perhaps: "+telling.Perhaps(c))
	}
	for _, want := range wants {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q in\n%.3000s", want, text)
		}
	}
}
