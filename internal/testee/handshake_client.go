// SPDX-License-Identifier: Apache-2.0

package testee

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/wsspec/wsspec/internal/ws"
)

// openHandshake is the client's part of the opening handshake (RFC 6455, 4.1).
func (c *Conn) openHandshake(host, target string) error {
	lift := c.limitHandshake()
	key := newNonce()
	if c.faulty() {
		key = c.wrongNonce(key)
	}
	req := ws.Request{Method: "GET", Target: target, Proto: "HTTP/1.1", Fields: ws.Fields{
		{Name: "Host", Value: host},
		{Name: "User-Agent", Value: c.cfg.Agent},
		{Name: "Upgrade", Value: "websocket"},
		{Name: "Connection", Value: "Upgrade"},
		{Name: "Sec-WebSocket-Key", Value: key},
		{Name: "Sec-WebSocket-Version", Value: "13"},
	}}
	var offers []ws.Extension
	for _, o := range c.offers() {
		offers = append(offers, o.Extension())
	}
	if p := c.subprotocols(); len(p) > 0 {
		req.Fields = append(req.Fields, ws.Field{Name: "Sec-WebSocket-Protocol", Value: strings.Join(p, ", ")})
	}
	if len(offers) > 0 {
		req.Fields = append(req.Fields, ws.Field{Name: "Sec-WebSocket-Extensions", Value: ws.FormatExtensions(offers)})
	}
	if err := c.sendRequest(req); err != nil {
		return fmt.Errorf("opening handshake: %w", err)
	}
	resp, err := c.readResponse()
	if err == nil {
		if c.faulty() {
			resp = c.misreadAnswer(resp, key)
		}
		err = checkResponse(resp, key)
	}
	if err == nil {
		err = c.checkSubprotocol(resp.Fields.Values("Sec-WebSocket-Protocol"))
	}
	if err == nil {
		err = c.agree(resp.Fields)
	}
	if err != nil {
		return fmt.Errorf("opening handshake: %w", err)
	}
	lift()
	return nil
}

// sendRequest sends the client's half of the opening handshake.
func (c *Conn) sendRequest(req ws.Request) error {
	if c.faulty() {
		return c.sendWrongRequest(c.bendRequest(req))
	}
	c.out = req.Append(c.out)
	return nil
}

// StatusError is the answer of a server that opens no connection.
type StatusError struct {
	Status int // other than 101
	Reason string
}

func (e *StatusError) Error() string { return fmt.Sprintf("server answered %d %q", e.Status, e.Reason) }

// newNonce returns a Sec-WebSocket-Key.
func newNonce() string {
	var nonce [16]byte
	_, _ = rand.Read(nonce[:]) // never fails: it would end the program
	return base64.StdEncoding.EncodeToString(nonce[:])
}

// readResponse reads the final response; interim ones may come before it
// (RFC 9110, 15.2).
func (c *Conn) readResponse() (ws.Response, error) {
	const most = 8
	for range most {
		head, err := c.readHead()
		if err != nil {
			return ws.Response{}, err
		}
		if c.faulty() {
			head = c.misreadHead(head)
		}
		resp, err := ws.ParseResponse(head)
		if err != nil || resp.Status == 101 || resp.Status >= 200 || c.has(interimIsFinal) {
			return resp, err
		}
	}
	return ws.Response{}, errors.New("no end of interim responses")
}

// checkResponse finds what is wrong with the server's answer (RFC 6455, 4.1).
func checkResponse(resp ws.Response, key string) error {
	f := resp.Fields
	upgrade := f.Values("Upgrade")
	accept := f.Values("Sec-WebSocket-Accept")
	switch {
	case resp.Status != 101:
		return &StatusError{resp.Status, resp.Reason}
	case !strings.HasPrefix(resp.Proto, "HTTP/1.") || resp.Proto == "HTTP/1.0":
		return fmt.Errorf("server answered with %q", resp.Proto)
	case len(upgrade) != 1 || !ws.EqualFold(upgrade[0], "websocket"):
		return errors.New("answer does not have Upgrade: websocket")
	case !f.HasToken("Connection", "Upgrade"):
		return errors.New("answer does not have Connection: Upgrade")
	case len(accept) != 1 || accept[0] != ws.AcceptKey(key):
		return errors.New("answer does not have the Sec-WebSocket-Accept of our key")
	}
	return nil
}

// checkSubprotocol wants at most one, which we have requested (RFC 6455, 4.1).
func (c *Conn) checkSubprotocol(answered []string) error {
	switch {
	case len(answered) == 0:
		return nil
	case len(answered) > 1:
		return errors.New("answer has more than one subprotocol")
	case !slices.Contains(c.subprotocols(), answered[0]):
		return errors.New("answer has a subprotocol that was not requested")
	}
	return nil
}

// subprotocols are those that we speak.
func (c *Conn) subprotocols() []string {
	if len(c.cfg.Subprotocols) == 0 && (c.has(acceptsManySubprotocols) || c.has(subprotocolAnyCase)) {
		return []string{"chat", "superchat"} // or there was nothing to do wrong
	}
	return c.cfg.Subprotocols
}
