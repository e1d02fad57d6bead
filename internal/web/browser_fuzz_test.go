// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"context"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/wsspec/wsspec/internal/fuzz"
	"github.com/wsspec/wsspec/internal/fuzzserver"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/web"
	"github.com/wsspec/wsspec/internal/ws"
)

// fuzzing is what a fuzzing server has with one client.
type fuzzing struct {
	*fuzz.Fuzzer
	come chan stream.Stream
}

// taken is a stream that tells when it has been closed.
type taken struct {
	stream.Stream
	once sync.Once
	gone chan struct{}
}

func (s *taken) Close() error { defer s.once.Do(func() { close(s.gone) }); return s.Stream.Close() }
func (s *taken) Reset() error { defer s.once.Do(func() { close(s.gone) }); return s.Stream.Reset() }

// play begins with the first call.
func (f *fuzzing) play(ctx context.Context, call fuzzserver.FuzzCall) *peer.Refusal {
	s := &taken{Stream: call.Stream, gone: make(chan struct{})}
	select {
	case f.come <- s:
		<-s.gone
		return nil
	case <-f.Done():
		return &peer.Refusal{Status: 410, Why: "no more"}
	case <-ctx.Done():
		return &peer.Refusal{Status: 503, Why: "ended"}
	}
}

// Chromium talks with the server in ways that nobody thought of, until there is no more, and
// the page shows what came of it.
func TestBrowserFuzzes(t *testing.T) {
	ctx := browser(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	const evil = "<b id=evil>"
	f := &fuzzing{come: make(chan stream.Stream)}
	running, cancel := context.WithCancel(t.Context())
	config := fuzz.Config{Seed: 7, Role: ws.Server, Runs: 40, Jobs: 2}
	config.Peer.Connect = func(ctx context.Context) (stream.Stream, error) {
		select {
		case s := <-f.come:
			return s, nil
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	f.Fuzzer = fuzz.Start(running, config)
	_, store := newSite(t, "1.*")
	site := web.New(web.Config{Plan: plan(t, "1.*"), Results: store, Port: l.Addr().(*net.TCPAddr).Port, Fuzzed: func(agent string) (s web.Fuzzed) {
		if p := f.Progress(); agent == "it" {
			s = web.Fuzzed{Runs: 40, Played: p.Played, Replayed: p.Replayed, Findings: []web.Finding{{Name: "x-1", Level: "MUST", What: evil, Text: "conversation 1\n"}}}
			select {
			case <-f.Done():
				s.Over = true
			default:
			}
		}
		return s
	}})
	server := fuzzserver.New(fuzzserver.Config{Plan: plan(t, "1.*"), Settings: runner.Settings{Seed: 1}, Store: store, Fuzz: f.play})
	served := make(chan error, 1)
	go func() { served <- server.Serve(running, l) }()
	defer func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	}()

	do(t, ctx, chromedp.Navigate(show(t, site)+"/browser#agent=it"))
	do(t, ctx, chromedp.WaitVisible("body[data-state=idle]"))
	do(t, ctx, chromedp.Evaluate[chromedp.Void]("amount.add(new Option('40', '40')), amount.value = '40'"))
	do(t, ctx, chromedp.Click("#fuzz"))
	do(t, ctx, chromedp.WaitVisible("#fuzzing[data-state=ended]"))
	if said := text(t, ctx, "#fuzzed"); said != "40 of 40 conversations · 1 found · done" {
		t.Errorf("the page says %q", said)
	}
	if s := f.Wait(); s.Played != 40 {
		t.Errorf("%+v", s)
	}
	if found := text(t, ctx, "#findings li"); !strings.Contains(found, evil) {
		t.Errorf("found %q", found)
	}
	click(t, ctx, "#findings a")
	if page := text(t, ctx, "body"); page != "conversation 1" {
		t.Errorf("the finding is %q", page)
	}
}
