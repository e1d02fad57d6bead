// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

const keyName = "Sec-WebSocket-Key"

// keysAndAccepts is 0.3: Sec-WebSocket-Key, and Sec-WebSocket-Accept in answer to it. Whether
// that is right for the key that was sent is looked at on every connection.
//
// A handshake has "a |Sec-WebSocket-Key| header field with a base64-encoded value that,
// when decoded, is 16 bytes in length" (RFC 6455, 4.2.1). The answer is made from "the
// value as it appears in the header field" without white space around it, so that "it is
// not necessary for the server to base64-decode" it (4.2.2).
func keysAndAccepts() []conform.Case {
	const spec = "RFC 6455, 4.2.1"
	undecoded := func(w verdict.Want) verdict.Want {
		return orOpens(verdict.NonStrict, "A key that is not 16 octets in base64 was accepted; a server need not decode it (RFC 6455, 4.2.2).", w)
	}
	shape := []string{"6455-4.2.1-8"}
	return asked([]conform.Case{
		{
			ID: "0.3.1", Title: "Ask with the key of the RFC's example", Spec: "RFC 6455, 1.3", Requirements: []string{"6455-4.2.2-13"},
			Open: edits(with(keyName, "dGhlIHNhbXBsZSBub25jZQ==")), Want: opens(),
		}, {
			ID: "0.3.2", Title: "Ask with a hundred keys", Spec: "RFC 6455, 4.2.2", Requirements: []string{"6455-4.2.2-13"},
			Turns: hundredKeys(), Want: opens(),
		}, {
			ID: "0.3.3", Title: "Leave out Sec-WebSocket-Key", Spec: spec, Requirements: append(shape, "6455-4.2.1-1", "6455-10.7-3"),
			Open: edits(without(keyName)), Want: refuses(4),
		}, {
			ID: "0.3.4", Title: "Ask with an empty key", Spec: spec, Requirements: append(shape, "6455-4.2.1-1"),
			Open: edits(with(keyName, "")), Want: refuses(4),
		}, {
			ID: "0.3.5", Title: "Ask with a key of 15 octets", Spec: spec, Requirements: shape,
			Open: edits(with(keyName, base64.StdEncoding.EncodeToString(make([]byte, 15)))), Want: undecoded(refuses(4)),
		}, {
			ID: "0.3.6", Title: "Ask with a key of 17 octets", Spec: spec, Requirements: shape,
			Open: edits(with(keyName, base64.StdEncoding.EncodeToString(make([]byte, 17)))), Want: undecoded(refuses(4)),
		}, {
			ID: "0.3.7", Title: "Ask with a key of characters that base64 does not have", Spec: spec, Requirements: append(shape, "6455-4.3-2"),
			Open: edits(with(keyName, "AAAA!AAA*AAAA-AAA_AAAA==")), Want: undecoded(refuses(4)),
		}, {
			ID: "0.3.8", Title: "Ask with a key without padding", Spec: spec, Requirements: append(shape, "6455-4.3-2"),
			Open: edits(with(keyName, "dGhlIHNhbXBsZSBub25jZQ")), Want: undecoded(refuses(4)),
		}, {
			// "The |Sec-WebSocket-Key| header field MUST NOT appear more than once" (11.3.1).
			ID: "0.3.9", Title: "Send two keys", Spec: "RFC 6455, 11.3.1", Requirements: []string{"6455-11.3.1-1"},
			Open: edits(twice(keyName, "AQIDBAUGBwgJCgsMDQ4PEA==")), Want: refuses(4),
		}, {
			ID: "0.3.10", Title: "Send the key with blanks around it", Spec: "RFC 6455, 4.2.2", Requirements: []string{"6455-4.2.2-13"},
			Open: edits(surrounded(keyName, "  \t", " \t ")), Want: opens(),
		}, {
			// The last four bits of this key are not 0 and mean nothing (RFC 4648, 3.5).
			ID: "0.3.11", Title: "Send a key whose pad bits are not zero", Spec: "RFC 6455, 4.2.2", Requirements: []string{"6455-4.2.2-13"},
			Open: edits(with(keyName, "AQIDBAUGBwgJCgsMDQ4PEC==")), Want: or(opens(), begins(verdict.OK, answered(4))),
		}, {
			// "A server MUST NOT send a Content-Length header field in any response with a
			// status code of 1xx" (RFC 9110, 8.6), and the same of Transfer-Encoding (RFC 9112, 6.1).
			ID: "0.3.12", Title: "Look at the fields of the 101", Spec: "RFC 6455, 4.2.2",
			Requirements: []string{"6455-4.2.2-11", "6455-4.2.2-12", "6455-11.3.3-1", "9110-8.6-1"},
			Turns: []conform.Turn{
				{Name: "as always"},
				{Name: "with an offer of permessage-deflate", Open: peer.Opening{Offers: []deflate.Offer{{ClientMaxWindowBits: deflate.AnyWindow}}}},
			},
			Play: steps(lookAtAnswer, send(text("x"))), Want: opens(),
		},
	})
}

// hundredKeys are a hundred connections with different keys, the same in every run.
func hundredKeys() []conform.Turn {
	var turns []conform.Turn
	random := rand.New(rand.NewPCG(100, 16))
	for range 100 {
		var nonce [16]byte
		for i := range nonce {
			nonce[i] = byte(random.Uint32())
		}
		key := base64.StdEncoding.EncodeToString(nonce[:])
		turns = append(turns, ask(key, with(keyName, key)))
	}
	return turns
}

// lookAtAnswer looks for what must not be in a 101. What must be, we have looked for
// when the connection opened.
func lookAtAnswer(p *peer.Peer) {
	resp, err := ws.ParseResponse(p.Log().Response)
	if err != nil {
		p.NotJudged(fmt.Sprintf("the answer is too long to be looked at: %v", err))
		return
	}
	for name, rule := range map[string]string{"Content-Length": "RFC 9110, 8.6", "Transfer-Encoding": "RFC 9112, 6.1"} {
		if v := resp.Fields.Values(name); len(v) > 0 {
			p.Violation(fmt.Sprintf("%s: the 101 has %s: %.80s, which must not be in it", rule, name, v[0]))
		}
	}
}
