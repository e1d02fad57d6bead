// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/wsspec/wsspec/internal/fuzzserver"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/web"
)

// usualWeb is where the pages are if nobody says otherwise.
const usualWeb = ":8080"

// website is the pages of a fuzzing server, or nothing where there are to be none.
type website struct {
	site *web.Site
	l    net.Listener
	done chan error
}

// openWeb listens for the pages of a fuzzing server whose clients connect to ws.
// Where addr is empty that is the usual port, and if somebody else has it, there
// are no pages.
func (p *process) openWeb(addr string, ws net.Listener, secure bool, plan []runner.Planned, f *folder) (*website, error) {
	wanted := addr != ""
	if !wanted {
		addr = usualWeb
	}
	l, err := net.Listen("tcp", addr)
	if err != nil && wanted {
		return nil, badUsage(fmt.Errorf("web pages: %w", err), "choose another address, or none")
	}
	if err != nil {
		fmt.Fprintf(p.stderr, "No web pages: %v\n", err)
		return &website{}, nil
	}
	port := 0
	if a, ok := ws.Addr().(*net.TCPAddr); ok {
		port = a.Port
	}
	return &website{l: l, done: make(chan error, 1), site: web.New(web.Config{
		Plan: plan, View: f.view, Results: f, Port: port, Secure: secure, Version: version(),
	})}, nil
}

// address is where a browser on this machine finds the pages.
func (w *website) address() string {
	a, ok := w.l.Addr().(*net.TCPAddr)
	if !ok {
		return w.l.Addr().String()
	}
	host := a.IP.String()
	if a.IP.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, fmt.Sprint(a.Port)) + "/"
}

// serve answers browsers until ctx ends.
func (w *website) serve(ctx context.Context) {
	if w.site != nil {
		go func() { w.done <- web.Serve(ctx, w.l, w.site) }()
	}
}

// wait returns once the last browser has its answer.
func (w *website) wait(err error) error {
	if w.site == nil {
		return err
	}
	return errors.Join(err, <-w.done)
}

// event shows what happens.
func (w *website) event(e fuzzserver.Event) {
	if w.site == nil {
		return
	}
	switch e.Kind {
	case fuzzserver.Connected, fuzzserver.CaseBegun:
		w.site.Connected(web.Visit{Conn: e.Conn, Remote: e.Remote.String(), Path: e.Path, Agent: e.Agent, Case: e.ID, Since: e.At})
	case fuzzserver.Disconnected:
		w.site.Disconnected(e.Conn)
	case fuzzserver.CaseDone:
		w.site.Done(*e.Result)
	case fuzzserver.Updated:
		w.site.Updated()
	case fuzzserver.Trouble:
		w.site.Trouble(e.Err)
	}
}
