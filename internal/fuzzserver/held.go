// SPDX-License-Identifier: Apache-2.0

package fuzzserver

import (
	"sync"
	"time"

	"github.com/wsspec/wsspec/internal/stream"
)

// held is a connection whose end, where it is ours, waits until the result of its case
// is on disk. Clients kill the server as soon as they see the end of their last case.
type held struct {
	stream.Stream
	half func() // called before our half is ended and we read on

	mu  sync.Mutex
	end func() error // Close or Reset, whichever came first
}

// Unwrap is the stream that is held.
func (h *held) Unwrap() stream.Stream { return h.Stream }

// Close ends reading and writing. The client sees it with letGo.
func (h *held) Close() error { return h.hold(h.Stream.Close) }

// Reset ends reading and writing. The client sees it with letGo.
func (h *held) Reset() error { return h.hold(h.Stream.Reset) }

// CloseWrite ends our half at once: what the client then does belongs to its case.
func (h *held) CloseWrite() error {
	h.half()
	return h.Stream.CloseWrite()
}

func (h *held) hold(end func() error) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.end == nil {
		h.end = end
	}
	return h.Stream.SetDeadline(time.Now()) // who reads or writes is woken
}

// letGo ends the connection as it was to be ended.
func (h *held) letGo() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.end != nil {
		_ = h.end() // gone either way
	}
}
