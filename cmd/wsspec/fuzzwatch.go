// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/wsspec/wsspec/internal/fuzz"
	"github.com/wsspec/wsspec/internal/fuzz/player"
	"github.com/wsspec/wsspec/internal/resident"
	"github.com/wsspec/wsspec/internal/visible"
)

// watched finds the process of the server: the one that is named, or the owner of the port
// if that is on this machine. Where there is none to be seen, and none is named, nothing is
// watched.
func (c *fuzzCmd) watched(ctx context.Context, p player.Peer) (*resident.Process, error) {
	proc := os.DirFS("/proc")
	if c.PID > 0 {
		found, err := resident.Of(proc, c.PID)
		if err != nil {
			return nil, badUsage(fmt.Errorf("--pid %d: %w", c.PID, err), "name the process of the server, on this machine")
		}
		return &found, nil
	}
	s, err := p.Connect(ctx)
	if err != nil {
		return nil, nil // who fuzzes it finds out
	}
	defer s.Close()
	for range 20 { // until the server has accepted the connection, it is nobody's
		found, err := resident.Find(proc, s.LocalAddr(), s.RemoteAddr())
		switch {
		case err == nil && found.ID == os.Getpid():
			return nil, nil
		case err == nil:
			return &found, nil
		case !errors.Is(err, resident.ErrElsewhere):
			return nil, nil
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
		}
	}
	return nil, nil
}

// follow watches a process during a run, and returns what waits for the end of it.
func follow(f *fuzz.Fuzzer, process *resident.Process) (ended func() *fuzz.Watch) {
	w, done := new(fuzz.Watch), make(chan struct{})
	go func() {
		defer close(done)
		if process == nil {
			return
		}
		w.Follow(f.Done(), func() (v fuzz.Vitals, err error) {
			if v.Memory, _, err = process.Memory(); err != nil {
				return v, err
			}
			v.Descriptors, err = process.Descriptors()
			return v, err
		})
	}()
	return func() *fuzz.Watch { <-done; return w }
}

// vitals tells what became of the process, and whether something is wrong with it.
func (s *fuzzScreen) vitals(process *resident.Process, w *fuzz.Watch) (wrong bool) {
	if process == nil {
		return false
	}
	if text := w.String(); text != "" {
		fmt.Fprintf(s.process.stdout, "  process %d (%s): %s\n", process.ID, visible.Text(process.Name), text)
	}
	complaints := w.Complaints()
	for _, c := range complaints {
		fmt.Fprintf(s.process.stdout, "  %s\n", s.status.Paint(c, true, false))
	}
	return len(complaints) > 0
}
