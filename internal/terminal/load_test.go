// SPDX-License-Identifier: Apache-2.0

package terminal_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/wsspec/wsspec/internal/golden"
	"github.com/wsspec/wsspec/internal/load"
	"github.com/wsspec/wsspec/internal/load/drive"
	"github.com/wsspec/wsspec/internal/load/stats"
	"github.com/wsspec/wsspec/internal/load/wire"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/terminal"
	"github.com/wsspec/wsspec/internal/testee"
)

// loaded is a run with something of everything that a kind of test has; peers have tried to write on
// the terminal.
func loaded(t *testing.T, kind load.Kind) *load.Result {
	t.Helper()
	s := &stats.Snapshot{Counts: stats.Counts{Attempts: 1_003_000, Opened: 998_750, Failed: 1_250, Held: 998_000, Lost: 750, Retries: 3000}, Ramp: 100 * time.Second, End: 200 * time.Second}
	s.Fail("tls", 1200, "tls: failed to verify certificate: x509: certificate is valid for localhost, a.example and b.example, not some.other.example")
	s.Fail("HTTP 503", 50, "HTTP status 503: \x1b[31mbusy\n")
	s.Fail("lost: ended", 750, "")
	phases := []stats.Phase{stats.TCP, stats.TLS, stats.Upgrade, stats.Open}
	switch kind {
	case load.Connect:
		s.Pings, s.Pongs = 4_000_000, 3_999_000
		phases = append(phases, stats.Ping)
	case load.Broadcast:
		phases = append(phases, stats.Message, stats.First, stats.Median, stats.Last)
	default:
		phases = append(phases, stats.Message, stats.Service)
	}
	if kind != load.Connect {
		s.Sent, s.Messages, s.Bytes, s.Missing, s.Wrong, s.Unsent = 12_345_678, 12_345_600, 12_345_600*64, 70, 8, 1
	}
	for i := range 1000 {
		d := time.Duration(i*i) * 137 * time.Microsecond
		for k, phase := range phases {
			s.Record(phase, d/time.Duration(k+1))
		}
		slot := s.Series.At(time.Duration(i) * 200 * time.Millisecond)
		slot.Opened += int64(1000 - i)
		if kind != load.Connect {
			slot.Messages += int64(i)
		}
		slot.Record(d)
	}
	p := load.Plan{Kind: kind, URL: "wss://load.example:9001/a/path?with=a&long=query", FailIf: []string{"failed>0", "lost>1%", "ping.p99>1s"}}
	known := load.Run{
		Messaging: 60 * time.Second, Interrupted: "the loss of one[42] with 1234 connections, two[43] with 5678 connections",
		Server: &load.Resources{Process: 1234, Processes: 3, Name: "some-server", CPUS: 123.4, MemoryPeak: 12 << 30, PerConnection: 12_345, CPUPerMessage: 12.3},
		Client: &load.Resources{Unknown: "it has ended meanwhile"},
	}
	if kind != load.Find {
		r, err := load.Conclude(p, known, s)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	p.SLO, p.Over, p.From = []string{"p99<50ms", "upgrade.p99<1.5s"}, load.OverConnections, 10
	var steps []load.Step
	for i := range 30 {
		step := load.Step{At: float64(1000 * (i + 1)), Holds: i < 28, Rate: float64(1000*i) + .5, P50: 1234, P99: 45_678, Max: 1_234_567, ServerCPU: float64(i) / 10, ServerMemory: int64(i+1) << 25}
		if !step.Holds {
			step.Verdicts = []load.Verdict{{Text: "upgrade.p99<1.5s", Value: "1.52s"}}
		}
		if i == 28 {
			step.Note = "counted from when messages were really sent, it holds: this machine sends too late"
		}
		steps = append(steps, step)
	}
	r, err := load.ConcludeSearch(p, known, s, steps, s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The summary is as wide as it is to be, with colours and without.
func TestLoadSummary(t *testing.T) {
	escapes := regexp.MustCompile("\x1b\\[[0-9]*m")
	for _, kind := range []load.Kind{load.Connect, load.Echo, load.Broadcast, load.Find} {
		r := loaded(t, kind)
		if kind == load.Echo {
			r.Amiss = "no message came back, and the server broke the protocol, or a limit of ours, on 1 connection: wsspec test says more"
		}
		var all strings.Builder
		for _, width := range []int{40, 60, 80, 120} {
			page := func(env map[string]string) string {
				var out bytes.Buffer
				terminal.Load(terminal.Surroundings{Out: &out, Width: width, Getenv: func(name string) string { return env[name] }}, r)
				return out.String()
			}
			plain := page(map[string]string{"NO_COLOR": "1"})
			for line := range strings.Lines(plain) {
				if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > width {
					t.Errorf("%s, %d columns: %d in %q", kind, width, n, line)
				}
			}
			if strings.ContainsFunc(plain, func(r rune) bool { return r < ' ' && r != '\n' }) {
				t.Errorf("%s: control characters in %q", kind, plain)
			}
			for line := range strings.Lines(page(nil)) {
				if on := strings.LastIndex(line, "\x1b["); on >= 0 && !strings.HasPrefix(line[on:], "\x1b[0m") {
					t.Errorf("%s, %d columns: the colour goes on behind %q", kind, width, line)
				}
			}
			if got := escapes.ReplaceAllString(page(nil), ""); got != plain {
				t.Errorf("%s, %d columns: with colours it is\n%s", kind, width, got)
			}
			if width >= 60 {
				fmt.Fprintf(&all, "%d columns:\n%s\n", width, plain)
			}
		}
		golden.Check(t, "load-"+string(kind)+".txt", []byte(all.String()))
	}
}

// What has no steps, and found nothing, has a summary, too.
func TestLoadSummaryOfNothing(t *testing.T) {
	for _, kind := range []load.Kind{load.Connect, load.Echo, load.Broadcast, load.Find} {
		r, err := load.Conclude(load.Plan{Kind: kind, URL: "ws://x"}, load.Run{Interrupted: "a signal"}, new(stats.Snapshot))
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		terminal.Load(terminal.Surroundings{Out: &out, Width: 80, Getenv: func(string) string { return "" }}, r)
		if !strings.Contains(out.String(), "stopped by a signal") {
			t.Errorf("%s: %s", kind, out.String())
		}
	}
}

// The line of a test of six connections, of which the server refuses one and is slow: a
// connection takes 5 ms, an answer 3. Each of those of the terminal is one of the file.
func TestLoadLine(t *testing.T) {
	for _, tt := range []struct {
		name     string
		width    int
		duration time.Duration
	}{{"wide", 120, 3 * time.Second}, {"narrow", 40, 3 * time.Second}, {"none", 0, 12 * time.Second}} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			var servers sync.WaitGroup
			var dials atomic.Int32
			dial := func(context.Context) (net.Conn, error) { // one at a time, at this rate
				time.Sleep(2 * time.Millisecond)
				if dials.Add(1) == 4 {
					return nil, syscall.ECONNREFUSED
				}
				ours, theirs := memnet.Pipe(0)
				servers.Go(func() { _ = testee.Serve(ctx, late{theirs}, testee.Config{}) })
				return ours, nil
			}
			var errs bytes.Buffer
			screen := terminal.NewLoadScreen(terminal.Surroundings{Err: &errs, Width: tt.width, Getenv: func(string) string { return "" }}, false, load.Echo, 6)
			begun, total := time.Now(), new(stats.Snapshot)
			_, err := drive.Run(ctx, drive.Config{
				Plan: load.Plan{
					Kind: load.Echo, Connections: 6, ConnectRate: 7, Rate: 90, Size: "64", Duration: load.Duration(tt.duration), Timeout: load.Duration(time.Second),
				},
				Target: wire.Target{Host: "x"}, Dial: dial, Every: 250 * time.Millisecond,
				Emit: func(s *stats.Snapshot) {
					total.Merge(s)
					screen.Show(total, time.Since(begun))
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			screen.Tell("said meanwhile")
			screen.End()
			cancel()
			servers.Wait()
			lines := strings.ReplaceAll(errs.String(), "\r\x1b[K", "\n")
			if strings.ContainsAny(lines, "\r\x1b") {
				t.Errorf("%s: %q", tt.name, errs.String())
			}
			for line := range strings.Lines(lines) {
				if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); tt.width > 0 && n >= tt.width {
					t.Errorf("%s: %d columns in %q, which wraps", tt.name, n, line)
				}
			}
			golden.Check(t, "load-line-"+tt.name+".txt", []byte(lines))
		})
	}
}

// late reads three milliseconds after there is something.
type late struct{ stream.Stream }

func (l late) Read(b []byte) (int, error) {
	n, err := l.Stream.Read(b)
	time.Sleep(3 * time.Millisecond)
	return n, err
}
