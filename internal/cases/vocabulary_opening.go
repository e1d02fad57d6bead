// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// The words of cases on the opening handshake that test servers. What a case does not
// edit is what the user wants of every request: more fields, Origin, subprotocols.

// asked completes cases that test servers by the opening handshake: where a connection
// opens, we send "x" on it.
func asked(cs []conform.Case) []conform.Case {
	for i := range cs {
		c := &cs[i]
		c.Only = conform.AsClient
		if c.Play == nil && c.Survey == nil {
			c.Play = send(text("x"))
		}
		for j := range c.Turns {
			if c.Turns[j].Play == nil {
				c.Turns[j].Play = c.Play
			}
		}
	}
	return cs
}

// ask is a turn with an edited request.
func ask(name string, es ...peer.Edit) conform.Turn {
	return conform.Turn{Name: name, Open: edits(es...)}
}

// The request line.

func method(m string) peer.Edit {
	return firstLine(func(old string) string {
		_, rest, _ := strings.Cut(old, " ")
		return m + " " + rest
	})
}

// httpVersion is another HTTP version.
func httpVersion(v string) peer.Edit {
	return firstLine(func(old string) string { return old[:strings.LastIndexByte(old, ' ')+1] + v })
}

// target changes the request target.
func target(change func(old string) string) peer.Edit {
	return firstLine(func(old string) string {
		m, rest, _ := strings.Cut(old, " ")
		t, v, _ := strings.Cut(rest, " ")
		return m + " " + change(t) + " " + v
	})
}

// resource is another request target.
func resource(t string) peer.Edit { return target(func(string) string { return t }) }

// absolute gives the request target in its absolute form.
func absolute(h *peer.Head) {
	scheme := "http://"
	if h.Secure {
		scheme = "https://"
	}
	host := h.Fields.Get("Host")
	target(func(old string) string { return scheme + host + old })(h)
}

// withQuery adds to the query of the request target.
func withQuery(query string) peer.Edit {
	return target(func(old string) string {
		if strings.Contains(old, "?") {
			return old + "&" + query
		}
		return old + "?" + query
	})
}

// Fields.

// bare leaves out the fields that nobody needs.
func bare(h *peer.Head) {
	for _, name := range []string{"User-Agent", "Pragma", "Cache-Control"} {
		without(name)(h)
	}
}

// again adds a second line with a field that is there.
func again(name string) peer.Edit {
	return func(h *peer.Head) { twice(name, h.Fields.Get(name))(h) }
}

// unless adds a field where the user has none of this name.
func unless(name, value string) peer.Edit {
	return func(h *peer.Head) {
		if len(h.Fields.Values(name)) == 0 {
			with(name, value)(h)
		}
	}
}

// surrounded has blanks around the value of a field.
func surrounded(name, before, after string) peer.Edit {
	return func(h *peer.Head) { with(name, before+h.Fields.Get(name)+after)(h) }
}

// inPlace puts a line in the place of a field.
func inPlace(name, line string) peer.Edit {
	return func(h *peer.Head) {
		h.Fields = h.Fields.With(name, "")
		for i := range h.Fields {
			if ws.EqualFold(h.Fields[i].Name, name) {
				h.Fields[i] = ws.Field{Value: line}
			}
		}
	}
}

// namesSpelled changes how the names of all fields are spelled.
func namesSpelled(spell func(string) string) peer.Edit {
	return func(h *peer.Head) {
		h.Fields = slices.Clone(h.Fields)
		for i := range h.Fields {
			h.Fields[i].Name = spell(h.Fields[i].Name)
		}
	}
}

// fieldsReversed has the fields in reverse order, Host last.
func fieldsReversed(h *peer.Head) {
	host := h.Fields.Get("Host")
	h.Fields = h.Fields.Without("Host")
	slices.Reverse(h.Fields)
	with("Host", host)(h)
}

// filled adds n fields that nobody knows, with so many octets each.
func filled(n, octets int) peer.Edit {
	return func(h *peer.Head) {
		for i := range n {
			twice(fmt.Sprintf("X-Unknown-%d", i+1), strings.Repeat("a", octets))(h)
		}
	}
}

