// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"time"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// The words of cases beyond the reference. Most of them are judged by the whole
// conversation, from the first echo to the end of TCP:
//
//   - what is wrong is sent behind an echo on the same connection (offend, offendWith),
//     so that a peer which fails everything does not pass;
//   - a Ping goes out behind it where the peer can read one (offend), so that nobody
//     waits for a peer that reads on;
//   - the connection is read to its end, and not ended by us before the time is over
//     that the peer has to react.

// alive is the message whose echo shows that the connection works.
const alive = "alive"

// reaction is how long a peer has to fail the connection, or to answer a request that is
// odd.
const reaction = 2 * time.Second

// live sends a message and waits for its echo.
func live(p *peer.Peer) {
	n := p.Events()
	p.Send(text(alive))
	awaits(p, n, verdict.Event{Type: wirelog.TextEvent, Any: true})
}

// awaits waits until an event like the one given has come behind the first n, and
// reports whether it has.
func awaits(p *peer.Peer, n int, e verdict.Event) bool {
	return p.Until(livePatience, func() bool {
		for ; n < p.Events(); n++ {
			if verdict.Matches([]verdict.Event{e}, []wirelog.Record{p.Event(n)}) {
				return true
			}
		}
		return false
	})
}

const livePatience = 5 * time.Second

// offend sends frames that the peer must not accept, behind an echo and with a Ping
// behind them, all in one write.
func offend(fs ...peer.Frame) func(*peer.Peer) {
	return steps(live, together(append(fs, ping(verdict.Probe))...))
}

// together sends frames in one write.
func together(fs ...peer.Frame) func(*peer.Peer) {
	return func(p *peer.Peer) { p.SendTogether(fs...) }
}

// offendSilently is offend without the Ping: the peer could not read one, as it waits
// for the rest of a frame, or need not answer it, as a Close has come.
func offendSilently(fs ...peer.Frame) func(*peer.Peer) { return steps(live, send(fs...)) }

// offendOctets sends octets that are no frames, behind an echo.
func offendOctets(octets []byte) func(*peer.Peer) {
	return steps(live, func(p *peer.Peer) { p.SendOctets(octets) })
}

// closes begins the closing handshake with any payload, behind an echo.
func closes(payload []byte) func(*peer.Peer) { return steps(live, closeRaw(payload)) }

// coded is the payload of a Close with a code and a reason, legal or not.
func coded(code ws.CloseCode, reason string) []byte {
	return ws.AppendClosePayload(nil, code, reason)
}

// Changes to a frame.

// masked and unmasked set or leave out the mask, whichever side we are.
func masked(key [4]byte, f peer.Frame) peer.Frame { f.Mask = &key; return f }
func unmasked(f peer.Frame) peer.Frame            { f.Plain = true; return f }

// in16 and in64 write the length in 16 or 64 bits, however short it is.
func in16(f peer.Frame) peer.Frame { f.Form = ws.Length16; return f }
func in64(f peer.Frame) peer.Frame { f.Form = ws.Length64; return f }

// declared has the header declare a length that the payload does not have.
func declared(n uint64, f peer.Frame) peer.Frame { f.Declared = &n; return f }

// closeFrame is a Close with any payload that does not change our state, unlike closes.
func closeFrame(payload []byte) peer.Frame {
	return peer.Frame{Opcode: ws.Close, Payload: payload}
}

// Events.

func closed(codes ...ws.CloseCode) verdict.Event {
	return verdict.Event{Type: wirelog.CloseEvent, Codes: codes}
}

// uncoded is a Close without a code.
func uncoded() verdict.Event { return closed(ws.NoStatus) }

// answersUs is a Close in answer to ours, which we send when all that an outcome wants
// before it has come and the script is over.
func answersUs() verdict.Event { return verdict.Event{Type: wirelog.CloseEvent, Reply: true} }

