// SPDX-License-Identifier: Apache-2.0

// Package fuzzclient tests servers: we are the WebSocket client.
package fuzzclient

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"time"

	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/ws"
)

// Server is a server under test.
type Server struct {
	URL       string
	Agent     string // its name in the report; empty: what it calls itself
	Origin    string
	Protocols []string
	Header    ws.Fields
	TLS       TLS
	Options   peer.Options
}

// TLS is how far a wss server is trusted.
type TLS struct {
	Insecure bool   // take any certificate
	CAFile   string // PEM of the authorities to trust, instead of the system's
	Name     string // SNI and name to verify; empty: the host of the URL
}

// UnknownAgent is the name of a server that does not say what it is.
const UnknownAgent = "UnknownServer"

// Endpoint is a server whose URL has been understood.
type Endpoint struct {
	Server
	target  stream.Target
	request peer.Request
}

// Resolve reads the server's URL and TLS files. The error says which of them is
// wrong and why.
func (s Server) Resolve(userAgent string) (*Endpoint, error) {
	u, err := url.Parse(s.URL)
	if err != nil {
		return nil, fmt.Errorf("server URL %q: %w", s.URL, errors.Unwrap(err))
	}
	port := u.Port()
	secure := false
	switch u.Scheme {
	case "ws":
	case "wss":
		secure = true
	default:
		return nil, fmt.Errorf("server URL %q: the scheme is %q: want ws:// or wss:// (RFC 6455, 3)", s.URL, u.Scheme)
	}
	switch {
	case u.Hostname() == "":
		return nil, fmt.Errorf("server URL %q: there is no host", s.URL)
	case u.Fragment != "":
		return nil, fmt.Errorf("server URL %q: a WebSocket URL has no fragment (RFC 6455, 3)", s.URL)
	case port == "" && secure:
		port = "443"
	case port == "":
		port = "80"
	}
	e := &Endpoint{Server: s, target: stream.Target{Addr: net.JoinHostPort(u.Hostname(), port)}}
	if secure {
		if e.target.TLS, err = s.TLS.config(u.Hostname()); err != nil {
			return nil, err
		}
	}
	host := u.Host
	if u.Port() == "" {
		host = u.Hostname()
	}
	e.request = peer.Request{
		Host: host, Target: u.RequestURI(), Agent: userAgent, Origin: s.Origin, Protocols: s.Protocols, Header: s.Header,
	}
	return e, nil
}

func (t TLS) config(host string) (*tls.Config, error) {
	c := &tls.Config{ServerName: host, InsecureSkipVerify: t.Insecure, NextProtos: []string{"http/1.1"}}
	if t.Name != "" {
		c.ServerName = t.Name
	}
	if t.CAFile == "" {
		return c, nil
	}
	pem, err := os.ReadFile(t.CAFile)
	if err != nil {
		return nil, fmt.Errorf("read certificate authorities: %w", err)
	}
	c.RootCAs = x509.NewCertPool()
	if !c.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s: there is no certificate in it", t.CAFile)
	}
	return c, nil
}

// ErrUnreachable says that a server could not be connected to for a while.
var ErrUnreachable = errors.New("server cannot be reached")

// How long a server that refuses connections is tried again, and how often.
const (
	retryFor   = 5 * time.Second
	firstRetry = 50 * time.Millisecond
	lastRetry  = time.Second
	dialLimit  = 10 * time.Second
)

// dial connects to the server, and goes on trying for a while where it refuses.
// The error is one with ErrUnreachable in it, or that of the context.
func (e *Endpoint) dial(ctx context.Context) (stream.Stream, error) {
	giveUp := time.Now().Add(retryFor)
	for pause := firstRetry; ; pause = min(2*pause, lastRetry) {
		attempt, cancel := context.WithTimeout(ctx, dialLimit)
		s, err := stream.Dial(attempt, e.target)
		cancel()
		switch {
		case err == nil:
			return s, nil
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case time.Now().Add(pause).After(giveUp) || isPermanent(err):
			return nil, fmt.Errorf("%w: %s: %w", ErrUnreachable, e.URL, err)
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// isPermanent reports whether trying again is of no use: the name does not exist
// or the certificate is not trusted.
func isPermanent(err error) bool {
	var dns *net.DNSError
	var cert *tls.CertificateVerificationError
	return errors.As(err, &dns) && dns.IsNotFound || errors.As(err, &cert)
}