// offering is another value of Sec-WebSocket-Extensions, requesting one of
// Sec-WebSocket-Protocol; with several there is a line for each.
func offering(values ...string) peer.Edit   { return fieldLines("Sec-WebSocket-Extensions", values) }
func requesting(values ...string) peer.Edit { return fieldLines("Sec-WebSocket-Protocol", values) }

func fieldLines(name string, values []string) peer.Edit {
	return func(h *peer.Head) {
		without(name)(h)
		for _, v := range values {
			twice(name, v)(h)
		}
	}
}

// withBody is what goes out behind the empty line.
func withBody(octets string) peer.Edit { return func(h *peer.Head) { h.Body = []byte(octets) } }

// inFront is what goes out before the request line.
func inFront(octets string) peer.Edit { return func(h *peer.Head) { h.Before = []byte(octets) } }

// linesEndWithLF leaves the CR out of all line ends.
func linesEndWithLF(h *peer.Head) { h.LF = true }

// rawRequest is what goes out in place of a request.
func rawRequest(octets []byte) peer.Edit { return func(h *peer.Head) { h.Raw = octets } }

// dropped ends TCP behind the first octets of a request, by a reset or in order.
func dropped(octets int, reset bool) peer.Edit {
	return func(h *peer.Head) {
		b := h.Octets()
		h.Raw, h.Leave, h.Abort = b[:min(octets, len(b))], true, reset
	}
}

// pageFirst asks for the same resource as a page, and only then for a connection.
func pageFirst(h *peer.Head) {
	page := *h
	page.Fields = slices.DeleteFunc(slices.Clone(h.Fields), func(f ws.Field) bool {
		return ws.EqualFold(f.Name, "Upgrade") || ws.EqualFold(f.Name, "Connection") || strings.HasPrefix(strings.ToLower(f.Name), "sec-websocket-")
	})
	h.First = page.Octets()
}

// behindOne sends the same request in front, with other edits, in one write.
func behindOne(es ...peer.Edit) peer.Edit {
	return func(h *peer.Head) {
		one := *h
		for _, edit := range es {
			edit(&one)
		}
		h.Before, h.Answers = bytes.Clone(one.Octets()), 1
	}
}

// What must come of it, beside opens and refuses.

// listing wants an answer to have a field whose list has the token, or any value where
// that is empty.
func listing(name, token string, e verdict.Event) verdict.Event {
	e.Field, e.Token = name, token
	return e
}

// orNoAnswer takes it too, as NON-STRICT, that TCP is ended without an answer, or without a
// frame behind 101.
func orNoAnswer(w verdict.Want) verdict.Want {
	return orNothingBehind101(or(w, noAnswer()))
}

// orNothingBehind101 takes it too, as NON-STRICT, that TCP is ended without a frame behind 101.
func orNothingBehind101(w verdict.Want) verdict.Want {
	return or(w, why("The handshake was accepted, and then TCP was ended.", is(verdict.NonStrict, ended())))
}

// noAnswer: TCP is ended without an answer, which is NON-STRICT wherever the server may refuse.
func noAnswer() verdict.Outcome {
	o := why("TCP was ended without an HTTP response (RFC 6455, 4.2.1: a server must return one).", is(verdict.NonStrict, ended()))
	o.Unopened = true
	return o
}

// opensNothing: any answer will do but 101, a page for example.
func opensNothing() verdict.Want {
	return orNoAnswer(ladder(begins(verdict.OK, answered())))
}

// opensOrRefuses: the server may accept the handshake or answer with an HTTP error, but
// not fall silent.
func opensOrRefuses() verdict.Want {
	return orNoAnswer(or(opens(), begins(verdict.OK, answered(4, 5))))
}

// orEnds takes it too, with the grade, that TCP is ended without an answer or a frame.
func orEnds(g verdict.Grade, reason string, w verdict.Want) verdict.Want {
	return or(w, why(reason, is(g, ended())))
}

// failsOpening: the server fails the connection for what it was offered, before or
// after 101 (RFC 6455, 9.1). That it passes the malformed field over is NON-STRICT.
func failsOpening() verdict.Want {
	return orOpens(verdict.NonStrict, "The malformed field was passed over (RFC 6455, 9.1: the connection must be failed).", ladder(
		begins(verdict.OK, answered(4)),
		is(verdict.OK, maybe(closed()), ended()),
		why("The handshake was refused, with an unusual status.", begins(verdict.NonStrict, answered())),
	))
}
