// SPDX-License-Identifier: Apache-2.0

package fuzz_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/wsspec/wsspec/internal/fuzz"
	"github.com/wsspec/wsspec/internal/fuzz/player"
	"github.com/wsspec/wsspec/internal/stream"
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

// A server that cannot be reached any more is told of, with the last conversations, also where
// that is so only behind them all.
func TestComparedIsGone(t *testing.T) {
	for name, most := range map[string]int{"meanwhile": 40, "at the end": 100} {
		synctest.Test(t, func(t *testing.T) {
			second := endpoint(t, ws.Server)
			connect, left := second.Connect, most
			second.Connect = func(ctx context.Context) (stream.Stream, error) {
				if left--; left < 0 {
					return nil, errors.New("connection refused")
				}
				return connect(ctx)
			}
			s := fuzz.Compare(t.Context(), fuzz.Config{Seed: 1, Role: ws.Client, Runs: 100, Jobs: 1}, [2]player.Peer{endpoint(t, ws.Server), second})
			if s.Lost == nil || s.LostIs != 1 || !strings.Contains(s.Lost.Error(), "the second server cannot be reached any more: connection refused") || len(s.Gone) != 16 {
				t.Errorf("%s: %v, server %d, after %d conversations", name, s.Lost, s.LostIs, len(s.Gone))
			}
		})
	}
}
