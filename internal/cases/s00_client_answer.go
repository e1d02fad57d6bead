// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// answerOctets is 0.17: how the answer to a client comes over TCP, and what it holds that
// is unusual. A right answer opens the connection "whatever the segmentation", and a
// server may send frames right behind it (RFC 6455, 4.2.2).
func answerOctets() []conform.Case {
	const eitherWay = "The client does not take the answer, which is its choice."
	return []conform.Case{
		{
			ID: "0.17.1", Title: "Answer octet by octet", Spec: "RFC 6455, 4.1", Only: conform.AsServer, Requirements: []string{"6455-4.1-36"},
			Open: edits(choppedHead(1)), Play: greet, Want: opens(),
		}, {
			ID: "0.17.2", Title: "Answer, and send a text: in one write, and apart", Spec: "RFC 6455, 4.2.2", Only: conform.AsServer, Requirements: []string{"6455-4.1-36", "6455-4.2.2-15"},
			Turns: togetherAndApart(greet), Want: opens(),
		}, {
			ID: "0.17.3", Title: "Answer, and send a Close with 1000: in one write, and apart", Spec: "RFC 6455, 4.2.2", Only: conform.AsServer, Requirements: []string{"6455-4.1-36"},
			Turns: togetherAndApart(closeWith(ws.NormalClosure)), Want: ladder(is(verdict.OK, closed(), ended())),
		}, {
			ID: "0.17.4", Title: "Answer, and send a Ping: in one write, and apart", Spec: "RFC 6455, 4.2.2", Only: conform.AsServer, Requirements: []string{"6455-4.1-36"},
			Turns: togetherAndApart(send(ping("ping"))), Want: ladder(begins(verdict.OK, pongs("ping"))),
		}, {
			ID: "0.17.5", Title: "Answer with the beginning of a text frame, and send the rest later", Spec: "RFC 6455, 4.1", Only: conform.AsServer, Requirements: []string{"6455-4.1-36"}, Want: opens(),
			Turns: each([]int{1, 2}, func(n int) conform.Turn {
				return conform.Turn{Name: fmt.Sprintf("%d octets of 3", n), Play: textInParts(n)}
			}),
		}, {
			ID: "0.17.6", Title: "Answer with a hundred fields more, one of them of 8000 octets", Spec: "RFC 6455, 4.1", Only: conform.AsServer, Requirements: []string{"6455-4.1-36"},
			Open: edits(manyFields), Play: greet,
			Want: orEnds(verdict.NonStrict, "The client does not take an answer with many fields.", opens()),
		}, {
			// "A recipient ought to carefully limit" what it takes (RFC 9110, 17.5).
			ID: "0.17.7", Title: "Answer with a field that makes no end, up to 4 MiB", Spec: "RFC 9110, 17.5", Only: conform.AsServer, Requirements: []string{"6455-10.4-1"},
			Tags: []conform.Tag{conform.Slow}, Open: voidAnswer(endlessly), Play: streams(4 << 20), Limit: reaction, Want: shouldLevel(clientFails()),
		}, {
			ID: "0.17.8", Title: "End TCP before the answer, in the middle of it, and before its empty line", Spec: "RFC 6455, 4.1", Only: conform.AsServer,
			Requirements: []string{"6455-4.1-4", "6455-7.2.1-1"}, Want: clientFails(),
			Turns: []conform.Turn{
				{Name: "before", Open: voidAnswer(silent), Play: endsWriting},
				{Name: "in the status line", Open: voidAnswer(onlyUpTo(len("HTTP/1.1 101 Swit"))), Play: endsWriting},
				{Name: "before the empty line", Open: voidAnswer(onlyUpTo(-len("\r\n"))), Play: endsWriting},
			},
		}, {
			// No RFC says how long a client should wait.
			ID: "0.17.9", Title: "Do not answer", Spec: "RFC 6455, 4.1", Only: conform.AsServer, Requirements: []string{"6455-4.1-34"}, Tags: []conform.Tag{conform.Paced},
			Open: voidAnswer(silent), Play: func(*peer.Peer) {}, Limit: 6 * time.Second,
			Want: openLevel(or(clientFails(), why("The client still waits for an answer after 6 s.", is(verdict.Informational, stillOpen())))),
		}, {
			ID: "0.17.10", Title: "Answer with a field that is folded into two lines", Spec: "RFC 9112, 5.2", Only: conform.AsServer, Requirements: []string{"6455-4.1-34"},
			Open: edits(line("X-Folded: a\r\n b")), Play: greet, Want: orClientFails(verdict.OK, eitherWay, opens()),
		}, {
			ID: "0.17.11", Title: "Answer with lines that end with LF alone", Spec: "RFC 9112, 2.2", Only: conform.AsServer, Requirements: []string{"6455-4.1-34"},
			Open: edits(func(h *peer.Head) { h.LF = true }), Play: greetAndLeave, Want: orClientFails(verdict.OK, eitherWay, opens()),
		}, {
			ID: "0.17.12", Title: "Answer with an octet FF in a field", Spec: "RFC 9110, 5.5", Only: conform.AsServer, Requirements: []string{"6455-8.1-6"},
			Open: edits(with("X-Octet", "a\xffb")), Play: greet, Want: orClientFails(verdict.OK, eitherWay, opens()),
		}, {
			ID: "0.17.13", Title: "Answer with Content-Length: 0", Spec: "RFC 9110, 8.6", Only: conform.AsServer, Requirements: []string{"6455-4.1-34"},
			Open: edits(with("Content-Length", "0")), Play: greet,
			Want: orEnds(verdict.NonStrict, "The client does not take a 101 with Content-Length: 0, which no server should send and a client can pass over.", opens()),
		}, {
			ID: "0.17.14", Title: "Send a text frame before the answer", Spec: "RFC 6455, 4.1", Only: conform.AsServer, Requirements: []string{"6455-4.1-34"},
			Open: voidAnswer(before("\x81\x01x")), Play: knock, Want: clientFails(),
		},
	}
}

