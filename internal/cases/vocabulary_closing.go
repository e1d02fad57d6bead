// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// The words of closing handshakes that are judged by the whole conversation.

// closesWith sends frames behind an echo, all in one write; the Close among them
// begins the closing handshake.
func closesWith(fs ...peer.Frame) func(*peer.Peer) {
	return steps(live, func(p *peer.Peer) { p.BeginClose(fs...) })
}

// endsWriting ends our half of TCP; what still comes is read.
func endsWriting(p *peer.Peer) { p.EndWrite() }

// withCode is a Close frame with a code and no reason.
func withCode(code ws.CloseCode) peer.Frame { return closeFrame(coded(code, "")) }

// behindEcho are events behind the echo that shows the connection works.
func behindEcho(before []verdict.Event, es ...verdict.Event) []verdict.Event {
	return append(append([]verdict.Event{echo(alive)}, before...), es...)
}

// faultFinding are codes which say that something was wrong with what was received
// (RFC 6455, 7.4.1).
func faultFinding() []ws.CloseCode { return []ws.CloseCode{ws.ProtocolError, ws.InvalidPayload} }

// answersClose: behind the echo and the events before it, the peer answers our Close
// with one of the codes, and TCP ends. A code that finds fault with it is FAILED;
// which other it has is the peer's choice (RFC 6455, 5.5.1: "typically"), and worth
// the grade.
func answersClose(others verdict.Grade, codes []ws.CloseCode, before ...verdict.Event) verdict.Want {
	with := func(codes ...ws.CloseCode) []verdict.Event { return behindEcho(before, closed(codes...), ended()) }
	another := is(others, with()...)
	if others != verdict.OK {
		another = why("The Close was answered, with an unusual code.", another)
	}
	return ladder(
		is(verdict.OK, with(codes...)...),
		why("The peer's Close says that something was wrong with ours, and nothing was.", is(verdict.Failed, with(faultFinding()...)...)),
		another,
	)
}

// usual are the codes of an answer to a Close with the code: the same, 1000 or none.
func usual(code ws.CloseCode) []ws.CloseCode {
	if code == ws.NormalClosure {
		return []ws.CloseCode{code, ws.NoStatus}
	}
	return []ws.CloseCode{code, ws.NormalClosure, ws.NoStatus}
}

// refusesClose: our Close is wrong, and the peer fails the connection with one of the
// codes. The end of TCP alone, or a Close without a code, is NON-STRICT as in fails: who
// fails connections so must not be FAILED, and from who takes anything it cannot be told.
// An answer with 1000 or the code we sent is one to a Close that is right: FAILED.
func refusesClose(sent ws.CloseCode, codes ...ws.CloseCode) verdict.Want {
	w := fails(codes...)
	last := len(w.Outcomes) - 1
	w.Outcomes[last-1].Why = "The Close was answered without a code: either it was taken for a valid one, or the connection was failed without saying why, as RFC 6455, 7.1.7 says should come first."
	valid := []ws.CloseCode{ws.NormalClosure}
	if sent != ws.NormalClosure {
		valid = append(valid, sent)
	}
	taken := why("The Close was answered as if nothing were wrong with it.", is(verdict.Failed, echo(alive), closed(valid...), ended()))
	w.Outcomes = append(w.Outcomes[:last:last], taken, w.Outcomes[last])
	return w
}
