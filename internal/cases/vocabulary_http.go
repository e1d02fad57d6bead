// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"fmt"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// The words of cases about HTTP/2 and HTTP/3: the request as a field section, and other
// requests beside it on the same connection.

// over makes cases ones about a version of HTTP.
func over(version string, cs []conform.Case) []conform.Case {
	for i := range cs {
		cs[i].Over = version
	}
	return cs
}

// section changes the field section that goes out, ours as a client or as a server.
func section(change func(ws.Fields) ws.Fields) peer.Edit {
	return func(h *peer.Head) { h.Fixed = change(h.Section()) }
}

// withField and withoutField are changes of a section.
func withField(name, value string) func(ws.Fields) ws.Fields {
	return func(f ws.Fields) ws.Fields { return f.With(name, value) }
}

func withoutField(name string) func(ws.Fields) ws.Fields {
	return func(f ws.Fields) ws.Fields { return f.Without(name) }
}

// pageOf is a section that asks for the resource as a page.
func pageOf(f ws.Fields) ws.Fields {
	return ws.Fields{
		{Name: ":method", Value: "GET"}, {Name: ":scheme", Value: f.Get(":scheme")},
		{Name: ":path", Value: f.Get(":path")}, {Name: ":authority", Value: f.Get(":authority")},
	}
}

// resetWith is the reset of the stream with an error code, as the RFC names it; reset takes any.
func resetWith(code string) verdict.Event {
	return verdict.Event{Type: wirelog.ResetEvent, Tag: code}
}

// malformed: the request is answered by a stream error with the code, or with a 4xx. What
// else keeps the connection closed is NON-STRICT.
func malformed(code, section string) verdict.Want {
	return ladder(
		is(verdict.OK, resetWith(code)),
		begins(verdict.OK, answered(4)),
		why("The malformed request was refused, but not with a stream error of type "+code+" or a status of 4xx ("+section+").", begins(verdict.NonStrict, answered(5))),
		why("The malformed request was refused, but not with a stream error of type "+code+" or a status of 4xx ("+section+").", is(verdict.NonStrict, ended())),
	)
}

// besideOpens opens a second WebSocket on the connection and has it echo; what is wrong is put down
// as a breach of the section.
func besideOpens(p *peer.Peer, section string) *peer.Beside {
	b := p.Beside(nil)
	switch status := b.Status(); {
	case b.Err() != nil:
		p.Violation(fmt.Sprintf("%s: a second WebSocket on the connection got no answer: %v", section, b.Err()))
	case status/100 != 2:
		p.Violation(fmt.Sprintf("%s: a second WebSocket on the connection was refused with %d", section, status))
	case !b.Echoes("beside"):
		p.Violation(fmt.Sprintf("%s: a second WebSocket on the connection does not echo: %v", section, b.Err()))
	default:
		return b
	}
	return nil
}

// severalAtOnce has a second WebSocket and a page on the connection, and ends the second
// WebSocket in order.
func severalAtOnce(section string) func(*peer.Peer) {
	return func(p *peer.Peer) { severally(p, section) }
}

func severally(p *peer.Peer, section string) {
	b := besideOpens(p, section)
	if b == nil {
		return
	}
	page := p.Beside(pageOf)
	page.Finish()
	if status := page.Status(); status == 0 {
		p.Violation(fmt.Sprintf("%s: a GET beside a WebSocket got no answer: %v", section, page.Err()))
	}
	echoed(text("between"))(p)
	if !b.Echoes("beside again") {
		p.Violation(fmt.Sprintf("%s: of two WebSockets on the connection the second does not echo any more: %v", section, b.Err()))
	}
	b.Send(closeFrame(coded(ws.NormalClosure, "")))
	b.Finish()
	if !b.Ends() {
		p.Violation(fmt.Sprintf("%s: a second WebSocket did not end behind the closing handshake", section))
	}
	apart(p)
}
