// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"strings"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// acceptName is the field that 0.14 is about.
const acceptName = "Sec-WebSocket-Accept"

// answerAccept is 0.14. Where Sec-WebSocket-Accept is missing or has "a value other than
// the base64-encoded SHA-1" of key and GUID, "but ignoring any leading and trailing
// whitespace", the client MUST fail the connection (RFC 6455, 4.1, step 4).
func answerAccept() []conform.Case {
	// wrong answers with what is made of the key in place of the right value.
	wrong := func(id, title string, value func(key string) string) conform.Case {
		return conform.Case{
			ID: id, Title: title, Spec: "RFC 6455, 4.1", Only: conform.AsServer, Requirements: []string{"6455-4.1-30"},
			Open: voidAnswer(accepting(value)), Play: knock, Want: clientFails(),
		}
	}
	turn := func(name string, es ...peer.Edit) conform.Turn {
		return conform.Turn{Name: name, Open: voidAnswer(es...), Play: knock}
	}
	base64Grammar := wrong("0.14.6", "Answer with the Sec-WebSocket-Accept without its last =", func(key string) string { return strings.TrimSuffix(ws.AcceptKey(key), "=") })
	base64Grammar.Requirements = append(base64Grammar.Requirements, "6455-4.3-2")
	return []conform.Case{
		{
			ID: "0.14.1", Title: "Answer without Sec-WebSocket-Accept", Spec: "RFC 6455, 4.1", Only: conform.AsServer, Requirements: []string{"6455-4.1-30"},
			Open: voidAnswer(without(acceptName)), Play: knock, Want: clientFails(),
		},
		wrong("0.14.2", "Answer with a Sec-WebSocket-Accept that has nothing to do with the key", func(key string) string { return hashed("anything but " + key) }),
		wrong("0.14.3", "Answer with the key as Sec-WebSocket-Accept", func(key string) string { return key }),
		wrong("0.14.4", "Answer with a Sec-WebSocket-Accept whose last octet is wrong by a bit", lastBitWrong),
		wrong("0.14.5", "Answer with upper and lower case of Sec-WebSocket-Accept exchanged", func(key string) string { return otherCase(ws.AcceptKey(key)) }),
		base64Grammar,
		{
			ID: "0.14.7", Title: "Answer with blanks and tabs around Sec-WebSocket-Accept", Spec: "RFC 6455, 4.1", Only: conform.AsServer, Requirements: []string{"6455-4.1-31"},
			Open: edits(without(acceptName), blanksAround), Play: greet, Want: opens(),
		}, {
			ID: "0.14.8", Title: "Answer with the same Sec-WebSocket-Accept twice", Spec: "RFC 6455, 11.3.3", Only: conform.AsServer, Requirements: []string{"6455-4.1-34", "6455-11.3.3-1"},
			Open: edits(acceptAgain), Play: greetAtLength,
			Want: orOpens(verdict.NonStrict, "The client takes two Sec-WebSocket-Accept, of which there must be one (RFC 6455, 11.3.3).", clientFails()),
		}, {
			ID: "0.14.9", Title: "Answer with a right Sec-WebSocket-Accept and a wrong one", Spec: "RFC 6455, 11.3.3", Only: conform.AsServer, Requirements: []string{"6455-4.1-34", "6455-11.3.3-1"}, Want: clientFails(),
			Turns: []conform.Turn{
				turn("the wrong one first", accepting(hashed), acceptAgain),
				turn("the right one first", func(h *peer.Head) { twice(acceptName, hashed(keyOf(h)))(h) }),
			},
		},
		wrong("0.14.10", "Answer with a Sec-WebSocket-Accept of the nonce in place of its base64", func(key string) string {
			nonce, _ := base64.StdEncoding.DecodeString(key) // it has been checked
			return hashed(string(nonce) + ws.GUID)
		}),
		{
			ID: "0.14.11", Title: "Answer with the hash in hexadecimal digits as Sec-WebSocket-Accept", Spec: "RFC 6455, 4.1", Only: conform.AsServer, Requirements: []string{"6455-4.1-30"}, Want: clientFails(),
			Turns: []conform.Turn{
				turn("in base64", accepting(func(key string) string { return base64.StdEncoding.EncodeToString([]byte(inHex(key))) })),
				turn("as they are", accepting(inHex)),
			},
		}, {
			ID: "0.14.12", Title: "Answer with the Sec-WebSocket-Accept for another key", Spec: "RFC 6455, 4.1", Only: conform.AsServer, Requirements: []string{"6455-4.1-30"}, Want: clientFails(),
			Turns: []conform.Turn{
				turn("the key in RFC 6455, 1.2", accepting(func(key string) string { return ws.AcceptKey("dGhlIHNhbXBsZSBub25jZQ==") })),
				turn("the key of the client's connection before", acceptPrevious),
			},
		},
		wrong("0.14.13", "Answer with a Sec-WebSocket-Accept of the key without the GUID", hashed),
		wrong("0.14.14", "Answer with an empty Sec-WebSocket-Accept", func(string) string { return "" }),
		wrong("0.14.15", `Answer with ", x" behind the Sec-WebSocket-Accept`, func(key string) string { return ws.AcceptKey(key) + ", x" }),
	}
}

// hashed is the SHA-1 of a string in base64.
func hashed(s string) string {
	sum := sha1.Sum([]byte(s))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// inHex is the SHA-1 of key and GUID in hexadecimal digits.
func inHex(key string) string {
	sum := sha1.Sum([]byte(key + ws.GUID))
	return hex.EncodeToString(sum[:])
}

func lastBitWrong(key string) string {
	sum := sha1.Sum([]byte(key + ws.GUID))
	sum[len(sum)-1] ^= 1
	return base64.StdEncoding.EncodeToString(sum[:])
}

func blanksAround(h *peer.Head) {
	line(acceptName + ": \t " + ws.AcceptKey(keyOf(h)) + " \t ")(h)
}

// acceptAgain adds the right Sec-WebSocket-Accept to what there is.
func acceptAgain(h *peer.Head) { twice(acceptName, ws.AcceptKey(keyOf(h)))(h) }

// acceptPrevious answers the key of the connection that the client had before.
func acceptPrevious(h *peer.Head) {
	switch h.PreviousKey {
	case "":
		h.NotJudged = "the client had no connection before this one"
	case keyOf(h):
		h.NotJudged = "the client had the same key on the connection before (0.18.1)"
	default:
		with(acceptName, ws.AcceptKey(h.PreviousKey))(h)
	}
}
