// SPDX-License-Identifier: Apache-2.0

package testee

import (
	"bytes"
	"context"
	"strings"
	"unicode/utf8"

	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/ws"
)

// misreadHead returns what an endpoint with faults takes the octets of a head for.
func (c *Conn) misreadHead(head []byte) []byte {
	c.head = head
	switch {
	case c.has(unfoldsFields):
		for _, fold := range []string{"\r\n ", "\r\n\t"} {
			head = bytes.ReplaceAll(head, []byte(fold), []byte(" "))
		}
	case c.has(acceptsBlankBeforeColon):
		lines := bytes.Split(head, []byte("\r\n"))
		for i, line := range lines[1:] {
			if name, value, ok := bytes.Cut(line, []byte(":")); ok {
				lines[i+1] = append(append(bytes.TrimRight(name, " \t"), ':'), value...)
			}
		}
		head = bytes.Join(lines, []byte("\r\n"))
	}
	return head
}

// diesOf reports whether a server with faults crashes on the head of a request.
func (c *Conn) diesOf(head []byte) bool { return c.has(diesOfBadUTF8) && !utf8.Valid(head) }

// rawValue returns the value of a field with the blanks around it, but for the
// usual one behind the colon.
func (c *Conn) rawValue(name string) string {
	for line := range strings.SplitSeq(string(c.head), "\r\n") {
		if n, value, ok := strings.Cut(line, ":"); ok && ws.EqualFold(n, name) {
			return strings.TrimPrefix(value, " ")
		}
	}
	return ""
}

// reconnect connects once more where a client with faults does after a handshake
// has failed: at once, and not for ever.
func (c *Conn) reconnect(ctx context.Context) (stream.Stream, bool) {
	const most = 100
	if !c.has(reconnectsAtOnce) || c.cfg.Redial == nil || c.cfg.turn >= most || ctx.Err() != nil {
		return nil, false
	}
	s, err := c.cfg.Redial(ctx)
	return s, err == nil // what made it try again is the error to tell
}
