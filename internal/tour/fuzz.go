// SPDX-License-Identifier: Apache-2.0

package tour

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"sync/atomic"

	"github.com/wsspec/wsspec/internal/fuzzclient"
	"github.com/wsspec/wsspec/internal/testee"
)

// Fuzz has the client open /fuzz for so many conversations, and for as many more as it
// takes to shrink what is found, until the server has no more for it. It returns how many connections
// there were. A seed is sent where it is not nil.
func (t Tour) Fuzz(ctx context.Context, runs uint64, seed *uint64) (connections uint64, err error) {
	target := fmt.Sprintf("/fuzz?agent=%s&runs=%d", url.QueryEscape(t.Agent), runs)
	if seed != nil {
		target += fmt.Sprintf("&seed=%d", *seed)
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var done atomic.Uint64
	var workers sync.WaitGroup
	for range max(t.Parallel, 1) {
		workers.Go(func() {
			for ctx.Err() == nil {
				c, err := t.Dial(ctx, target)
				var refused *testee.StatusError
				switch {
				case errors.Is(err, fuzzclient.ErrUnreachable):
					stop(err)
					return
				case errors.As(err, &refused) && refused.Status == statusGone:
					stop(errNoMore)
					return
				case err == nil:
					_ = c.Echo() // how it ends is what the server looks at
				}
				done.Add(1)
			}
		})
	}
	workers.Wait()
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, errNoMore):
		return done.Load(), nil
	case errors.Is(cause, fuzzclient.ErrUnreachable):
		return done.Load(), cause
	}
	return done.Load(), ErrInterrupted
}

var errNoMore = errors.New("all conversations have been played")

// statusGone is the answer where there are no more conversations.
const statusGone = 410
