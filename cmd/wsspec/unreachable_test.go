// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/fuzzclient"
	"github.com/wsspec/wsspec/internal/stream"
)

// Each way of not opening a connection has a hint that names what to change.
func TestUnreachableHints(t *testing.T) {
	status := func(n int) error {
		return fmt.Errorf("test: %w", &fuzzclient.RefusedError{Target: "/chat?room=1", Status: n, Location: "/chat/"})
	}
	how := func(h fuzzclient.Refusal) error { return &fuzzclient.RefusedError{How: h} }
	alert := func(name string) error {
		return &net.OpError{Op: "remote error", Err: fmt.Errorf("tls: %s", name)}
	}
	for _, tt := range []struct {
		err  error
		want string
	}{
		{status(401), "--header 'Authorization: …'"}, {status(403), "--origin"}, {status(404), `at the path "/chat"`},
		{status(426), `at the path "/chat"`}, {status(301), "the URL that it leads to"}, {status(200), `plain HTTP at the path "/chat"`},
		{status(400), "--subprotocol"}, {status(500), "log of the server"}, {status(418), `is "/chat" the right path?`},
		{how(fuzzclient.WantsTLS), "with wss:"}, {how(fuzzclient.NotHTTP), "another protocol"}, {how(fuzzclient.Endless), "another protocol"}, {how(fuzzclient.Silence), "--timeout-factor"},
		{how(fuzzclient.HangingUp), "wss:"}, {how(fuzzclient.ByAlert), "TLS"},
		{fmt.Errorf("%w: %w", fuzzclient.ErrCertificateWanted, alert("certificate required")), "--client-cert"},
		{&tls.CertificateVerificationError{Err: x509.HostnameError{Certificate: &x509.Certificate{}, Host: "h"}}, "--sni"},
		{&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, "--cafile"},
		{tls.RecordHeaderError{}, "ws:"}, {alert("handshake failure"), "--sni"}, {alert("protocol version not supported"), "--tls-min"},
		{&stream.ProxyError{Status: 407}, "--proxy http://user:password@host:port"}, {&stream.ProxyError{Status: 401, LoggedIn: true}, "does not accept this user"},
		{&stream.ProxyError{Status: 502}, "--connect-to"}, {&stream.ProxyError{Status: 405}, "port 443 alone"},
		{&stream.ProxyError{Err: stream.ErrNotHTTP}, "is it an HTTP proxy"}, {&stream.ProxyError{Err: &net.OpError{Op: "dial"}}, "is the proxy running"},
		{&stream.ProtocolError{Chosen: "h2"}, "out of --alpn"}, {alert("no application protocol"), "--alpn says"},
		{fmt.Errorf("%w: %w", fuzzclient.ErrCertificateRefused, alert("bad certificate")), "is it signed"},
		{&stream.WordedError{Words: "silence", Err: context.DeadlineExceeded}, "is it a WebSocket server"},
		{fuzzclient.ErrUnreachable, "is the server running"},
		{&fuzzclient.LostError{Err: fuzzclient.ErrUnreachable, Last: []string{"1.1.1", "8.2.10"}}, "did it crash? its own log may say why; these cases reached it last: --jobs 1 --cases 1.1.1,8.2.10"},
	} {
		if got := unreachableHint(tt.err); !strings.Contains(got, tt.want) {
			t.Errorf("%v: %q has no %q", tt.err, got, tt.want)
		}
	}
}
