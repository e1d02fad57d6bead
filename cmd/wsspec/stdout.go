// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"syscall"
)

// printer is standard output. A run is not broken off because nobody can read
// what it says: its report is what counts. What went wrong is told at the end.
type printer struct {
	w   io.Writer
	mu  sync.Mutex
	err error // the first; nothing is written after it
}

func (p *printer) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err == nil {
		_, p.err = p.w.Write(b)
	}
	return len(b), nil
}

// lost is why something could not be printed. A reader that has read enough,
// such as head, is no reason.
func (p *printer) lost() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if errors.Is(p.err, syscall.EPIPE) {
		return nil
	}
	return p.err
}

// printed turns the status of a command into that of the process: what could not
// be printed is a failure of the wsspec door. In the other one the files count.
func (p *process) printed(out *printer, status int) int {
	err := out.lost()
	if err == nil {
		return status
	}
	fmt.Fprintf(p.stderr, "%s: standard output: %v\n", p.name, err)
	if status == exitOK && !p.reference() {
		return exitUsage
	}
	return status
}
