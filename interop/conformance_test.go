// SPDX-License-Identifier: Apache-2.0

package interop_test

import (
	"context"
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/wsspec/wsspec/interop/echo"
	"github.com/wsspec/wsspec/interop/oracle"
	"github.com/wsspec/wsspec/interop/suite"
)

// The cases of the oracle, but for the ones that move many megabytes: those are
// compared by hand, as README.md says.
var compared = []string{
	"1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "9.1.1", "9.2.1", "9.3.4", "9.5.3", "9.7.2", "9.8.2", "10.*",
	"12.1.1", "12.3.5", "13.1.4", "13.2.4", "13.3.4", "13.4.4", "13.5.4", "13.6.4", "13.7.4",
}

// build makes the program under test, called wstest.
func build(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "wstest")
	if out, err := exec.Command("go", "build", "-C", "..", "-o", path, "./cmd/wsspec").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

func writeSpec(t *testing.T, dir, name string, spec map[string]any) {
	b, err := json.Marshal(spec)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name), b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Real servers get the verdicts that the reference gave them.
func TestServersGetTheirVerdicts(t *testing.T) {
	wstest := build(t)
	table, err := oracle.Load(oracle.Servers)
	if err != nil {
		t.Fatal(err)
	}
	for _, lib := range echo.Libraries() {
		t.Run(lib.Name, func(t *testing.T) {
			t.Parallel()
			if testing.Short() && lib.Name == "xnet" {
				t.Skip("x/net fails most cases, each by a timeout: half a minute; run without -short")
			}
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			go lib.Serve(l) // until the test is over and the listener closed
			defer l.Close()
			agent := "go-" + lib.Name
			agree(t, table[agent], func(cases []string) map[string]oracle.Outcome {
				dir := t.TempDir()
				writeSpec(t, dir, "fuzzingclient.json", map[string]any{
					"outdir": "r", "cases": cases, "servers": []any{map[string]any{"agent": agent, "url": "ws://" + l.Addr().String()}},
				})
				cmd := exec.CommandContext(t.Context(), wstest, "-m", "fuzzingclient")
				cmd.Dir = dir
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Fatalf("%v\n%s", err, out)
				}
				return outcomes(t, dir, agent)
			})
		})
	}
}

// Real clients get the verdicts that the reference gave them.
func TestClientsGetTheirVerdicts(t *testing.T) {
	wstest := build(t)
	table, err := oracle.Load(oracle.Clients)
	if err != nil {
		t.Fatal(err)
	}
	for _, lib := range echo.Libraries() {
		if lib.Client == nil {
			continue
		}
		t.Run(lib.Name, func(t *testing.T) {
			t.Parallel()
			agent := "go-" + lib.Name
			agree(t, table[agent], func(cases []string) map[string]oracle.Outcome {
				dir := t.TempDir()
				writeSpec(t, dir, "fuzzingserver.json", map[string]any{"outdir": "r", "cases": cases, "url": "ws://127.0.0.1:0"})
				cmd := exec.CommandContext(t.Context(), wstest, "-m", "fuzzingserver", "-u", "0")
				cmd.Dir = dir
				url, out := listening(t, cmd)
				drive(t, lib.Client, url, agent)
				_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended already, which Wait tells
				if err := cmd.Wait(); err != nil {
					t.Fatalf("%v\n%s", err, out.String())
				}
				return outcomes(t, dir, agent)
			})
		})
	}
}

// drive takes a client through all cases.
func drive(t *testing.T, client echo.Client, url, agent string) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	run := suite.Run{URL: url, Agent: agent, Parallel: 1, Refused: func(int, error) {}}
	if _, err := run.Do(ctx, client); err != nil {
		t.Fatal(err)
	}
}

// said is what a program has said.
type said struct {
	mu   sync.Mutex
	text strings.Builder
	url  chan string // the first that it names
}

func (s *said) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text.Write(b)
	if m := regexp.MustCompile(`(ws://127\.0\.0\.1:\d+)\s`).FindStringSubmatch(s.text.String()); m != nil {
		select {
		case s.url <- m[1]:
		default:
		}
	}
	return len(b), nil
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// listening starts a program that listens at a port of its choice, and says where.
func listening(t *testing.T, cmd *exec.Cmd) (url string, out *said) {
	out = &said{url: make(chan string, 1)}
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	select {
	case url = <-out.url:
		return url, out
	case <-time.After(time.Minute):
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		t.Fatalf("it did not say where it listens:\n%s", out)
		return "", nil
	}
}

func outcomes(t *testing.T, dir, agent string) map[string]oracle.Outcome {
	report, err := oracle.ReadReport(filepath.Join(dir, "r"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := report.Agent(agent)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// isBetterThere: the reference inflates with a library that stops for good at a
// block with BFINAL, which RFC 7692, 7.2.3.4 allows and gobwas as a client sends
// where context takeover was agreed. We read on.
func isBetterThere(test, id string) bool {
	return test == "TestClientsGetTheirVerdicts/gobwas" && (strings.HasPrefix(id, "12.") || strings.HasPrefix(id, "13.1."))
}

// agree wants the words of the oracle for the cases that play plays. What differs
// is played again: a peer's reaction and our next frame may cross on the wire.
func agree(t *testing.T, want oracle.Peer, play func(cases []string) map[string]oracle.Outcome) {
	cases := compared
	for range 3 {
		differing := map[string]oracle.Difference{}
		for _, d := range oracle.Compare(want, play(cases)).Differences {
			if !d.Unstable && !isBetterThere(t.Name(), d.Case) && !sameWords(d) {
				differing[d.Case] = d
			}
		}
		if len(differing) == 0 {
			return
		}
		cases = nil
		for id, d := range differing {
			t.Logf("%s: want %v, got %v", id, d.Want, d.Got)
			cases = append(cases, id)
		}
	}
	t.Errorf("%d cases differ from the oracle each time: %v", len(cases), cases)
}

// sameWords reports whether the two verdicts agree and only the close code is
// another.
func sameWords(d oracle.Difference) bool {
	for _, w := range d.Want {
		if w.Behavior == d.Got.Behavior && w.BehaviorClose == d.Got.BehaviorClose {
			return true
		}
	}
	return false
}
