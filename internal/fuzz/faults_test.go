// SPDX-License-Identifier: Apache-2.0

package fuzz_test

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/fuzz"
	"github.com/wsspec/wsspec/internal/fuzz/player"
	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/ws"
)

// hunting has the whole tables made, which takes an hour at most and minutes as a rule.
var hunting = flag.Duration("hunt", 0, "look for each fault for so long, and write the tables")

// hunt looks for a conversation that an endpoint with a fault gets wrong, and one without
// does not.
func hunt(t *testing.T, role ws.Role, f testee.Fault, c fuzz.Config) (found fuzz.Finding, took time.Duration, ok bool) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	correct := player.Player{Peer: endpoint(t, role), Patience: player.Quick()}
	began := time.Now()
	c.Seed, c.Role, c.Peer, c.Obeys = 1, role.Other(), endpoint(t, role, f.Name), f.Topic == testee.Commands
	c.Jobs, c.Enough = 4, 1000
	c.Second = player.Patience{Owed: 500 * time.Millisecond, Nudge: 50 * time.Millisecond, Whole: 10 * time.Second}
	c.Found = func(g fuzz.Finding) {
		if out := correct.Play(t.Context(), g.Conversation); ok || len(out.Violations) > 0 && out.Worst().Level <= g.Violation.Level {
			return
		}
		found, took, ok = g, time.Since(began), true
		cancel()
	}
	fuzz.Run(ctx, c)
	return found, took, ok
}

// A sample of faults, for each change; TestTables has what is known of all of them.
func TestFindsFaults(t *testing.T) {
	for _, c := range []struct {
		fault string
		role  ws.Role
	}{
		{"ignores-rsv", ws.Server}, {"accepts-nested-fragments", ws.Server}, {"accepts-missing-host", ws.Server},
		{"pong-empty", ws.Client}, {"does-not-mask", ws.Client}, {"delivers-what-it-could-inflate", ws.Server},
	} {
		t.Run(c.fault, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g, _, ok := hunt(t, c.role, faultNamed(t, c.fault), fuzz.Config{Runs: 30_000})
				if !ok {
					t.Fatal("not found")
				}
				if n := g.Conversation.Frames(); n > 4 {
					t.Errorf("%d frames:\n%s", n, g.Conversation)
				}
			})
		})
	}
}

func faultNamed(t *testing.T, name string) testee.Fault {
	t.Helper()
	all := testee.AllFaults()
	i := slices.IndexFunc(all, func(f testee.Fault) bool { return f.Name == name })
	if i < 0 {
		t.Fatalf("no fault has the name %q", name)
	}
	return all[i]
}

const tableHead = `# How soon fuzzing finds that an echo %[1]s has one fault, in memory, with seed 1, on two cores
# that were busy with other work.
#
# A fault counts as found when a conversation, shrunk and confirmed three times, shows
# something that a faultless %[1]s does not. "at" is when it was seen first, "found" when
# it was shrunk and confirmed. Faults that the RFCs allow are left out, and so are those
# that no case finds; of clients also those that show only when they are told to do
# something, as nobody can tell them in /fuzz.
#
# go test ./internal/fuzz -run TestTables -hunt 1m
#
# %-38s %8s %8s %13s %6s  %s
`

// The tables say how much of what the catalogue has is found, how soon, and how short.
func TestTables(t *testing.T) {
	for _, role := range []ws.Role{ws.Server, ws.Client} {
		name := "testdata/faults_" + role.String() + "s.txt"
		if *hunting > 0 {
			writeTable(t, role, name)
		}
		checkTable(t, name)
	}
}

func writeTable(t *testing.T, role ws.Role, name string) {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, tableHead, role, "fault", "at", "found", "conversations", "frames", "rule")
	found := byCases(t, role)
	for _, f := range testee.AllFaults() {
		if !f.Roles.Has(role) || f.Legal || !found[f.Name] && !f.Chance || f.Topic == testee.Commands && role == ws.Client {
			continue
		}
		g, took, ok := hunt(t, role, f, fuzz.Config{Time: *hunting})
		line := fmt.Sprintf("%-40s not found in %v", f.Name, *hunting)
		if ok {
			line = fmt.Sprintf("%-40s %7.2fs %7.2fs %13d %6d  %s %s", f.Name, g.At.Seconds(), took.Seconds(), g.Number+1, g.Conversation.Frames(), g.Violation.Level, g.Violation.Requirement)
		}
		fmt.Fprintln(&b, line)
		t.Log(line)
	}
	if err := os.WriteFile(name, []byte(b.String()), 0o666); err != nil {
		t.Fatal(err)
	}
}

// byCases are the faults that cases find, as the tables of package runner say.
func byCases(t *testing.T, role ws.Role) map[string]bool {
	t.Helper()
	text, err := os.ReadFile("../runner/testdata/faults_" + role.String() + "s.txt")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		name, rest, ok := strings.Cut(strings.TrimSpace(line), ":")
		if name, _, _ = strings.Cut(name, " "); ok && line[0] != ' ' && line[0] != '#' {
			found[name] = !strings.Contains(rest, "nothing")
		}
	}
	return found
}

// checkTable holds a table to what fuzzing is to find: 95 of 100, half of them with four
// frames or less.
func checkTable(t *testing.T, name string) {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, missed := 0, []string{}
	var frames []int
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		all++
		var at, found float64
		var n, length int
		if _, err := fmt.Sscanf(strings.Join(fields[1:], " "), "%fs %fs %d %d", &at, &found, &n, &length); err != nil {
			missed = append(missed, fields[0])
			continue
		}
		frames = append(frames, length)
	}
	slices.Sort(frames)
	if found := all - len(missed); all < 150 || found*100 < all*95 || frames[len(frames)/2] > 4 {
		t.Errorf("%s: %d of %d found, half of them with %d frames or less; not found: %s", name, found, all, frames[len(frames)/2], strings.Join(missed, ", "))
	}
}
