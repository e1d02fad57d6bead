// SPDX-License-Identifier: Apache-2.0

package fuzz_test

import (
	"flag"
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

// soaking has endpoints without faults fuzzed for so long each.
var soaking = flag.Duration("soak", 0, "fuzz each endpoint without faults for so long, and watch the memory")

// An endpoint without faults makes no finding however long it is looked at, and memory
// stays what it was.
func TestSoak(t *testing.T) {
	if *soaking == 0 {
		t.Skip("takes the time of -soak for each endpoint")
	}
	t.Run("memory/server", func(t *testing.T) { soak(t, ws.Server, endpoint(t, ws.Server)) })
	t.Run("memory/client", func(t *testing.T) { soak(t, ws.Client, endpoint(t, ws.Client)) })
	t.Run("tcp/server", func(t *testing.T) { soak(t, ws.Server, serverOnTCP(t)) })
	for _, role := range []ws.Role{ws.Server, ws.Client} {
		for _, f := range testee.AllFaults() {
			if f.Legal && f.Roles.Has(role) {
				t.Run(fmt.Sprintf("legal/%v/%s", role, f.Name), func(t *testing.T) { soak(t, role, endpoint(t, role, f.Name)) })
			}
		}
	}
}

func soak(t *testing.T, role ws.Role, p player.Peer) {
	run := fuzz.Start(t.Context(), fuzz.Config{Seed: uint64(time.Now().UnixNano()), Role: role.Other(), Peer: p, Time: *soaking})
	var memory []int64 // octets, every ten seconds
	for tick := time.NewTicker(10 * time.Second); ; {
		select {
		case <-tick.C:
			memory = append(memory, resident(t))
			continue
		case <-run.Done():
			tick.Stop()
		}
		break
	}
	s := run.Wait()
	t.Logf("seed %d: %d conversations, %.0f a second; %d played again, %d suspicions did not come again; lost %v", s.Seed, s.Played, float64(s.Played)/s.Took.Seconds(), s.Replayed, s.Unconfirmed, s.Lost)
	for _, f := range s.Findings {
		t.Errorf("%v\n%s\n%s", f.Violation, f.Conversation, strings.Join(player.Received(f.Records), "\n"))
	}
	if n := len(memory); n > 1 {
		t.Logf("resident after 10 s: %d MiB, at the end: %d MiB, all: %v", memory[0]>>20, memory[n-1]>>20, inMiB(memory))
	}
}

func inMiB(all []int64) []int64 {
	var m []int64
	for _, n := range all {
		m = append(m, n>>20)
	}
	return m
}

// resident is the memory that this process has.
func resident(t *testing.T) int64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	var size, pages int64
	if _, err := fmt.Sscan(string(text), &size, &pages); err != nil {
		t.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}
