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
	"github.com/wsspec/wsspec/internal/ws"
)

func TestFalse(t *testing.T) {
	d, _ := time.ParseDuration(os.Getenv("LONG"))
	if d == 0 {
		t.Skip()
	}
	for _, role := range []ws.Role{ws.Server, ws.Client} {
		if r := os.Getenv("ROLE"); r != "" && r != role.String() {
			continue
		}
		var faults []string
		if f := os.Getenv("FAULT"); f != "" {
			faults = append(faults, f)
		}
		ctx, cancel := context.WithCancel(t.Context())
		c := fuzz.Config{Seed: uint64(time.Now().Unix()), Role: role.Other(), Peer: endpoint(t, role, faults...), Jobs: 4, Time: d, Enough: 1000}
		s := fuzz.Run(ctx, c)
		cancel()
		fmt.Printf("== %v: played %d replayed %d in %v, marks %d known %d findings %d unconfirmed %d repeated %d left %d lost %v\n", role, s.Played, s.Replayed, s.Took, s.Marks, s.Known, len(s.Findings), s.Unconfirmed, s.Repeated, s.Left, s.Lost)
		for _, f := range s.Findings {
			fmt.Printf("---- %s\n%s\n%s\n", f.Violation, f.Conversation, strings.Join(player.Received(f.Records), "\n"))
		}
	}
}
