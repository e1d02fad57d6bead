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

// messages says how many messages of a size, in octets, a compression case sends.
type messages func(size int) int

// allMessages are as many as the reference sends.
func allMessages(int) int { return compressedMessages }

// wrapping are as many as it takes to fill the largest window four times over, in each
// direction, so that every octet in it has been replaced and is referred to across the
// place where a buffer that goes in circles begins anew (RFC 7692, 7.1.2: 2^15 octets at
// most). There are always a few, as what a context is good for shows between messages.
func wrapping(size int) int {
	const wraps, window, fewest = 4, 1 << 15, 4
	return min(max((wraps*window+size-1)/size, fewest), compressedMessages)
}

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
func compression(data *corpus.Corpus, many messages) []conform.Case {
	var cs []conform.Case
	for i, kind := range corpus.Kinds() {
		cs = append(cs, compressed(fmt.Sprintf("12.%d", i+1), data, kind, many, "",
			peer.Opening{Offers: []deflate.Offer{plainOffer()}, Accept: deflate.FirstAllowing(deflate.Params{})})...)
	}
	return cs
}

// plainOffer is what we offer when we demand nothing: all that we can do.
func plainOffer() deflate.Offer {
	return deflate.Offer{ClientNoContextTakeover: true, ClientMaxWindowBits: deflate.AnyWindow}
}

// compressed is a row of cases with one opening, over one kind of data. One that sends
// fewer messages than the reference's says so, in its title and by its tag.
func compressed(section string, data *corpus.Corpus, kind corpus.Kind, many messages, how string, open peer.Opening) []conform.Case {
	var cs []conform.Case
	for i, v := range volumes() {
		times := many(v.octets)
		count := fmt.Sprint(times)
		if times < compressedMessages {
			count = fmt.Sprintf("%d of %d", times, compressedMessages)
		}
		title := fmt.Sprintf("%s messages of %s of %s%s", count, octets(v.octets), kind, how)
		if v.fragment > 0 {
			title += fmt.Sprintf(", in fragments of %s", octets(v.fragment))
		}
		c := large(fmt.Sprintf("%s.%d", section, i+1), title, v.within, func(p *peer.Peer) {
			set := data.Set(kind)
			for n := range times {
				if !p.Echo(peer.Message{Binary: !kind.Text(), Data: ws.Literal(set.Window(n, v.octets)), Fragment: v.fragment}) {
					return
				}
			}
		})
		c.Spec, c.Open = "RFC 7692, 7.2", open
		if how != "" {
			c.Spec = "RFC 7692, 7.1"
		}
		c.Want = echoes(times, v.within)
		c.Want.NeedsDeflate = true
		c.Tags = []conform.Tag{conform.Slow, conform.Deflate}
		if times < compressedMessages {
			c.Tags = []conform.Tag{conform.Deflate, conform.Shortened}
		}
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
