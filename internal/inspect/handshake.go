// SPDX-License-Identifier: Apache-2.0

package inspect

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/rules"
	"github.com/wsspec/wsspec/internal/ws"
)

const extensions = "Sec-WebSocket-Extensions"

// takeHead takes the HTTP head of a side where it is complete, and returns what
// follows it. It returns nil while the head is not there.
func (s *side) takeHead(p []byte) []byte {
	c := s.c
	had := len(s.pending)
	var fits bool
	s.pending, fits = c.store(s.pending, p, maxHead)
	n := ws.HeadEnd(s.pending)
	if no := s.noHead(); no != "" {
		s.pending = c.free(s.pending)
		c.refuse("%s", no)
		return nil
	}
	if n == 0 {
		s.offset += int64(len(p))
		if !fits {
			c.refuse("the %v's HTTP head is longer than %d octets", s.role, maxHead)
		}
		return nil
	}
	head, rest := string(s.pending[:n]), p[n-had:]
	s.pending = c.free(s.pending)
	s.offset += int64(n - had)
	at := s.offset - int64(n)
	c.add(Entry{Kind: Head, From: s.role, Offset: at, Head: head})
	if s.role == ws.Client {
		s.takeRequest([]byte(head), at)
		return rest
	}
	s.takeResponse([]byte(head), at)
	return rest
}

// noHead says why what has come is not the beginning of an HTTP head, or nothing.
func (s *side) noHead() string {
	switch p := s.pending; {
	case len(p) > 1 && p[0] == 22 && p[1] == 3:
		return "TLS, which cannot be looked into"
	case s.role == ws.Server && !strings.HasPrefix("HTTP/", string(p[:min(len(p), 5)])),
		s.role == ws.Client && len(p) >= longestMethod && !isRequest(p):
		return fmt.Sprintf("the %v's octets do not begin with an HTTP head", s.role)
	}
	return ""
}

func (s *side) takeRequest(head []byte, at int64) {
	r, err := ws.ParseRequest(head)
	if err != nil {
		s.c.violation(s.role, at, "RFC 6455, 4.1: "+err.Error())
		s.c.refuse("%v", err)
		return
	}
	if !r.Fields.HasToken("Upgrade", "websocket") && r.Fields.Get("Sec-WebSocket-Key") == "" && r.Fields.Get("Sec-WebSocket-Version") == "" {
		s.c.refuse("a request that does not ask for WebSocket")
		return
	}
	s.c.request, s.asked = &r, true
	for _, f := range rules.Request(r) {
		s.c.violation(s.role, at, f.Rule())
	}
	xs, err := ws.ParseExtensions(r.Fields.Values(extensions))
	if err != nil {
		s.c.violation(s.role, at, "RFC 6455, 9.1: "+err.Error())
	}
	_, declined := deflate.ParseOffers(xs)
	for _, err := range joined(declined) {
		s.c.violation(s.role, at, "RFC 7692, 7.1: "+err.Error())
	}
	if s.c.opts.OneSide {
		s.c.remark(s.role, at, "the answer is not here: what was agreed is not known")
		s.c.assume(!slices.ContainsFunc(xs, func(x ws.Extension) bool { return x.Name == deflate.Name }))
	}
}

func (s *side) takeResponse(head []byte, at int64) {
	c := s.c
	r, err := ws.ParseResponse(head)
	switch {
	case err != nil:
		c.violation(s.role, at, "RFC 6455, 4.2.2: "+err.Error())
		c.refuse("%v", err)
		return
	case r.Status < 200 && r.Status != 101:
		return // an interim response (RFC 9110, 15.2): another one follows
	case r.Status != 101:
		c.refuse("the server answered with HTTP status %d", r.Status)
		return
	}
	var asked *rules.Asked
	if c.request != nil {
		asked = rules.AskedIn(c.request.Fields)
	} else {
		c.remark(s.role, at, "the request is not here: the answer is held to what can be told without it")
	}
	for _, rule := range rules.Response(r, asked) {
		c.violation(s.role, at, rule)
	}
	s.takeAgreement(r, at)
	c.opened()
	client := &c.sides[ws.Client]
	if early := client.early; len(early) > 0 {
		c.violation(ws.Client, client.offset, "RFC 6455, 4.1: data before the answer to the opening handshake")
		client.early = nil
		client.feed(early)
		c.free(early)
	}
}

// takeAgreement reads which extensions the server agrees to.
func (s *side) takeAgreement(r ws.Response, at int64) {
	c := s.c
	xs, err := ws.ParseExtensions(r.Fields.Values(extensions))
	if err != nil {
		c.violation(s.role, at, "RFC 6455, 9.1: "+err.Error())
		return
	}
	var offered []ws.Extension
	if c.request != nil {
		offered, _ = ws.ParseExtensions(c.request.Fields.Values(extensions)) // complained of before
	}
	for _, x := range xs {
		if c.request != nil && !slices.ContainsFunc(offered, func(o ws.Extension) bool { return o.Name == x.Name }) {
			c.violation(s.role, at, fmt.Sprintf("RFC 6455, 4.1: extension %.80s was not offered", x.Name))
		}
		if x.Name != deflate.Name {
			c.foreign = x.Name
			c.Unjudged++
			c.remark(s.role, at, "extension %.80s is not known here: reserved bits and payloads are not judged", x.Name)
		}
	}
	a, found, err := deflate.FindAnswer(xs)
	if err != nil {
		c.violation(s.role, at, "RFC 7692, 7.1: "+err.Error())
		return
	}
	if !found {
		return
	}
	c.agree(a)
	offers, _ := deflate.ParseOffers(offered) // complained of before
	if len(offers) == 0 {
		return
	}
	if err := a.Honours(offers); err != nil {
		c.violation(s.role, at, "RFC 7692, 7.1: "+err.Error())
	}
}

// joined returns the errors that one was joined of.
func joined(err error) []error {
	if many, ok := errors.AsType[interface {
		error
		Unwrap() []error
	}](err); ok {
		return many.Unwrap()
	}
	return nil
}
