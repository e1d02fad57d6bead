// SPDX-License-Identifier: Apache-2.0

package runner_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// TestFormality plays those of the reference's cases that offer server_max_window_bits=15
// with servers that leave it out of their answers. The reference does not look at that, and
// so the note of it changes no verdict where cases are judged as the reference does.
func TestFormality(t *testing.T) {
	b := newBench(ws.Server)
	b.settings.Reference = true
	for _, c := range b.plan {
		if c.Want.Whole || c.Want.Survey {
			t.Errorf("%s: judged as cases beyond the reference are, for which a lapse counts", c.ID)
		}
	}
	b.plan = slices.DeleteFunc(b.plan, func(c runner.Planned) bool {
		return !slices.ContainsFunc(c.Open.Offers, func(o deflate.Offer) bool { return o.ServerMaxWindowBits == deflate.MaxWindowBits })
	})
	b.plan = slices.CompactFunc(b.plan, func(x, y runner.Planned) bool { return conform.Subcategory(x.ID) == conform.Subcategory(y.ID) })
	results := b.play(t, "forgets-server-max-window-bits", b.plan)
	for i, r := range results {
		noted := slices.ContainsFunc(r.Log.Notes(wirelog.Lapse), func(note string) bool {
			return strings.HasSuffix(note, deflate.ErrFormality.Error())
		})
		if !noted {
			t.Errorf("%s: nothing was noted", r.ID)
		}
		without := *r.Log
		without.Records = slices.DeleteFunc(slices.Clone(r.Log.Records), func(r wirelog.Record) bool { return r.Kind == wirelog.Lapse })
		c := b.plan[i]
		if v := verdict.Judge(c.Want, c.Close, &without); r.Verdict != v || !v.Passed() {
			t.Errorf("%s: %+v, and %+v without the note", r.ID, r.Verdict, v)
		}
	}
	if ids := idsOf(b.plan); ids != "13.4.1 13.6.1" {
		t.Errorf("played %s", ids)
	}
}

// TestFormalityCounts: where cases are judged by the RFCs, the note has its grade.
func TestFormalityCounts(t *testing.T) {
	b := beyond(t, ws.Server, "16.1.8")
	if v := b.play(t, "forgets-server-max-window-bits", b.plan)[0].Verdict; v.Behavior != verdict.NonStrict || !strings.Contains(v.Result, deflate.ErrFormality.Error()) {
		t.Errorf("%+v", v)
	}
}

func idsOf(plan []runner.Planned) string {
	var ids []string
	for _, c := range plan {
		ids = append(ids, c.ID)
	}
	return strings.Join(ids, " ")
}
