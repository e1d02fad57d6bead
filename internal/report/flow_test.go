// SPDX-License-Identifier: Apache-2.0

package report_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/wirelog"
)

// Cases of a section that ran beside each other moved their octets in the time from
// the first beginning to the last end; those without traffic do not count.
func TestFlows(t *testing.T) {
	noon := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	compressed := func(id string, after, took time.Duration, mb int64, c wirelog.Compression) report.Result {
		v := wirelog.Volume{WebSocket: mb * 1e5, App: mb * 1e6, Messages: 10, Deflated: 5}
		return report.Result{
			ID: id, Started: noon.Add(after), Took: took, Ratio: true,
			Log: &wirelog.Log{Traffic: wirelog.Traffic{In: v, Out: v.Plus(v)}, Compression: c},
		}
	}
	got := report.Flows(report.Agent{Results: []report.Result{
		{ID: "9.1.1", Log: &wirelog.Log{Traffic: wirelog.Traffic{In: wirelog.Volume{App: 1}}}},
		compressed("12.1.1", time.Second, 2*time.Second, 30, wirelog.Compression{Window: 512, Farthest: 500}),
		compressed("12.1.2", 0, 2*time.Second, 60, wirelog.Compression{Window: 512, Farthest: 510, Context: true}),
		{ID: "12.1.3", Ratio: true, Started: noon, Took: time.Hour, Log: &wirelog.Log{}},
		compressed("13.2.1", time.Hour, time.Second, 5, wirelog.Compression{NoContext: true}),
	}})
	in := wirelog.Volume{WebSocket: 9e6, App: 9e7, Messages: 20, Deflated: 10}
	small := wirelog.Volume{WebSocket: 5e5, App: 5e6, Messages: 10, Deflated: 5}
	want := []report.Flow{
		{Section: "12.1", Cases: 2, In: in, Out: in.Plus(in), Took: 3 * time.Second, Window: 512, Farthest: 510, Context: true},
		{Section: "13.2", Cases: 1, In: small, Out: small.Plus(small), Took: time.Second, NoContext: true},
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("got  %+v\nwant %+v", got, want)
	}
	f := got[0]
	if rate := f.In.Rate(f.Took); rate != 30 {
		t.Errorf("%v MB/s, want 30", rate)
	}
	if ratio, ok := f.Out.Ratio(); ratio != 0.1 || !ok {
		t.Errorf("ratio %v, %t, want 0.1", ratio, ok)
	}
	if share, ok := f.In.Share(); share != 0.5 || !ok {
		t.Errorf("share %v, %t, want 0.5", share, ok)
	}
	if !f.Watched() || got[1].Watched() {
		t.Error("what is watched is the window")
	}
}
