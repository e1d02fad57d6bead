// SPDX-License-Identifier: Apache-2.0

package fuzz_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/wsspec/wsspec/internal/fuzz"
	"github.com/wsspec/wsspec/internal/fuzz/conversation"
	"github.com/wsspec/wsspec/internal/fuzz/player"
	"github.com/wsspec/wsspec/internal/model"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/ws"
)

// An endpoint without faults, and the variants that the RFCs allow, make no finding.
func TestNoFalseAlarm(t *testing.T) {
	for _, c := range []struct {
		role   ws.Role
		faults []string
		runs   uint64
	}{
		{ws.Server, nil, 2000}, {ws.Client, nil, 2000},
		{ws.Server, []string{"fragments-echo", "adds-server-no-context-takeover"}, 300},
		{ws.Server, []string{"answers-close-without-code", "declines-deflate"}, 300},
		{ws.Client, []string{"sends-pong-inside-echo"}, 300},
	} {
		var s fuzz.Summary
		synctest.Test(t, func(t *testing.T) {
			s = fuzz.Run(t.Context(), fuzz.Config{Seed: 6455, Role: c.role.Other(), Peer: endpoint(t, c.role, c.faults...), Runs: c.runs, Jobs: 4})
		})
		if s.Played != c.runs || len(s.Findings) > 0 || s.Lost != nil {
			t.Errorf("%v %v: %d played, lost %v", c.role, c.faults, s.Played, s.Lost)
		}
		for _, f := range s.Findings {
			t.Errorf("%v %v: %v\n%s\n%s", c.role, c.faults, f.Violation, f.Conversation, strings.Join(player.Received(f.Records), "\n"))
		}
	}
}

// A finding is short, says what is wrong, was confirmed, and reads as it prints.
func TestFinding(t *testing.T) {
	var s fuzz.Summary
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		s = fuzz.Run(ctx, fuzz.Config{
			Seed: 1, Role: ws.Client, Peer: endpoint(t, ws.Server, "no-utf8-check"), Runs: 20_000, Jobs: 4, Agent: "it/1.0",
			Found: func(f fuzz.Finding) {
				if f.Violation.Requirement == "6455-8.1-1" {
					cancel()
				}
			},
		})
	})
	for _, f := range s.Findings {
		if f.Violation.Requirement != "6455-8.1-1" {
			continue
		}
		text := f.Conversation.String()
		again, err := conversation.Parse(f.Name, text)
		if err != nil || again.String() != text {
			t.Errorf("%v: %s", err, text)
		}
		for _, want := range []string{"\nrequirement: 6455-8.1-1 (RFC 6455, 8.1, MUST)\n", "\nagent: it/1.0\n", "\nfound: seed 1, conversation ", "\nreceived: text 0x"} {
			if !strings.Contains(text, want) {
				t.Errorf("there is no %q in\n%s", want, text)
			}
		}
		if f.Confirmed != 3 || f.Conversation.Frames() > 2 || f.Violation.Level != model.Must || len(f.Records) == 0 {
			t.Errorf("confirmed %d times, %d frames: %v", f.Confirmed, f.Conversation.Frames(), f.Violation)
		}
		return
	}
	t.Errorf("not found in %d conversations: %v", s.Played, s.Findings)
}

// An endpoint that cannot be reached any more ends the run, with the last conversations.
func TestEndpointIsGone(t *testing.T) { synctest.Test(t, endpointIsGone) }

func endpointIsGone(t *testing.T) {
	p := endpoint(t, ws.Server)
	connect, left := p.Connect, 40
	p.Connect = func(ctx context.Context) (stream.Stream, error) {
		if left--; left < 0 {
			return nil, errors.New("connection refused")
		}
		return connect(ctx)
	}
	s := fuzz.Run(t.Context(), fuzz.Config{Seed: 1, Role: ws.Client, Peer: p, Jobs: 1, Single: true, Away: 1})
	if s.Lost == nil || !strings.Contains(s.Lost.Error(), "connection refused") || len(s.Gone) == 0 || s.Played == 0 {
		t.Errorf("%+v", s)
	}
}

// Whoever breaks a run off gets what was found so far.
func TestBrokenOff(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if s := fuzz.Run(ctx, fuzz.Config{Seed: 1, Role: ws.Client, Peer: endpoint(t, ws.Server)}); len(s.Findings) > 0 || s.Lost != nil {
		t.Errorf("%+v", s)
	}
}

// A server that serves nobody behind the last conversation is not one without findings.
func TestEndpointIsGoneAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const runs = 40
		p := endpoint(t, ws.Server)
		connect, left := p.Connect, runs
		p.Connect = func(ctx context.Context) (stream.Stream, error) {
			if left--; left < 0 {
				return nil, errors.New("connection refused")
			}
			return connect(ctx)
		}
		s := fuzz.Run(t.Context(), fuzz.Config{Seed: 1, Role: ws.Client, Peer: p, Jobs: 1, Single: true, Away: 1, Runs: runs})
		if s.Lost == nil || len(s.Gone) == 0 || s.Played != runs {
			t.Errorf("%d conversations, then %v", s.Played, s.Lost)
		}
	})
}
