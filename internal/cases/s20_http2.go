// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"fmt"
	"slices"
	"time"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// overHTTP2 is 20.1: WebSocket over HTTP/2, as a server has to do it (RFC 8441).
func overHTTP2() []conform.Case {
	cs := slices.Concat(openingOverHTTP2(), framesOverHTTP2(), windowsOverHTTP2(), requestsOverHTTP2(), endsOverHTTP2())
	slices.SortFunc(cs, func(a, b conform.Case) int { return conform.CompareIDs(a.ID, b.ID) })
	return over(ws.HTTP2, asked(cs))
}

// openingOverHTTP2 is 20.1.1 to 20.1.4.
//
// "The value of the parameter MUST be 0 or 1. … A sender MUST NOT send a
// SETTINGS_ENABLE_CONNECT_PROTOCOL parameter with the value of 0 after previously sending a value of
// 1" (RFC 8441, 3).
func openingOverHTTP2() []conform.Case {
	return []conform.Case{
		{
			ID: "20.1.1", Title: "Look at SETTINGS_ENABLE_CONNECT_PROTOCOL", Spec: "RFC 8441, 3", Requirements: []string{"8441-3-1"},
			Play: steps(connectSetting, live), Want: comesBack(),
		}, {
			ID: "20.1.2", Title: "Look at later SETTINGS, behind our own and other requests", Spec: "RFC 8441, 3", Requirements: []string{"8441-3-4"},
			Play: steps(live, narrowed(usualWindow), pageBeside("RFC 8441, 5"), besideWebSocket("RFC 8441, 5", leavesBeside), echoed(text("later")), settingsStay),
			Want: comesBack(echo("later")), Limit: 5 * time.Second,
		}, {
			ID: "20.1.3", Title: "An extended CONNECT, and a text on its stream", Spec: "RFC 8441, 5", Requirements: []string{"8441-5-8", "8441-5-5"},
			Play: steps(live, echoed(text("over HTTP/2"))), Want: comesBack(echo("over HTTP/2")),
		}, {
			// What answers it has no need of Sec-WebSocket-Accept (5), and must not have the fields
			// of one connection of HTTP/1.1 (RFC 9113, 8.2.2).
			ID: "20.1.4", Title: "Look at the answer to an extended CONNECT", Spec: "RFC 8441, 5", Requirements: []string{"8441-5-5", "8441-5-8"},
			Play: steps(live, answerToConnect), Want: comesBack(),
		},
	}
}

// usualWindow is that of the streams of HTTP/2 where nobody says anything (RFC 9113, 6.9.2).
const usualWindow = 65535

// settingsStay looks for the setting that must not be taken back.
func settingsStay(p *peer.Peer) {
	was := ""
	for _, f := range p.HTTPFrames("settings") {
		v, has := f.Value("ENABLE_CONNECT_PROTOCOL")
		if has && v == "0" && was == "1" {
			p.Violation("RFC 8441, 3: SETTINGS_ENABLE_CONNECT_PROTOCOL is 0 after it was 1")
		}
		if has {
			was = v
		}
	}
}

// answerToConnect looks at the fields of the answer.
func answerToConnect(p *peer.Peer) {
	for _, f := range p.HTTPFrames("headers") {
		for _, name := range []string{"connection", "upgrade", "keep-alive", "transfer-encoding"} {
			if len(f.Fields.Values(name)) > 0 {
				p.Violation(fmt.Sprintf("RFC 9113, 8.2.2: the answer to the request has the field %s", name))
			}
		}
		if len(f.Fields.Values("sec-websocket-accept")) > 0 {
			p.Lapse("RFC 8441, 5: the answer to the request has a Sec-WebSocket-Accept, which nobody looks at")
		}
	}
}

