// SPDX-License-Identifier: Apache-2.0

package fuzz_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/fuzz"
	"github.com/wsspec/wsspec/internal/fuzz/player"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/ws"
)

// open counts streams.
type open struct {
	mu        sync.Mutex
	now, most int
}

func (o *open) add(n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.now += n
	o.most = max(o.most, o.now)
}

// counted is a stream that is counted until it is closed or reset.
type counted struct {
	stream.Stream
	done func()
}

func (c counted) Close() error { c.done(); return c.Stream.Close() }
func (c counted) Reset() error { c.done(); return c.Stream.Reset() }

// Who waits for an endpoint that takes its time does not keep others from talking to it,
// unless so many conversations at a time were asked for and no more.
func TestWaitingCostsNoTime(t *testing.T) {
	quick := player.Patience{Owed: 250 * time.Millisecond, Nudge: 50 * time.Millisecond, Whole: time.Second}
	took := func(jobs int) (virtual time.Duration, most int) {
		synctest.Test(t, func(t *testing.T) {
			p, o := endpoint(t, ws.Server, "echoes-after-100ms"), &open{}
			connect := p.Connect
			p.Connect = func(ctx context.Context) (stream.Stream, error) {
				s, err := connect(ctx)
				if err != nil {
					return nil, err
				}
				o.add(1)
				return counted{s, sync.OnceFunc(func() { o.add(-1) })}, nil
			}
			s := fuzz.Run(t.Context(), fuzz.Config{Seed: 1, Role: ws.Client, Peer: p, Runs: 500, Jobs: jobs, Single: true, First: quick})
			if s.Played != 500 || len(s.Findings) > 0 || s.Replayed > 0 {
				t.Errorf("%+v", s)
			}
			virtual, most = s.Took, o.most
		})
		return virtual, most
	}
	eager, many := took(0)
	plain, few := took(fuzz.DefaultJobs)
	if few != fuzz.DefaultJobs || many <= 2*fuzz.DefaultJobs || many > 4*fuzz.DefaultJobs {
		t.Errorf("%d connections at a time, and %d where %d conversations were asked for", many, few, fuzz.DefaultJobs)
	}
	if eager*2 > plain {
		t.Errorf("%v, and %v with %d conversations at a time", eager, plain, fuzz.DefaultJobs)
	}
}
