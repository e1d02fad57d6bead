// SPDX-License-Identifier: Apache-2.0

package fuzz_test

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/fuzz"
	"github.com/wsspec/wsspec/internal/fuzz/player"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/ws"
)

// process is that of a server, as far as its processor time goes.
type process struct {
	after   time.Duration // that it goes on working behind each connection
	forever string        // octets that have it work for ever
	loaded  bool          // its machine is

	mu     sync.Mutex
	used   time.Duration // up to a moment
	at     time.Time
	busy   int // processors that it has since
	sprung bool
}

func (p *process) work(processors int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.count()
	p.busy += processors
}

// springs has a trap spring, one between two looks.
func (p *process) springs() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.count(); !p.sprung {
		p.busy++
		p.sprung = true
	}
}

func (p *process) count() {
	now := time.Now()
	p.used += now.Sub(p.at) * time.Duration(p.busy)
	p.at = now
}

func (p *process) cpu() (fuzz.CPU, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.count()
	p.sprung = false
	ran := p.used
	if p.loaded { // a machine that has other work for nine in ten
		ran /= 10
	}
	return fuzz.CPU{Ran: ran, Waited: p.used - ran}, nil
}

func (p *process) restart(context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.count()
	p.used, p.busy = 0, 0
	return nil
}

// served is a connection to the process, which works on it as long as it is open.
type served struct {
	stream.Stream
	p    *process
	once sync.Once
}

func (s *served) Write(b []byte) (int, error) {
	if s.p.forever != "" && bytes.Contains(b, []byte(s.p.forever)) {
		s.p.springs()
	}
	return s.Stream.Write(b)
}

func (s *served) end() {
	s.once.Do(func() {
		if s.p.after > 0 {
			time.AfterFunc(s.p.after, func() { s.p.work(-1) })
		}
	})
}

func (s *served) Close() error { s.end(); return s.Stream.Close() }
func (s *served) Reset() error { s.end(); return s.Stream.Reset() }

// endpoint is a server that is right but for its processor time.
func (p *process) endpoint(t *testing.T) player.Peer {
	peer := endpoint(t, ws.Server)
	connect := peer.Connect
	peer.Connect = func(ctx context.Context) (stream.Stream, error) {
		s, err := connect(ctx)
		if err != nil {
			return nil, err
		}
		if p.after > 0 {
			p.work(1)
		}
		return &served{Stream: s, p: p}, nil
	}
	return peer
}

// fuzzed fuzzes it.
func (p *process) fuzzed(t *testing.T, c fuzz.Config) fuzz.Summary {
	c.Seed, c.Role, c.Peer, c.CPU = 7, ws.Client, p.endpoint(t), p.cpu
	return fuzz.Run(t.Context(), c)
}

// trap is in requests that offer compression.
const trap = "permessage-deflate"

// A process that does not rest once it was sent something is a finding, shrunk to that
// and confirmed, where it can be started again.
func TestRestless(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &process{forever: trap, at: time.Now(), loaded: true}
		s := p.fuzzed(t, fuzz.Config{Runs: 400, Restart: p.restart})
		if len(s.Findings) != 1 || s.Restless == 0 || s.Lost != nil || s.Broken() != 1 {
			t.Fatalf("%+v", s)
		}
		f := s.Findings[0]
		if strings.TrimSpace(f.Conversation.Script()) != `offer "permessage-deflate"` || f.Confirmed != 3 || !strings.HasPrefix(f.Name, "restless-") {
			t.Errorf("confirmed %d times: %s\n%s", f.Confirmed, f.Name, f.Conversation)
		}
		if !strings.Contains(f.Conversation.String(), "3s after the end of the conversation, its process had not rested") {
			t.Errorf("%s", f.Conversation)
		}
	})
}

// Where nobody can start it again, that ends the run, with a conversation that gives it still more to do.
func TestRestlessAndStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &process{forever: trap, at: time.Now()}
		s := p.fuzzed(t, fuzz.Config{Runs: 400, Jobs: 1, Single: true})
		if s.Lost == nil || !strings.Contains(s.Lost.Error(), "does not rest: 10s after the last conversation it still keeps 1.0 processors busy") || s.Restless != 1 || len(s.Gone) == 0 {
			t.Fatalf("%+v", s)
		}
		again := &process{forever: trap, at: time.Now()}
		play := player.Player{Peer: again.endpoint(t), Patience: player.Quick()}
		for _, c := range s.Gone {
			play.Play(t.Context(), c)
		}
		if len(s.Gone) != 1 || again.busy == 0 {
			t.Errorf("%d conversations, the first is\n%s", len(s.Gone), s.Gone[0])
		}
	})
}

// Load is no finding, and neither is what was so before.
func TestLoadIsNotRestless(t *testing.T) {
	for _, after := range []time.Duration{time.Millisecond, 2 * time.Second, 9 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			p := &process{after: after, at: time.Now()}
			if s := p.fuzzed(t, fuzz.Config{Runs: 300}); s.Restless != 0 || s.Lost != nil || len(s.Findings) > 0 || s.Unwatched != nil || p.used < after {
				t.Errorf("%v of work behind each connection, %v of all: %+v", after, p.used, s)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		p := &process{busy: 1, at: time.Now()}
		if s := p.fuzzed(t, fuzz.Config{Runs: 300}); s.Restless != 0 || s.Lost != nil || s.Unwatched == nil {
			t.Errorf("busy all the time: %+v", s)
		}
	})
}
