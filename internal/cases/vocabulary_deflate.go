// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// The words of cases on permessage-deflate. What is compressed is written by hand, in
// the words of deflate.Handmade, so that a case says octet by octet what it sends.

// bareOffer is permessage-deflate that demands nothing: it lets us use the whole window
// and all earlier messages, unless the server asks for less. As a server we answer with
// what the client demands, and with what it says it does: whether it works with less is
// for 17.1.1.
func bareOffer() peer.Opening {
	return peer.Opening{Offers: []deflate.Offer{{ClientMaxWindowBits: deflate.AnyWindow}}, Accept: answering(deflate.Answer{})}
}

// keepingTo takes the first offer and says that we compress with no more than we are to,
// which a server may say whether it was offered or not (RFC 7692, 7.1.1.1 and 7.1.2.1).
func keepingTo(ours deflate.Params) deflate.Accept {
	return answering(deflate.Answer{ServerNoContextTakeover: ours.NoContextTakeover, ServerMaxWindowBits: ours.WindowBits})
}

// compressedText and compressedBinary are the first or only frame of a compressed message.
func compressedText(octets []byte) peer.Frame   { return compressedAs(ws.Text, octets) }
func compressedBinary(octets []byte) peer.Frame { return compressedAs(ws.Binary, octets) }

func compressedAs(as ws.Opcode, octets []byte) peer.Frame {
	return peer.Frame{Opcode: as, RSV: 4, Payload: octets}
}

// fragmented cuts a frame into some of n octets and a last one with the rest.
func fragmented(n int, f peer.Frame) []peer.Frame {
	var fs []peer.Frame
	for payload := f.Payload; ; payload = payload[n:] {
		f.More = len(payload) > n
		f.Payload = payload[:min(n, len(payload))]
		fs = append(fs, f)
		if !f.More {
			return fs
		}
		f.Opcode, f.RSV = ws.Continuation, 0
	}
}

// Contents.

// prose is a sentence, and lines repeats it up to a length.
const prose = "What was compressed by hand is inflated by machine, octet by octet.\n"

func lines(n int) string { return string(ws.Pattern{Unit: []byte(prose), Len: n}.Beginning(n)) }

// everyOctet are all 256 of them, in order.
func everyOctet() string {
	octets := make([]byte, 256)
	for i := range octets {
		octets[i] = byte(i)
	}
	return string(octets)
}

// scattered are n octets without any order: what is copied from elsewhere than it should
// be shows.
func scattered(n int) string {
	r := rand.New(rand.NewPCG(7692, 1951))
	octets := make([]byte, n)
	for i := range octets {
		octets[i] = byte(r.Uint32())
	}
	return string(octets)
}

// deepCodes are codes of every length from 1 to 15 bits, of which 14 are for the letters,
// the first having the shortest. The 15 bits are for the end of a block and for copies of
// three octets, from 1 to 24 octets back.
func deepCodes(letters string) deflate.Codes {
	c := deflate.Codes{Lits: deflate.Lengths{256: 15, 257: 15}, Dists: deflate.Lengths{}}
	for i, letter := range []byte(letters) {
		c.Lits[int(letter)] = uint8(i + 1)
	}
	for i := range 9 {
		c.Dists[i] = uint8(min(i+1, 8))
	}
	return c
}

// zeros is a compressed message of n zeros, as short as DEFLATE gets: two bits for 258 of
// them. The code for a copy of 258 octets is a bit, 0, and so is that of its distance, 1.
func zeros(n int) []byte {
	const longest = 258
	m := deflate.Blocks().Dynamic(deflate.Codes{Lits: deflate.Lengths{0: 2, 256: 2, 285: 1}, Dists: deflate.Lengths{0: 1}}).Literals("\x00")
	m.Bits(0, 2*((n-1)/longest))
	return m.Literals(strings.Repeat("\x00", (n-1)%longest)).End().Message()
}

// whereAgreed plays a script where permessage-deflate was agreed, and else closes: the
// verdict is UNIMPLEMENTED then.
func whereAgreed(play func(*peer.Peer)) func(*peer.Peer) {
	return whereAllowed(use{}, play)
}

// use is what a script wants to make of what was agreed.
type use struct {
	window  int  // how far back it refers, in octets
	context bool // also into earlier messages
}

// whereAllowed plays a script where what was agreed lets us compress so, and else closes
// and says what stands against it.
func whereAllowed(u use, play func(*peer.Peer)) func(*peer.Peer) {
	return func(p *peer.Peer) {
		ours, agreed := p.Compresses()
		switch {
		case !agreed:
		case u.context && ours.NoContextTakeover:
			p.NotJudged(fmt.Sprintf("we must not refer to earlier messages, as %q was agreed", p.Log().Extension))
		case u.window > ours.Window():
			p.NotJudged(fmt.Sprintf("we must not refer %d octets back, as %q was agreed", u.window, p.Log().Extension))
		default:
			play(p)
			return
		}
		p.Close(ws.NormalClosure)
	}
}

// whereAgreedOn plays a script where what was agreed binds us as it says, and else closes.
func whereAgreedOn(binds func(ours deflate.Params) bool, play func(*peer.Peer)) func(*peer.Peer) {
	return func(p *peer.Peer) {
		ours, agreed := p.Compresses()
		switch {
		case !agreed:
		case !binds(ours):
			p.NotJudged(fmt.Sprintf("%q was agreed, which does not bind us", p.Log().Extension))
		default:
			play(p)
			return
		}
		p.Close(ws.NormalClosure)
	}
}

// needsDeflate is UNIMPLEMENTED where permessage-deflate was not agreed.
func needsDeflate(w verdict.Want) verdict.Want { w.NeedsDeflate = true; return w }

// onDeflate completes cases that are played where permessage-deflate was agreed.
func onDeflate(spec string, cs []conform.Case) []conform.Case {
	for i := range cs {
		c := &cs[i]
		if c.Spec == "" {
			c.Spec = spec
		}
		c.Want = needsDeflate(c.Want)
		c.Tags = append(c.Tags, conform.Deflate)
		if c.Play != nil {
			c.Play = whereAgreed(c.Play)
		}
		if len(c.Open.Offers) == 0 {
			c.Open = bareOffer()
		}
		for j := range c.Turns {
			t := &c.Turns[j]
			if t.Play = whereAgreed(t.Play); len(t.Open.Offers) == 0 {
				t.Open = c.Open
			}
			if t.Want != nil {
				w := needsDeflate(*t.Want)
				t.Want = &w
			}
		}
	}
	return cs
}
