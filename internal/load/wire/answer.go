// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/ws"
)

// answer answers the request of a client (RFC 6455, 4.2), and reports whether the
// connection is open then.
func (c *Conn) answer(head []byte) bool {
	s := c.set.service
	// Empty lines before the first are to be ignored (RFC 9112, 2.2).
	req, err := ws.ParseRequest(bytes.TrimLeft(head, "\r\n"))
	if err != nil {
		c.reject(&refusal{status: 400, reason: "Bad Request", why: err.Error()})
		return false
	}
	if no := checkRequest(req); no != nil {
		c.reject(no)
		return false
	}
	var o Opening
	resp := ws.Response{Proto: "HTTP/1.1", Status: 101, Reason: "Switching Protocols", Fields: append(s.agent(),
		ws.Field{Name: "Upgrade", Value: "websocket"},
		ws.Field{Name: "Connection", Value: "Upgrade"},
		ws.Field{Name: "Sec-WebSocket-Accept", Value: ws.AcceptKey(req.Fields.Get("Sec-WebSocket-Key"))},
	)}
	if o.Subprotocol = s.choose(req); o.Subprotocol != "" {
		resp.Fields = append(resp.Fields, ws.Field{Name: "Sec-WebSocket-Protocol", Value: o.Subprotocol})
	}
	var a deflate.Answer
	if a, o.Deflate = s.agree(req); o.Deflate {
		resp.Fields = append(resp.Fields, ws.Field{Name: "Sec-WebSocket-Extensions", Value: a.String()})
		c.pack = &compression{ours: a.Server(), theirs: a.Client()}
	}
	c.mu.Lock()
	c.queue(resp.Append(c.output().b))
	c.mu.Unlock()
	c.opened(o)
	return true
}

func (s *service) agent() ws.Fields {
	if s.Agent == "" {
		return nil
	}
	return ws.Fields{{Name: "Server", Value: s.Agent}}
}

// choose returns the first of the requested subprotocols that we speak, if any. The
// request is known to list tokens.
func (s *service) choose(req ws.Request) string {
	if len(s.Subprotocols) == 0 {
		return ""
	}
	requested, _ := ws.ParseExtensions(req.Fields.Values("Sec-WebSocket-Protocol"))
	for _, p := range requested {
		if slices.Contains(s.Subprotocols, p.Name) {
			return p.Name
		}
	}
	return ""
}

// agree returns the answer to the offers of permessage-deflate, if it is to be used. The
// request is known to list extensions.
func (s *service) agree(req ws.Request) (deflate.Answer, bool) {
	if s.Deflate == nil {
		return deflate.Answer{}, false
	}
	extensions, _ := ws.ParseExtensions(req.Fields.Values("Sec-WebSocket-Extensions"))
	offers, _ := deflate.ParseOffers(extensions) // without those that are invalid (RFC 7692, 7.1)
	if len(offers) == 0 {
		return deflate.Answer{}, false
	}
	return s.Deflate(offers)
}

// refusal is an answer to a request that opens no WebSocket.
type refusal struct {
	status int
	reason string
	fields ws.Fields
	why    string
}

// reject answers with an HTTP error and ends the connection.
func (c *Conn) reject(r *refusal) {
	body := r.why + "\n"
	fields := append(c.set.service.agent(), r.fields...)
	fields = append(fields,
		ws.Field{Name: "Connection", Value: "close"},
		ws.Field{Name: "Content-Type", Value: "text/plain; charset=utf-8"},
		ws.Field{Name: "Content-Length", Value: fmt.Sprint(len(body))})
	resp := ws.Response{Proto: "HTTP/1.1", Status: r.status, Reason: r.reason, Fields: fields}
	c.mu.Lock()
	c.queue(append(resp.Append(c.output().b), body...))
	c.mu.Unlock()
	c.drain(Closing{Cause: Handshake, Phase: InUpgrade, Err: errors.New(r.why)}, true)
}

// checkRequest finds what keeps a request from being a valid opening handshake
// (RFC 6455, 4.2.1), if anything does.
func checkRequest(req ws.Request) *refusal {
	get := func(name string) []string { return req.Fields.Values(name) }
	bad := func(why string) *refusal { return &refusal{status: 400, reason: "Bad Request", why: why} }
	upgrade := func(why string) *refusal {
		return &refusal{426, "Upgrade Required", ws.Fields{
			{Name: "Upgrade", Value: "websocket"}, {Name: "Sec-WebSocket-Version", Value: "13"},
		}, why}
	}
	hosts, keys, versions := get("Host"), get("Sec-WebSocket-Key"), get("Sec-WebSocket-Version")
	switch {
	case req.Method != "GET":
		return &refusal{405, "Method Not Allowed", ws.Fields{{Name: "Allow", Value: "GET"}}, "method is not GET"}
	case !strings.HasPrefix(req.Proto, "HTTP/1.") || len(req.Proto) != 8 || req.Proto[7] < '1' || req.Proto[7] > '9':
		return &refusal{505, "HTTP Version Not Supported", nil, "HTTP version is not 1.1"}
	case !isTarget(req.Target):
		return bad("request target is no path")
	case len(hosts) != 1 || hosts[0] == "" || strings.ContainsAny(hosts[0], " \t<>\"\\^`{|}/?#@"):
		return bad("want one Host field, with a host")
	case len(get("Origin")) > 1:
		return bad("more than one Origin field")
	case hasContent(req):
		return bad("request has content") // which could be taken for frames
	case !req.Fields.HasToken("Upgrade", "websocket"):
		return upgrade("Upgrade field does not list websocket")
	case !req.Fields.HasToken("Connection", "Upgrade"):
		return upgrade("Connection field does not list Upgrade")
	case len(versions) != 1 || versions[0] != "13":
		return upgrade("Sec-WebSocket-Version is not 13")
	case len(keys) != 1 || !ws.ValidKey(keys[0]):
		return bad("want one Sec-WebSocket-Key of 16 octets in base64")
	}
	if _, err := ws.ParseExtensions(get("Sec-WebSocket-Extensions")); err != nil {
		return bad(err.Error())
	}
	if !areTokens(get("Sec-WebSocket-Protocol")) {
		return bad("Sec-WebSocket-Protocol is no list of different tokens")
	}
	return nil
}

// isTarget reports whether a request can be for the target: a path, or a URL.
func isTarget(target string) bool {
	if slices.ContainsFunc([]byte(target), notInTarget) {
		return false
	}
	return strings.HasPrefix(target, "/") || strings.HasPrefix(target, "http://") || strings.HasPrefix(target, "https://")
}

func hasContent(req ws.Request) bool {
	return len(req.Fields.Values("Transfer-Encoding")) > 0 ||
		slices.ContainsFunc(req.Fields.Values("Content-Length"), func(v string) bool { return v != "0" })
}

// areTokens checks a list of subprotocols (RFC 6455, 4.1): like extensions without
// parameters, and none twice.
func areTokens(fields []string) bool {
	listed, err := ws.ParseExtensions(fields)
	seen := make(map[string]bool)
	for _, p := range listed {
		if seen[p.Name] || len(p.Params) > 0 {
			return false
		}
		seen[p.Name] = true
	}
	return err == nil
}
