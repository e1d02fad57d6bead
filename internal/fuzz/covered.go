// SPDX-License-Identifier: Apache-2.0

package fuzz

import (
	"context"
	"sync"

	"github.com/wsspec/wsspec/internal/fuzz/player"
)

// covered is what the endpoint has told of its own counters.
type covered struct {
	mu    sync.Mutex
	seen  map[uint64]struct{}
	first int   // before the first conversation
	fails int   // readings that failed
	last  error // why the last of them did
}

// A Coverage is which counters of the endpoint were not zero.
type Coverage struct {
	Before, Reached int   // before the first conversation, and at the end
	Failed          int   // readings that were not possible
	Why             error // the last of them was not
}

// maxCovered bounds the counters that are told apart.
const maxCovered = 1 << 20

// counted returns marks for the counters of the endpoint that are new since the last time. With
// conversations beside it, they may be of another one.
func (r *run) counted(ctx context.Context) (fresh []player.Mark) {
	if r.Counters == nil {
		return nil
	}
	ids, err := r.Counters(ctx)
	c := &r.covered
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		if ctx.Err() == nil {
			c.fails, c.last = c.fails+1, err
		}
		return nil
	}
	for _, id := range ids {
		if _, has := c.seen[id]; !has && len(c.seen) < maxCovered {
			c.seen[id] = struct{}{}
			fresh = append(fresh, player.Mark(id))
		}
	}
	return fresh
}

// countFirst reads what is there before the first conversation, which is to nobody's credit.
func (r *run) countFirst(ctx context.Context) {
	r.covered.seen = map[uint64]struct{}{}
	r.covered.first = len(r.counted(ctx))
}

// coverage is what is known at the end.
func (r *run) coverage() Coverage {
	c := &r.covered
	c.mu.Lock()
	defer c.mu.Unlock()
	return Coverage{Before: c.first, Reached: len(c.seen), Failed: c.fails, Why: c.last}
}
