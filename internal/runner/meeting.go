// SPDX-License-Identifier: Apache-2.0

package runner

import (
	"sync"
	"time"
)

// meeting has the connections of a case begin together: each waits, once it is open,
// until all are or have failed to be. It is nil where there are no others.
type meeting struct {
	mu      sync.Mutex
	missing int
	all     chan struct{} // closed when all are there
}

func newMeeting(n int) *meeting { return &meeting{missing: n, all: make(chan struct{})} }

// arrive is called once for each connection.
func (m *meeting) arrive() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.missing--; m.missing == 0 {
		close(m.all)
	}
}

// attend arrives and waits for the others, at most for the patience.
func (m *meeting) attend(patience time.Duration) {
	if m == nil {
		return
	}
	m.arrive()
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case <-m.all:
	case <-late.C:
	}
}
