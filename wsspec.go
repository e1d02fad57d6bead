// SPDX-License-Identifier: Apache-2.0

// Package wsspec tests WebSocket servers and clients for conformance to RFC 6455
// and RFC 7692 inside "go test": one subtest per case, named by its id. It knows
// nothing of command lines or reports. Start at TestHandler, TestServer or TestClient.
//
//	func TestConformance(t *testing.T) {
//		wsspec.TestHandler(t, myEchoHandler)
//	}
//
// The implementation under test has to echo: return each text or binary message
// unchanged, and close properly. A failing case prints the rule, its section, what was expected
// and what was received. Nothing is written to disk, and only loopback is used.
//
// Of the 216 compression cases (12.* and 13.*), which differ in sizes and parameters and
// take most of the time, 48 are run and the others are skipped, unless AllCompression or
// Cases asks for them. With -short, all cases that move megabytes or thousands of messages
// are skipped. The command wsspec, in cmd/wsspec, does the same from a shell, with reports.
package wsspec

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/fuzzclient"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/baseline"
	"github.com/wsspec/wsspec/internal/report/telling"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/ws"
)

// An Option changes how the tests of this package go.
type Option func(*config)

type config struct {
	include, exclude []string
	known            baseline.Expectations
	strict           bool
	settings         runner.Settings
	pace             runner.Pace
	origin           string
	protocols        []string
	header           ws.Fields
	compression      bool // all of its cases
	asked            bool // for cases, by Cases
}

// Cases picks cases by id or pattern: "6.4.1", "6.*". All are run without it.
func Cases(patterns ...string) Option {
	return func(c *config) { c.include = append(c.include, patterns...) }
}

// Exclude leaves cases out, by id or pattern.
func Exclude(patterns ...string) Option {
	return func(c *config) { c.exclude = append(c.exclude, patterns...) }
}

// Known says that the cases of the pattern ("*" stands for anything) fail, and why.
// They are skipped with the reason when they do, and fail the test when they no
// longer do, so that the list stays true.
func Known(pattern, reason string) Option {
	return func(c *config) {
		c.known = append(c.known, baseline.Expected{Agent: "*", Case: pattern, Allowed: "FAILED", Reason: reason})
	}
}

// Strict takes only OK: not NON-STRICT, nor a closing that could be cleaner.
func Strict() Option { return func(c *config) { c.strict = true } }

// TimeoutFactor stretches all patience, for slow machines. It has to be above 0.
func TimeoutFactor(f float64) Option { return func(c *config) { c.settings.Factor = f } }

// Origin is sent to the server under test.
func Origin(origin string) Option { return func(c *config) { c.origin = origin } }

// Subprotocols are requested of the server under test.
func Subprotocols(names ...string) Option { return func(c *config) { c.protocols = names } }

// Header sends another field in the opening handshake to the server under test.
func Header(name, value string) Option {
	return func(c *config) { c.header = append(c.header, ws.Field{Name: name, Value: value}) }
}

// plan reads the options and picks the cases.
func plan(t *testing.T, role ws.Role, opts []Option) (*config, []runner.Planned) {
	t.Helper()
	c := &config{settings: runner.Settings{Deflate: deflate.NewPool()}}
	for _, o := range opts {
		o(c)
	}
	if c.asked = len(c.include) > 0; !c.asked {
		c.include = []string{"*"}
	}
	c.checkPace(t)
	picked, err := conform.Select(cases.All(cases.Current), c.include, c.exclude)
	if err != nil {
		t.Fatalf("wsspec: %v", err)
	}
	return c, runner.Plan(picked, role)
}

// endpoint is the server at a URL, as the options have it reached.
func (c *config) endpoint(t *testing.T, url string) *fuzzclient.Endpoint {
	t.Helper()
	server := fuzzclient.Server{URL: url, Origin: c.origin, Protocols: c.protocols, Header: c.header}
	endpoint, err := server.Resolve("wsspec")
	if err != nil {
		t.Fatalf("wsspec: %v", err)
	}
	return endpoint
}

