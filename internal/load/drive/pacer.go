// SPDX-License-Identifier: Apache-2.0

package drive

import (
	"errors"
	"runtime"
	"time"

	"github.com/wsspec/wsspec/internal/load/wire"
)

// errGone: the connection has ended, or is about to.
var errGone = errors.New("connection gone")

// errBacklog: the peer has not read what we sent before.
var errBacklog = errors.New("too much unread by the peer")

// sendable turns the errors of wire into ours, of which there are two.
func sendable(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, wire.ErrBacklog):
		return errBacklog
	}
	return errGone
}

// A pacer waits for the moments at which messages are due.
type pacer struct{ run *run }

// newPacer returns one for the goroutine that calls it, which has to call end.
func newPacer(r *run) pacer {
	if r.Precise {
		runtime.LockOSThread()
		punctual()
	}
	return pacer{r}
}

func (p pacer) end() {
	if p.run.Precise {
		runtime.UnlockOSThread()
	}
}

// coarse is how late a timer of the runtime may be: it waits for whole milliseconds.
const coarse = 2 * time.Millisecond

// until waits for a moment of the run. It reports false where the context has ended.
func (p pacer) until(t time.Duration) bool {
	left := t - p.run.tally.now()
	if !p.run.Precise {
		p.run.rest(left)
		return p.run.ctx.Err() == nil
	}
	p.run.rest(left - coarse)
	for left = t - p.run.tally.now(); left > 0; left = t - p.run.tally.now() {
		nap(left)
	}
	return p.run.ctx.Err() == nil
}