// framesOverHTTP2 is 20.1.5 to 20.1.7, and what RFC 6455 says of frames.
//
// "the HTTP/2 stream … MUST be treated as if it were the TCP connection referred to in [RFC6455]": its octets
// are those of DATA frames, whose boundaries mean nothing.
func framesOverHTTP2() []conform.Case {
	const spec = "RFC 8441, 5"
	var ten []peer.Frame
	for i := range 10 {
		ten = append(ten, text(fmt.Sprintf("%d of ten", i+1)))
	}
	var echoes []verdict.Event
	for _, f := range ten {
		echoes = append(echoes, echoOf(f))
	}
	return []conform.Case{
		{
			ID: "20.1.5", Title: "Frames over DATA frames of one octet, and of seven", Spec: spec, Requirements: []string{"8441-5-9"},
			Play: exchange(chopped(1, text("octet by octet")), chopped(7, repeated(300, text("cut anywhere "))), chopped(2, more(text("in "))), chopped(3, cont("parts"))),
			Want: returns(), Limit: 5 * time.Second,
		}, {
			ID: "20.1.6", Title: "Ten messages in one DATA frame", Spec: spec, Requirements: []string{"8441-5-9"},
			Play: steps(live, together(ten...)), Want: comesBack(echoes...),
		}, {
			// Padding counts for the windows and for nothing else (RFC 9113, 6.1); frames of unknown types
			// are passed over (5.5).
			ID: "20.1.7", Title: "Padded DATA frames, empty ones, and frames of unknown types", Spec: "RFC 9113, 6.1", Requirements: []string{"8441-5-9"},
			Play: steps(live, padded(17), echoed(text("padded")), func(p *peer.Peer) { p.SendUnknown(3, []byte("nobody knows")) },
				padded(255), echoed(repeated(2000, text("padded more "))), padded(0), echoed(text("not padded"))),
			Want: comesBack(echo("padded"), echoOf(repeated(2000, text("padded more "))), echo("not padded")),
		}, {
			ID: "20.1.31", Title: "A frame without a mask", Spec: "RFC 6455, 5.1", Requirements: []string{"8441-5-12"},
			Play: offend(unmasked(text("bad"))), Want: fails(ws.ProtocolError),
		}, {
			ID: "20.1.32", Title: "Look at the masks", Spec: "RFC 6455, 5.1", Requirements: []string{"8441-5-12"},
			Play: steps(live, echoed(ping("masked?"))), Want: comesBack(pongs("masked?")),
		},
	}
}

// windowsOverHTTP2 is 20.1.8 to 20.1.10: flow control, and several streams.
func windowsOverHTTP2() []conform.Case {
	const spec = "RFC 9113, 5.2"
	long := repeated(500, text("much longer than the window "))
	many := slices.Repeat([]peer.Frame{repeated(64<<10, binary(someOctets(20, 997)))}, 160)
	return []conform.Case{
		{
			ID: "20.1.8", Title: "A window of one octet, and nothing of it given back before the echo waits", Spec: spec, Requirements: []string{"8441-5-14"},
			Play: steps(live, narrowed(1), unread(send(long)), awaited(long), echoed(ping("through a window of one octet"))),
			Want: comesBack(echoOf(long), pongs("through a window of one octet")), Limit: 10 * time.Second,
		}, {
			ID: "20.1.9", Title: "10 MiB in messages of 64 KiB, as the windows let us", Spec: spec, Requirements: []string{"8441-5-14"},
			Play: exchanging(quietly(func(p *peer.Peer) bool { return p.EchoAll(patient, many...) })), Want: returns(), Limit: 10 * time.Second, Tags: []conform.Tag{conform.Slow},
		}, {
			ID: "20.1.10", Title: "Two WebSockets and a GET on one connection", Spec: "RFC 8441, 5", Requirements: []string{"8441-5-13", "8441-5-9"},
			Play: steps(live, severalAtOnce("RFC 8441, 5"), echoed(text("still there"))), Want: comesBack(echo("between"), echo("still there")), Limit: 5 * time.Second,
		},
	}
}

// awaited waits for the echo of what was sent.
func awaited(f peer.Frame) func(*peer.Peer) {
	return func(p *peer.Peer) { awaits(p, 1, echoOf(f)) }
}

