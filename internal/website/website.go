// SPDX-License-Identifier: Apache-2.0

// Package website is the pages that go with a fuzzing server: it gives package web, which
// knows nothing of fuzzing servers, a port and what happens on the connections. It
// knows nothing of commands. Start at Listen.
package website

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/wsspec/wsspec/internal/folder"
	"github.com/wsspec/wsspec/internal/fuzzserver"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/web"
)

// usual is where the pages are if nobody says otherwise.
const usual = ":8080"

// Site is the pages of a fuzzing server. The zero value is for one that has none.
type Site struct {
	pages *web.Site
	l     net.Listener
	done  chan error
}

// Config says what a site shows.
type Config struct {
	Clients net.Listener // where clients connect
	Secure  bool         // through TLS
	Plan    []runner.Planned
	Folder  *folder.Folder
	Version string    // of this program
	Log     io.Writer // told why there are no pages

	// Fuzzed is that of web.Config.
	Fuzzed func(agent string) web.Fuzzed
}

// Listen listens at the address for browsers. Where it is empty that is the usual
// port, and if somebody else has it, there are no pages.
func Listen(addr string, c Config) (*Site, error) {
	wanted := addr != ""
	if !wanted {
		addr = usual
	}
	l, err := net.Listen("tcp", addr)
	if err != nil && wanted {
		return nil, fmt.Errorf("web pages: %w", err)
	}
	if err != nil {
		fmt.Fprintf(c.Log, "No web pages: %v\n", err)
		return &Site{}, nil
	}
	port := 0
	if a, ok := c.Clients.Addr().(*net.TCPAddr); ok {
		port = a.Port
	}
	return &Site{l: l, done: make(chan error, 1), pages: web.New(web.Config{
		Plan: c.Plan, View: c.Folder.View, Results: c.Folder, Port: port, Secure: c.Secure, Version: c.Version, Fuzzed: c.Fuzzed,
	})}, nil
}

// Open reports whether there are pages.
func (w *Site) Open() bool { return w.pages != nil }

// Address is where a browser on this machine finds the pages.
func (w *Site) Address() string { return Address(w.l) }

// Address is where a browser on this machine finds what is served on the listener.
func Address(l net.Listener) string {
	a, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		return l.Addr().String()
	}
	host := a.IP.String()
	if a.IP.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, fmt.Sprint(a.Port)) + "/"
}

// Serve answers browsers until ctx ends.
func (w *Site) Serve(ctx context.Context) {
	if w.pages != nil {
		go func() { w.done <- web.Serve(ctx, w.l, w.pages) }()
	}
}

// Wait returns once the last browser has its answer, with err and what went wrong besides.
func (w *Site) Wait(err error) error {
	if w.pages == nil {
		return err
	}
	return errors.Join(err, <-w.done)
}

// Event shows what happens.
func (w *Site) Event(e fuzzserver.Event) {
	if w.pages == nil {
		return
	}
	switch e.Kind {
	case fuzzserver.Connected, fuzzserver.CaseBegun:
		w.pages.Connected(web.Visit{Conn: e.Conn, Remote: e.Remote.String(), Path: e.Path, Agent: e.Agent, Case: e.ID, Since: e.At})
	case fuzzserver.Disconnected:
		w.pages.Disconnected(e.Conn)
	case fuzzserver.CaseDone:
		w.pages.Done(*e.Result)
	case fuzzserver.Updated:
		w.pages.Updated()
	case fuzzserver.Trouble:
		w.pages.Trouble(e.Err)
	}
}
