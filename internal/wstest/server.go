// SPDX-License-Identifier: Apache-2.0

package wstest

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"net/url"
	"strconv"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/fuzzserver"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/spec"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/terminal"
	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/tour"
	"github.com/wsspec/wsspec/internal/website"
	"github.com/wsspec/wsspec/internal/ws"
)

// portHint is for ports that cannot be listened at.
const portHint = "choose another port with -w, such as ws://127.0.0.1:9002"

// fuzzingServer tests the clients that connect, until it is told to stop.
func (p Program) fuzzingServer(ctx context.Context, f flags) error {
	s, err := p.readSpec(f, spec.FuzzingServer)
	if err != nil {
		return err
	}
	if f.url != "" {
		s.URL = f.url
	}
	plan, surveys, err := referencePlan(s, ws.Server)
	if err != nil {
		return err
	}
	skip, err := s.Filter()
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
	store, err := p.openFolder(s.OutDir)
	if err != nil {
		return err
	}
	l, err := stream.Listen(addr, tlsConfig)
	if err != nil {
		return &hintedError{err, portHint}
	}
	pages := new(website.Site)
	if web, none, err := webPort(f.webPort); err != nil {
		return err
	} else if !none {
		pages, err = website.Listen(web, website.Config{Clients: l, Secure: secure, Plan: plan, Folder: store, Version: p.Version, Log: p.Stderr})
		if err != nil {
			return &hintedError{err, "choose another address, or none"}
		}
	}
	server := fuzzserver.New(fuzzserver.Config{
		Plan: plan, Surveys: surveys, Settings: runner.Settings{Options: s.Options, Reference: true, Deflate: deflate.NewPool()}, Store: store, Skip: skip,
		Identity: fuzzserver.Identity("wsspec/" + p.Version), Protocols: s.Protocols, AnyoneControls: true,
		Events: func(e fuzzserver.Event) { p.event(e); pages.Event(e) },
	})
	fmt.Fprintf(p.Stdout, "Ok, will run %d test cases for any clients connecting to %s\n", len(plan), stream.URL(l, secure))
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	pages.Serve(ctx)
	err = server.Serve(ctx, l)
	stop()
	return pages.Wait(err)
}

// loadTLS reads the certificate and key of the flags, or else of the specification.
func (f flags) loadTLS(s *spec.Spec) (*tls.Config, error) {
	key, cert := cmp.Or(f.key, s.Key), cmp.Or(f.cert, s.Cert)
	if key == "" || cert == "" {
		return nil, &hintedError{fmt.Errorf("url %q: wss needs a key and a certificate", s.URL), "give PEM files with -k and -c, or ask for ws"}
	}
	return stream.ServerTLS{CertFile: cert, KeyFile: key}.Config()
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

// event prints what happens.
func (p Program) event(e fuzzserver.Event) {
	switch e.Kind {
	case fuzzserver.CaseDone:
		fmt.Fprintf(p.Stdout, "%q, case %s: %s, closing %s\n", e.Agent, e.ID, e.Result.Verdict.Behavior, e.Result.Verdict.Close)
	case fuzzserver.Updated:
		fmt.Fprintf(p.Stdout, "Reports are up to date\n")
	case fuzzserver.Trouble:
		fmt.Fprintf(p.Stderr, "wstest: %v\n", e.Err)
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

// testeeClient takes our client through the cases of a fuzzing server.
func (p Program) testeeClient(ctx context.Context, f flags) error {
	if f.url == "" {
		return fmt.Errorf("mode %s needs -w, the URL of the fuzzing server", f.mode)
	}
	name := cmp.Or(f.ident, "wsspec/"+p.Version)
	dial, err := tour.To(f.url, stream.ClientTLS{Insecure: true}, stream.Way{}, testee.Config{Agent: name})
	if err != nil {
		return err
	}
	n, err := tour.Tour{Dial: dial, Agent: name, Parallel: 1, Lost: func(n int, err error) { fmt.Fprintf(p.Stderr, "wsspec: case %d: %v\n", n, err) }}.Do(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.Stdout, "%s run as %q\n", terminal.CasesOf(n), name)
	return nil
}
