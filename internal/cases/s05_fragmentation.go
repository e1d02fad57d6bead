// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"time"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/verdict"
)

// Control frames "MUST NOT be fragmented" but "MAY be injected in the middle of
// a fragmented message"; "The fragments of one message MUST NOT be interleaved
// between the fragments of another message", and a continuation needs a message
// to continue (RFC 6455, 5.4 and 5.5).
func fragmentation() []conform.Case {
	const one, two, orphan, hello = "fragment1", "fragment2", "non-continuation payload", "Hello, world!"
	twoParts := func() []peer.Frame { return []peer.Frame{more(text(one)), cont(two)} }
	pingBetween := func() []peer.Frame { return []peer.Frame{more(text(one)), ping("ping payload"), cont(two)} }
	orphanFin := func() []peer.Frame { return []peer.Frame{cont(orphan), text(hello)} }
	orphanMore := func() []peer.Frame { return []peer.Frame{more(cont(orphan)), text(hello)} }
	both := one + two
	spec := "RFC 6455, 5.4"

	fails := func(id, title string, fs ...peer.Frame) conform.Case {
		return conform.Case{ID: id, Title: title, Spec: spec, Play: send(fs...), Want: nothing(), Close: peerFails(1002)}
	}
	whole := func(id, title string, fs ...peer.Frame) conform.Case {
		return conform.Case{ID: id, Title: title, Spec: spec, Play: send(fs...), Want: ok(echo(both)), Close: weClose(), End: peer.CloseConnection}
	}
	withPong := func(id, title string, fs ...peer.Frame) conform.Case {
		c := whole(id, title, fs...)
		c.Want = ok(pongs("ping payload"), echo(both))
		return c
	}
	return []conform.Case{
		fails("5.1", "Ping in two fragments", more(ping(one)), cont(two)),
		fails("5.2", "Pong in two fragments", more(pong(one)), cont(two)),
		whole("5.3", "Text in two fragments", twoParts()...),
		whole("5.4", "Text in two fragments, each on its own", syncAll(twoParts()...)...),
		whole("5.5", "Text in two fragments, written one octet at a time", chopAll(1, twoParts()...)...),
		withPong("5.6", "Text in two fragments with a ping between them", pingBetween()...),
		withPong("5.7", "Text in two fragments with a ping between them, each on its own", syncAll(pingBetween()...)...),
		withPong("5.8", "Text in two fragments with a ping between them, written one octet at a time", chopAll(1, pingBetween()...)...),
		fails("5.9", "Last continuation of nothing, then text", orphanFin()...),
		fails("5.10", "Last continuation of nothing, then text, each on its own", syncAll(orphanFin()...)...),
		fails("5.11", "Last continuation of nothing, then text, written one octet at a time", chopAll(1, orphanFin()...)...),
		fails("5.12", "Continuation of nothing with more to come, then text", orphanMore()...),
		fails("5.13", "Continuation of nothing with more to come, then text, each on its own", syncAll(orphanMore()...)...),
		fails("5.14", "Continuation of nothing with more to come, then text, written one octet at a time", chopAll(1, orphanMore()...)...),
		{
			ID: "5.15", Title: "Text in two fragments, then a continuation of nothing, then text", Spec: spec,
			Play:  send(more(text(one)), cont(two), more(cont("fragment3")), text("fragment4")),
			Want:  orNonStrict(ok(echo(both))),
			Close: peerFails(1002),
		},
		fails("5.16", "Continuation of nothing with more to come, then text in two fragments; twice",
			more(cont(one)), more(text(two)), cont("fragment3"), more(cont(one)), more(text(two)), cont("fragment3")),
		fails("5.17", "Last continuation of nothing, then text in two fragments; twice",
			cont(one), more(text(two)), cont("fragment3"), cont(one), more(text(two)), cont("fragment3")),
		fails("5.18", "Text with more to come, then text that is no continuation", more(text(one)), text(two)),
		{
			ID: "5.19", Title: "Text in five fragments with two pings and a second's pause among them", Spec: spec,
			Play: fiveFragments(func(fs ...peer.Frame) []peer.Frame { return fs }), Want: fiveAndTwoPongs(), Close: weClose(), End: peer.CloseConnection,
			Tags: []conform.Tag{conform.Paced},
		},
		{
			ID: "5.20", Title: "Text in five fragments with two pings and a second's pause among them, each on its own", Spec: spec,
			Play: fiveFragments(syncAll), Want: fiveAndTwoPongs(), Close: weClose(), End: peer.CloseConnection,
			Tags: []conform.Tag{conform.Paced},
		},
	}
}

func fiveAndTwoPongs() verdict.Want {
	return ok(pongs("pongme 1!"), pongs("pongme 2!"), echo("fragment1fragment2fragment3fragment4fragment5"))
}

func fiveFragments(how func(...peer.Frame) []peer.Frame) func(*peer.Peer) {
	return func(p *peer.Peer) {
		p.Send(how(more(text("fragment1")), more(cont("fragment2")), ping("pongme 1!"))...)
		p.Pause(time.Second, "")
		p.Send(how(more(cont("fragment3")), more(cont("fragment4")), ping("pongme 2!"), cont("fragment5"))...)
	}
}
