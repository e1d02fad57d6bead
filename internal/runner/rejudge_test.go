// SPDX-License-Identifier: Apache-2.0

package runner_test

import (
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/archive"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// A result that was written and read back is judged as it was when it was fresh:
// of every grade, and with logs that were cut.
func TestStoredResultsAreJudgedAlike(t *testing.T) {
	const plain = "1.1.1 1.1.8 2.2 2.10 3.2 3.7 5.15 5.19 6.3.1 6.4.1 7.1.1 7.1.6 7.3.2 7.5.1 7.9.1 9.1.1 9.7.1 10.1.1 12.1.1"
	seen := map[string]bool{}
	for _, role := range []ws.Role{ws.Server, ws.Client} {
		b := newBench(role)
		fresh := map[string]report.Result{}
		store, err := archive.Open(t.TempDir(), false)
		if err != nil {
			t.Fatal(err)
		}
		for fault, ids := range map[string]string{
			"": plain, "ignores-rsv": plain, "answers-nothing": plain, "utf8-at-message-end": "6.4.1", "drops-on-open": plain,
			"never-answers-close": plain, "answers-wrong-close-code": plain, "never-closes-tcp": plain, "echo-flips-last-octet": plain,
			"sends-lower-case-field-names": "1.1.1", "compares-upgrade-in-answer-case-sensitively": "1.1.1 3.2 9.1.1 12.1.1",
			"compares-upgrade-case-sensitively": "1.1.1 3.2 9.1.1 12.1.1", "declines-deflate": "12.1.1 13.7.1", "answers-with-bomb": "12.1.1",
			"leaves-tail-of-deflate": "12.1.1 13.2.1", "compresses-control-frames": "12.1.1", "keeps-context-against-agreement": "13.2.5", "closes-1000-on-violation": "3.1",
		} {
			for _, r := range b.play(t, fault, b.pick(t, strings.Fields(ids)...)) {
				r.Agent = "echo with " + fault
				fresh[r.Agent+" in "+r.ID] = r
				seen[string(r.Verdict.Behavior)], seen["closing "+string(r.Verdict.Close)] = true, true
				if err := store.Put(r); err != nil {
					t.Fatal(err)
				}
			}
		}
		stored, err := archive.Load(store.Dir())
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range stored.Agents {
			for _, r := range a.Results {
				name := a.Name + " in " + r.ID
				if v, want := verdict.Judge(r.Want, r.Close, r.Log), fresh[name].Verdict; v != want || r.Verdict != want {
					t.Errorf("%s, %s:\nfresh  %+v\nstored %+v\njudged %+v", role, name, want, r.Verdict, v)
				}
				delete(fresh, name)
			}
		}
		for name := range fresh {
			t.Errorf("%s, %s: not in the report", role, name)
		}
	}
	for _, grade := range []string{"OK", "NON-STRICT", "INFORMATIONAL", "UNIMPLEMENTED", "FAILED",
		"closing OK", "closing FAILED", "closing UNCLEAN", "closing WRONG CODE"} {
		if !seen[grade] {
			t.Errorf("no result was %s", grade)
		}
	}
}
