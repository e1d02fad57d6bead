// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"fmt"
	"math/rand/v2"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// failing is 15.5: failing the connection, whatever the reason.
//
// "An endpoint MUST NOT continue to attempt to process data (including a Close frame)
// from the remote endpoint after being instructed to Fail the WebSocket Connection"
// (RFC 6455, 7.1.7). 1002 is the code for a protocol error (7.4.1).
func failing() []conform.Case {
	return []conform.Case{
		{
			ID: "15.5.1", Title: "A reserved bit, then text, Ping and Close, in one write", Spec: "RFC 6455, 7.1.7",
			Requirements: []string{"6455-7.1.7-1", "6455-7.1.7-3"},
			Play:         closesWith(rsv(4, text("bad")), text("behind"), ping(verdict.Probe), withCode(ws.NormalClosure)), Want: fails(ws.ProtocolError),
		}, {
			ID: "15.5.2", Title: "Ten kinds of protocol errors, each on a connection of its own", Spec: "RFC 6455, 7.1.7",
			Requirements: []string{"6455-7.1.7-1", "6455-7.1.7-2", "6455-7.4.1-12", "6455-10.7-2"},
			Turns:        each(protocolErrors(), func(e protocolError) conform.Turn { return e.turn() }), Want: fails(ws.ProtocolError),
		}, {
			ID: "15.5.3", Title: "Text that is to be continued, then a reserved opcode", Spec: "RFC 6455, 7.1.7", Requirements: []string{"6455-5.4-16", "6455-7.1.7-1"},
			Play: offend(more(text("fragment1")), reserved(3, "bad")), Want: fails(ws.ProtocolError),
		}, {
			// Read as a frame, "GE" is a fragment with RSV1, opcode 7 and 69 octets, not masked.
			ID: "15.5.4", Title: "An HTTP request on the open connection", Spec: "RFC 6455, 6.2", Only: conform.AsClient, Requirements: []string{"6455-6.2-1", "6455-7.1.7-1"},
			Play: offendOctets([]byte("GET /and/a/path/that/makes/it/long/enough/for/a/frame HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n")), Want: fails(ws.ProtocolError),
		}, {
			ID: "15.5.5", Title: "64 random octets that begin with a wrong header, on twenty connections", Spec: "RFC 6455, 10.7", Requirements: []string{"6455-6.2-1", "6455-10.7-1"},
			Turns: each(garbage(20), func(octets []byte) conform.Turn {
				return conform.Turn{Name: fmt.Sprintf("%x", octets[:2]), Play: offendOctets(octets)}
			}), Want: fails(ws.ProtocolError), Fresh: true,
		}, {
			ID: "15.5.6", Title: "A protocol error, then a connection without one, five times", Spec: "RFC 6455, 10.7", Requirements: []string{"6455-10.7-1"},
			Turns: failThenLive(), Want: fails(ws.ProtocolError),
		}, {
			// "1003 indicates that an endpoint is terminating the connection because it has
			// received a type of data it cannot accept" (7.4.1).
			ID: "15.5.7", Title: "Binary to a peer that takes text only", Spec: "RFC 6455, 7.4.1", Requirements: []string{"6455-7.4.1-11"}, Needs: conform.TextOnly,
			Play: steps(live, send(binary("\x00\xff"), ping(verdict.Probe))),
			Want: ladder(
				is(verdict.OK, echo(alive), maybe(pongs(verdict.Probe)), closed(ws.UnsupportedData), ended()),
				why("Another code than 1003 says that data cannot be accepted.", is(verdict.NonStrict, echo(alive), maybe(pongs(verdict.Probe)), closed(), ended())),
				why("The connection was ended without a Close that says why.", is(verdict.NonStrict, echo(alive), maybe(pongs(verdict.Probe)), ended())),
			),
		},
	}
}

// protocolError is a way to break RFC 6455, 5.
type protocolError struct {
	name   string
	frames []peer.Frame
}

func protocolErrors() []protocolError {
	return []protocolError{
		{name: "reserved bit on text", frames: []peer.Frame{rsv(4, text("bad"))}},
		{name: "reserved bit on binary", frames: []peer.Frame{rsv(2, binary("bad"))}},
		{name: "reserved bit on Ping", frames: []peer.Frame{rsv(1, ping("bad"))}},
		{name: "opcode 3", frames: []peer.Frame{reserved(3, "bad")}},
		{name: "opcode 11", frames: []peer.Frame{reserved(11, "bad")}},
		{name: "Ping of 126 octets", frames: []peer.Frame{repeated(126, ping("bad"))}},
		{name: "fragmented Ping", frames: []peer.Frame{more(ping("bad")), cont("bad")}},
		{name: "continuation of nothing", frames: []peer.Frame{cont("bad")}},
		{name: "text inside text", frames: []peer.Frame{more(text("bad")), text("bad")}},
		{name: "binary inside text", frames: []peer.Frame{more(text("bad")), binary("bad")}},
	}
}

func (e protocolError) turn() conform.Turn {
	return conform.Turn{Name: e.name, Play: offend(e.frames...)}
}

// failThenLive are turns with errors, and others that must not notice.
func failThenLive() []conform.Turn {
	sound := comesBack(echo("sound"))
	var turns []conform.Turn
	for _, e := range protocolErrors()[:5] {
		turns = append(turns, e.turn(), conform.Turn{Name: "sound, after " + e.name, Play: steps(live, send(text("sound"))), Want: &sound})
	}
	return turns
}

// garbage is n times 64 octets, the same in each run, whose first two read as the
// header of a short frame with reserved bits.
func garbage(n int) [][]byte {
	random := rand.New(rand.NewPCG(0x15, 0x5))
	var all [][]byte
	for range n {
		octets := make([]byte, 64)
		for i := range octets {
			octets[i] = byte(random.Uint32())
		}
		octets[0] |= byte(1+random.IntN(7)) << 4
		const most = 50 // octets of payload, so that all of the frame is there
		octets[1] = octets[1]&0x80 | byte(random.IntN(most))
		all = append(all, octets)
	}
	return all
}