// ended is the end of TCP, by FIN or by RST; finned and reset tell them apart.
func ended() verdict.Event  { return verdict.Event{Type: wirelog.EndEvent, Any: true} }
func finned() verdict.Event { return verdict.Event{Type: wirelog.EndEvent} }
func reset() verdict.Event  { return verdict.Event{Type: wirelog.ResetEvent} }

// stillOpen is that TCP is open when our patience is over.
func stillOpen() verdict.Event { return verdict.Event{Type: wirelog.OpenEvent} }

// answered is an HTTP response that opens nothing, with one of the statuses; 4 stands
// for all from 400 to 499.
func answered(statuses ...int) verdict.Event {
	return verdict.Event{Type: wirelog.AnswerEvent, Statuses: statuses}
}

// maybe makes an event one that need not come, often one that may come many times.
func maybe(e verdict.Event) verdict.Event { e.Times = verdict.Maybe; return e }
func often(e verdict.Event) verdict.Event { e.Times = verdict.Often; return e }

// any takes an event with whatever payload.
func anything(e verdict.Event) verdict.Event { e.Any = true; return e }

// Outcomes.

// ladder is outcomes, best first, of the whole conversation.
func ladder(os ...verdict.Outcome) verdict.Want { return verdict.Want{Outcomes: os, Whole: true} }

// is an outcome that earns the grade: exactly these events.
func is(g verdict.Grade, es ...verdict.Event) verdict.Outcome {
	return verdict.Outcome{Grade: g, Events: es}
}

// begins is an outcome that is met by a conversation that begins so.
func begins(g verdict.Grade, es ...verdict.Event) verdict.Outcome {
	return verdict.Outcome{Grade: g, Events: es, AndMore: true}
}

// why says why an outcome's grade is what it is, as a sentence.
func why(reason string, o verdict.Outcome) verdict.Outcome { o.Why = reason; return o }

// or adds outcomes that come behind those there are.
func or(w verdict.Want, os ...verdict.Outcome) verdict.Want {
	w.Outcomes = append(w.Outcomes, os...)
	return w
}

// shouldLevel and openLevel are for requirements that are no MUST: what fits no
// outcome is NON-STRICT, or INFORMATIONAL.
func shouldLevel(w verdict.Want) verdict.Want { w.Level = verdict.Should; return w }
func openLevel(w verdict.Want) verdict.Want   { w.Level = verdict.Open; return w }

// fails: behind the echo and the events before it, the peer fails the connection. With
// a Close with one of the codes: OK; TCP ends with no Close or one without a code:
// NON-STRICT (RFC 6455, 7.1.7 and 10.7: a Close with the reason SHOULD come first);
// another code: WRONG CODE; anything else, also that the connection stays open: FAILED.
func fails(codes ...ws.CloseCode) verdict.Want { return failsAfter(nil, codes...) }

func failsAfter(before []verdict.Event, codes ...ws.CloseCode) verdict.Want {
	behind := func(es ...verdict.Event) []verdict.Event {
		return append(append([]verdict.Event{echo(alive)}, before...), es...)
	}
	const silent = "The connection was failed without a Close that says why, which RFC 6455, 7.1.7 says should come first."
	return ladder(
		is(verdict.OK, behind(closed(codes...), ended())...),
		why(silent, is(verdict.NonStrict, behind(ended())...)),
		why(silent, is(verdict.NonStrict, behind(uncoded(), ended())...)),
		is(verdict.WrongCode, behind(closed(), ended())...),
	)
}

// orWaits takes it too, NON-STRICT, that the peer waits for the rest of a frame.
func orWaits(w verdict.Want) verdict.Want {
	return or(w, why("The fault shows in the header, but the peer waits for the payload.", is(verdict.NonStrict, echo(alive), stillOpen())))
}

// comesBack: behind the echo that shows the connection works come these events, and
// the closing handshake that we begin then.
func comesBack(es ...verdict.Event) verdict.Want { return ladder(is(verdict.OK, back(es...)...)) }

