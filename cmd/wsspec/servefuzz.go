// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"slices"
	"sync"

	"github.com/wsspec/wsspec/internal/fuzz"
	"github.com/wsspec/wsspec/internal/fuzz/player"
	"github.com/wsspec/wsspec/internal/fuzzserver"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/terminal"
	"github.com/wsspec/wsspec/internal/web"
	"github.com/wsspec/wsspec/internal/ws"
)

// fuzzRoom is where clients are that ask for /fuzz.
type fuzzRoom struct {
	process *process
	out     string
	quiet   bool
	status  *terminal.Status

	mu      sync.Mutex
	runs    map[string]*clientRun // by agent
	order   []string
	broken  bool  // something was found
	failed  bool  // a replayed conversation was answered wrongly
	trouble error // to keep or to tell what was found
	played  bool  // a client was fuzzed, or one was replayed
}

// clientRun is the fuzzing of one client.
type clientRun struct {
	*fuzz.Fuzzer
	screen   *fuzzScreen
	arrivals chan stream.Stream
	seed     uint64
	runs     uint64 // 0 is no bound

	mu       sync.Mutex
	findings []web.Finding
}

// found keeps a finding, and remembers it for the pages.
func (r *clientRun) found(f fuzz.Finding) {
	r.screen.found(f)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.findings = append(r.findings, web.Finding{Name: f.Name, Level: f.Violation.Level.String(), What: f.Violation.What, Text: f.Conversation.String()})
}

// over reports whether all conversations have been played.
func (r *clientRun) over() bool {
	select {
	case <-r.Done():
		return true
	default:
		return false
	}
}

// fuzzed is how far the fuzzing of a client is.
func (r *fuzzRoom) fuzzed(agent string) (f web.Fuzzed) {
	r.mu.Lock()
	run := r.runs[agent]
	r.mu.Unlock()
	if run == nil {
		return f
	}
	p := run.Progress()
	f.Runs, f.Played, f.Replayed, f.Pursued, f.Over = run.runs, p.Played, p.Replayed, p.Pursued, run.over()
	run.mu.Lock()
	defer run.mu.Unlock()
	f.Findings = slices.Clone(run.findings)
	return f
}

// mostFuzzed bounds the clients that are fuzzed, by their names, which they choose.
const mostFuzzed = 100

func newFuzzRoom(p *process, out string, quiet bool) *fuzzRoom {
	return &fuzzRoom{process: p, out: out, quiet: quiet, status: terminal.NewStatus(p.surroundings(), true), runs: map[string]*clientRun{}}
}

// handed is a stream that tells when somebody else has closed it.
type handed struct {
	stream.Stream
	once sync.Once
	gone chan struct{}
}

func (h *handed) Close() error {
	defer h.once.Do(func() { close(h.gone) })
	return h.Stream.Close()
}

func (h *handed) Reset() error {
	defer h.once.Do(func() { close(h.gone) })
	return h.Stream.Reset()
}

// play has one conversation with a client.
func (r *fuzzRoom) play(ctx context.Context, call fuzzserver.FuzzCall) *peer.Refusal {
	if call.Replay != "" {
		return r.replay(ctx, call)
	}
	run := r.run(ctx, call)
	if run == nil {
		return &peer.Refusal{Status: 503, Why: "too many clients are being fuzzed"}
	}
	s := &handed{Stream: call.Stream, gone: make(chan struct{})}
	select {
	case <-run.Done():
		return &peer.Refusal{Status: 410, Why: "all conversations have been played"}
	case <-ctx.Done():
		return &peer.Refusal{Status: 503, Why: "the server is being stopped"}
	case run.arrivals <- s:
		<-s.gone
	}
	return nil
}

// run is the one of the client, begun if it is new, or over and asked for with another seed.
func (r *fuzzRoom) run(ctx context.Context, call fuzzserver.FuzzCall) *clientRun {
	r.mu.Lock()
	defer r.mu.Unlock()
	if run := r.runs[call.Agent]; run != nil {
		if !run.over() || call.Seed == nil || *call.Seed == run.seed {
			return run
		}
		r.conclude(call.Agent)
	}
	if len(r.runs) == mostFuzzed {
		return nil
	}
	run := &clientRun{arrivals: make(chan stream.Stream), screen: &fuzzScreen{process: r.process, out: r.out, quiet: r.quiet, status: r.status}}
	run.screen.again = func(sum *fuzz.Summary) string {
		return fmt.Sprintf("/fuzz?agent=NAME&seed=%d&runs=%d", sum.Seed, sum.Played)
	}
	run.screen.repeat = func(name string) string { return "have the client open /fuzz?agent=NAME&replay=" + name }
	c := fuzz.Config{Seed: rand.Uint64() >> 32, Role: ws.Server, Runs: call.Runs, Agent: call.Agent, Found: run.found, Jobs: 4}
	if call.Seed != nil {
		c.Seed = *call.Seed
	}
	run.seed, run.runs = c.Seed, c.Runs
	c.Peer.Connect = func(ctx context.Context) (stream.Stream, error) {
		select {
		case s := <-run.arrivals:
			return s, nil
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	run.Fuzzer = fuzz.Start(ctx, c)
	r.runs[call.Agent] = run
	r.order = append(r.order, call.Agent)
	if !r.quiet {
		r.status.Print(fmt.Sprintf("Fuzzing the client %q, seed %d", call.Agent, c.Seed))
	}
	return run
}

// replay plays a conversation from the folder of findings.
func (r *fuzzRoom) replay(ctx context.Context, call fuzzserver.FuzzCall) *peer.Refusal {
	if named := regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`); !named.MatchString(call.Replay) { // and no path
		return &peer.Refusal{Status: 400, Why: "/fuzz: replay is no name of a conversation"}
	}
	c, err := readConversation(filepath.Join(r.out, call.Replay+".wsspec"))
	if err == nil && c.Role != ws.Server {
		err = errors.New("it is a conversation with a server")
	}
	if err != nil {
		r.process.note(fmt.Sprintf("replay %s: %v", call.Replay, err))
		return &peer.Refusal{Status: 404, Why: "/fuzz: there is no such conversation, or it cannot be played"}
	}
	taken := false
	p := player.Player{Patience: player.Sure(), Keep: true}
	p.Connect = func(context.Context) (stream.Stream, error) {
		if taken {
			return nil, errors.New("a client has one connection")
		}
		taken = true
		return call.Stream, nil
	}
	out := p.Play(ctx, c)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.played, r.failed = true, r.failed || len(out.Violations) > 0
	new(replayCmd).tell(r.process, conversationFile{c, call.Replay}, out)
	return nil
}

// conclude tells what the fuzzing of a client came to, and forgets it. r.mu is held.
func (r *fuzzRoom) conclude(agent string) {
	run := r.runs[agent]
	s := run.Wait()
	r.trouble = errors.Join(r.trouble, run.screen.failed, run.screen.end(agent, &s))
	r.broken, r.played = r.broken || s.Broken() > 0 || s.Unsettled(false), true
	delete(r.runs, agent)
	r.order = slices.DeleteFunc(r.order, func(name string) bool { return name == agent })
}

// close ends what is going on, and tells what it came to. Where a client was fuzzed, others
// need not have run a case.
func (r *fuzzRoom) close(rest func() error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.order) > 0 {
		r.conclude(r.order[0])
	}
	err := rest()
	var earned statusError
	if r.played && errors.As(err, &earned) && earned == exitUnreachable {
		err = nil
	}
	switch {
	case r.trouble != nil:
		return r.trouble
	case err == nil && (r.broken || r.failed):
		return statusError(exitVerdict)
	}
	return err
}
