// SPDX-License-Identifier: Apache-2.0

package wstest

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/wsspec/wsspec/internal/broadcast"
	"github.com/wsspec/wsspec/internal/load/wire"
	"github.com/wsspec/wsspec/internal/spec"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/tour"
	"github.com/wsspec/wsspec/internal/visible"
	"github.com/wsspec/wsspec/internal/website"
	"github.com/wsspec/wsspec/internal/ws"
)

// listen listens at -w for a mode that is a server.
func (p Program) listen(f flags) (l net.Listener, secure bool, err error) {
	if f.url == "" {
		return nil, false, fmt.Errorf("mode %s needs -w, the URL to listen at", f.mode)
	}
	addr, secure, err := anyInterface(f.url)
	if err != nil {
		return nil, false, err
	}
	var tlsConfig *tls.Config
	if secure {
		if tlsConfig, err = f.loadTLS(&spec.Spec{URL: f.url}); err != nil {
			return nil, false, err
		}
	}
	if l, err = stream.Listen(addr, tlsConfig); err != nil {
		return nil, false, &hintedError{err, portHint}
	}
	return l, secure, nil
}

// page serves a page to talk to the server, unless -u is 0. It returns what waits for
// the end of it.
func (p Program) page(ctx context.Context, f flags, t website.Talk) (wait func() error, err error) {
	addr, none, err := webPort(f.webPort)
	if err != nil || none {
		return func() error { return nil }, err
	}
	t.Log = p.Stderr
	url, wait, err := t.Serve(ctx, addr)
	if err != nil {
		return nil, &hintedError{err, "choose another port with -u, or none with -u 0"}
	}
	if url != "" {
		fmt.Fprintf(p.Stdout, "Page to talk to it: %s\n", url)
	}
	return wait, nil
}

// testeeServer echoes, as the reference's modes testeeserver and echoserver do. The latter
// has a page.
func (p Program) testeeServer(ctx context.Context, f flags) error {
	l, secure, err := p.listen(f)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	wait := func() error { return nil }
	if f.mode == "echoserver" {
		if wait, err = p.page(ctx, f, website.Talk{Title: "Echo server", What: "Each message comes back from", Server: l, Secure: secure}); err != nil {
			return errors.Join(err, l.Close())
		}
	}
	fmt.Fprintf(p.Stdout, "Echo server at %s. Ctrl-C ends it.\n", stream.URL(l, secure))
	err = testee.Server{Config: testee.Config{Agent: f.ident}}.Serve(ctx, l)
	stop()
	return errors.Join(err, wait())
}

// echoClient connects once, and echoes what comes until the server closes.
func (p Program) echoClient(ctx context.Context, f flags) error {
	if f.url == "" {
		return fmt.Errorf("mode %s needs -w, the URL of the server", f.mode)
	}
	cfg := testee.Config{Agent: cmp.Or(f.ident, "wsspec/"+p.Version)}
	return tour.Echo(ctx, f.url, true, cfg, func() { fmt.Fprintf(p.Stdout, "Connected to %s. Ctrl-C ends it.\n", f.url) })
}

// Times of the broadcast modes.
const (
	tick  = time.Second
	hello = 2 * time.Second
)

// broadcastServer sends each message to all clients.
func (p Program) broadcastServer(ctx context.Context, f flags) (err error) {
	l, secure, err := p.listen(f)
	if err != nil {
		return err
	}
	engine, err := wire.New(wire.Config{})
	if err != nil {
		return errors.Join(err, l.Close())
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	wait, err := p.page(ctx, f, website.Talk{Title: "Broadcast server", What: "Each message goes to all clients of", Server: l, Secure: secure})
	if err != nil {
		return errors.Join(err, l.Close())
	}
	fmt.Fprintf(p.Stdout, "Broadcast server at %s. Ctrl-C ends it.\n", stream.URL(l, secure))
	server := broadcast.Server{
		Tick: tick, Agent: cmp.Or(f.ident, "wsspec/"+p.Version),
		Dropped: func(n int) { fmt.Fprintf(p.Stderr, "wstest: dropped a client that does not read; %d are left\n", n) },
	}
	err = server.Serve(ctx, engine, l)
	stop()
	return errors.Join(err, wait())
}

// broadcastClient says hello and prints what comes.
func (p Program) broadcastClient(ctx context.Context, f flags) (err error) {
	if f.url == "" {
		return fmt.Errorf("mode %s needs -w, the URL of the server", f.mode)
	}
	engine, err := wire.New(wire.Config{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	d, err := dialer(ctx, engine, f.url, wire.Limits{})
	if err != nil {
		return err
	}
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	client := broadcast.Client{
		Hello: fmt.Sprintf("hello from %s[%d]", host, os.Getpid()), Every: hello,
		Received: func(opcode ws.Opcode, payload []byte) {
			text := visible.Text(string(payload))
			if opcode == ws.Binary {
				text = fmt.Sprintf("%x", payload)
			}
			fmt.Fprintf(p.Stdout, "received:  %s\n", text)
		},
	}
	err = client.Run(ctx, d.Dial)
	if failure, never := errors.AsType[*broadcast.Failure](err); never {
		return &hintedError{fmt.Errorf("%s: %w", f.url, failure), "is the server running, and is this its address?"}
	}
	return err
}
