// SPDX-License-Identifier: Apache-2.0

package load_test

import (
	"strings"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/load"
	"github.com/wsspec/wsspec/internal/load/stats"
)

// Without a condition, a run is well only if what it was for has happened, what came was right, and the server has kept to the
// protocol.
func TestAmiss(t *testing.T) {
	lost := func(cause string, n int64) map[string]stats.Failure {
		return map[string]stats.Failure{cause: {Count: n}}
	}
	for _, tt := range []struct {
		kind     load.Kind
		counts   stats.Counts
		failures map[string]stats.Failure
		want     string // how it begins
	}{
		{load.Echo, stats.Counts{Opened: 2, Held: 2, Sent: 10, Messages: 10}, nil, ""},
		{load.Echo, stats.Counts{Opened: 2, Held: 1, Lost: 1, Sent: 10, Messages: 1, Missing: 9, Wrong: 3}, lost("lost: reset", 1), "3 answers were not what was sent: "},
		{load.Echo, stats.Counts{Opened: 2, Held: 1, Lost: 1, Sent: 10, Messages: 5, Missing: 5}, lost("no answer: the connection ended", 5), ""},
		{load.Echo, stats.Counts{Opened: 2, Held: 2, Sent: 10, Messages: 9, Missing: 1}, lost("no answer: 2s after the last message", 1), "1 message had no answer although the connection stayed open: "},
		{load.Echo, stats.Counts{Opened: 2, Held: 2, Sent: 10, Messages: 9, Missing: 1, Wrong: 1}, nil, "1 answer was not what was sent: "},
		{load.Find, stats.Counts{Opened: 2, Sent: 10, Messages: 9, Missing: 1, Wrong: 1}, nil, "1 answer was not what was sent: "},
		{load.Broadcast, stats.Counts{Opened: 10, Held: 10, Sent: 20, Messages: 180, Wrong: 2}, nil, "2 messages came twice, with the wrong type, or "},
		{load.Echo, stats.Counts{Opened: 2, Held: 2, Sent: 10, Missing: 10}, nil, "no message came back: "},
		{load.Echo, stats.Counts{Opened: 2, Held: 2, Sent: 10, Missing: 10, Wrong: 90}, nil, "no message came back as it was sent: "},
		{load.Echo, stats.Counts{Opened: 2, Lost: 2, Unsent: 10}, nil, "no message was sent and measured: "},
		{load.Echo, stats.Counts{Opened: 2, Held: 1, Lost: 1, Sent: 10, Messages: 9, Missing: 1}, lost("lost: message too big", 1), "the server broke the protocol, or a limit of ours, on 1 connection: "},
		{load.Echo, stats.Counts{Opened: 2, Held: 2, Sent: 10, Messages: 10}, lost("closing: protocol error", 2), "the server broke the protocol, or a limit of ours, on 2 connections: "},
		{load.Echo, stats.Counts{Failed: 2}, lost("refused", 2), ""},
		{load.Broadcast, stats.Counts{Opened: 10, Held: 10, Sent: 20, Missing: 180}, nil, "no receiver got a message: does this server pass messages on to others?"},
		{load.Broadcast, stats.Counts{Opened: 10, Held: 10, Sent: 20, Messages: 1, Missing: 179}, nil, ""},
		{load.Echo, stats.Counts{Opened: 1, Lost: 1, Sent: 1, Missing: 1}, lost("lost: protocol error", 1), "no message came back, and the server broke the protocol"},
		{load.Connect, stats.Counts{Opened: 10, Held: 10}, nil, ""},
		{load.Connect, stats.Counts{Opened: 10, Held: 10, Pings: 80}, nil, "no Pong came to any Ping: "},
		{load.Connect, stats.Counts{Opened: 10, Held: 10, Pings: 80, Pongs: 1}, nil, ""},
		{load.Connect, stats.Counts{Opened: 10, Lost: 10}, lost("lost: ended", 10), "no connection was still open at the end: "},
		{load.Find, stats.Counts{Opened: 10, Sent: 10}, nil, ""},
	} {
		r, err := load.Conclude(load.Plan{Kind: tt.kind, Timeout: load.Duration(2 * time.Second)}, load.Run{}, &stats.Snapshot{Counts: tt.counts, Failures: tt.failures})
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(r.Amiss, tt.want) || (tt.want == "") != (r.Amiss == "") || tt.kind != load.Find && r.OK() != (tt.want == "") {
			t.Errorf("%s, %+v: %q, want %q", tt.kind, tt.counts, r.Amiss, tt.want)
		}
	}
}

