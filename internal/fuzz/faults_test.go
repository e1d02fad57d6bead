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
	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/ws"
)

func TestExplore(t *testing.T) {
	for _, f := range testee.AllFaults() {
		if f.Topic == testee.Commands || !f.Roles.Has(ws.Server) || !strings.Contains(f.Name, os.Getenv("FAULT")) {
			continue
		}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		c := fuzz.Config{Seed: 1, Role: ws.Client, Peer: endpoint(t, ws.Server, f.Name), Jobs: 8, Enough: 1}
		s := fuzz.Run(ctx, c)
		cancel()
		legal := ""
		if f.Legal {
			legal = "(allowed)"
		}
		if len(s.Findings) == 0 {
			fmt.Printf("%-40s MISSED %s played %d marks %d known %d unconfirmed %d lost %v\n", f.Name, legal, s.Played, s.Marks, s.Known, s.Unconfirmed, s.Lost)
			continue
		}
		g := s.Findings[0]
		fmt.Printf("%-40s %s %6d conv %v %d frames: %v\n", f.Name, legal, g.Number, g.At.Round(time.Millisecond), g.Conversation.Frames(), g.Violation)
		if os.Getenv("FAULT") != "" {
			fmt.Println(g.Conversation)
			fmt.Println(strings.Join(g.Trace, "\n"))
		}
	}
}
