// SPDX-License-Identifier: Apache-2.0

package testee

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/ws"
)

// refusal is an answer to a request that opens no WebSocket.
type refusal struct {
	status int
	reason string
	fields ws.Fields
	why    string
}

func (r *refusal) Error() string { return fmt.Sprintf("answered %d: %s", r.status, r.why) }

func badRequest(why string) *refusal { return &refusal{400, "Bad Request", nil, why} }

// upgradeRequired tells a client how to ask (RFC 6455, 4.2.2 and RFC 9110, 15.5.22).
func upgradeRequired(why string) *refusal {
	return &refusal{426, "Upgrade Required", ws.Fields{
		{Name: "Upgrade", Value: "websocket"},
		{Name: "Connection", Value: "Upgrade"},
		{Name: "Sec-WebSocket-Version", Value: "13"},
	}, why}
}

// answerHandshake is the server's part of the opening handshake (RFC 6455, 4.2).
// After an error the stream is closed.
func (c *Conn) answerHandshake() error {
	lift := c.limitHandshake()
	head, err := c.readHead()
	var refused *refusal
	switch {
	case errors.Is(err, errHeadTooLong):
		refused = &refusal{431, "Request Header Fields Too Large", nil, err.Error()}
	case errors.Is(err, errHeadTooLate):
		refused = &refusal{408, "Request Timeout", nil, err.Error()}
	case errors.Is(err, errNotHTTP):
		refused = badRequest(err.Error())
	case err != nil:
		_ = c.s.Close()
		return fmt.Errorf("opening handshake: %w", err)
	case c.diesOf(head):
		_ = c.die() // nothing can go wrong with what is lost anyway
		return errDied
	default:
		refused = c.answer(head)
	}
	if refused != nil {
		c.refuse(refused)
		return fmt.Errorf("opening handshake: %w", refused)
	}
	lift()
	return nil
}

// answer answers a request with 101 or says why not.
func (c *Conn) answer(head []byte) *refusal {
	if c.faulty() {
		head = c.misreadHead(head)
	}
	req, err := ws.ParseRequest(head)
	if err != nil {
		return badRequest(err.Error())
	}
	seen := req
	if c.faulty() {
		seen = c.misreadRequest(req)
	}
	refused := checkRequest(seen)
	if refused == nil {
		refused = c.checkOrigin(seen)
	}
	if refused = c.wrongRefusal(refused, seen); refused != nil {
		return refused
	}
	if c.commands, err = ws.CommandsInTarget(req.Target); err != nil {
		return badRequest(err.Error())
	}
	extensions, err := ws.ParseExtensions(seen.Fields.Values("Sec-WebSocket-Extensions"))
	switch {
	case err != nil && c.has(acceptsBadExtensions):
		extensions = []ws.Extension{{Name: deflate.Name}}
	case err != nil:
		return badRequest(err.Error())
	}
	resp := ws.Response{Proto: "HTTP/1.1", Status: 101, Reason: "Switching Protocols", Fields: ws.Fields{
		{Name: "Server", Value: c.cfg.Agent},
		{Name: "Upgrade", Value: "websocket"},
		{Name: "Connection", Value: "Upgrade"},
		{Name: "Sec-WebSocket-Accept", Value: ws.AcceptKey(req.Fields.Get("Sec-WebSocket-Key"))},
	}}
	if p := c.chooseSubprotocol(seen); p != "" {
		resp.Fields = append(resp.Fields, ws.Field{Name: "Sec-WebSocket-Protocol", Value: p})
	}
	switch answer, refused := c.accept(extensions); {
	case refused != nil:
		return refused
	case answer != "":
		resp.Fields = append(resp.Fields, ws.Field{Name: "Sec-WebSocket-Extensions", Value: answer})
	}
	if c.faulty() {
		resp = c.bendAnswer(resp, req)
	}
	c.out = c.appendAnswer(c.out, resp)
	return nil
}

// refuse answers with an HTTP error and closes.
func (c *Conn) refuse(r *refusal) {
	if c.wrongRefuse(r) {
		return
	}
	body := r.why + "\n"
	fields := append(ws.Fields{{Name: "Server", Value: c.cfg.Agent}}, r.fields...)
	fields = append(fields,
		ws.Field{Name: "Connection", Value: "close"},
		ws.Field{Name: "Content-Type", Value: "text/plain; charset=utf-8"},
		ws.Field{Name: "Content-Length", Value: strconv.Itoa(len(body))})
	resp := ws.Response{Proto: "HTTP/1.1", Status: r.status, Reason: r.reason, Fields: fields}
	if err := c.write(append(resp.Append(nil), body...)); err != nil {
		_ = c.s.Close()
		return
	}
	_ = stream.CloseGently(c.s, c.cfg.CloseTimeout)
}

