// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"time"

	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// What we send: frames, and words that change one.

func text(s string) peer.Frame   { return peer.Frame{Opcode: ws.Text, Payload: []byte(s)} }
func binary(s string) peer.Frame { return peer.Frame{Opcode: ws.Binary, Payload: []byte(s)} }
func cont(s string) peer.Frame   { return peer.Frame{Opcode: ws.Continuation, Payload: []byte(s)} }
func ping(s string) peer.Frame   { return peer.Frame{Opcode: ws.Ping, Payload: []byte(s)} }
func pong(s string) peer.Frame   { return peer.Frame{Opcode: ws.Pong, Payload: []byte(s)} }

// closing is a Close frame that does not change our state, unlike closeWith.
func closing() peer.Frame { return peer.Frame{Opcode: ws.Close} }

// reserved is a frame with an opcode that RFC 6455 leaves undefined.
func reserved(op ws.Opcode, s string) peer.Frame {
	return peer.Frame{Opcode: op, Payload: []byte(s)}
}

// more turns FIN off: fragments follow.
func more(f peer.Frame) peer.Frame { f.More = true; return f }

// rsv sets the reserved bits: RSV1 = 4, RSV2 = 2, RSV3 = 1.
func rsv(bits uint8, f peer.Frame) peer.Frame { f.RSV = bits; return f }

// repeated repeats the payload and cuts it to n octets.
func repeated(n int, f peer.Frame) peer.Frame { f.Repeated, f.Repeat = true, n; return f }

// chopped writes a frame n octets at a time.
func chopped(n int, f peer.Frame) peer.Frame { f.Chop = n; return f }

// chopAll and syncAll change several frames alike.
func chopAll(n int, fs ...peer.Frame) []peer.Frame {
	for i := range fs {
		fs[i].Chop = n
	}
	return fs
}

func syncAll(fs ...peer.Frame) []peer.Frame {
	for i := range fs {
		fs[i].Sync = true
	}
	return fs
}

// What we do: the scripts that need no Go of their own.

func send(fs ...peer.Frame) func(*peer.Peer) {
	return func(p *peer.Peer) { p.Send(fs...) }
}

// message sends one text message.
func message(s string) func(*peer.Peer) {
	return fragments(0, s)
}

// fragments sends one text message in frames of n octets, and a last one with
// the rest, which is empty where n divides the length.
func fragments(n int, s string) func(*peer.Peer) {
	return func(p *peer.Peer) { p.SendMessage(peer.Message{Data: ws.Literal([]byte(s)), Fragment: n}) }
}

// closeWith begins the closing handshake with any code, legal or not, and closeRaw
// with any payload.
func closeWith(code ws.CloseCode) func(*peer.Peer) {
	return closeRaw(ws.AppendClosePayload(nil, code, ""))
}

func closeRaw(payload []byte) func(*peer.Peer) {
	return func(p *peer.Peer) { p.SendClose(payload) }
}

// steps does one thing after the other.
func steps(fs ...func(*peer.Peer)) func(*peer.Peer) {
	return func(p *peer.Peer) {
		for _, f := range fs {
			f(p)
		}
	}
}

// What must come back.

func echo(s string) verdict.Event {
	return verdict.Event{Type: wirelog.TextEvent, Data: ws.Literal([]byte(s))}
}

func pongs(s string) verdict.Event {
	return verdict.Event{Type: wirelog.PongEvent, Data: ws.Literal([]byte(s))}
}

// silence is the event that the peer let the wait with the tag pass.
func silence(tag string) verdict.Event {
	return verdict.Event{Type: wirelog.TimeoutEvent, Tag: tag}
}

// echoOf is the echo of a frame, whatever its payload.
func echoOf(f peer.Frame) verdict.Event {
	e := verdict.Event{Type: wirelog.TextEvent, Data: ws.Pattern{Unit: f.Payload, Len: len(f.Payload)}}
	if f.Repeated {
		e.Data.Len = f.Repeat
	}
	if f.Opcode == ws.Binary {
		e.Type = wirelog.BinaryEvent
	}
	return e
}

// ok wants exactly these events.
func ok(es ...verdict.Event) verdict.Want {
	return verdict.Want{Outcomes: []verdict.Outcome{{Grade: verdict.OK, Events: es}}}
}

// nothing wants no event at all: the connection is failed before there is one.
func nothing() verdict.Want { return ok() }

// orNonStrict takes these events too, though not as gladly.
func orNonStrict(w verdict.Want, es ...verdict.Event) verdict.Want {
	w.Outcomes = append(w.Outcomes, verdict.Outcome{Grade: verdict.NonStrict, Events: es})
	return w
}

// informational takes whatever comes.
func informational(w verdict.Want) verdict.Want { w.Informational = true; return w }

// echoes wants n messages of the script back unchanged, within the time.
func echoes(n int, within time.Duration) verdict.Want {
	return verdict.Want{Echoes: n, Within: within}
}

// How the connection must end.

// weClose: everything has come back, we close with 1000, the peer answers, and
// the server closes TCP. The answer may have 1000 or one of the other codes.
func weClose(others ...ws.CloseCode) verdict.Closing {
	return verdict.Closing{ByUs: true, Codes: append([]ws.CloseCode{ws.NormalClosure}, others...), Clean: true}
}

// peerFails: the peer fails the connection, by a Close with one of the codes or
// by closing TCP (RFC 6455, 7.1.7).
func peerFails(codes ...ws.CloseCode) verdict.Closing {
	return verdict.Closing{Codes: codes}
}

// peerFailsFirst is peerFails where it is the very point of the case that the
// peer does it before we lose our patience.
func peerFailsFirst(codes ...ws.CloseCode) verdict.Closing {
	return verdict.Closing{Codes: codes, WrongEndFails: true}
}

// scriptCloses: the script itself sends the first Close, and the peer's answer
// must have one of the codes.
func scriptCloses(codes ...ws.CloseCode) verdict.Closing {
	return verdict.Closing{ByUs: true, Codes: codes, Clean: true, WrongCodeFails: true}
}

// scriptClosesWrongly: the script's Close is illegal, so that the peer may answer
// it with one of the codes or close TCP.
func scriptClosesWrongly(codes ...ws.CloseCode) verdict.Closing {
	return verdict.Closing{ByUs: true, Codes: codes, WrongCodeFails: true}
}
