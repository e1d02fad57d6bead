// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// A case that is played again, or gets a connection more, counts once, with its latest
// result; cases that were planned and not run are counted too.
func TestTallyCountsCasesOnce(t *testing.T) {
	tally := Tally{Planned: []string{"1.1.1", "1.1.2", "1.1.3", "1.1.4"}}
	add := func(id string, g verdict.Grade) {
		tally.Add(report.Result{Agent: "a", ID: id, Verdict: verdict.Verdict{Behavior: g, Close: verdict.OK}, Log: wirelog.New(ws.Client)})
	}
	add("1.1.1", verdict.Failed)
	add("1.1.2", verdict.Failed)
	add("1.1.2", verdict.Failed)
	add("1.1.1", verdict.OK)
	got := strings.Join(strings.Fields(strings.Join(tally.lines(80), "\n")), " ")
	if !strings.HasPrefix(got, "OK 1 FAILED 1 1.1.2 not run 2 1.1.3–4 grade") {
		t.Errorf("got %s", got)
	}
	if tally.Failed() != 1 || !tally.HasFailed("1.1.2") || tally.HasFailed("1.1.1") {
		t.Errorf("%d failed", tally.Failed())
	}
}
