// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"fmt"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// masking is 8.1: who masks, and with what.
//
// "The server MUST close the connection upon receiving a frame that is not masked. …
// A client MUST close a connection if it detects a masked frame", both with 1002 if
// they like (RFC 6455, 5.1). What masking does to the octets is 5.3.
func masking() []conform.Case {
	return append(append(unmaskedFrames(), maskedFrames()...), maskingKeys()...)
}

// tooBigToo: the code of a frame that is too big to be read at all is as
// right as 1002.
func tooBigToo() []ws.CloseCode { return []ws.CloseCode{ws.ProtocolError, ws.MessageTooBig} }

func unmaskedFrames() []conform.Case {
	c := func(n int, title string, play func(*peer.Peer), w verdict.Want) conform.Case {
		return conform.Case{
			ID: fmt.Sprintf("8.1.%d", n), Title: title, Spec: "RFC 6455, 5.1", Requirements: []string{"6455-5.1-3"},
			Only: conform.AsClient, Play: play, Want: w,
		}
	}
	return []conform.Case{
		c(1, "Text that is not masked", offend(unmasked(text("x"))), fails(1002)),
		c(2, "Ping that is not masked", offend(unmasked(ping("p"))), fails(1002)),
		c(3, "Close that is not masked", offendSilently(unmasked(closeFrame(coded(1000, "")))), failsOrReplies(verdict.NonStrict)),
		c(4, "Text in two fragments, the second not masked", offend(more(text("mask")), unmasked(cont("ed"))), fails(1002)),
		c(5, "Empty text that is not masked", offend(unmasked(text(""))), fails(1002)),
		c(6, "Binary message of 64 KiB that is not masked", offend(unmasked(noise(64<<10))), fails(tooBigToo()...)),
		c(7, "Header of a binary frame of 1 MiB that is not masked, and nothing more",
			offendSilently(declared(1<<20, unmasked(binary("")))), orWaits(fails(tooBigToo()...))),
	}
}

// failsOrReplies is about a Close that must not come: the connection is failed with
// 1002, or, not as strictly, the Close is answered. A bare end has the grade given.
func failsOrReplies(bare verdict.Grade) verdict.Want {
	const silent = "The connection was failed without a Close that says why, which RFC 6455, 7.1.7 says should come first."
	const replied = "The connection was closed, though the Close was answered as if it were right."
	return ladder(
		is(verdict.OK, echo(alive), closed(1002), ended()),
		why(silent, is(bare, echo(alive), ended())),
		why(silent, is(verdict.NonStrict, echo(alive), uncoded(), ended())),
		why(replied, is(verdict.NonStrict, echo(alive), closed(1000), ended())),
		is(verdict.WrongCode, echo(alive), closed(), ended()),
	)
}

func maskedFrames() []conform.Case {
	key := [4]byte{0x37, 0xfa, 0x21, 0x3d}
	c := func(n int, title string, play func(*peer.Peer), w verdict.Want) conform.Case {
		return conform.Case{
			ID: fmt.Sprintf("8.1.%d", n), Title: title, Spec: "RFC 6455, 5.1", Requirements: []string{"6455-5.1-5"},
			Only: conform.AsServer, Play: play, Want: w,
		}
	}
	return []conform.Case{
		c(8, "Masked text from the server", offend(masked(key, text("x"))), fails(1002)),
		c(9, "Masked Ping from the server", offend(masked(key, ping("p"))), fails(1002)),
		// Whoever has sent a Close need not be told more.
		c(10, "Masked Close from the server", offendSilently(masked(key, closeFrame(coded(1000, "")))), failsOrReplies(verdict.OK)),
		c(11, "Masked empty text from the server", offend(masked(key, text(""))), fails(1002)),
		c(12, "Text in two fragments from the server, the second masked", offend(more(text("mask")), masked(key, cont("ed"))), fails(1002)),
		c(13, "Text from the server masked with the key 00000000", offend(masked([4]byte{}, text("x"))), fails(1002)),
	}
}

// maskingKeys are 8.1.14 to 8.1.18: any key is one, and octet i of the payload goes with
// octet i modulo 4 of it, wherever reads end.
func maskingKeys() []conform.Case {
	once := [4]byte{0x9b, 0x00, 0xff, 0x5c}
	var alike []peer.Frame
	for i := range 10 {
		alike = append(alike, masked(once, text(fmt.Sprintf("message %d", i+1))))
	}
	cuts := make([]int, 13)
	for i := range cuts {
		cuts[i] = i + 1
	}
	const longest = 320
	var lengths []peer.Frame
	for n := range longest + 1 {
		lengths = append(lengths, noise(n))
	}
	spec := "RFC 6455, 5.3"
	return []conform.Case{
		{
			ID: "8.1.14", Title: "Text masked with the key 00000000", Spec: spec, Requirements: []string{"6455-5.3-3"},
			Only: conform.AsClient, Play: steps(live, send(masked([4]byte{}, text("zero")))), Want: comesBack(echo("zero")),
		}, {
			ID: "8.1.15", Title: "Text masked with the key FFFFFFFF", Spec: spec, Requirements: []string{"6455-5.3-3"},
			Only: conform.AsClient, Play: steps(live, send(masked([4]byte{0xff, 0xff, 0xff, 0xff}, text("ones")))), Want: comesBack(echo("ones")),
		}, {
			ID: "8.1.16", Title: "Ten texts masked with the same key", Spec: spec, Requirements: []string{"6455-5.3-3", "6455-5.2-15"},
			Only: conform.AsClient, Play: exchange(alike...), Want: returns(),
		}, {
			ID: "8.1.17", Title: "Binary message of 64 octets whose frame is written in two parts, cut at each of the first octets",
			Spec: spec, Requirements: []string{"6455-5.3-4", "6455-5.2-15", "6455-5.2-19"}, Only: conform.AsClient,
			Turns: each(cuts, func(at int) conform.Turn {
				return conform.Turn{Name: fmt.Sprintf("behind octet %d", at), Play: exchange(cut(at, at, noise(64)))}
			}), Want: returns(),
		}, {
			ID: "8.1.18", Title: fmt.Sprintf("Binary messages of each length from 0 to %d octets", longest),
			Spec: spec, Requirements: []string{"6455-5.3-4", "6455-5.6-3"}, Only: conform.AsClient,
			Play: exchanging(quietly(func(p *peer.Peer) bool { return p.EchoAll(livePatience, lengths...) })), Want: returns(),
		},
	}
}
