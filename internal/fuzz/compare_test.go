// SPDX-License-Identifier: Apache-2.0

package fuzz_test

import (
	"testing"

	"github.com/wsspec/wsspec/internal/fuzz"
	"github.com/wsspec/wsspec/internal/fuzz/player"
	"github.com/wsspec/wsspec/internal/ws"
)

// What two servers do differently is told, with an example, and nothing of two that are
// the same.
func TestCompare(t *testing.T) {
	one := endpoint(t, ws.Server)
	c := fuzz.Config{Seed: 1, Role: ws.Client, Runs: 600, Jobs: 2}
	if s := fuzz.Compare(t.Context(), c, [2]player.Peer{one, endpoint(t, ws.Server)}); len(s.Differences) > 0 || s.Played != 600 {
		t.Errorf("of two that are the same: %+v", s)
	}
	for fault, want := range map[string]string{
		"answers-close-with-1000": "close code", "fragments-echo": "frames of echoes", "declines-deflate": "permessage-deflate", "drops-without-close": "close code",
	} {
		s := fuzz.Compare(t.Context(), c, [2]player.Peer{one, endpoint(t, ws.Server, fault)})
		found := false
		for _, d := range s.Differences {
			found = found || d.Aspect == want && d.Example.Frames() <= 3 && d.Seen > 0
		}
		if !found {
			t.Errorf("%s: no %s in %+v", fault, want, s.Differences)
		}
	}
}