// TestServer tests the server at a ws:// or wss:// URL.
func TestServer(t *testing.T, url string, opts ...Option) {
	t.Helper()
	c, plan := plan(t, ws.Client, opts)
	endpoint := c.endpoint(t, url)
	// Told once, and not by each case.
	if err := endpoint.Probe(t.Context(), c.settings); err != nil {
		t.Fatalf("wsspec: %v", err)
	}
	c.each(t, plan, func(ctx context.Context, k runner.Planned, acting runner.Acting) (report.Result, error) {
		return endpoint.Play(ctx, c.settings, k, url, acting)
	})
}

// TestHandler tests a handler that upgrades and echoes, on a server on loopback
// that lives as long as the test.
func TestHandler(t *testing.T, h http.Handler, opts ...Option) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("wsspec: %v", err)
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(l) }() // until the cleanup
	t.Cleanup(func() { _ = server.Close() })
	TestServer(t, "ws://"+l.Addr().String(), opts...)
}

// each runs the cases as subtests, several at a time as -parallel says. A case that
// is not as it should be goes on with no other beside it, and only what comes of
// that counts.
func (c *config) each(t *testing.T, plan []runner.Planned, play runner.PlayFunc) {
	t.Helper()
	var alone sync.RWMutex
	for _, k := range plan {
		t.Run(k.ID, func(t *testing.T) {
			if testing.Short() && k.Has(conform.Slow) {
				t.Skip("moves megabytes or thousands of messages: run without -short")
			}
			if c.cut(k) {
				t.Skip("one of the compression cases of which a few are run: wsspec.AllCompression() or wsspec.Cases has it run")
			}
			t.Parallel()
			ctx, stop := inTime(t.Context(), t.Deadline)
			defer stop()
			if ctx.Err() != nil {
				t.Fatalf("wsspec: not run: %v", errLate)
			}
			r, err := c.attempts(ctx, k, play, &alone)
			if errors.Is(context.Cause(ctx), errLate) {
				t.Fatalf("wsspec: broken off: %v", errLate)
			}
			if err != nil {
				t.Fatalf("wsspec: %v", err)
			}
			c.judge(t, r)
		})
	}
}

// reserve is what is left of the time of go test for the results to be told: where it
// is over, all that the tests have found out is lost.
const reserve = 5 * time.Second

var errLate = errors.New("the time that go test has is nearly over; -timeout gives it more, and -short or wsspec.Cases less to do")

// inTime ends early enough before the deadline of a test, if it has one.
func inTime(ctx context.Context, deadline func() (time.Time, bool)) (context.Context, context.CancelFunc) {
	end, has := deadline()
	if !has {
		return ctx, func() {}
	}
	return context.WithDeadlineCause(ctx, end.Add(-reserve), errLate)
}

// judge turns a result into that of a subtest.
func (c *config) judge(t *testing.T, r report.Result) {
	t.Helper()
	fails := report.View{Strict: c.strict}.Fails(r)
	text := r.Title + "\n" + strings.Join(telling.Explain(r), "\n")
	switch standing, e := c.known.Of(r, fails, time.Now()); standing {
	case baseline.Regression:
		t.Error(text)
	case baseline.Known:
		t.Skipf("known: %s\n%s", e.Reason, text)
	case baseline.Outdated:
		if !r.Passed() { // better than FAILED, and not as it should be
			t.Skipf("known: %s\n%s", e.Reason, text)
		}
		t.Errorf("%s\nthis case was to fail (%s) and does not: take it off the list", r.Title, e.Reason)
	default:
		if tally := r.Flakiness(); tally != "" {
			t.Logf("flaky: %s\n%s", tally, text)
		} else if r.Verdict.Behavior != "OK" {
			t.Logf("%s: %s", r.Verdict.Behavior, r.Verdict.Result)
		}
	}
}
