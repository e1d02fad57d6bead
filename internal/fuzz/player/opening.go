// SPDX-License-Identifier: Apache-2.0

package player

import (
	"strconv"
	"strings"
	"time"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/fuzz/conversation"
	"github.com/wsspec/wsspec/internal/ws"
)

// Key is the Sec-WebSocket-Key of our requests: that of the example in RFC 6455, 1.3.
const Key = "dGhlIHNhbXBsZSBub25jZQ=="

const (
	extensionsName = "Sec-WebSocket-Extensions"
	keyName        = "Sec-WebSocket-Key"
)

// dial sends our request and waits for the answer.
func (l *line) dial(o *conversation.Opening) {
	l.out = l.p.request(l.out[:0], o)
	l.mark(requestKind + uint32(len(o.Edits))<<8)
	l.sendHead(o)
	if !o.Behind {
		l.opened()
	}
}

// opened waits until the connection is open, or will never be.
func (l *line) opened() {
	began := time.Now()
	for !l.done() && !l.heard.frames && !l.heard.deaf {
		if !l.await1(l.p.Owed) {
			l.await(l.p.Owed, true)
			return
		}
	}
	l.p.answered(time.Since(began))
}

// await1 reads once, and reports whether anything came.
func (l *line) await1(patience time.Duration) bool {
	return l.readUntil(time.Now().Add(patience))
}

// sendHead writes the head that waits, as the opening says. No frame of it is one.
func (l *line) sendHead(o *conversation.Opening) {
	if o.Behind {
		l.behind = len(l.out) // with the first frames
		return
	}
	all := l.out
	if o.Chop == 0 {
		l.writeHead(all)
	}
	for from := 0; o.Chop > 0 && from < len(all) && !l.done() && !l.deaf; from += o.Chop {
		l.writeHead(all[from:min(from+o.Chop, len(all))])
		if l.piece < maxPieces {
			l.piece++
			l.untilRead()
		}
	}
	l.out = l.out[:0]
}

func (l *line) writeHead(b []byte) {
	l.m.Sent(b)
	for len(b) > 0 && !l.deaf && !l.done() {
		b = l.writeSome(b)
	}
}

// head is a first line, fields, and what follows.
type head struct {
	line  string
	lines []string // of fields
	body  string
	raw   string
	isRaw bool
}

// request appends the request of a connection.
func (p *Player) request(dst []byte, o *conversation.Opening) []byte {
	target := ws.CommandedTarget(p.Target, o.Command)
	if len(o.Edits) == 0 {
		return p.plainRequest(dst, target, o.Offer)
	}
	h := head{line: "GET " + target + " HTTP/1.1", lines: []string{
		"Host: " + p.Host, "Upgrade: websocket", "Connection: Upgrade", keyName + ": " + Key, "Sec-WebSocket-Version: 13",
	}}
	if o.Offer != "" {
		h.lines = append(h.lines, extensionsName+": "+o.Offer)
	}
	for _, f := range p.Header {
		h.lines = append(h.lines, f.Name+": "+f.Value)
	}
	h.edit(o.Edits, strings.NewReplacer("{target}", target, "{host}", p.Host, "{key}", Key))
	return h.append(dst)
}