// notVersion13 is why a request for another version is refused.
const notVersion13 = "Sec-WebSocket-Version is not 13"

// checkRequest finds what keeps a request from being a valid opening handshake
// (RFC 6455, 4.2.1).
func checkRequest(req ws.Request) *refusal {
	for _, check := range []func(ws.Request) *refusal{
		checkRequestLine, checkHost, checkBody, checkUpgrade, checkVersion, checkKey, checkLists,
	} {
		if refused := check(req); refused != nil {
			return refused
		}
	}
	return nil
}

func checkRequestLine(req ws.Request) *refusal {
	if req.Method != "GET" {
		return &refusal{405, "Method Not Allowed", ws.Fields{{Name: "Allow", Value: "GET"}}, "method is not GET"}
	}
	minor, ok := strings.CutPrefix(req.Proto, "HTTP/1.")
	if !ok || len(minor) != 1 || minor[0] < '1' || minor[0] > '9' {
		return &refusal{505, "HTTP Version Not Supported", nil, "HTTP version is not 1.1"}
	}
	for _, b := range []byte(req.Target) {
		if b <= ' ' || b >= 0x7F || b == '#' {
			return badRequest("request target has an octet that may not be in one")
		}
	}
	for _, start := range []string{"/", "http://", "https://"} {
		if strings.HasPrefix(req.Target, start) {
			return nil
		}
	}
	return badRequest("request target is no path")
}

func checkHost(req ws.Request) *refusal {
	hosts := req.Fields.Values("Host")
	switch {
	case len(hosts) != 1:
		return badRequest("want one Host field")
	case hosts[0] == "" || strings.ContainsAny(hosts[0], " \t<>\"\\^`{|}/?#@"):
		return badRequest("Host field is no host")
	case len(req.Fields.Values("Origin")) > 1:
		return badRequest("more than one Origin field")
	}
	return nil
}

// checkBody refuses content, whose octets could be taken for frames.
func checkBody(req ws.Request) *refusal {
	for _, v := range req.Fields.Values("Content-Length") {
		if v != "0" {
			return badRequest("request has content")
		}
	}
	if len(req.Fields.Values("Transfer-Encoding")) > 0 {
		return badRequest("request has content")
	}
	return nil
}

func checkUpgrade(req ws.Request) *refusal {
	if !req.Fields.HasToken("Upgrade", "websocket") {
		return upgradeRequired("Upgrade field does not list websocket")
	}
	if !req.Fields.HasToken("Connection", "Upgrade") {
		return upgradeRequired("Connection field does not list Upgrade")
	}
	return nil
}

func checkVersion(req ws.Request) *refusal {
	versions := req.Fields.Values("Sec-WebSocket-Version")
	if len(versions) != 1 || versions[0] != "13" {
		return upgradeRequired(notVersion13)
	}
	return nil
}

func checkKey(req ws.Request) *refusal {
	keys := req.Fields.Values("Sec-WebSocket-Key")
	if len(keys) != 1 || !ws.ValidKey(keys[0]) {
		return badRequest("want one Sec-WebSocket-Key of 16 octets in base64")
	}
	return nil
}

// checkOrigin refuses what an application does not want (RFC 6455, 10.2).
func (c *Conn) checkOrigin(req ws.Request) *refusal {
	if slices.Contains(c.cfg.ForbiddenOrigins, req.Fields.Get("Origin")) && !c.has(ignoresOrigin) {
		return &refusal{403, "Forbidden", nil, "origin is not allowed"}
	}
	return nil
}

// chooseSubprotocol returns the first of the requested subprotocols that we speak,
// if any. The request is known to list tokens.
func (c *Conn) chooseSubprotocol(req ws.Request) string {
	requested, _ := ws.ParseExtensions(req.Fields.Values("Sec-WebSocket-Protocol"))
	for _, p := range requested {
		for _, ours := range c.subprotocols() {
			if p.Name == ours || c.has(subprotocolAnyCase) && strings.EqualFold(p.Name, ours) {
				return ours
			}
		}
	}
	return ""
}

// checkLists checks the subprotocols: tokens, none twice (RFC 6455, 4.1). They are
// what an extension without parameters is.
func checkLists(req ws.Request) *refusal {
	protocols, err := ws.ParseExtensions(req.Fields.Values("Sec-WebSocket-Protocol"))
	if err != nil {
		return badRequest("Sec-WebSocket-Protocol is no list of tokens")
	}
	seen := make(map[string]bool)
	for _, p := range protocols {
		if seen[p.Name] || len(p.Params) > 0 {
			return badRequest("Sec-WebSocket-Protocol is no list of different tokens")
		}
		seen[p.Name] = true
	}
	return nil
}
