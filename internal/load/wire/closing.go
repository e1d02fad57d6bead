// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"

	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/ws"
)

// Cause is why a connection ended, or was never opened.
type Cause uint8

// The causes. Closed and ClosedByPeer are good ends, Aborted is ours, all
// others are failures.
const (
	Closed       Cause = iota // closing handshake, begun by us
	ClosedByPeer              // closing handshake, begun by the peer
	Aborted                   // Conn.Abort or Engine.Close
	Refused                   // nobody listens there
	Reset                     // RST
	Ended                     // FIN without a Close frame, or without an answer to our request
	Timeout                   // a limit of time: see Closing.Phase for what of
	Unreachable               // no route, or the network is down
	Resolve                   // the name has no address
	Ports                     // no local port or address is free
	Files                     // as many files are open as may be
	Memory                    // the kernel has no memory for another connection
	Secure                    // TLS
	Status                    // HTTP status other than 101: Closing.Status
	Handshake                 // status 101 with an answer that is none to our request, or no HTTP
	Protocol                  // frames that RFC 6455 or RFC 7692 does not allow
	TooBig                    // a message above the limit
	Proxy                     // it does not connect us: Closing.Err
	Other                     // see Closing.Err
)

// String returns a word or two for the cause, which is also its name in files.
func (c Cause) String() string {
	names := [...]string{
		Closed: "closed", ClosedByPeer: "closed by peer", Aborted: "aborted",
		Refused: "refused", Reset: "reset", Ended: "ended", Timeout: "timeout", Unreachable: "unreachable", Resolve: "no address",
		Ports: "no ports", Files: "file limit", Memory: "no memory", Secure: "tls", Status: "http status", Handshake: "handshake",
		Protocol: "protocol error", TooBig: "message too big", Proxy: "proxy", Other: "other",
	}
	if int(c) >= len(names) {
		return fmt.Sprintf("cause %d", uint8(c))
	}
	return names[c]
}

// Phase is how far a connection has come.
type Phase uint8

// The phases in order.
const (
	InQueue   Phase = iota // Dial was called
	InTCP                  // TCP connects
	InTLS                  // TLS handshake
	InUpgrade              // opening handshake
	InOpen                 // messages may be sent
	InClosing              // a Close was sent or received, or the connection was failed
)

// String returns a word for the phase.
func (p Phase) String() string {
	return [...]string{"queue", "tcp", "tls", "upgrade", "open", "closing"}[p]
}

// Closing is how a connection ended.
type Closing struct {
	Cause  Cause
	Phase  Phase        // how far it had come
	Status int          // HTTP status, where the Cause is Status
	Code   ws.CloseCode // of the peer's Close; NoStatus for one without a code, 0 where there was none
	Err    error        // in words; nil where the Cause says all
}

// Failed reports whether the cause is neither a closing handshake nor our own doing.
func (c Closing) Failed() bool { return c.Cause > Aborted }

// String says what happened in a clause.
func (c Closing) String() string {
	s := c.Cause.String()
	if c.Cause == Status {
		s = fmt.Sprintf("HTTP status %d", c.Status)
	}
	if c.Code != 0 && c.Code != ws.NoStatus {
		s += fmt.Sprintf(" with %d", c.Code)
	}
	if c.Err != nil {
		s += ": " + c.Err.Error()
	}
	return s
}

// failure is how a connection failed in the phase.
func failure(p Phase, err error) Closing {
	return Closing{Cause: causeOf(p, err), Phase: p, Err: err}
}

// causeOf tells what an error of the system or of a library means.
func causeOf(p Phase, err error) Cause {
	var name *net.DNSError
	var number syscall.Errno
	var timeout interface{ Timeout() bool }
	var proxy *stream.ProxyError
	switch {
	case errors.As(err, &proxy):
		return Proxy
	case errors.As(err, &name):
		return Resolve
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return Ended
	case stream.IsReset(err):
		return Reset
	case errors.As(err, &number):
		return causeOfNumber(number)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return Timeout
	case p == InTLS || isTLS(err):
		return Secure
	}
	return Other
}

func isTLS(err error) bool {
	if op, ok := errors.AsType[*net.OpError](err); ok && (op.Op == "remote error" || op.Op == "local error") {
		return true // an alert, in the words of crypto/tls: after the handshake, too
	}
	var (
		record      tls.RecordHeaderError
		alert       tls.AlertError
		certificate *tls.CertificateVerificationError
		authority   x509.UnknownAuthorityError
	)
	return errors.As(err, &record) || errors.As(err, &alert) || errors.As(err, &certificate) || errors.As(err, &authority)
}

func causeOfNumber(n syscall.Errno) Cause {
	if c, ok := systemCause(n); ok {
		return c
	}
	switch n {
	case syscall.ECONNREFUSED:
		return Refused
	case syscall.ETIMEDOUT:
		return Timeout
	case syscall.EADDRNOTAVAIL, syscall.EADDRINUSE:
		return Ports
	case syscall.EMFILE, syscall.ENFILE:
		return Files
	case syscall.ENOBUFS, syscall.ENOMEM:
		return Memory
	case syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.EHOSTDOWN, syscall.ENETDOWN:
		return Unreachable
	}
	return Other
}
