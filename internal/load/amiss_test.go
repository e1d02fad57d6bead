// SPDX-License-Identifier: Apache-2.0

package load_test

import (
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/load"
	"github.com/wsspec/wsspec/internal/load/stats"
)

// Without a condition, a run is well only if what it was for has happened, and the server has kept to the protocol.
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
		{load.Echo, stats.Counts{Opened: 2, Held: 1, Lost: 1, Sent: 10, Messages: 1, Missing: 9, Wrong: 3}, lost("lost: reset", 1), ""},
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
		r, err := load.Conclude(load.Plan{Kind: tt.kind}, load.Run{}, &stats.Snapshot{Counts: tt.counts, Failures: tt.failures})
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(r.Amiss, tt.want) || (tt.want == "") != (r.Amiss == "") || tt.kind != load.Find && r.OK() != (tt.want == "") {
			t.Errorf("%s, %+v: %q, want %q", tt.kind, tt.counts, r.Amiss, tt.want)
		}
	}
}
