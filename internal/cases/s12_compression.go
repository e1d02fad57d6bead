// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"fmt"
	"time"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/corpus"
	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/ws"
)

// volume is how much a compression case moves: messages of the size, in frames of
// at most fragment octets of compressed payload, within the time.
type volume struct {
	octets, fragment int
	within           time.Duration
}

const compressedMessages = 1000

func volumes() []volume {
	const most = 480 * time.Second
	return []volume{
		{16, 0, 60 * time.Second}, {64, 0, 60 * time.Second}, {256, 0, 120 * time.Second}, {1 << 10, 0, 240 * time.Second},
		{4 << 10, 0, most}, {8 << 10, 0, most}, {16 << 10, 0, most}, {32 << 10, 0, most}, {64 << 10, 0, most}, {128 << 10, 0, most},
		{8 << 10, 256, most}, {16 << 10, 256, most}, {32 << 10, 256, most}, {64 << 10, 256, most}, {128 << 10, 256, most},
		{128 << 10, 1 << 10, most}, {128 << 10, 4 << 10, most}, {128 << 10, 32 << 10, most},
	}
}

// Compression with default parameters, over data of five kinds (RFC 7692, 7.2).
func compression(data *corpus.Corpus) []conform.Case {
	var cs []conform.Case
	for i, kind := range corpus.Kinds() {
		cs = append(cs, compressed(fmt.Sprintf("12.%d", i+1), data, kind, "",
			peer.Opening{Offers: []deflate.Offer{plainOffer()}, Accept: deflate.FirstAllowing(deflate.Params{})})...)
	}
	return cs
}

// plainOffer is what we offer when we demand nothing: all that we can do.
func plainOffer() deflate.Offer {
	return deflate.Offer{ClientNoContextTakeover: true, ClientMaxWindowBits: deflate.AnyWindow}
}

// compressed is a row of cases with one opening, over one kind of data.
func compressed(section string, data *corpus.Corpus, kind corpus.Kind, how string, open peer.Opening) []conform.Case {
	var cs []conform.Case
	for i, v := range volumes() {
		title := fmt.Sprintf("%d messages of %s of %s%s", compressedMessages, octets(v.octets), kind, how)
		if v.fragment > 0 {
			title += fmt.Sprintf(", in fragments of %s", octets(v.fragment))
		}
		c := large(fmt.Sprintf("%s.%d", section, i+1), title, v.within, func(p *peer.Peer) {
			set := data.Set(kind)
			for n := range compressedMessages {
				if !p.Echo(peer.Message{Binary: !kind.Text(), Data: ws.Literal(set.Window(n, v.octets)), Fragment: v.fragment}) {
					return
				}
			}
		})
		c.Spec, c.Open = "RFC 7692, 7.2", open
		if how != "" {
			c.Spec = "RFC 7692, 7.1"
		}
		c.Want = echoes(compressedMessages, v.within)
		c.Want.NeedsDeflate = true
		c.Tags = []conform.Tag{conform.Slow, conform.Deflate}
		exchange := c.Play
		c.Play = func(p *peer.Peer) {
			if p.Log().Extension == "" {
				p.Close(ws.NormalClosure) // the peer does not do this: nothing to test
				return
			}
			exchange(p)
		}
		cs = append(cs, c)
	}
	return cs
}