// endsOverHTTP2 is 20.1.27 to 20.1.30 and 20.1.38: how streams end, and that nothing else does.
//
// "orderly TCP-level closures … are represented as END_STREAM flags …; RST exceptions are
// represented with the RST_STREAM frame with the CANCEL error code" (RFC 8441, 5).
func endsOverHTTP2() []conform.Case {
	const spec, still = "RFC 8441, 5", "still there"
	others := []string{"8441-5-13"}
	after := func(play func(*peer.Peer)) conform.Case {
		return conform.Case{Spec: spec, Play: steps(live, play, stays(spec), echoed(text(still))), Want: comesBack(echo(still)), Limit: 5 * time.Second}
	}
	closing := after(steps(besideWebSocket(spec, endsBeside), pageBeside(spec)))
	closing.ID, closing.Title, closing.Requirements = "20.1.27", "The closing handshake on a second stream: does it end with END_STREAM, and nothing else?", append(others, "8441-5-10")
	cut := after(besideWebSocket(spec, cutsBeside))
	cut.ID, cut.Title, cut.Requirements = "20.1.28", "RST_STREAM for a second stream, in the middle of a frame: does nothing else end?", append(others, "8441-5-11")
	failing := after(besideWebSocket(spec, failsBeside))
	failing.ID, failing.Title, failing.Requirements = "20.1.30", "A frame with RSV3 on a second stream: does it end, and nothing else?", append(others, "8441-5-11", "8441-5-9")
	return []conform.Case{closing, cut, failing,
		{
			ID: "20.1.29", Title: "END_STREAM without a Close: does the server end its side?", Spec: spec, Requirements: []string{"8441-5-10"},
			Play: steps(live, endsWriting), Want: ladder(is(verdict.OK, echo(alive), maybe(closed()), ended())), Limit: 5 * time.Second,
		}, {
			// "an endpoint … GOAWAY … allows … to gracefully stop accepting new streams while still finishing
			// processing of previously established streams" (RFC 9113, 6.8).
			ID: "20.1.38", Title: "GOAWAY, and a text on the stream that is open", Spec: "RFC 9113, 6.8", Requirements: []string{"8441-5-9"},
			Play: steps(live, goesAway, echoed(text(still))), Want: shouldLevel(comesBack(echo(still))),
		},
	}
}

// leavesBeside ends a WebSocket in order.
func leavesBeside(_ *peer.Peer, b *peer.Beside) {
	b.Send(withCode(ws.NormalClosure))
	b.CloseCode()
	b.Finish()
	b.Ends()
}

// endsBeside ends a WebSocket in order, and looks at how the server does.
func endsBeside(p *peer.Peer, b *peer.Beside) {
	b.Send(withCode(ws.NormalClosure))
	if b.CloseCode() == 0 {
		p.Violation(fmt.Sprintf("RFC 6455, 5.5.1: a Close on a second stream was not answered: %v", b.Err()))
		return
	}
	b.Finish()
	switch {
	case !b.Ends():
		p.Violation("RFC 8441, 5: the server has not ended its side of the stream behind the closing handshake")
	case b.WasReset():
		p.Lapse("RFC 8441, 5: the server has reset the stream behind the closing handshake: an orderly end is END_STREAM")
	}
}

// cutsBeside resets a WebSocket inside a frame.
func cutsBeside(p *peer.Peer, b *peer.Beside) {
	b.SendOctets([]byte("\x81\xFE\x01\x00\x00\x00\x00\x00the beginning"))
	b.Cut()
	if !b.Ends() {
		p.Violation(fmt.Sprintf("RFC 9113, 5.4.2: after RST_STREAM: %v", b.Err()))
	}
}

// failsBeside has a WebSocket failed.
func failsBeside(p *peer.Peer, b *peer.Beside) {
	b.Send(rsv(1, text("bad")))
	code := b.CloseCode()
	b.Finish()
	switch ends := b.Ends(); {
	case !ends:
		p.Violation(fmt.Sprintf("RFC 6455, 7.1.7: a frame with RSV3 did not fail the connection that a second stream is: %v", b.Err()))
	case code == 0 || code == ws.NoStatus:
		p.Lapse("RFC 6455, 7.1.7: a second stream was failed without a Close that says why")
	case code != ws.ProtocolError:
		p.Violation(fmt.Sprintf("RFC 6455, 7.4.1: a frame with RSV3 was answered with the code %d and not 1002", code))
	}
}
