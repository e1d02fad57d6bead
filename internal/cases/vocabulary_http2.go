// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"fmt"
	"slices"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// More words of cases about HTTP/2 and HTTP/3: what keeps a section from being a request, and
// what else there is to do with a connection and its windows.

// Changes of a section.

// fieldAgain adds a second field with the name behind the first, and fieldLast moves a field behind
// all others.
func fieldAgain(name string) func(ws.Fields) ws.Fields {
	return func(f ws.Fields) ws.Fields {
		i := slices.IndexFunc(f, func(l ws.Field) bool { return l.Name == name })
		return slices.Insert(slices.Clone(f), i, f[i])
	}
}

func fieldLast(name string) func(ws.Fields) ws.Fields {
	return func(f ws.Fields) ws.Fields {
		return append(f.Without(name), ws.Field{Name: name, Value: f.Get(name)})
	}
}

// renamed spells the name of a field in another way.
func renamed(name, spelling string) func(ws.Fields) ws.Fields {
	return func(f ws.Fields) ws.Fields {
		f = slices.Clone(f)
		for i := range f {
			if f[i].Name == name {
				f[i].Name = spelling
			}
		}
		return f
	}
}

// plainConnect makes of an extended CONNECT one that asks for a tunnel to an address (RFC 9113,
// 8.5).
func plainConnect(addr string) func(ws.Fields) ws.Fields {
	return func(ws.Fields) ws.Fields {
		return ws.Fields{{Name: ":method", Value: "CONNECT"}, {Name: ":authority", Value: addr}}
	}
}

// endsAtOnce ends our side of the stream together with the section.
func endsAtOnce(h *peer.Head) { h.Last = true }

// What must come of it.

// malformedInHTTP2 is malformed for HTTP/2, in which "an endpoint MAY choose to treat a stream error
// as a connection error" (RFC 9113, 5.4.1).
func malformedInHTTP2() verdict.Want {
	const code = "PROTOCOL_ERROR"
	w := malformed(code, "RFC 9113, 8.1.1")
	w.Outcomes = slices.Insert(w.Outcomes, 0, is(verdict.OK, resetWith(wirelog.OfConnection+code)))
	return w
}

// notOpened: an error of HTTP, or the end of the stream.
func notOpened() verdict.Want {
	return ladder(begins(verdict.OK, answered(4, 5)), is(verdict.OK, ended()))
}

// What is done on the connection.

// narrowed leaves the peer a window of so many octets.
func narrowed(octets uint32) func(*peer.Peer) {
	return func(p *peer.Peer) {
		if err := p.Narrow(octets); err != nil && p.IsOpen() {
			p.Violation(fmt.Sprintf("RFC 9113, 6.5.3: SETTINGS are not acknowledged: %v", err))
		}
	}
}

// unread reads nothing while the script is played and the peer has seen what it sends, so that
// no window gets any wider.
func unread(script func(*peer.Peer)) func(*peer.Peer) {
	return func(p *peer.Peer) {
		p.Deaf(true)
		script(p)
		if err := p.RoundTrip(); err != nil && p.IsOpen() {
			p.Violation(fmt.Sprintf("RFC 9113, 6.7: a PING is not answered: %v", err))
		}
		p.Deaf(false)
	}
}

// padded has DATA frames padded, each behind an empty one.
func padded(octets int) func(*peer.Peer) {
	return func(p *peer.Peer) { p.Pad(octets, true) }
}

// goesAway sends GOAWAY.
func goesAway(p *peer.Peer) { p.GoAway() }

// besideWebSocket opens a second WebSocket and does something with it.
func besideWebSocket(section string, script func(*peer.Peer, *peer.Beside)) func(*peer.Peer) {
	return func(p *peer.Peer) {
		if b := besideOpens(p, section); b != nil {
			script(p, b)
		}
	}
}

// pageBeside asks for a page on the connection, which has to be answered with whatever status.
func pageBeside(section string) func(*peer.Peer) {
	return func(p *peer.Peer) {
		page := p.Beside(pageOf)
		page.Finish()
		if page.Status() == 0 {
			p.Violation(fmt.Sprintf("%s: a GET beside a WebSocket got no answer: %v", section, page.Err()))
		}
	}
}

// stays notes a GOAWAY, which ends the connection for new streams.
func stays(section string) func(*peer.Peer) {
	return func(p *peer.Peer) {
		if len(p.HTTPFrames("goaway")) > 0 {
			p.Lapse(section + ": the server has sent GOAWAY because of one stream")
		}
	}
}

// asTurns are cases of other sections, each as turns of one.
func asTurns(cs []conform.Case, ids ...string) []conform.Turn {
	var turns []conform.Turn
	for _, c := range cs {
		if !slices.Contains(ids, c.ID) {
			continue
		}
		if len(c.Turns) == 0 {
			turns = append(turns, conform.Turn{Name: "as " + c.ID, Open: c.Open, Play: c.Play, Want: &c.Want})
		}
		for i := range c.Turns {
			t := c.Turn(i)
			turns = append(turns, conform.Turn{Name: fmt.Sprintf("as %s, %s", c.ID, c.Turns[i].Name), Open: t.Open, Play: t.Play, Want: &t.Want})
		}
	}
	return turns
}
