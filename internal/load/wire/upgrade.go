// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/ws"
)

// requestUpgrade sends the request of a client. The owner calls it when TCP, and TLS if
// there is any, are ready.
func (c *Conn) requestUpgrade() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over.Load() {
		return
	}
	c.phase = InUpgrade
	var nonce [16]byte
	binary.LittleEndian.PutUint64(nonce[:], rand.Uint64())
	binary.LittleEndian.PutUint64(nonce[8:], rand.Uint64())
	base64.StdEncoding.Encode(c.opening.key[:], nonce[:])
	d := c.set.dialer
	o := c.output()
	b := append(o.b, d.before...)
	b = append(b, c.opening.key[:]...)
	c.queue(append(b, d.after...))
}

// feedHead takes octets of an HTTP head, and returns what is behind it.
func (c *Conn) feedHead(b []byte) []byte {
	if c.in == nil {
		if n := ws.HeadEnd(b); n > 0 && n <= maxHead && !c.hopeless(b[:n]) {
			return c.head(b[:n], b[n:])
		}
		c.in = c.set.engine.input()
	}
	in := c.in
	had := len(in.head)
	in.head = append(in.head, b[:min(len(b), maxHead-had)]...)
	n := ws.HeadEnd(in.head[max(0, had-3):])
	if n > 0 {
		n += max(0, had-3)
	}
	switch {
	case c.hopeless(in.head[:cmp.Or(n, len(in.head))]):
		c.refuse(400, "Bad Request", "not HTTP")
		return nil
	case n > 0:
		c.in = nil
		rest := c.head(in.head[:n], b[n-had:])
		c.set.engine.release(in)
		return rest
	case len(in.head) == maxHead:
		c.refuse(431, "Request Header Fields Too Large", "HTTP head too long")
		return nil
	}
	return nil
}

// hopeless reports whether what has come is not the beginning of a head of HTTP, so that there
// is no use in waiting for its end.
func (c *Conn) hopeless(head []byte) bool {
	if c.set.role == ws.Client {
		const start = "HTTP/1."
		n := min(len(head), len(start))
		return string(head[:n]) != start[:n]
	}
	const enough = 64 // octets, of a line that may come one by one
	head = bytes.TrimLeft(head, "\r\n")
	line, _, _ := bytes.Cut(head[:min(len(head), enough)], []byte("\r\n"))
	return slices.ContainsFunc(line, func(b byte) bool { return b < ' ' && b != '\r' || b >= 0x7F })
}

// head handles a complete head and returns the rest, or nothing if it was of no use.
func (c *Conn) head(head, rest []byte) []byte {
	if c.set.role == ws.Server {
		if !c.answer(head) {
			return nil
		}
		return rest
	}
	c.opening.heads += len(head)
	resp, err := ws.ParseResponse(head)
	switch {
	case err != nil:
		c.refuse(400, "Bad Request", err.Error())
		return nil
	case resp.Status < 200 && resp.Status != 101:
		if c.opening.heads > maxHead {
			c.refuse(400, "Bad Request", "no end of interim responses")
			return nil
		}
		return rest // (RFC 9110, 15.2)
	case resp.Status != 101:
		c.giveUp(Closing{Cause: Status, Phase: InUpgrade, Status: resp.Status})
		return nil
	}
	var o Opening
	if o.Subprotocol, err = c.checkAnswer(resp); err == nil {
		o.Deflate, err = c.checkExtensions(resp)
	}
	if err != nil {
		c.refuse(400, "Bad Request", err.Error())
		return nil
	}
	c.opened(o)
	return rest
}

// checkAnswer checks a response with status 101 (RFC 6455, 4.1), without its
// extensions, and returns the subprotocol.
func (c *Conn) checkAnswer(resp ws.Response) (subprotocol string, err error) {
	if !resp.Fields.HasToken("Upgrade", "websocket") {
		return "", errors.New("no Upgrade field that says websocket")
	}
	if !resp.Fields.HasToken("Connection", "Upgrade") {
		return "", errors.New("no Connection field that lists Upgrade")
	}
	if accepts := resp.Fields.Values("Sec-WebSocket-Accept"); len(accepts) != 1 || accepts[0] != ws.AcceptKey(string(c.opening.key[:])) {
		return "", errors.New("Sec-WebSocket-Accept is not the answer to our key")
	}
	switch protocols := resp.Fields.Values("Sec-WebSocket-Protocol"); {
	case len(protocols) > 1:
		return "", errors.New("more than one Sec-WebSocket-Protocol field")
	case len(protocols) == 1:
		if !slices.Contains(c.set.dialer.target.Subprotocols, protocols[0]) {
			return "", fmt.Errorf("subprotocol %.80q was not asked for", protocols[0])
		}
		return protocols[0], nil
	}
	return "", nil
}

// checkExtensions checks what the server says of extensions (RFC 6455, 9.1 and RFC 7692, 5),
// and makes ready for the one that we know.
func (c *Conn) checkExtensions(resp ws.Response) (packed bool, err error) {
	fields := resp.Fields.Values("Sec-WebSocket-Extensions")
	if len(fields) == 0 {
		return false, nil
	}
	offers := c.set.dialer.target.Deflate
	named, err := ws.ParseExtensions(fields)
	if err != nil {
		return false, err
	}
	for _, x := range named {
		if x.Name != deflate.Name || len(offers) == 0 {
			return false, fmt.Errorf("extension %.80q was not offered", x.Name)
		}
	}
	answer, found, err := deflate.FindAnswer(named)
	if err == nil && found {
		err = answer.Honours(offers)
	}
	if err != nil && !errors.Is(err, deflate.ErrFormality) {
		return false, err
	}
	c.pack = &compression{ours: answer.Client(), theirs: answer.Server()}
	return true, nil
}

// opened makes the connection ready for messages.
func (c *Conn) opened(o Opening) {
	now := time.Now()
	c.mu.Lock()
	if c.over.Load() {
		c.mu.Unlock()
		return
	}
	op := c.opening
	o.Queued, o.TCP, o.TLS = op.began.Sub(op.dialed), op.connected.Sub(op.began), op.secured.Sub(op.connected)
	o.Upgrade = now.Sub(op.secured)
	c.opening = nil
	c.phase = InOpen
	c.unlimit()
	c.mu.Unlock()
	c.handler.Opened(c, o)
}

// refuse ends a connection whose peer does not speak the protocol, of a server with the
// answer.
func (c *Conn) refuse(status int, reason, why string) {
	if c.set.role == ws.Server {
		c.reject(&refusal{status: status, reason: reason, why: why})
		return
	}
	c.giveUp(Closing{Cause: Handshake, Phase: InUpgrade, Err: errors.New(why)})
}

// giveUp ends a connection that was never opened.
func (c *Conn) giveUp(end Closing) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.settle(end)
}