// back are the events of comesBack, for more outcomes like it.
func back(es ...verdict.Event) []verdict.Event {
	return append(append([]verdict.Event{echo(alive)}, es...), answersUs(), ended())
}

// Handshakes: edits of our half.

// without leaves a field out.
func without(name string) peer.Edit {
	return func(h *peer.Head) { h.Fields = h.Fields.Without(name) }
}

// with gives a field another value, in its place, or adds it.
func with(name, value string) peer.Edit {
	return func(h *peer.Head) { h.Fields = h.Fields.With(name, value) }
}

// twice adds a second line with the name; the first stays as it is.
func twice(name, value string) peer.Edit {
	return func(h *peer.Head) { h.Fields = append(h.Fields, ws.Field{Name: name, Value: value}) }
}

// line adds a line that need not be a field.
func line(s string) peer.Edit {
	return func(h *peer.Head) { h.Fields = append(h.Fields, ws.Field{Value: s}) }
}

// firstLine is another request or status line.
func firstLine(change func(old string) string) peer.Edit {
	return func(h *peer.Head) { h.Line = change(h.Line) }
}

// choppedHead writes the head n octets at a time.
func choppedHead(n int) peer.Edit { return func(h *peer.Head) { h.Chop = n } }

// cutHead writes the head up to an octet, counted from its end where negative, and the
// rest after a pause.
func cutHead(at int, pause time.Duration) peer.Edit {
	return func(h *peer.Head) { h.Cut, h.Pause = at, pause }
}

// behind sends frames in the write that ends the head.
func behind(fs ...peer.Frame) peer.Edit {
	return func(h *peer.Head) { h.Behind = append(h.Behind, fs...) }
}

// edits is an opening handshake with changes.
func edits(es ...peer.Edit) peer.Opening { return peer.Opening{Edits: es} }

// Handshakes: what must come of them. The scripts play send(text("x")) where the
// connection opens.

// opens: the server accepts the handshake, and echoes.
func opens() verdict.Want { return ladder(begins(verdict.OK, echo("x"))) }

// orRefuses takes an HTTP error too, with the grade. A server that refuses without a word
// does so here as well: that is not a fault of its own.
func orRefuses(g verdict.Grade, reason string, w verdict.Want) verdict.Want {
	return or(w, why(reason, begins(g, answered(4, 5))), noAnswer())
}

// refuses: the server answers with an HTTP error, best with one of the statuses.
func refuses(statuses ...int) verdict.Want {
	return orNoAnswer(ladder(
		begins(verdict.OK, answered(statuses...)),
		why("The handshake was refused, with an unusual status.", begins(verdict.NonStrict, answered(4, 5))),
	))
}

// orOpens takes it too, with the grade, that the connection opens.
func orOpens(g verdict.Grade, reason string, w verdict.Want) verdict.Want {
	return or(w, why(reason, begins(g, echo("x"))))
}

// clientFails: the client ends TCP without having sent a frame (RFC 6455, 4.1 and
// 7.1.7). A Close frame first is NON-STRICT, anything else FAILED.
func clientFails() verdict.Want {
	return ladder(
		is(verdict.OK, ended()),
		why("The client sent a Close on a connection that was never opened (RFC 6455, 7.1.7).", is(verdict.NonStrict, closed(), ended())),
	)
}

// orClientFails takes it too, with the grade, that the client fails the connection.
func orClientFails(g verdict.Grade, reason string, w verdict.Want) verdict.Want {
	return or(w, why(reason, is(g, ended())), why(reason, is(g, closed(), ended())))
}

// Several connections.

// each makes a turn of every value.
func each[T any](values []T, turn func(v T) conform.Turn) []conform.Turn {
	turns := make([]conform.Turn, 0, len(values))
	for _, v := range values {
		turns = append(turns, turn(v))
	}
	return turns
}
