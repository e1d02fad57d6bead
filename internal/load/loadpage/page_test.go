// SPDX-License-Identifier: Apache-2.0

package loadpage

import (
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/wsspec/wsspec/internal/load"
	"github.com/wsspec/wsspec/internal/load/stats"
)

// measured is a run with something of everything, in which peers have tried to write our page.
func measured() *stats.Snapshot {
	s := new(stats.Snapshot)
	s.Opened, s.Failed, s.Sent, s.Messages, s.Missing, s.Ramp, s.End = 5, 1, 100, 99, 1, time.Second, 3*time.Second
	s.Fail("HTTP 503", 3, "<script>alert(1)</script>\x1b[31m")
	for i := range 99 {
		d := time.Duration(i) * time.Millisecond
		s.Record(stats.TCP, d)
		s.Record(stats.Message, d)
		slot := s.Series.At(time.Duration(i) * 30 * time.Millisecond)
		slot.Opened++
		slot.Messages++
		slot.Record(d)
	}
	return s
}

func TestPage(t *testing.T) {
	for kind, want := range map[load.Kind][]string{
		load.Connect:   {"Connections open", "Connections opened a second", "Rate of opening against connections open", "Messages a second", "Latency of opening over time", "Latency by quantile"},
		load.Echo:      {"Connections open", "Messages a second", "Latency of messages over time", "Latency by quantile"},
		load.Broadcast: {"Connections open", "Messages a second", "Latency of messages over time", "Latency by quantile"},
		load.Find:      {"Latency by step", "Answered a second by step"},
	} {
		p := load.Plan{Kind: kind, URL: "ws://x/<b>", FailIf: []string{"failed>0", "tls.p50>1s", "failed>5"}, SLO: []string{"p99<50ms"}}
		r, err := load.Conclude(p, load.Run{Started: time.Unix(0, 0), Messaging: time.Second, Server: &load.Resources{Process: 1, Processes: 2, Name: "<i>"}}, measured())
		if err != nil {
			t.Fatal(err)
		}
		r.Curve = []load.Step{{At: 10, Holds: true}, {At: 20, Verdicts: []load.Verdict{{Text: "p99<50ms", Value: "60ms"}}, Note: "late"}}
		r.Best, r.Amiss = &r.Curve[0], "no message <came> back"
		if kind != load.Find {
			r.Curve, r.Best = nil, nil
		}
		var b strings.Builder
		if err := Write(&b, r); err != nil {
			t.Fatal(err)
		}
		doc, err := html.Parse(strings.NewReader(b.String()))
		if err != nil {
			t.Fatal(err)
		}
		var labels []string
		for n := range doc.Descendants() {
			switch n.Data {
			case "script", "link", "img":
				t.Errorf("%s: there is a %s", kind, n.Data)
			case "svg":
				for _, a := range n.Attr {
					if a.Key == "aria-label" {
						labels = append(labels, a.Val)
					}
				}
			}
		}
		if !slices.Equal(labels, want) {
			t.Errorf("%s: plots %q, want %q", kind, labels, want)
		}
		for _, text := range []string{"fail if failed&gt;0: yes, it is 1", "fail if tls.p50&gt;1s: not measured", "fail if failed&gt;5: no, it is 1", "Not well: no message &lt;came&gt; back", "&lt;script&gt;"} {
			if !strings.Contains(b.String(), text) {
				t.Errorf("%s: %q is not there", kind, text)
			}
		}
		if strings.ContainsAny(b.String(), "\x1b") || strings.Contains(b.String(), "NaN") || strings.Contains(b.String(), "Inf") {
			t.Errorf("%s: something in it is neither text nor number", kind)
		}
	}
}

// What was stopped before there was anything has a page, too.
func TestEmpty(t *testing.T) {
	r, err := load.Conclude(load.Plan{Kind: load.Echo}, load.Run{Interrupted: "a signal"}, new(stats.Snapshot))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := Write(&b, r); err != nil || !strings.Contains(b.String(), "Stopped by a signal") {
		t.Errorf("%v: %s", err, b.String())
	}
}

func TestShare(t *testing.T) {
	for nines, want := range map[float64]string{0: "0%", .5: "", 1: "90%", 1.5: "", 2: "99%", 3: "99.9%", 4: "99.99%"} {
		if got := share(nines); got != want {
			t.Errorf("%v nines: %q, want %q", nines, got, want)
		}
	}
}

func TestSteps(t *testing.T) {
	for _, tt := range []struct {
		low, high float64
		want      []float64
	}{{0, 10, []float64{0, 2, 4, 6, 8, 10}}, {0, 1.04, []float64{0, .5, 1}}, {100, 200, []float64{100, 120, 140, 160, 180, 200}}} {
		got := steps(tt.low, tt.high)
		if len(got) != len(tt.want) {
			t.Errorf("%v to %v: %v, want %v", tt.low, tt.high, got, tt.want)
		}
	}
}
