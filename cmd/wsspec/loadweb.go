// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/wsspec/wsspec/internal/load"
	"github.com/wsspec/wsspec/internal/load/live"
	"github.com/wsspec/wsspec/internal/load/metrics"
	"github.com/wsspec/wsspec/internal/load/stats"
	"github.com/wsspec/wsspec/internal/web"
	"github.com/wsspec/wsspec/internal/website"
)

// WebAddress is where pages are served: the value of a flag that may do without one. The zero value
// is nowhere.
type WebAddress string

// anyPort is a free port that only this machine reaches.
const anyPort WebAddress = "127.0.0.1:0"

// Decode takes a value that follows the flag, unless it is a URL or another flag. A port alone is one
// that only this machine reaches.
func (a *WebAddress) Decode(ctx *kong.DecodeContext) error {
	*a = anyPort
	next := ctx.Scan.Peek()
	text, is := next.Value.(string)
	if !is || next.Type != kong.FlagValueToken && (strings.HasPrefix(text, "-") || strings.Contains(text, "://")) {
		return nil
	}
	ctx.Scan.Pop()
	if _, err := strconv.ParseUint(text, 10, 16); err == nil {
		text = net.JoinHostPort("127.0.0.1", text)
	}
	if _, _, err := net.SplitHostPort(text); err != nil {
		return fmt.Errorf("%q: want a port, or an address with one, such as 127.0.0.1:8080 or :8080", text)
	}
	*a = WebAddress(text)
	return nil
}

// patience is how long browsers have for the last that there is to show.
const patience = 2 * time.Second

// A liveSite is a load test that browsers can look at.
type liveSite struct {
	site    *live.Site
	metrics *metrics.Collector
	stop    func() error
}

// open begins to serve the pages of a test.
func (a WebAddress) open(ctx context.Context, p *process, plan load.Plan) (*liveSite, error) {
	l, err := net.Listen("tcp", string(a))
	if err != nil {
		return nil, badUsage(fmt.Errorf("--web: %w", err), "choose another address, such as "+string(anyPort))
	}
	w := &liveSite{metrics: metrics.New(plan, version())}
	w.site = live.New(plan, w.metrics.Handler())
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx)) // what a signal has ended is still shown
	done := make(chan error, 1)
	go func() { done <- web.Serve(ctx, l, w.site) }()
	w.stop = func() error { cancel(); return <-done }
	fmt.Fprintf(p.stdout, "The test can be watched at %s\n", website.Address(l))
	return w, nil
}

// close shows the result, if there is one, and serves no longer.
func (w *liveSite) close(r *load.Result) error {
	if w == nil {
		return nil
	}
	var err error
	if r != nil {
		err = w.site.End(r, patience)
	}
	return errors.Join(err, w.stop())
}

// showing shows what has been measured since the beginning of a run, and what of it is new, to all who look.
func (l *loading) showing(ctx context.Context, total, more *stats.Snapshot, begin time.Time, conclude func(load.Run, *stats.Snapshot) (*load.Result, error)) {
	now := time.Since(begin)
	l.screen.Show(total, now)
	if l.live == nil {
		return
	}
	l.live.metrics.Add(more)
	err := l.live.site.Show(now, func() (*load.Result, error) {
		s, messaging := l.plan.SoFar(total, now)
		return conclude(l.known(ctx, begin, messaging), &s)
	})
	if err != nil {
		l.screen.Tell("wsspec: the page cannot be drawn: %v", err)
	}
}
