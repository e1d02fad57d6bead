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

	"github.com/wsspec/wsspec/internal/rules"
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
	Secure       bool      // the connection is one of TLS
}

// Dial performs the opening handshake as a client (RFC 6455, 4.1) and reports
// whether the connection is open. Where it is not, the log says why.
func (p *Peer) Dial(r Request, o Opening) bool {
	p.mannered(o)
	head := Head{Line: "GET " + ws.CommandedTarget(r.Target, o.Command) + " HTTP/1.1", Secure: r.Secure}
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
	asked := rules.AskedIn(head.Fields)
	if !p.sendRequest(head) {
		return false
	}
	p.log.Response = keepHead(p.head.data)
	resp, err := ws.ParseResponse(p.head.data)
	if p.head.err != nil {
		err = p.head.err
	}
	if err != nil {
		return p.noOpening(err.Error())
	}
	wrong, broken := p.checkAnswer(resp, asked)
	if wrong != "" {
		return p.noOpening(wrong)
	}
	why := ""
	if len(broken) > 0 {
		why = broken[0]
	} else if other := o.unspoken(resp.Fields); other != "" {
		return p.noOpening(fmt.Sprintf("the server chose %.80s, which we do not speak", other))
	} else {
		why = p.takeAnswer(o.asSent(head.Fields), head.Fields, resp.Fields)
	}
	if why != "" {
		p.log.Refused = why
		p.violate(ws.ProtocolError, why)
		return false
	}
	p.opened()
	return true
}

// noOpening ends a handshake whose answer opens nothing. Whether it should have is
// for the case to say.
func (p *Peer) noOpening(why string) bool {
	p.log.Refused = why
	p.fail(ws.ProtocolError, why)
	return false
}

// sendRequest sends our half of the opening handshake, behind what is to go before it,
// and reports whether an answer has come.
func (p *Peer) sendRequest(head Head) bool {
	const late = "the server did not answer the opening handshake in time"
	p.in.skipAnswers(head.Answers)
	if head.First != nil {
		p.in.skipAnswers(1)
		p.rawHead(head.First)
		if !p.awaitAnswer(late, func() bool { return p.answers > 0 || p.head != nil }) {
			return false
		}
	}
	p.log.Request = p.sendHead(head)
	if head.Leave && (p.secure == nil || p.secure.Version() != 0) { // without TLS, its end is to be seen
		p.drop(head.Abort)
		return false
	}
	return p.awaitHead(late)
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
func CheckRequest(r ws.Request) *Refusal { return refusalOf(rules.Request(r)) }

func refusalOf(faults []rules.Fault) *Refusal {
	if len(faults) == 0 {
		return nil
	}
	return &Refusal{faults[0].Status, faults[0].Why, faults[0].Fields}
}

// Accept answers a valid handshake with 101 (RFC 6455, 4.2.2). identity are the
// fields that say who we are, sent first.
func (p *Peer) Accept(r ws.Request, identity ws.Fields, o Opening) {
	p.mannered(o)
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
	r := Refusal{status, why, fields}
	if p.tunnel != nil {
		section, content := r.Section()
		p.log.Response = p.sendSection(Head{Fixed: section})
		p.SendOctets(content)
	} else {
		p.log.Response = p.sendHead(Head{Raw: r.Append(nil)})
	}
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
	return p.awaitAnswer(late, func() bool { return p.head != nil })
}

// awaitAnswer waits for what the other side has to say before the connection can be
// open.
func (p *Peer) awaitAnswer(late string, come func() bool) bool {
	p.wait(time.Now().Add(p.opts.OpenTimeout), come)
	if come() {
		return true
	}
	p.log.Refused = "connection closed before the opening handshake was complete"
	if p.state != closed {
		p.log.Refused = late
		p.log.Facts.WasOpenHandshakeTimeout = true
		p.notClean(late)
		p.drop(p.mayReset())
	}
	return false
}

// Hangup ends a connection whose handshake failed and completes the log.
func (p *Peer) Hangup() {
	p.flushHeld()
	p.drop(p.mayReset())
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
