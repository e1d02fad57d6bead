// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"fmt"
	"strings"
	"time"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/ws"
)

// Payloads of the large cases; neither divides a power of two, so that a peer
// which mixes up blocks is found out.
const (
	textUnit   = "BAsd7&jh23"
	binaryUnit = "\x00\xfe\x23\xfa\xf0"
)

// RFC 6455 sets no limit to the size of a message (10.4 lets an endpoint have
// one), nor to how it is cut into frames and TCP segments.
func limits() []conform.Case {
	var cs []conform.Case
	for i, unit := range []peer.Frame{text(textUnit), binary(binaryUnit)} {
		for j, size := range []int{64 << 10, 256 << 10, 1 << 20, 4 << 20, 8 << 20, 16 << 20} {
			wait := 100 * time.Second
			if j < 2 || i == 1 && j < 4 {
				wait = 10 * time.Second
			}
			cs = append(cs, large(fmt.Sprintf("9.%d.%d", i+1, j+1),
				fmt.Sprintf("%s message of %s in one frame", kind(unit), octets(size)), wait, echoFrame(repeated(size, unit))))
		}
	}
	for i, isBinary := range []bool{false, true} {
		for j, fragment := range []int{64, 256, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20} {
			unit := "*"
			if isBinary && j == 0 {
				unit = "\xfe"
			}
			m := peer.Message{Binary: isBinary, Data: ws.Pattern{Unit: []byte(unit), Len: 4 << 20}, Fragment: fragment}
			cs = append(cs, large(fmt.Sprintf("9.%d.%d", i+3, j+1),
				fmt.Sprintf("%s message of 4 MiB in fragments of %s", kindOf(isBinary), octets(fragment)), 100*time.Second,
				func(p *peer.Peer) { p.Echo(m) }))
		}
	}
	for i, unit := range []peer.Frame{text(textUnit), binary(binaryUnit)} {
		for j, chop := range []int{64, 128, 256, 512, 1 << 10, 2 << 10} {
			cs = append(cs, large(fmt.Sprintf("9.%d.%d", i+5, j+1),
				fmt.Sprintf("%s message of 1 MiB, written %s at a time", kind(unit), octets(chop)), 1000*time.Second,
				echoFrame(chopped(chop, repeated(1<<20, unit)))))
		}
	}
	return append(cs, roundTrips()...)
}

// roundTrips are a thousand messages, each sent when the one before is back.
func roundTrips() []conform.Case {
	const times = 1000
	var cs []conform.Case
	for i, unit := range []peer.Frame{text("*"), binary("\xfe")} {
		for j, size := range []int{0, 16, 64, 256, 1024, 4096} {
			wait := []time.Duration{60, 60, 60, 120, 240, 480}[j] * time.Second
			f := repeated(size, unit)
			c := large(fmt.Sprintf("9.%d.%d", i+7, j+1),
				fmt.Sprintf("%d %s messages of %s, one after the other", times, strings.ToLower(kind(unit)), octets(size)), wait,
				func(p *peer.Peer) {
					for range times {
						if !p.EchoFrame(f) {
							return
						}
					}
				})
			c.Want = echoes(times, wait)
			cs = append(cs, c)
		}
	}
	return cs
}

// large is a case that moves much: its log keeps no frames while exchange runs,
// and it ends when the echoes are back or the wait is over.
func large(id, title string, wait time.Duration, exchange func(*peer.Peer)) conform.Case {
	return conform.Case{
		ID: id, Title: title, Spec: "RFC 6455, 5.4",
		Play: func(p *peer.Peer) {
			p.Mute(true)
			p.EndAfter(wait, peer.CloseConnection)
			exchange(p)
			p.Mute(false)
			p.Close(ws.NormalClosure)
		},
		Want: echoes(1, wait), Close: weClose(), Limit: wait, End: peer.CloseConnection,
		Tags: []conform.Tag{conform.Serial, conform.Slow},
	}
}

func echoFrame(f peer.Frame) func(*peer.Peer) {
	return func(p *peer.Peer) { p.EchoFrame(f) }
}

func kind(f peer.Frame) string { return kindOf(f.Opcode == ws.Binary) }

func kindOf(isBinary bool) string {
	if isBinary {
		return "Binary"
	}
	return "Text"
}

// octets prints a size the short way.
func octets(n int) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d octets", n)
}
