// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/wsspec/wsspec/internal/fuzzclient"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/stream/h2"
	"github.com/wsspec/wsspec/internal/stream/h3"
)

// unreachableHint says what to look at where a server cannot be connected to, or
// opens no WebSocket connection.
func unreachableHint(err error) string {
	if refused, ok := errors.AsType[*stream.ProxyError](err); ok {
		return proxyHint(refused)
	}
	switch {
	case errors.Is(err, fuzzclient.ErrCertificateWanted):
		return "--client-cert and --client-key name one to show"
	case errors.Is(err, fuzzclient.ErrCertificateRefused):
		return "is it signed by an authority that the server trusts, and in its time? the server's log says why it was refused"
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
		return "servers have to be told: Go by GODEBUG=http2xconnect=1, Node by settings: {enableConnectProtocol: true}; some, such as nginx, cannot"
	}
	if hint, ok := securityHint(err); ok {
		return hint
	}
	if worded, ok := errors.AsType[*stream.WordedError](err); ok {
		if op, _ := errors.AsType[*net.OpError](worded.Err); op == nil || op.Op != "dial" {
			return "is it a WebSocket server, and the right port? wss: is for servers that speak TLS at it"
		}
	}
	return "is the server running, and is this its address?"
}

// securityHint is for what went wrong in TLS, if that is what it was.
func securityHint(err error) (hint string, ok bool) {
	hostname, _ := errors.AsType[x509.HostnameError](err)
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	_, plain := errors.AsType[tls.RecordHeaderError](err)
	_, chosen := errors.AsType[*stream.ProtocolError](err)
	said := err.Error()
	switch {
	case hostname.Certificate != nil:
		return "--sni gives the name that the certificate has, --insecure accepts any certificate", true
	case untrusted:
		return "--cafile names the authorities to trust, --insecure accepts any certificate", true
	case plain:
		return "does the server speak TLS at this port? without, its URL begins with ws:", true
	case chosen:
		return "leave that protocol out of --alpn", true
	case strings.Contains(said, "tls: ") && strings.Contains(said, "protocol version"):
		return "--tls-min says which version of TLS is the lowest to accept; the server has another", true
	case strings.Contains(said, "remote error: tls: no application protocol"):
		return "--alpn says which protocols are offered; the server has none of them", true
	case strings.Contains(said, "remote error: tls: "):
		return "the server ended the TLS handshake: its log says why; --sni gives it another name", true
	}
	return "", false
}

// proxyHint is for what a proxy did.
func proxyHint(e *stream.ProxyError) string {
	switch {
	case e.LoggedIn && (e.Status == 407 || e.Status == 401): // some say 401 to what is wrong
		return "it does not accept this user and password, or wants them in another form than Basic"
	case e.Status == 407:
		return "it wants a user and a password: --proxy http://user:password@host:port, or the password in " + proxyPassword
	case e.Status >= 500:
		return "it does not reach the server: its log says why; --connect-to names another address to ask it for"
	case e.Status != 0:
		return "does it let clients connect to this host and port? many allow port 443 alone"
	}
	if op, ok := errors.AsType[*net.OpError](e.Err); ok && op.Op == "dial" {
		return "is the proxy running, and is this its address?"
	}
	return "is it an HTTP proxy, and the right port? TLS and SOCKS are not spoken to proxies"
}

func refusedHint(r *fuzzclient.RefusedError) string {
	switch r.How {
	case fuzzclient.ByStatus:
		return statusHint(r)
	case fuzzclient.WantsTLS:
		return "begin the URL with wss:"
	case fuzzclient.NotHTTP, fuzzclient.Endless:
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
