// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"
	"strconv"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/fuzzserver"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/spec"
	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/ws"
)

// portHint is for ports that cannot be listened at.
const portHint = "choose another port with -w, such as ws://127.0.0.1:9002"

// fuzzingServer tests the clients that connect, until it is told to stop.
func (p *process) fuzzingServer(ctx context.Context, f wstestFlags) error {
	s, err := p.readWstestSpec(f, spec.FuzzingServer)
	if err != nil {
		return err
	}
	if f.url != "" {
		s.URL = f.url
	}
	plan, err := referencePlan(s, ws.Server)
	if err != nil {
		return err
	}
	skip, err := agentFilter(s)
	if err != nil {
		return err
	}
	addr, secure, err := anyInterface(s.URL)
	if err != nil {
		return err
	}
	var tlsConfig *tls.Config
	if secure {
		if tlsConfig, err = f.loadTLS(s); err != nil {
			return err
		}
	}
	store, err := openFolder(s.OutDir, true, false)
	if err != nil {
		return err
	}
	l, err := listen(addr, tlsConfig)
	if err != nil {
		return badUsage(err, portHint)
	}
	pages := &website{}
	if web, none, err := webPort(f.webPort); err != nil {
		return err
	} else if !none {
		if pages, err = p.openWeb(web, l, tlsConfig != nil, plan, store); err != nil {
			return err
		}
	}
	server := fuzzserver.New(fuzzserver.Config{
		Plan: plan, Settings: runner.Settings{Options: s.Options, Reference: true, Deflate: deflate.NewPool()}, Store: store, Skip: skip,
		Identity: identity(), Protocols: s.Protocols, AnyoneControls: true,
		Events: func(e fuzzserver.Event) { p.wstestEvent(e); pages.event(e) },
	})
	fmt.Fprintf(p.stdout, "Ok, will run %d test cases for any clients connecting to %s\n", len(plan), serverURL(l, tlsConfig != nil))
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	pages.serve(ctx)
	err = server.Serve(ctx, l)
	stop()
	return pages.wait(err)
}

// loadTLS reads the certificate and key of the flags, or else of the specification.
func (f wstestFlags) loadTLS(s *spec.Spec) (*tls.Config, error) {
	key, cert := cmp.Or(f.key, s.Key), cmp.Or(f.cert, s.Cert)
	if key == "" || cert == "" {
		return nil, badUsage(fmt.Errorf("url %q: wss needs a key and a certificate", s.URL), "give PEM files with -k and -c, or ask for ws")
	}
	return loadTLS(cert, key)
}

// webPort reads -u: a port, 0 for no pages, nothing for the usual port.
func webPort(s string) (addr string, none bool, err error) {
	if s == "" {
		return "", false, nil
	}
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil {
		return "", false, fmt.Errorf("-u %q: want a port from 0 to 65535", s)
	}
	return fmt.Sprintf(":%d", n), n == 0, nil
}

func (p *process) wstestEvent(e fuzzserver.Event) {
	switch e.Kind {
	case fuzzserver.CaseDone:
		fmt.Fprintf(p.stdout, "%q, case %s: %s, closing %s\n", e.Agent, e.ID, e.Result.Verdict.Behavior, e.Result.Verdict.Close)
	case fuzzserver.Updated:
		fmt.Fprintf(p.stdout, "Reports are up to date\n")
	case fuzzserver.Trouble:
		fmt.Fprintf(p.stderr, "wstest: %v\n", e.Err)
	}
}

// anyInterface is the port of the URL on all interfaces, whatever host it names:
// so it has always been, and containers rely on it. It also tells whether the URL
// asks for TLS.
func anyInterface(rawURL string) (addr string, secure bool, err error) {
	u, err := url.Parse(cmp.Or(rawURL, "ws://127.0.0.1:9001"))
	if err != nil || u.Scheme != "ws" && u.Scheme != "wss" {
		return "", false, fmt.Errorf("url %q: want ws://host:port or wss://host:port", rawURL)
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"ws": "80", "wss": "443"}[u.Scheme]
	}
	return ":" + port, u.Scheme == "wss", nil
}

// testeeServer echoes, as the reference's modes testeeserver and echoserver do.
func (p *process) testeeServer(ctx context.Context, f wstestFlags) error {
	if f.url == "" {
		return fmt.Errorf("mode %s needs -w, the URL to listen at", f.mode)
	}
	addr, secure, err := anyInterface(f.url)
	if err != nil {
		return err
	}
	var tlsConfig *tls.Config
	if secure {
		if tlsConfig, err = f.loadTLS(&spec.Spec{URL: f.url}); err != nil {
			return err
		}
	}
	err = p.echo(ctx, addr, "", tlsConfig, testee.Config{Agent: f.ident})
	if usage, ok := errors.AsType[*usageError](err); ok {
		usage.hint = portHint
	}
	return err
}

// testeeClient takes our client through the cases of a fuzzing server.
func (p *process) testeeClient(ctx context.Context, f wstestFlags) error {
	if f.url == "" {
		return fmt.Errorf("mode %s needs -w, the URL of the fuzzing server", f.mode)
	}
	name := cmp.Or(f.ident, "wsspec/"+version())
	dial, err := dialer(f.url, true, testee.Config{Agent: name})
	if err != nil {
		return err
	}
	return p.driveClient(ctx, dial, name, 1)
}
