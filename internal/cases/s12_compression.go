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

// Compression with every kind of parameters, over JSON (RFC 7692, 7.1). As a
// client we demand of the server what as a server we ask of the client.
func parameters(data *corpus.Corpus) []conform.Case {
	var cs []conform.Case
	for i, p := range []struct {
		title string
		opening
	}{
		{"no demands", demand(deflate.Params{})},
		{"no context takeover", demand(deflate.Params{NoContextTakeover: true})},
		{"a window of 2^9", demand(deflate.Params{WindowBits: 9})},
		{"a window of 2^15", demand(deflate.Params{WindowBits: 15})},
		{"no context takeover and a window of 2^9", demand(deflate.Params{NoContextTakeover: true, WindowBits: 9})},
		{"no context takeover and a window of 2^15", demand(deflate.Params{NoContextTakeover: true, WindowBits: 15})},
		{"a choice of three offers", oneOf(
			demand(deflate.Params{NoContextTakeover: true, WindowBits: 9}),
			demand(deflate.Params{NoContextTakeover: true}),
			demand(deflate.Params{}))},
	} {
		cs = append(cs, compressed(fmt.Sprintf("13.%d", i+1), data, corpus.JSON, ", "+p.title, peer.Opening(p.opening))...)
	}
	return cs
}

type opening peer.Opening

// plainOffer is what we offer when we demand nothing: all that we can do.
func plainOffer() deflate.Offer {
	return deflate.Offer{ClientNoContextTakeover: true, ClientMaxWindowBits: deflate.AnyWindow}
}

// demand wants the peer to compress as the parameters say.
func demand(p deflate.Params) opening {
	o := plainOffer()
	o.ServerNoContextTakeover, o.ServerMaxWindowBits = p.NoContextTakeover, p.WindowBits
	return opening{Offers: []deflate.Offer{o}, Accept: deflate.FirstAllowing(p)}
}

// oneOf lets the peer choose, best first.
func oneOf(os ...opening) opening {
	var all opening
	var policies []deflate.Accept
	for _, o := range os {
		all.Offers = append(all.Offers, o.Offers...)
		policies = append(policies, o.Accept)
	}
	all.Accept = deflate.FirstOf(policies...)
	return all
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
