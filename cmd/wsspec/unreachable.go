// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"

	"github.com/wsspec/wsspec/internal/fuzzclient"
	"github.com/wsspec/wsspec/internal/stream/h2"
	"github.com/wsspec/wsspec/internal/stream/h3"
)

// unreachableHint says what to look at where a server cannot be connected to, or
// opens no WebSocket connection.
func unreachableHint(err error) string {
	if errors.Is(err, fuzzclient.ErrCertificateWanted) {
		return "wsspec has no client certificate to show: test a port that asks for none"
	}
	if r, ok := errors.AsType[*fuzzclient.RefusedError](err); ok {
		return refusedHint(r)
	}
	if lost, ok := errors.AsType[*fuzzclient.LostError](err); ok {
		return fmt.Sprintf("it was reachable before: did it crash? its own log may say why; these cases reached it last: --jobs 1 --cases %s",
			strings.Join(lost.Last, ","))
	}
	if errors.Is(err, h2.ErrNotHTTP2) {
		return "leave out --http2 to test the port over HTTP/1.1; over ws: a server has to take HTTP/2 in the clear, without an upgrade"
	}
	if errors.Is(err, h3.ErrNotAllowed) {
		return "does the server offer WebSocket over HTTP/3 at all? few do; leave out --http3 to test it over HTTP/1.1"
	}
	if errors.Is(err, h3.ErrNoQUIC) {
		return "does the server take HTTP/3 at this port, over UDP? leave out --http3 to test it over HTTP/1.1"
	}
	if errors.Is(err, h2.ErrNoConnect) {
		return "servers have to be told: Go by GODEBUG=http2xconnect=1, Node by settings: {enableConnectProtocol: true}"
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return "--sni gives the name that the certificate has, --insecure accepts any certificate"
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "--cafile names the authorities to trust, --insecure accepts any certificate"
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return "does the server speak TLS at this port? without, its URL begins with ws:"
	}
	if strings.Contains(err.Error(), "remote error: tls: ") {
		return "the server ended the TLS handshake: its log says why; --sni gives it another name"
	}
	return "is the server running, and is this its address?"
}

func refusedHint(r *fuzzclient.RefusedError) string {
	switch r.How {
	case fuzzclient.ByStatus:
		return statusHint(r)
	case fuzzclient.WantsTLS:
		return "begin the URL with wss:"
	case fuzzclient.NotHTTP:
		return "another protocol is spoken at this port: is it the right one?"
	case fuzzclient.Silence:
		return "is it a WebSocket server, and the right port? one that speaks TLS wants a URL with wss:, a slow one --timeout-factor"
	case fuzzclient.ByAlert:
		return "the log of the server says why it ended the TLS connection"
	}
	return "is it a WebSocket server, and the right port? one that speaks TLS wants a URL with wss:"
}

// statusHint goes by the HTTP status. Many servers use the next best one, so that
// most hints name several things.
func statusHint(r *fuzzclient.RefusedError) string {
	path, _, _ := strings.Cut(r.Target, "?")
	const dress = "--header, --origin and --subprotocol add what it may require"
	switch s := r.Status; {
	case s == 401 || s == 407:
		return "log in with --header 'Authorization: …', or with a cookie or parameter as the server expects it"
	case s == 403:
		return "does it let this origin in? --origin names one; --header adds what else it may require"
	case s == 404 || s == 405 || s == 410 || s == 501:
		return fmt.Sprintf("does it serve WebSocket at the path %q? the path comes at the end of the URL", path)
	case s == 426:
		return fmt.Sprintf("does it serve WebSocket at the path %q, or another version of the protocol?", path)
	case s/100 == 3 && r.Location != "":
		return "a WebSocket client need not follow redirections: test the URL that it leads to, with ws: or wss:"
	case s/100 == 2:
		return fmt.Sprintf("it serves plain HTTP at the path %q: the path comes at the end of the URL", path)
	case s/100 == 5:
		return "the log of the server says what went wrong; " + dress
	}
	return fmt.Sprintf("is %q the right path? %s", path, dress)
}
