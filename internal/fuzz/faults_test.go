// SPDX-License-Identifier: Apache-2.0

package fuzz_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/fuzz"
	"github.com/wsspec/wsspec/internal/fuzz/player"
	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/ws"
)

// caught looks for a conversation that an endpoint with a fault gets wrong, and one
// without does not.
func caught(t *testing.T, role ws.Role, f testee.Fault, seed uint64, most time.Duration) (found fuzz.Finding, took time.Duration, s fuzz.Summary, ok bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), most)
	defer cancel()
	correct := player.Player{Peer: endpoint(t, role), Patience: player.Quick()}
	began := time.Now()
	s = fuzz.Run(ctx, fuzz.Config{
		Seed: seed, Role: role.Other(), Peer: endpoint(t, role, f.Name), Jobs: 4, Enough: 1000, Obeys: f.Topic == testee.Commands,
		Found: func(g fuzz.Finding) {
			if out := correct.Play(t.Context(), g.Conversation); ok || len(out.Violations) > 0 && out.Worst().Level <= g.Violation.Level {
				return
			}
			found, took, ok = g, time.Since(began), true
			cancel()
		},
	})
	return found, took, s, ok
}

func TestExplore(t *testing.T) {
	d, _ := time.ParseDuration(os.Getenv("LONG"))
	if d == 0 {
		t.Skip()
	}
	role := ws.Server
	if os.Getenv("ROLE") == "client" {
		role = ws.Client
	}
	for _, f := range testee.AllFaults() {
		if !f.Roles.Has(role) || !strings.Contains(f.Name, os.Getenv("FAULT")) {
			continue
		}
		legal := ""
		if f.Legal {
			legal = "(allowed)"
		}
		g, took, s, ok := caught(t, role, f, 1, d)
		if !ok {
			fmt.Printf("%-40s MISSED %s played %d replayed %d findings %d unconfirmed %d repeated %d left %d lost %v\n", f.Name, legal, s.Played, s.Replayed, len(s.Findings), s.Unconfirmed, s.Repeated, s.Left, s.Lost)
			continue
		}
		fmt.Printf("%-40s %s %6d conv %v (%v) %d frames: %v\n", f.Name, legal, g.Number, g.At.Round(time.Millisecond), took.Round(time.Millisecond), g.Conversation.Frames(), g.Violation)
		if os.Getenv("FAULT") != "" {
			fmt.Println(g.Conversation)
			fmt.Println(strings.Join(player.Received(g.Records), "\n"))
		}
	}
}
