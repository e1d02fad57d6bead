// SPDX-License-Identifier: Apache-2.0

// Package fuzzclient tests servers: we are the WebSocket client. It connects, with TLS
// where it is asked for, and has package runner play the cases. It knows nothing of
// commands, nor of where results go. Start at Run.
package fuzzclient

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/stream/h2"
	"github.com/wsspec/wsspec/internal/stream/h3"
	"github.com/wsspec/wsspec/internal/stream/secure"
	"github.com/wsspec/wsspec/internal/ws"
)

// Server is a server under test.
type Server struct {
	URL       string
	Agent     string // its name in the report; empty: what it calls itself
	Origin    string
	Protocols []string
	Header    ws.Fields
	TLS       stream.ClientTLS
	HTTP      string     // the version to open connections with: ws.HTTP2, ws.HTTP3; empty: ws.HTTP1
	Way       stream.Way // to the server; a Dial of its own has none
	Options   peer.Options
	// Dial connects to the server, in place of the network. May be nil.
	Dial func(context.Context) (stream.Stream, error)
}

// UnknownAgent is the name of a server that does not say what it is.
const UnknownAgent = "UnknownServer"

// Endpoint is a server whose URL has been understood.
type Endpoint struct {
	Server
	target  stream.Target
	request peer.Request
	asked   atomic.Bool // the server asked for a client certificate
	quic    *h3.Dialer  // where connections are those of HTTP/3
}

// errNoTLS is that HTTP/3 is asked for with a URL of ws.
var errNoTLS = errors.New("HTTP/3 is always over TLS: the URL has to be one of the scheme wss")

// Resolve reads the server's URL and TLS files. The error says which of them is
// wrong and why.
func (s Server) Resolve(userAgent string) (*Endpoint, error) {
	u, port, err := ws.ParseURL(s.URL)
	if err != nil {
		return nil, fmt.Errorf("server URL %q: %w", s.URL, err)
	}
	e := &Endpoint{Server: s, target: stream.Target{Addr: net.JoinHostPort(u.Hostname(), port), Way: s.Way}}
	if u.Scheme == "wss" {
		if e.target.TLS, err = s.TLS.Config(u.Hostname()); err != nil {
			return nil, err
		}
		if s.HTTP == ws.HTTP2 {
			e.target.TLS.NextProtos, e.target.Speaks = []string{alpnHTTP2}, []string{alpnHTTP2}
		}
		if s.HTTP == ws.HTTP3 {
			e.quic = &h3.Dialer{TLS: e.target.TLS}
		}
		shown := e.target.TLS.GetClientCertificate
		e.target.TLS.GetClientCertificate = func(info *tls.CertificateRequestInfo) (*tls.Certificate, error) {
			e.asked.Store(true)
			if shown != nil {
				return shown(info)
			}
			return new(tls.Certificate), nil // none
		}
	}
	if s.HTTP == ws.HTTP3 && e.quic == nil {
		return nil, fmt.Errorf("server URL %q: %w", s.URL, errNoTLS)
	}
	e.request = peer.Request{
		Host: strings.TrimSuffix(u.Host, ":"), Target: u.RequestURI(), Agent: userAgent, Origin: s.Origin, Protocols: s.Protocols,
		Secure: u.Scheme == "wss",
	}
	for _, f := range s.Header {
		switch strings.ToLower(f.Name) {
		case "host": // of a virtual server, say
			e.request.Host = f.Value
		case "user-agent":
			e.request.Agent = f.Value
		case "origin":
			e.request.Origin = f.Value
		default:
			e.request.Header = append(e.request.Header, f)
		}
	}
	if err := checkRequest(e.request); err != nil {
		return nil, err
	}
	return e, nil
}

// Address is the host:port that is connected to, or that a proxy is asked for.
func (e *Endpoint) Address() string { return e.Way.Address(e.target.Addr) }

// Secure reports whether TLS is spoken.
func (e *Endpoint) Secure() bool { return e.target.TLS != nil }

// checkRequest says what in the request would be read as something else: a
// value that begins a line of its own, a name that is none (RFC 9110, 5.1 and 5.5),
// or a field that the opening handshake has already (RFC 6455, 4.1).
func checkRequest(r peer.Request) error {
	if strings.ContainsFunc(r.Host+r.Target, func(c rune) bool { return c <= ' ' || c == 0x7F }) {
		return fmt.Errorf("server URL: there is a blank or control character in %q or %q: write it as %%20 and the like", r.Host, r.Target)
	}
	for i, name := range r.Protocols {
		if !ws.IsToken(name) || slices.Contains(r.Protocols[:i], name) {
			return fmt.Errorf("subprotocols %q: want names without blanks and separators, each once (RFC 6455, 4.1)", r.Protocols)
		}
	}
	fields := append(ws.Fields{{Name: "User-Agent", Value: r.Agent}, {Name: "Origin", Value: r.Origin}}, r.Header...)
	for _, f := range fields {
		if !ws.IsToken(f.Name) || strings.ContainsAny(f.Value, "\r\n\x00") {
			return fmt.Errorf("header %q with the value %q: want a name and one line", f.Name, f.Value)
		}
	}
	for _, f := range r.Header {
		name := strings.ToLower(f.Name)
		if name == "upgrade" || name == "connection" || strings.HasPrefix(name, "sec-websocket-") {
			return fmt.Errorf("header %q: the opening handshake has one of its own", f.Name)
		}
	}
	return nil
}

// ErrUnreachable says that a server could not be connected to for a while.
var ErrUnreachable = errors.New("server cannot be reached")

