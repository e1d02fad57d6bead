// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"fmt"
	"time"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/rules"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// The words of answers to a client's opening handshake.

// knock sends what a client echoes that takes the connection for open. There is more of
// it than clients read of a response that they do not take, for the sake of the error
// they return: one waits for 1024 octets, or 3 s, before it ends TCP.
func knock(p *peer.Peer) { p.Send(text("x"), ping(verdict.Probe), repeated(1500, text("."))) }

// knockAndLeave is knock, and the end of our half of TCP: what HTTP has a client do with
// a response that is no 101 is done then at the latest.
func knockAndLeave(p *peer.Peer) {
	knock(p)
	p.EndWrite()
}

// greet sends a message to a client that may take the connection for open, and
// greetAtLength one that is as long as that of knock.
func greet(p *peer.Peer)         { p.Send(text("x")) }
func greetAtLength(p *peer.Peer) { p.Send(text("x"), repeated(1500, text("."))) }

// apart lets a moment pass, so that what is sent next comes to the client in another read.
func apart(p *peer.Peer) { p.Until(apartFor, func() bool { return false }) }

const apartFor = 100 * time.Millisecond

// voidAnswer is an answer with changes that make it one that a client must not take:
// every frame but a Close that comes is a breach.
func voidAnswer(es ...peer.Edit) peer.Opening {
	return edits(append(es, func(h *peer.Head) { h.Void = true })...)
}

// responds is a response with a status that opens nothing.
func responds(statusLine, body string, fields ...ws.Field) peer.Edit {
	return func(h *peer.Head) {
		h.Line = "HTTP/1.1 " + statusLine
		h.Fields = append(ws.Fields{
			{Name: "Connection", Value: "close"}, {Name: "Content-Type", Value: "application/octet-stream"}, {Name: "Content-Length", Value: fmt.Sprint(len(body))},
		}, fields...)
		h.Body = []byte(body)
	}
}

// statusLine is another status line.
func statusLine(s string) peer.Edit {
	return firstLine(func(string) string { return s })
}

// silent sends nothing, and only the beginning of the answer, up to an octet that is
// counted from the end of the head where it is negative.
func silent(h *peer.Head) { h.Raw = []byte{} }

func onlyUpTo(at int) peer.Edit {
	return func(h *peer.Head) {
		all := h.Octets()
		if at < 0 {
			at += len(all)
		}
		h.Raw = all[:at]
	}
}

// accepting gives Sec-WebSocket-Accept the value that is made of the client's key.
func accepting(make func(key string) string) peer.Edit {
	return func(h *peer.Head) { with("Sec-WebSocket-Accept", make(keyOf(h)))(h) }
}

func keyOf(h *peer.Head) string { return h.Asked.Fields.Get("Sec-WebSocket-Key") }

// ofRequested changes an answer to a client that requests at least n subprotocols.
func ofRequested(n int, change func(names []string) peer.Edit) peer.Edit {
	return func(h *peer.Head) {
		names := rules.AskedIn(h.Asked.Fields).Protocols
		if len(names) < n {
			h.NotJudged = fmt.Sprintf("the client requests %d subprotocols, and the case is about one that requests at least %d", len(names), n)
			return
		}
		change(names)(h)
	}
}

// offeredBy has the names of the extensions that a client offers, each once.
func offeredBy(h *peer.Head) []string {
	var names []string
	seen := map[string]bool{}
	xs, _ := ws.ParseExtensions(h.Asked.Fields.Values("Sec-WebSocket-Extensions")) // 0.11.8 is about malformed ones
	for _, x := range xs {
		if !seen[x.Name] {
			names = append(names, x.Name)
		}
		seen[x.Name] = true
	}
	return names
}

// failingTime is how long a client has to end TCP.
const failingTime = 5 * time.Second

// inTheirTime gives clients that time in all cases.
func inTheirTime(cs []conform.Case) []conform.Case {
	for i := range cs {
		if cs[i].Limit == 0 {
			cs[i].Limit = failingTime
		}
	}
	return cs
}