func (p *Player) plainRequest(dst []byte, target, offer string) []byte {
	dst = append(dst, "GET "...)
	dst = append(dst, target...)
	dst = append(dst, " HTTP/1.1\r\nHost: "...)
	dst = append(dst, p.Host...)
	dst = append(dst, "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+keyName+": "+Key+"\r\nSec-WebSocket-Version: 13\r\n"...)
	if offer != "" {
		dst = append(dst, extensionsName+": "...)
		dst = append(dst, offer...)
		dst = append(dst, "\r\n"...)
	}
	for _, f := range p.Header {
		dst = append(dst, f.Name...)
		dst = append(dst, ": "...)
		dst = append(dst, f.Value...)
		dst = append(dst, "\r\n"...)
	}
	return append(dst, "\r\n"...)
}

func (h *head) edit(es []conversation.Edit, placeholders *strings.Replacer) {
	for _, e := range es {
		text := placeholders.Replace(e.Text)
		name, _, _ := strings.Cut(text, ":")
		switch e.Word {
		case "line":
			h.line = text
		case "without":
			h.without(text)
		case "with":
			h.without(name)
			h.lines = append(h.lines, text)
		case "add":
			h.lines = append(h.lines, text)
		case "body":
			h.body = text
		case "raw":
			h.raw, h.isRaw = text, true
		}
	}
}

func (h *head) without(name string) {
	var rest []string
	for _, line := range h.lines {
		if has, _, _ := strings.Cut(line, ":"); !ws.EqualFold(has, name) {
			rest = append(rest, line)
		}
	}
	h.lines = rest
}

func (h *head) append(dst []byte) []byte {
	if h.isRaw {
		return append(dst, h.raw...)
	}
	dst = append(dst, h.line+"\r\n"...)
	for _, line := range h.lines {
		dst = append(dst, line+"\r\n"...)
	}
	dst = append(dst, "\r\n"...)
	return append(dst, h.body...)
}

// accept waits for a request and answers it.
func (l *line) accept(o *conversation.Opening) {
	for !l.done() && ws.HeadEnd(l.heard.head) == 0 {
		if !l.await1(l.p.Owed) {
			l.await(0, true)
			return
		}
	}
	if l.done() {
		return
	}
	r, err := ws.ParseRequest(l.heard.head)
	if err != nil { // which the model has told already
		l.out = append(l.out[:0], "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"...)
	} else {
		l.nonce = r.Fields.Get(keyName)
		l.judgeNonce()
		l.out = l.p.answer(l.out[:0], o, r)
	}
	l.mark(requestKind + uint32(len(o.Edits))<<8)
	l.sendHead(o)
}

// answer appends the answer to a client's request.
func (p *Player) answer(dst []byte, o *conversation.Opening, r ws.Request) []byte {
	key := r.Fields.Get(keyName)
	h := head{line: "HTTP/1.1 101 Switching Protocols", lines: []string{
		"Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: " + ws.AcceptKey(key),
	}}
	for _, f := range p.Header {
		h.lines = append(h.lines, f.Name+": "+f.Value)
	}
	if agreed, ok := leastAnswer(o.Answer, r.Fields.Values(extensionsName)); ok {
		h.lines = append(h.lines, extensionsName+": "+agreed)
	}
	h.edit(o.Edits, strings.NewReplacer("{key}", key, "{accept}", ws.AcceptKey(key)))
	return h.append(dst)
}

// leastAnswer answers the first offer of permessage-deflate with what it demands, and
// with more parameters where they are given and fit. "no" declines it.
func leastAnswer(more string, fields []string) (string, bool) {
	xs, err := ws.ParseExtensions(fields)
	if err != nil || more == "no" {
		return "", false
	}
	offers, _ := deflate.ParseOffers(xs) // those that are valid
	if len(offers) == 0 {
		return "", false
	}
	o := offers[0]
	a := deflate.Answer{
		ServerNoContextTakeover: o.ServerNoContextTakeover, ServerMaxWindowBits: o.ServerMaxWindowBits, ClientNoContextTakeover: o.ClientNoContextTakeover,
	}
	for word := range strings.SplitSeq(more, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(word), "=")
		bits, _ := strconv.Atoi(value)
		switch name {
		case "server_no_context_takeover":
			a.ServerNoContextTakeover = true
		case "client_no_context_takeover":
			a.ClientNoContextTakeover = true
		case "server_max_window_bits":
			if o.ServerMaxWindowBits == 0 || bits < o.ServerMaxWindowBits {
				a.ServerMaxWindowBits = bits
			}
		case "client_max_window_bits":
			if o.ClientMaxWindowBits != 0 && (o.ClientMaxWindowBits < 0 || bits < o.ClientMaxWindowBits) {
				a.ClientMaxWindowBits = bits
			}
		}
	}
	return a.String(), true
}
