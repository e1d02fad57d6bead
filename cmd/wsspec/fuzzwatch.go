// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/wsspec/wsspec/internal/fuzz"
	"github.com/wsspec/wsspec/internal/fuzz/player"
	"github.com/wsspec/wsspec/internal/resident"
	"github.com/wsspec/wsspec/internal/visible"
)

// serverProcess is the process of the server. It may be another one after a restart.
type serverProcess struct {
	find func(context.Context) *resident.Process

	mu  sync.Mutex
	now resident.Process
}

// watched finds the process of the server: the one that is named, or the owner of the port
// if that is on this machine. Where there is none to be seen, and none is named, nothing is
// watched.
func (c *fuzzCmd) watched(ctx context.Context, p player.Peer) (*serverProcess, error) {
	proc := os.DirFS("/proc")
	s := &serverProcess{find: func(ctx context.Context) *resident.Process { return ownerOf(ctx, p) }}
	if c.PID > 0 {
		found, err := resident.Of(proc, c.PID)
		if err != nil {
			return nil, badUsage(fmt.Errorf("--pid %d: %w", c.PID, err), "name the process of the server, on this machine")
		}
		s.now = found
		return s, nil
	}
	found := s.find(ctx)
	if found == nil {
		return nil, nil
	}
	s.now = *found
	return s, nil
}

// ownerOf is the process that has the other end of a connection to the server, nil where it is
// not to be seen.
func ownerOf(ctx context.Context, p player.Peer) *resident.Process {
	s, err := p.Connect(ctx)
	if err != nil {
		return nil // who fuzzes it finds out
	}
	defer s.Close()
	for range 20 { // until the server has accepted the connection, it is nobody's
		found, err := resident.Find(os.DirFS("/proc"), s.LocalAddr(), s.RemoteAddr())
		switch {
		case err == nil && found.ID == os.Getpid():
			return nil
		case err == nil:
			return &found
		case !errors.Is(err, resident.ErrElsewhere):
			return nil
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			return nil
		}
	}
	return nil
}

// process is the one that there is now.
func (s *serverProcess) process() resident.Process {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *serverProcess) cpu() (fuzz.CPU, error) {
	ran, waited, err := s.process().Scheduled()
	return fuzz.CPU{Ran: ran, Waited: waited}, err
}

func (s *serverProcess) vitals() (v fuzz.Vitals, err error) {
	p := s.process()
	if v.Memory, _, err = p.Memory(); err != nil {
		return v, err
	}
	v.Process = p.ID
	v.Descriptors, err = p.Descriptors()
	return v, err
}

// changed looks for the process that has come in place of the one before.
func (s *serverProcess) changed(ctx context.Context) bool {
	found := s.find(ctx)
	if found == nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = *found
	return true
}

// restartTime is for the command that starts the server again.
const restartTime = time.Minute

// restarting is what starts the server again.
func (c *fuzzCmd) restarting(s *serverProcess, p player.Peer) func(context.Context) error {
	return func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, restartTime)
		defer cancel()
		if err := exec.CommandContext(ctx, "sh", "-c", c.Restart).Run(); err != nil {
			return fmt.Errorf("--restart: %w", err)
		}
		for ctx.Err() == nil && !comes(ctx, p, s) {
			select {
			case <-time.After(10 * time.Millisecond):
			case <-ctx.Done():
			}
		}
		return ctx.Err()
	}
}

// comes reports whether the server can be reached, and its process be seen if that was so before.
func comes(ctx context.Context, p player.Peer, s *serverProcess) bool {
	if s != nil {
		return s.changed(ctx)
	}
	conn, err := p.Connect(ctx)
	if err == nil {
		_ = conn.Close()
	}
	return err == nil
}

// follow watches a process during a run, and returns what waits for the end of it.
func follow(ctx context.Context, f *fuzz.Fuzzer, process *serverProcess) (ended func() *fuzz.Watch) {
	w, done := new(fuzz.Watch), make(chan struct{})
	go func() {
		defer close(done)
		if process != nil {
			w.Follow(f.Done(), func() (fuzz.Vitals, error) {
				v, err := process.vitals()
				if err != nil && ctx.Err() == nil { // another may have come in its place
					process.changed(ctx)
					v, err = process.vitals()
				}
				return v, err
			})
		}
	}()
	return func() *fuzz.Watch { <-done; return w }
}

// vitals tells what became of the process, and whether something is wrong with it.
func (s *fuzzScreen) vitals(process *serverProcess, w *fuzz.Watch) (wrong bool) {
	if process == nil {
		return false
	}
	if text := w.String(); text != "" {
		p := process.process()
		fmt.Fprintf(s.process.stdout, "  process %d (%s): %s\n", p.ID, visible.Text(p.Name), text)
	}
	complaints := w.Complaints()
	for _, c := range complaints {
		fmt.Fprintf(s.process.stdout, "  %s\n", s.status.Paint(c, true, false))
	}
	return len(complaints) > 0
}
