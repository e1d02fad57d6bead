// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"fmt"
	"slices"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// goodContext are cases of 18.1 in which messages refer to earlier ones, or could.
func goodContext() []conform.Case {
	const keeps = "RFC 7692, 7.2.2"
	context := use{context: true}
	var afresh []peer.Frame
	for range 3 {
		afresh = append(afresh, compressedText(deflate.Blocks().Fixed().Literals("to be or not ").Copy(5, 13).End().Message()))
	}
	return []conform.Case{
		{
			ID: "18.1.6", Title: "Compressed text, then text that refers to it", Spec: keeps, Requirements: []string{"7692-7.2.2-2"},
			Play: whereAllowed(context, steps(live, send(compressedText(hello().Message()), compressedText(helloAgain().Message())))), Want: comesBack(echo("Hello"), echo("Hello")),
		}, {
			ID: "18.1.15", Title: "Compressed text, uncompressed text, then text that refers to the first", Spec: keeps, Requirements: []string{"7692-7.2.2-5", "7692-6-6"},
			Play: whereAllowed(context, steps(live, send(compressedText(hello().Message()), text("plain"), compressedText(helloAgain().Message())))),
			Want: comesBack(echo("Hello"), echo("plain"), echo("Hello")),
		}, {
			ID: "18.1.18", Title: fmt.Sprintf("%d compressed texts, each of which refers to earlier ones", manyLetters), Spec: keeps, Requirements: []string{"7692-7.2.2-2", "7692-7.2.2-3"},
			Play: whereAllowed(context, exchanging(quietly(correspond))), Want: returns(), Limit: patient,
		}, {
			ID: "18.1.27", Title: "Three compressed texts that do not refer to each other, though they could", Spec: keeps, Requirements: []string{"7692-7.2.2-4"},
			Play: steps(live, send(afresh...)), Want: comesBack(slices.Repeat([]verdict.Event{echo("to be or not to be")}, len(afresh))...),
		}, {
			ID: "18.1.28", Title: "Compressed text, then text that refers to it, where we said that we might not", Spec: "RFC 7692, 7.1.1.2",
			Requirements: []string{"7692-7.1.1.2-1", "7692-7.2.2-2"}, Only: conform.AsClient,
			Open: peer.Opening{Offers: []deflate.Offer{{ClientNoContextTakeover: true, ClientMaxWindowBits: deflate.AnyWindow}}},
			Play: whereAllowed(context, steps(live, send(compressedText(hello().Message()), compressedText(helloAgain().Message())))),
			Want: comesBack(echo("Hello"), echo("Hello")),
		}, {
			ID: "18.1.33", Title: "Compressed empty text, text, then text that refers to it", Spec: keeps, Requirements: []string{"7692-7.2.3.6-1", "7692-7.2.2-2"},
			Play: whereAllowed(context, steps(live, send(compressedText(deflate.Blocks().Message()), compressedText(hello().Message()), compressedText(helloAgain().Message())))),
			Want: comesBack(echo(""), echo("Hello"), echo("Hello")),
		},
	}
}

const manyLetters = 1000

// correspond sends many short texts, each a few letters and a copy of what earlier ones
// said, from anywhere in the window, which all of them fill several times.
func correspond(p *peer.Peer) bool {
	ours, _ := p.Compresses()
	window := ours.Window()
	var earlier string
	var messages []peer.Message
	var frames []peer.Frame
	for i := range manyLetters {
		m := deflate.Blocks().After(earlier).Fixed().Literals(fmt.Sprint(i, " "))
		if i > 0 {
			const prime = 7919
			m.Copy(3+i%256, 1+i*prime%len(earlier))
		}
		frames = append(frames, compressedText(m.End().Message()))
		messages = append(messages, peer.Message{Data: ws.Literal([]byte(m.Output()))})
		earlier += m.Output()
		earlier = earlier[max(0, len(earlier)-window):]
	}
	return p.EchoAllOf(livePatience, messages, frames...)
}

// goodWindows are cases of 18.1 in which a message refers as far back as it may.
func goodWindows() []conform.Case {
	const whole = 1 << deflate.MaxWindowBits
	far := scattered(whole)
	within := deflate.Blocks().Stored(far).Fixed().Copy(258, whole).Literals("\x00").Copy(3, whole).End()
	first := deflate.Blocks().Stored(far)
	second := deflate.Blocks().After(far).Fixed().Copy(258, whole).Literals("\x00").Copy(3, whole).End()
	across := steps(live, send(compressedBinary(first.Message()), compressedBinary(second.Message())))
	bothBack := comesBack(echoOf(binary(far)), echoOf(binary(second.Output())))
	anywhere := []string{"7692-7.2.2-3", "7692-7.2.2-2"}
	small := deflate.Blocks().Fixed().Literals(lines(256))
	for i := range 300 {
		small.Literals(fmt.Sprint(i)).Copy(3+i%30, 1+i*37%256)
	}
	narrow := oneText("18.1.29", "Compressed text of several KiB that never refers more than 256 octets back", "7692-7.2.2-4", small.End())
	return []conform.Case{
		{
			ID: "18.1.19", Title: "Compressed binary that refers 32768 octets back", Requirements: anywhere[:1],
			Play: whereAllowed(use{window: whole}, steps(live, send(compressedBinary(within.Message())))), Want: comesBack(echoOf(binary(within.Output()))),
		}, {
			ID: "18.1.20", Title: "Compressed binary of 32768 octets, then binary that refers to the first of them", Requirements: anywhere,
			Play: whereAllowed(use{context: true, window: whole}, across), Want: bothBack,
		},
		narrow,
		{
			ID: "18.1.34", Title: "Compressed binary that refers as far back as the window, one of each size", Requirements: anywhere, Spec: "RFC 7692, 7.2.2", Together: true,
			Turns: each([]int{8, 9, 10, 11, 12, 13, 14, 15}, func(bits int) conform.Turn {
				return conform.Turn{
					Name: fmt.Sprintf("%d bits", bits), Play: exchanging(reachBack),
					Open: peer.Opening{Offers: []deflate.Offer{{ClientMaxWindowBits: bits}}, Accept: keepingTo(deflate.Params{WindowBits: bits})},
				}
			}),
			Want: or(returns(), why("The client does not take a connection on which the server has such a window.", is(verdict.Informational, ended()))),
		}, {
			ID: "18.1.35", Title: "Compressed binary of 32768 octets, then binary that refers to the first of them, where the server may not limit us",
			Requirements: append([]string{"7692-7.1.2.2-2"}, anywhere...), Only: conform.AsClient, Spec: "RFC 7692, 7.1.2.2",
			Open: peer.Opening{Offers: []deflate.Offer{{}}},
			Play: whereAllowed(use{context: true, window: whole}, across), Want: bothBack,
		},
	}
}

// reachBack refers exactly as far back as was agreed, into an earlier message where that
// may be.
func reachBack(p *peer.Peer) bool {
	ours, _ := p.Compresses()
	window := ours.Window()
	far := scattered(window)
	m := deflate.Blocks().Stored(far)
	var messages []peer.Message
	var frames []peer.Frame
	finish := func() {
		frames = append(frames, compressedBinary(m.Message()))
		messages = append(messages, peer.Message{Binary: true, Data: ws.Literal([]byte(m.Output()))})
	}
	if !ours.NoContextTakeover {
		finish()
		m = deflate.Blocks().After(far)
	}
	m.Fixed().Copy(258, window).Literals("\x00").Copy(3, window).End()
	finish()
	return p.EchoAllOf(livePatience, messages, frames...)
}
