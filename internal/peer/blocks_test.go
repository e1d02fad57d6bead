// SPDX-License-Identifier: Apache-2.0

package peer_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/ws"
)

// listings are the lines of a log on the blocks of compressed messages.
func (o outcome) listings() []string {
	return regexp.MustCompile(`(?m)^# deflate .*$`).FindAllString(o.lines(), -1)
}

// What compressed messages are made of stands in the log, of those that we send too,
// right or wrong, in fragments or not.
func TestBlocksAreLogged(t *testing.T) {
	hello := deflate.Blocks().Fixed().Literals("Hello").End().Message()
	again := deflate.Blocks().Fixed().Copy(5, 5).End().Message()
	got := compressing(deflate.Params{}, func(p *peer.Peer) {
		p.Send(peer.Frame{Opcode: ws.Text, RSV: 4, Payload: hello[:3], More: true}, peer.Frame{Opcode: ws.Ping}, peer.Frame{Opcode: ws.Continuation, Payload: hello[3:]})
		p.Send(text("not compressed"), peer.Frame{Opcode: ws.Text, RSV: 4, Payload: again})
		p.Send(peer.Frame{Opcode: ws.Text, RSV: 4, Payload: []byte("\x06")})
		p.Send(peer.Frame{Opcode: ws.Text, RSV: 4, Payload: hello})
		p.Close(1000)
	}, func(o *other) {
		for range 7 {
			o.readFrame()
		}
		o.write(o.frame(ws.Header{RSV: 4, Opcode: ws.Text}, string(hello[:2])) + o.frame(ws.Header{Fin: true, Opcode: ws.Continuation}, string(hello[2:])))
		o.write(o.frame(ws.Header{Fin: true, RSV: 4, Opcode: ws.Binary}, string(again)))
		o.close(1000)
	}).run(t)
	want := []string{
		`# deflate sent "fixed, 5 literals, end; tail"`,
		`# deflate sent "fixed, copy 5 from 5 back, end; tail"`,
		`# deflate sent "type 3; broken at bit 1: block type 3 (RFC 1951, 3.2.3)"`,
		`# deflate received "fixed, 5 literals, end; tail"`,
		`# deflate received "fixed, copy 5 from 5 back, end; tail"`,
	}
	if lines := got.listings(); !slices.Equal(lines, want) {
		t.Errorf("got  %q\nwant %q", lines, want)
	}
	before, after, ok := strings.Cut(got.lines(), want[3]+"\n")
	if !ok || !strings.HasSuffix(before, "\"\n") && !strings.Contains(before, "< continuation ") || !strings.HasPrefix(after, `= text "Hello"`) {
		t.Errorf("the listing is not between frame and message:\n%s", got.lines())
	}
}

// Where the log is off there is no listing; behind that, none of what may refer to
// what was not seen.
func TestBlocksOfAMutedLog(t *testing.T) {
	hello := deflate.Blocks().Fixed().Literals("Hello").End().Message()
	for forget, want := range map[bool]int{false: 0, true: 1} {
		got := compressing(deflate.Params{NoContextTakeover: forget}, func(p *peer.Peer) {
			frame := peer.Frame{Opcode: ws.Text, RSV: 4, Payload: hello}
			p.Mute(true)
			p.Send(frame)
			p.Mute(false)
			p.Send(frame)
			p.Close(1000)
		}, func(o *other) {
			for range 3 {
				o.readFrame()
			}
			o.close(1000)
		}).run(t)
		if lines := got.listings(); len(lines) != want {
			t.Errorf("no context takeover %t: %q", forget, lines)
		}
	}
}
