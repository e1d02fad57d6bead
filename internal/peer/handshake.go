// SPDX-License-Identifier: Apache-2.0

package peer

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// Request is what we ask for as a client.
type Request struct {
	Host, Target string // as they go into the request
	Agent        string // User-Agent, left out where empty
	Origin       string
	Protocols    []string
	Header       ws.Fields // more fields, sent last
}

// Dial performs the opening handshake as a client (RFC 6455, 4.1) and reports
// whether the connection is open. Where it is not, the log says why.
func (p *Peer) Dial(r Request, o Opening) bool {
	head := Head{Line: "GET " + r.Target + " HTTP/1.1"}
	add := func(name, value string) {
		if value != "" {
			head.Fields = append(head.Fields, ws.Field{Name: name, Value: value})
		}
	}
	add("User-Agent", r.Agent)
	add("Host", r.Host)
	// Capital letters on purpose: the value is compared without case.
	add("Upgrade", "WebSocket")
	add("Connection", "Upgrade")
	add("Pragma", "no-cache")
	add("Cache-Control", "no-cache")
	add("Sec-WebSocket-Key", p.nonce())
	add("Origin", r.Origin)
	add("Sec-WebSocket-Protocol", strings.Join(r.Protocols, ","))
	add("Sec-WebSocket-Extensions", o.offer())
	add("Sec-WebSocket-Version", "13")
	head.Fields = append(head.Fields, r.Header...)
	head = o.edited(head)
	if head.NotJudged != "" {
		p.NotJudged(head.NotJudged)
		return false
	}
	key, protocols := strings.Trim(head.Fields.Get("Sec-WebSocket-Key"), " \t"), offered(head.Fields)
	p.in.skipAnswers(head.Answers)
	p.log.Request = p.sendHead(head)
	if !p.awaitHead("the server did not answer the opening handshake in time") {
		return false
	}
	p.log.Response = keepHead(p.head.data)
	why := ""
	if p.head.err != nil {
		why = p.head.err.Error()
	} else if resp, err := ws.ParseResponse(p.head.data); err != nil {
		why = err.Error()
	} else if why = checkResponse(resp, key, protocols); why == "" {
		why = p.takeAnswer(o, resp.Fields)
	}
	if why != "" {
		p.log.Refused = why
		p.violate(ws.ProtocolError, why)
		return false
	}
	p.opened()
	return true
}

// offered are the subprotocols that a request lists (RFC 6455, 11.3.4).
func offered(f ws.Fields) []string {
	var names []string
	for _, list := range f.Values("Sec-WebSocket-Protocol") {
		for name := range strings.SplitSeq(list, ",") {
			names = append(names, strings.Trim(name, " \t"))
		}
	}
	return names
}

// checkResponse says what is wrong with the answer to our handshake, or nothing
// (RFC 6455, 4.1).
func checkResponse(r ws.Response, key string, protocols []string) string {
	accept := r.Fields.Values("Sec-WebSocket-Accept")
	proto := r.Fields.Values("Sec-WebSocket-Protocol")
	switch {
	case r.Status != 101:
		return fmt.Sprintf("RFC 6455, 4.1: HTTP status %d %.80q instead of 101", r.Status, r.Reason)
	case r.Proto != "HTTP/1.1":
		return fmt.Sprintf("RFC 6455, 4.1: %.20q instead of HTTP/1.1", r.Proto)
	case !ws.EqualFold(r.Fields.Get("Upgrade"), "websocket"):
		return fmt.Sprintf("RFC 6455, 4.1: Upgrade is %.80q instead of websocket", r.Fields.Get("Upgrade"))
	case !r.Fields.HasToken("Connection", "Upgrade"):
		return fmt.Sprintf("RFC 6455, 4.1: Connection is %.80q, without the token Upgrade", r.Fields.Get("Connection"))
	case len(accept) != 1:
		return fmt.Sprintf("RFC 6455, 4.1: %d fields Sec-WebSocket-Accept instead of one", len(accept))
	case accept[0] != ws.AcceptKey(key):
		return fmt.Sprintf("RFC 6455, 4.1: Sec-WebSocket-Accept is %.80q and should be %q", accept[0], ws.AcceptKey(key))
	case len(proto) > 1:
		return "RFC 6455, 11.3.4: several fields Sec-WebSocket-Protocol in a response"
	case len(proto) == 1 && !slices.Contains(protocols, proto[0]):
		return fmt.Sprintf("RFC 6455, 4.1: subprotocol %.80q was not requested", proto[0])
	}
	return ""
}

// AwaitRequest waits for a client's handshake. It reports false where none came
// or it is no HTTP; the connection is closed then.
func (p *Peer) AwaitRequest() (ws.Request, bool) {
	if !p.awaitHead("the client did not send its opening handshake in time") {
		p.release()
		return ws.Request{}, false
	}
	p.log.Request = keepHead(p.head.data)
	err := p.head.err
	if err == nil {
		var r ws.Request
		if r, err = ws.ParseRequest(p.head.data); err == nil {
			return r, true
		}
	}
	p.Refuse(400, err.Error(), nil)
	return ws.Request{}, false
}

