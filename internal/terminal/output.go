// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"errors"
	"io"
	"sync"
	"syscall"
)

// Output is what a run is printed to, such as standard output. A run is not broken off because nobody can read
// what it says: its report is what counts. What went wrong is told at the end.
type Output struct {
	W   io.Writer
	mu  sync.Mutex
	err error // the first; nothing is written after it
}

// Write takes all of b, whether it could be printed or not.
func (p *Output) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err == nil {
		_, p.err = p.W.Write(b)
	}
	return len(b), nil
}

// Lost is why something could not be printed. A reader that has read enough,
// such as head, is no reason.
func (p *Output) Lost() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if errors.Is(p.err, syscall.EPIPE) {
		return nil
	}
	return p.err
}