// ErrCertificateWanted and ErrCertificateRefused say that the server asked for a client
// certificate before it ended the connection with a TLS alert; in the second case it was
// shown one.
var (
	ErrCertificateWanted  = errors.New("the server asks for a client certificate")
	ErrCertificateRefused = errors.New("the server was shown the client certificate")
)

// How long a server that refuses connections is tried again, and how often.
const (
	retryFor   = 5 * time.Second
	firstRetry = 50 * time.Millisecond
	lastRetry  = time.Second
	dialLimit  = 10 * time.Second
)

// dial connects to the server, and goes on trying for a while where it refuses.
// The error is one with ErrUnreachable in it, or that of the context.
func (e *Endpoint) dial(ctx context.Context, m *secure.Manner) (stream.Stream, error) {
	giveUp := time.Now().Add(retryFor)
	for pause := firstRetry; ; pause = min(2*pause, lastRetry) {
		attempt, cancel := context.WithTimeout(ctx, dialLimit)
		s, err := e.connect(attempt, m)
		cancel()
		switch {
		case err == nil:
			return s, nil
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case time.Now().Add(pause).After(giveUp) || isPermanent(err):
			return nil, fmt.Errorf("%w: %s: %w", ErrUnreachable, e.URL, e.alerted(stream.Worded(err, dialLimit)))
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// alerted adds to a TLS alert that the server asked for a certificate, if it did.
func (e *Endpoint) alerted(err error) error {
	switch {
	case !isAlert(err) || !e.asked.Load():
		return err
	case e.TLS.CertFile != "":
		return fmt.Errorf("%w: %w", ErrCertificateRefused, err)
	}
	return fmt.Errorf("%w: %w", ErrCertificateWanted, err)
}

// dialOnce is dial for a server that has to be there.
func (e *Endpoint) dialOnce(ctx context.Context, m *secure.Manner) (stream.Stream, error) {
	attempt, cancel := context.WithTimeout(ctx, dialLimit)
	defer cancel()
	s, err := e.connect(attempt, m)
	switch {
	case err == nil:
		return s, nil
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	}
	return nil, fmt.Errorf("%w: %s: %w", ErrUnreachable, e.URL, stream.Worded(err, dialLimit))
}

// connect makes a connection, with TLS in the manner of a case, where there is one. What
// comes of TLS is the case's to see then.
func (e *Endpoint) connect(ctx context.Context, m *secure.Manner) (stream.Stream, error) {
	if e.Dial != nil {
		return e.Dial(ctx)
	}
	if e.quic != nil {
		s, err := e.quic.DialStream(ctx, e.Way.Direct(e.target.Addr))
		if err != nil {
			return nil, err
		}
		return s, nil
	}
	if e.HTTP == ws.HTTP2 {
		return e.connectHTTP2(ctx)
	}
	below := e.target
	below.TLS = nil
	s, err := stream.Dial(ctx, below)
	if err != nil || e.target.TLS == nil || m != nil && m.Plain {
		return s, err
	}
	c := secure.Client(s, e.target.TLS, m)
	err = c.Handshake(ctx)
	if m != nil {
		return c, nil
	}
	if err == nil {
		err = e.target.CheckProtocol(c.ConnectionState().NegotiatedProtocol)
	}
	if err != nil {
		_ = c.Close() // it is of no use either way
		return nil, err
	}
	return c, nil
}

func (e *Endpoint) connectHTTP2(ctx context.Context) (stream.Stream, error) {
	s, err := stream.Dial(ctx, e.target)
	if err != nil {
		return s, err
	}
	if p := stream.Protocol(s); e.target.TLS != nil && p != alpnHTTP2 {
		_ = s.Close() // it is of no use
		return nil, fmt.Errorf("%w: ALPN agreed on %q", h2.ErrNotHTTP2, p)
	}
	return h2.Dial(ctx, s)
}

// dialHTTP1 connects for HTTP/1.1 whatever the version of the run is. A server that has none there
// is one that ends the connection.
func (e *Endpoint) dialHTTP1(ctx context.Context, _ *secure.Manner) (stream.Stream, error) {
	if e.Dial != nil {
		return e.Dial(ctx)
	}
	attempt, cancel := context.WithTimeout(ctx, dialLimit)
	defer cancel()
	target := e.target
	if target.TLS != nil {
		target.TLS = target.TLS.Clone()
		target.TLS.NextProtos = []string{"http/1.1"}
	}
	s, err := stream.Dial(attempt, target)
	if err != nil && ctx.Err() == nil {
		ours, theirs := net.Pipe()
		_ = theirs.Close() // nobody is there
		return stream.Wrap(ours), nil
	}
	return s, err
}

// leave lets go of what all connections share. They can be opened again.
func (e *Endpoint) leave() {
	if e.quic != nil {
		_ = e.quic.Close() // it is over either way
	}
}

// alpnHTTP2 is the name of HTTP/2 over TLS (RFC 9113, 3.2).
const alpnHTTP2 = "h2"

// isPermanent reports whether trying again is of no use: the name does not exist,
// the certificate is not trusted, the server has said why not in a TLS alert, the port does
// not speak TLS, the server chose another protocol, or a proxy does not let us through.
func isPermanent(err error) bool {
	if refused, ok := errors.AsType[*stream.ProxyError](err); ok && refused.Permanent() {
		return true
	}
	var dns *net.DNSError
	var cert *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	if errors.Is(err, h3.ErrNotAllowed) || errors.Is(err, h2.ErrNoConnect) || errors.Is(err, h2.ErrNotHTTP2) && !errors.Is(err, io.EOF) {
		return true
	}
	var protocol *stream.ProtocolError
	return errors.As(err, &dns) && dns.IsNotFound || errors.As(err, &cert) || errors.As(err, &record) || errors.As(err, &protocol) || isAlert(err)
}
