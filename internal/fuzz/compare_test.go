// SPDX-License-Identifier: Apache-2.0

package fuzz_test

import (
	"testing"
	"testing/synctest"

	"github.com/wsspec/wsspec/internal/fuzz"
	"github.com/wsspec/wsspec/internal/fuzz/player"
	"github.com/wsspec/wsspec/internal/ws"
)

// What two servers do differently is told, with an example, and nothing of two that are
// the same.
func TestCompare(t *testing.T) {
	compare := func(t *testing.T, faults ...string) (s fuzz.Comparison) {
		synctest.Test(t, func(t *testing.T) {
			s = fuzz.Compare(t.Context(), fuzz.Config{Seed: 1, Role: ws.Client, Runs: 600, Jobs: 2}, [2]player.Peer{endpoint(t, ws.Server), endpoint(t, ws.Server, faults...)})
		})
		return s
	}
	if s := compare(t); len(s.Differences) > 0 || s.Played != 600 {
		t.Errorf("of two that are the same: %+v", s)
	}
	for fault, want := range map[string]string{
		"answers-close-with-1000": "close code", "fragments-echo": "frames of echoes", "declines-deflate": "permessage-deflate", "drops-without-close": "close code",
	} {
		s := compare(t, fault)
		found := false
		for _, d := range s.Differences {
			found = found || d.Aspect == want && d.Example.Frames() <= 3 && d.Seen > 0
		}
		if !found {
			t.Errorf("%s: no %s in %+v", fault, want, s.Differences)
		}
	}
}
