// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"fmt"
	"strings"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/rules"
	"github.com/wsspec/wsspec/internal/survey"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// sentDeflate is 18.2: what the peer sends compressed. 18.2.1, 18.2.2 and 18.2.9 look at
// all connections of a run. The others bring about what they are about, and are
// UNIMPLEMENTED where the peer compresses nothing, as it may (RFC 7692, 6).
//
// "Remove 4 octets (that are 0x00 0x00 0xff 0xff) from the tail end" (RFC 7692, 7.2.1).
// A window that was agreed on bounds how far back the sender refers, and without context
// takeover it begins each message with an empty one (7.1 and 7.2.1).
func sentDeflate() []conform.Case {
	const (
		windows  = "RFC 7692, 7.1.2"
		takeover = "RFC 7692, 7.1.1"
		sending  = "RFC 7692, 7.2.1"
	)
	far := periodic(16<<10, 700)
	same := periodic(1<<10, 1<<10)
	cs := []conform.Case{
		{
			ID: "18.2.1", Title: "Look at every frame of the peer where permessage-deflate was agreed: which have RSV1?", Spec: "RFC 7692, 6",
			Requirements: []string{"7692-6-1", "7692-6-2", "7692-6-3"}, Survey: compressedFrames, Want: surveyed(),
		}, {
			ID: "18.2.2", Title: "Look at every compressed message of the peer: can it be inflated, and does it end as it should?", Spec: sending,
			Requirements: []string{"7692-7.2.1-1", "7692-7.2.1-5"}, Survey: compressedMessagesOf, Want: surveyed(),
		}, {
			ID: "18.2.3", Title: "Text that repeats after 700 octets, where server_max_window_bits=9 is agreed", Spec: windows, Only: conform.AsClient,
			Requirements: []string{"7692-7.2.1-10"}, Play: looksCompressed(1<<9, false, exchangeCompressed(far)), Want: returns(),
			Open: peer.Opening{Offers: []deflate.Offer{{ServerMaxWindowBits: 9, ClientMaxWindowBits: deflate.AnyWindow}}},
		}, {
			ID: "18.2.4", Title: "Text that repeats after 700 octets, where client_max_window_bits=9 is agreed", Spec: windows, Only: conform.AsServer,
			Requirements: []string{"7692-7.2.1-9"}, Play: looksCompressed(1<<9, false, exchangeCompressed(far)), Want: returns(),
			Open: peer.Opening{Accept: answering(deflate.Answer{ClientMaxWindowBits: 9})},
		}, {
			ID: "18.2.5", Title: "The same text three times, where server_no_context_takeover is agreed", Spec: takeover, Only: conform.AsClient,
			Requirements: []string{"7692-7.2.1-8"}, Play: looksCompressed(1<<15, true, exchangeCompressed(same, same, same)), Want: returns(),
			Open: peer.Opening{Offers: []deflate.Offer{{ServerNoContextTakeover: true, ClientMaxWindowBits: deflate.AnyWindow}}},
		}, {
			ID: "18.2.6", Title: "The same text three times, where client_no_context_takeover is agreed", Spec: takeover, Only: conform.AsServer,
			Requirements: []string{"7692-7.2.1-7"}, Play: looksCompressed(1<<15, true, exchangeCompressed(same, same, same)), Want: returns(),
			Open: peer.Opening{Accept: answering(deflate.Answer{ClientNoContextTakeover: true})},
		}, {
			// Sent without compression, or as a block: not as nothing that RSV1 stands before.
			ID: "18.2.7", Title: "Empty text, text, and empty text again, each compressed", Spec: "RFC 7692, 7.2.3.6",
			Requirements: []string{"7692-7.2.3.6-1"}, Play: exchangeCompressed("", "x", ""), Want: returns(), Open: bareOffer(),
		}, {
			ID: "18.2.8", Title: "1 MiB of text that repeats after 32768 octets", Spec: sending,
			Requirements: []string{"7692-7.2.1-6"}, Play: looksCompressed(1<<15, false, exchangeCompressed(periodic(1<<20, 32<<10))), Want: orLimited(verdict.Informational, returns()),
			Open: bareOffer(), Limit: patient, Tags: []conform.Tag{conform.Slow},
		},
	}
	for i := range cs {
		if c := &cs[i]; c.Play != nil {
			c.Want, c.Play, c.Tags = needsDeflate(c.Want), whereAgreed(c.Play), append(c.Tags, conform.Deflate)
		}
	}
	return append(cs, conform.Case{
		ID: "18.2.9", Title: "Look at every frame of the client where permessage-deflate was not agreed: is any compressed?", Spec: "RFC 7692, 6", Only: conform.AsServer,
		Requirements: []string{"6455-5.8-1", "6455-9.1-5"}, Survey: unagreedFrames, Want: surveyed(),
	})
}

