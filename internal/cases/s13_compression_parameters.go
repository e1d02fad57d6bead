// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"fmt"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/corpus"
	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/peer"
)

// Compression with every kind of parameters, over JSON (RFC 7692, 7.1). As a
// client we demand of the server what as a server we ask of the client.
func parameters(data *corpus.Corpus, many messages) []conform.Case {
	var cs []conform.Case
	for i, p := range []struct {
		title string
		open  peer.Opening
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
		cs = append(cs, compressed(fmt.Sprintf("13.%d", i+1), data, corpus.JSON, many, ", "+p.title, p.open)...)
	}
	return cs
}

// demand wants the peer to compress as the parameters say.
func demand(p deflate.Params) peer.Opening {
	o := plainOffer()
	o.ServerNoContextTakeover, o.ServerMaxWindowBits = p.NoContextTakeover, p.WindowBits
	return peer.Opening{Offers: []deflate.Offer{o}, Accept: deflate.FirstAllowing(p)}
}

// oneOf lets the peer choose, best first.
func oneOf(os ...peer.Opening) peer.Opening {
	var all peer.Opening
	var policies []deflate.Accept
	for _, o := range os {
		all.Offers = append(all.Offers, o.Offers...)
		policies = append(policies, o.Accept)
	}
	all.Accept = deflate.FirstOf(policies...)
	return all
}
