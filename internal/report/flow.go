// SPDX-License-Identifier: Apache-2.0

package report

import (
	"time"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/wirelog"
)

// Flow is what moved in the compression cases of one section, which all send the
// same kind of data, and how the peer used permessage-deflate for it (RFC 7692).
type Flow struct {
	Section   string // such as 12.1
	Cases     int
	In, Out   wirelog.Volume // of all cases
	Took      time.Duration  // from the beginning of the first case to the end of the last
	Window    int            // octets the peer's window might have, the largest of all cases; 0: not known
	Farthest  int            // octets of the largest distance in what it sent
	NoContext bool           // it agreed to begin each message anew, in all cases
	Context   bool           // it referred to earlier messages
}

// Watched reports whether it is known how the peer compressed: the reference does
// not say.
func (f Flow) Watched() bool { return f.Window > 0 }

// Takeover is what the peer made of the context: "kept" where it referred to earlier
// messages, "unused" where it did not.
func (f Flow) Takeover() string {
	if f.Context {
		return "kept"
	}
	return "unused"
}

// Flows are those of the agent, in the order of its results. Cases in which
// nothing was sent either way do not count.
func Flows(a Agent) []Flow {
	var flows []Flow
	var first, last time.Time
	for _, r := range a.Results {
		t := r.Log.Traffic
		if !r.Ratio || t.In.App == 0 && t.Out.App == 0 {
			continue
		}
		section, end := conform.Subcategory(r.ID), r.Started.Add(r.Took)
		if len(flows) == 0 || flows[len(flows)-1].Section != section {
			flows = append(flows, Flow{Section: section, NoContext: true})
			first, last = r.Started, end
		}
		if r.Started.Before(first) {
			first = r.Started
		}
		if end.After(last) {
			last = end
		}
		f, c := &flows[len(flows)-1], r.Log.Compression
		f.Cases++
		f.In, f.Out, f.Took = f.In.Plus(t.In), f.Out.Plus(t.Out), last.Sub(first)
		f.Window, f.Farthest = max(f.Window, c.Window), max(f.Farthest, c.Farthest)
		f.NoContext, f.Context = f.NoContext && c.NoContext, f.Context || c.Context
	}
	return flows
}