// A condition that names a number says how much of it is too much, and a run that was stopped may not have come to what it was for; what
// was wrong until then was wrong.
func TestAmissDecided(t *testing.T) {
	for _, tt := range []struct {
		plan        load.Plan
		interrupted string
		counts      stats.Counts
		ok          bool
	}{
		{load.Plan{Kind: load.Echo, FailIf: []string{"wrong>10%"}}, "", stats.Counts{Opened: 1, Sent: 100, Messages: 97, Missing: 3, Wrong: 3}, true},
		{load.Plan{Kind: load.Echo, FailIf: []string{"errors>10"}}, "", stats.Counts{Opened: 1, Sent: 100, Messages: 97, Missing: 3, Wrong: 3}, true},
		{load.Plan{Kind: load.Echo, FailIf: []string{"missing>10%"}}, "", stats.Counts{Opened: 1, Sent: 100, Messages: 97, Missing: 3, Wrong: 3}, false},
		{load.Plan{Kind: load.Echo, FailIf: []string{"wrong>1%"}}, "", stats.Counts{Opened: 1, Sent: 100, Messages: 97, Missing: 3, Wrong: 3}, false},
		{load.Plan{Kind: load.Echo}, "a signal", stats.Counts{Opened: 1}, true},
		{load.Plan{Kind: load.Echo}, "a signal", stats.Counts{Opened: 1, Sent: 3, Wrong: 3, Missing: 3}, false},
	} {
		r, err := load.Conclude(tt.plan, load.Run{Interrupted: tt.interrupted}, &stats.Snapshot{Counts: tt.counts})
		if err != nil || r.OK() != tt.ok {
			t.Errorf("%v, %+v: %q, %v", tt.plan.FailIf, tt.counts, r.Amiss, err)
		}
	}
}

// What failed, was lost, is missing or was not sent in a run that is well is said, unless a condition judges it.
func TestUnjudged(t *testing.T) {
	counts := stats.Counts{Opened: 8, Failed: 2, Lost: 1, Held: 7, Sent: 10, Messages: 9, Missing: 1, Unsent: 4, Pings: 5, Pongs: 4}
	for _, tt := range []struct {
		kind   load.Kind
		counts stats.Counts
		failIf string
		want   string // how it begins
	}{
		{load.Echo, counts, "p99>1h", ""}, // not measured, which is worse
		{load.Echo, counts, "duration>1h", "2 connections could not be opened, 1 connection was lost, 1 message is missing, 4 messages were not sent: "},
		{load.Echo, counts, "failed>5", "1 connection was lost, 1 message is missing, 4 messages were not sent: "},
		{load.Echo, counts, "errors>100", ""},
		{load.Find, counts, "duration>1h", ""},
		{load.Connect, stats.Counts{Opened: 8, Held: 8, Pings: 5, Pongs: 4}, "lost>1", "1 Ping had no Pong: "},
		{load.Connect, stats.Counts{Opened: 8, Held: 8, Pings: 5, Pongs: 5}, "lost>1", ""},
	} {
		r, err := load.Conclude(load.Plan{Kind: tt.kind, FailIf: []string{tt.failIf}}, load.Run{}, &stats.Snapshot{Counts: tt.counts})
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Unjudged(); !strings.HasPrefix(got, tt.want) || (got == "") != (tt.want == "") {
			t.Errorf("%s, %s: %q, want %q", tt.kind, tt.failIf, got, tt.want)
		}
	}
}