// togetherAndApart plays a script in the write that has the answer, and a moment behind it.
func togetherAndApart(play func(*peer.Peer)) []conform.Turn {
	return []conform.Turn{{Name: "in one write", Play: play}, {Name: "apart", Play: steps(apart, play)}}
}

// textInParts sends a text frame in two writes, the first with n octets, and a moment
// between.
func textInParts(n int) func(*peer.Peer) {
	const frame = "\x81\x01x"
	return func(p *peer.Peer) {
		p.SendOctets([]byte(frame[:n]))
		apart(p)
		p.SendOctets([]byte(frame[n:]))
	}
}

// manyFields adds what servers and what stands before them are known to add.
func manyFields(h *peer.Head) {
	add := func(name, value string) { twice(name, value)(h) }
	add("Set-Cookie", "session=0123456789abcdef; Path=/; HttpOnly")
	for i := range 98 {
		add(fmt.Sprintf("X-Field-%d", i), "value")
	}
	add("X-Long", strings.Repeat("x", 8000))
}

// endlessly leaves the head open in the middle of a field.
func endlessly(h *peer.Head) {
	h.Raw = append(bytes.TrimSuffix(h.Octets(), []byte("\r\n")), "X-Endless: "...)
}

// streams sends as many octets of a field, as long as the client takes them.
func streams(n int) func(*peer.Peer) {
	block := bytes.Repeat([]byte{'x'}, 16<<10)
	return func(p *peer.Peer) {
		p.Mute(true)
		defer p.Mute(false)
		for left := n; left > 0 && !p.IsClosed(); left -= len(block) {
			p.SendOctets(block)
			p.Until(0, p.IsClosed)
		}
	}
}

// greetAndLeave is greet, and the end of our half of TCP where nothing comes of it: a
// client that reads on for the end of the head need not wait for it then.
func greetAndLeave(p *peer.Peer) {
	greet(p)
	p.Until(apartFor, func() bool { return p.Events() > 0 })
	if p.IsOpen() {
		p.EndWrite()
	}
}