// Refusal is the HTTP error with which a server answers a handshake it will not
// accept.
type Refusal struct {
	Status int
	Why    string
	Fields ws.Fields
}

// CheckRequest says with which HTTP status a request that is no WebSocket
// handshake is to be refused, and why (RFC 6455, 4.2.1). nil means it is one.
func CheckRequest(r ws.Request) *Refusal {
	version := r.Fields.Get("Sec-WebSocket-Version")
	switch {
	case r.Method != "GET":
		return &Refusal{405, fmt.Sprintf("method %.20q: want GET", r.Method), ws.Fields{{Name: "Allow", Value: "GET"}}}
	case r.Proto != "HTTP/1.1":
		return &Refusal{505, fmt.Sprintf("%.20q: want HTTP/1.1", r.Proto), nil}
	case r.Fields.Get("Host") == "":
		return &Refusal{400, "no Host", nil}
	case !r.Fields.HasToken("Upgrade", "websocket"):
		return &Refusal{426, "no Upgrade to websocket", ws.Fields{{Name: "Upgrade", Value: "websocket"}, {Name: "Connection", Value: "Upgrade"}}}
	case !r.Fields.HasToken("Connection", "Upgrade"):
		return &Refusal{400, "Connection without the token Upgrade", nil}
	case version != "13":
		return &Refusal{400, fmt.Sprintf("Sec-WebSocket-Version %.20q: want 13", version), ws.Fields{{Name: "Sec-WebSocket-Version", Value: "13"}}}
	case len(r.Fields.Values("Sec-WebSocket-Key")) != 1 || !ws.ValidKey(r.Fields.Get("Sec-WebSocket-Key")):
		return &Refusal{400, "Sec-WebSocket-Key: want one, the base64 of 16 octets", nil}
	}
	return nil
}

// Accept answers a valid handshake with 101 (RFC 6455, 4.2.2). identity are the
// fields that say who we are, sent first.
func (p *Peer) Accept(r ws.Request, identity ws.Fields, o Opening) {
	head := Head{Line: "HTTP/1.1 101 Switching Protocols", Fields: slices.Clone(identity), Asked: r}
	head.Fields = append(head.Fields,
		ws.Field{Name: "Upgrade", Value: "WebSocket"},
		ws.Field{Name: "Connection", Value: "Upgrade"},
		ws.Field{Name: "Sec-WebSocket-Accept", Value: ws.AcceptKey(r.Fields.Get("Sec-WebSocket-Key"))})
	if agreed := p.answer(o, r.Fields); agreed != "" {
		head.Fields = append(head.Fields, ws.Field{Name: "Sec-WebSocket-Extensions", Value: agreed})
	}
	edited := o.edited(head)
	if edited.NotJudged != "" {
		p.decline(head, edited.NotJudged)
		return
	}
	p.log.Response = p.sendAnswer(edited)
	p.opened()
}

// Append appends the response as it goes onto the wire, with the reason as its
// content.
func (r Refusal) Append(dst []byte) []byte {
	body := r.Why + "\n"
	resp := ws.Response{Proto: "HTTP/1.1", Status: r.Status, Reason: http.StatusText(r.Status), Fields: append(ws.Fields{
		{Name: "Content-Type", Value: "text/plain; charset=utf-8"},
		{Name: "Content-Length", Value: fmt.Sprint(len(body))},
		{Name: "Connection", Value: "close"},
	}, r.Fields...)}
	return append(resp.Append(dst), body...)
}

// Refuse answers a handshake with an HTTP error and ends the connection.
func (p *Peer) Refuse(status int, why string, fields ws.Fields) {
	p.log.Refused = why
	p.log.Response = p.sendHead(Head{Raw: Refusal{status, why, fields}.Append(nil)})
	p.notClean(why)
	p.drop(false)
	p.release()
}

// opened moves to OPEN once the handshakes have been exchanged.
func (p *Peer) opened() {
	if p.state == connecting {
		p.state = open
		p.log.Facts.Opened = true
	}
}

// awaitHead waits for the HTTP head and reports whether it has come.
func (p *Peer) awaitHead(late string) bool {
	deadline := time.Now().Add(p.opts.OpenTimeout)
	p.wait(deadline, func() bool { return p.head != nil })
	if p.head != nil {
		return true
	}
	p.log.Refused = "connection closed before the opening handshake was complete"
	if p.state != closed {
		p.log.Refused = late
		p.log.Facts.WasOpenHandshakeTimeout = true
		p.notClean(late)
		p.drop(true)
	}
	return false
}

// Hangup ends a connection whose handshake failed and completes the log.
func (p *Peer) Hangup() {
	p.flushHeld()
	p.drop(true)
	p.release()
}

// nonce draws the value of Sec-WebSocket-Key: 16 octets in base64.
func (p *Peer) nonce() string {
	b := binary.BigEndian.AppendUint64(nil, p.rand.Uint64())
	b = binary.BigEndian.AppendUint64(b, p.rand.Uint64())
	return base64.StdEncoding.EncodeToString(b)
}

func keepHead(b []byte) []byte {
	return slices.Clone(b[:min(len(b), wirelog.KeepHead)])
}
