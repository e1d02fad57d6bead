// SPDX-License-Identifier: Apache-2.0

package fuzzserver

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/wsspec/wsspec/internal/visible"
)

// Reasons of Unheard that are settled by another port or URL.
var (
	ErrTLS   = errors.New("a TLS handshake came to a port that does not speak TLS")
	ErrNoTLS = errors.New("no TLS handshake came to a port that speaks TLS")
)

// isTLS reports whether a TLS handshake begins b (RFC 8446, 5.1).
func isTLS(b []byte) bool { return len(b) >= 3 && b[0] == 22 && b[1] == 3 && b[2] <= 4 }

// noRequest says what came in place of a request, or nothing where nothing did.
func noRequest(came []byte, err error) error {
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return ErrNoTLS
	}
	op, ok := errors.AsType[*net.OpError](err)
	switch {
	case errors.Is(err, ErrTLS):
		return err
	case ok && op.Op == "remote error": // an alert
		return fmt.Errorf("the client ended the TLS handshake: %w", op.Err)
	case err != nil && strings.HasPrefix(err.Error(), "tls: "):
		return fmt.Errorf("the TLS handshake failed: %w", err)
	case len(came) == 0:
		return nil
	}
	line, _, _ := strings.Cut(string(came[:min(len(came), 60)]), "\n")
	return fmt.Errorf(`no whole HTTP request came, only "%s"`, visible.Text(strings.TrimSpace(line)))
}
