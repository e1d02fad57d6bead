// SPDX-License-Identifier: Apache-2.0

package runner

import (
	"sync/atomic"
	"time"

	"github.com/wsspec/wsspec/internal/wirelog"
)

// How long a peer that is to echo may neither read nor send, and how long it may once
// it has let that pass several times in a row, without a single echo.
const (
	stall       = 5 * time.Second
	briefStall  = time.Second
	enoughStall = 3
)

// Stalls keeps count of the cases in a row in which a peer stalled and no message came
// back, so that one which never echoes does not cost hours. Its methods may be called
// from several goroutines, and on nil.
type Stalls struct{ inRow atomic.Int32 }

func (s *Stalls) limit() time.Duration {
	if s != nil && s.inRow.Load() >= enoughStall {
		return briefStall
	}
	return stall
}

func (s *Stalls) see(log *wirelog.Log) {
	switch {
	case s == nil:
	case log.Echo.Matched > 0:
		s.inRow.Store(0)
	case log.Echo.Stalled > 0:
		s.inRow.Add(1)
	}
}