// looksCompressed plays a script where what was agreed bounds the peer as it should, and
// then says so where it compressed none of its messages. That a server agrees to
// something else than it was offered is the matter of 16.1.
func looksCompressed(window int, noContext bool, play func(*peer.Peer)) func(*peer.Peer) {
	return func(p *peer.Peer) {
		if agreed := p.Log().Compression; agreed.Window > window || noContext && !agreed.NoContext {
			p.NotJudged(fmt.Sprintf("this was not agreed, but %q", p.Log().Extension))
			p.Close(ws.NormalClosure)
			return
		}
		play(p)
		if p.Log().Deflated.Messages == 0 && p.Log().Echo.Matched > 1 {
			p.NotJudged("permessage-deflate was agreed, and the peer compresses none of its messages")
		}
	}
}

// compressedFrames is 18.2.1.
func compressedFrames(e survey.Evidence) []wirelog.Record {
	frames, connections, marked := 0, 0, 0
	for _, c := range e.Connections {
		if !c.Deflate {
			continue
		}
		connections++
		for _, h := range c.Frames {
			if broken := rules.MisplacedRSV1(h); broken != "" {
				return []wirelog.Record{broke("%s", broken)}
			}
			frames++
			if h.RSV&rules.RSV1 != 0 {
				marked++
			}
		}
	}
	if marked == 0 {
		return []wirelog.Record{unseen("the peer has sent nothing compressed (permessage-deflate was agreed on %d connections)", connections)}
	}
	return []wirelog.Record{seen("%d frames on %d connections, %d of them the first of a compressed message", frames, connections, marked)}
}

// compressedMessagesOf is 18.2.2.
func compressedMessagesOf(e survey.Evidence) []wirelog.Record {
	var sum wirelog.Deflated
	connections := 0
	for _, c := range e.Connections {
		d := c.Compressed
		if wrong := wrongMessages(d); wrong != "" {
			return []wirelog.Record{broke("%s", wrong)}
		}
		if d.Messages > 0 {
			connections++
		}
		sum = wirelog.Deflated{
			Messages: sum.Messages + d.Messages, Stored: sum.Stored + d.Stored, Fixed: sum.Fixed + d.Fixed, Dynamic: sum.Dynamic + d.Dynamic,
			Final: sum.Final + d.Final, Earlier: sum.Earlier + d.Earlier, Farthest: max(sum.Farthest, d.Farthest),
		}
	}
	if sum.Messages == 0 {
		return []wirelog.Record{unseen("the peer has sent nothing compressed")}
	}
	return []wirelog.Record{seen("%d compressed messages on %d connections, of %d stored blocks, %d with fixed codes and %d with dynamic ones; %d messages with a final block, %d that refer to earlier ones; the largest distance is %d",
		sum.Messages, connections, sum.Stored, sum.Fixed, sum.Dynamic, sum.Final, sum.Earlier, sum.Farthest)}
}

// wrongMessages says what is wrong with compressed messages of a connection, or nothing.
func wrongMessages(d wirelog.Deflated) string {
	var wrong []string
	for _, w := range []struct {
		n    int
		what string
	}{
		{d.Empty, "RFC 7692, 7.2.3.6: %d of %d compressed messages of a connection are without an octet, and so without a block"},
		{d.Unended, "RFC 7692, 7.2.1: %d of %d compressed messages of a connection do not end where 00 00 ff ff can follow"},
		{d.Corrupt, "RFC 7692, 7.2.1: %d of %d compressed messages of a connection are not DEFLATE"},
		{d.TooFar, "RFC 7692, 7.1.2: %d of %d compressed messages of a connection refer further back than the agreed window goes"},
		{d.Kept, "RFC 7692, 7.1.1: %d of %d compressed messages of a connection refer to earlier ones, against what was agreed"},
	} {
		if w.n > 0 {
			wrong = append(wrong, fmt.Sprintf(w.what, w.n, d.Messages))
		}
	}
	return strings.Join(wrong, ". ")
}

// unagreedFrames is 18.2.9. Where the answer named permessage-deflate, and the client
// should have failed the connection for it, the fault is another (17.2).
func unagreedFrames(e survey.Evidence) []wirelog.Record {
	n, offered := 0, 0
	for _, c := range e.Connections {
		if c.Deflate || c.Told || len(c.Frames) == 0 {
			continue
		}
		n++
		if r, err := ws.ParseRequest(c.Request); err == nil && strings.Contains(strings.Join(r.Fields.Values(extensionsName), ","), deflate.Name) {
			offered++
		}
		for _, h := range c.Frames {
			if h.RSV&rules.RSV1 != 0 {
				return []wirelog.Record{broke("RFC 7692, 6: a %v frame of the client has RSV1 set on a connection on which no extension was agreed", h.Opcode)}
			}
		}
	}
	if offered == 0 {
		return []wirelog.Record{unseen("there is no connection on which the client offered permessage-deflate and did not get it")}
	}
	return []wirelog.Record{seen("%d connections without permessage-deflate, %d of which it was offered on", n, offered)}
}
