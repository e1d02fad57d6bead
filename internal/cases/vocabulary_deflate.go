// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"fmt"

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

// compressedText and compressedBinary are the first or only frame of a compressed message.
func compressedText(octets []byte) peer.Frame   { return rsv(4, text(string(octets))) }
func compressedBinary(octets []byte) peer.Frame { return rsv(4, binary(string(octets))) }

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
