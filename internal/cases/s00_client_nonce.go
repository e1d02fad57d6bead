// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"encoding/base64"
	endian "encoding/binary"
	"math/bits"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/survey"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// clientNonces is the beginning of 0.18. "The nonce MUST be selected randomly for each
// connection" (RFC 6455, 4.1).
func clientNonces() []conform.Case {
	return []conform.Case{
		{
			ID: "0.18.1", Title: "Look at the nonces of all connections: does one come twice?", Spec: "RFC 6455, 4.1", Only: conform.AsServer,
			Requirements: []string{"6455-4.1-16"}, Survey: noncesRepeat, Want: surveyed(),
		}, {
			ID: "0.18.2", Title: "Look at the nonces of all connections: are they alike, or do they count?", Spec: "RFC 6455, 4.1", Only: conform.AsServer,
			Requirements: []string{"6455-4.1-16"}, Survey: noncesAlike, Want: surveyed(),
		},
	}
}

type nonce [2]uint64

// nonces are those of all requests that have one of 16 octets.
func nonces(e survey.Evidence) []nonce {
	var ns []nonce
	for _, c := range e.Connections {
		r, err := ws.ParseRequest(c.Request)
		if err != nil {
			continue
		}
		b, err := base64.StdEncoding.DecodeString(r.Fields.Get("Sec-WebSocket-Key"))
		if err == nil && len(b) == 16 {
			ns = append(ns, nonce{endian.BigEndian.Uint64(b), endian.BigEndian.Uint64(b[8:])})
		}
	}
	return ns
}

// enoughNonces is how many it takes to say that none repeats.
const enoughNonces = 10

func noncesRepeat(e survey.Evidence) []wirelog.Record {
	ns := nonces(e)
	times := map[nonce]int{}
	for _, n := range ns {
		if times[n]++; times[n] > 1 {
			return []wirelog.Record{broke("RFC 6455, 4.1: the nonce %016x%016x came more than once in %d connections", n[0], n[1], len(ns))}
		}
	}
	if len(ns) < enoughNonces {
		return []wirelog.Record{unseen("only %d connections had a nonce: want %d", len(ns), enoughNonces)}
	}
	return []wirelog.Record{seen("%d nonces, all different", len(ns))}
}

func noncesAlike(e survey.Evidence) []wirelog.Record {
	ns := nonces(e)
	const nearest = 24 // bits; two of a thousand random nonces are never that near
	for i, a := range ns {
		for _, b := range ns[:i] {
			if d := bits.OnesCount64(a[0]^b[0]) + bits.OnesCount64(a[1]^b[1]); d < nearest {
				return []wirelog.Record{broke("RFC 6455, 4.1: two nonces of %d differ in %d of 128 bits: they are not random", len(ns), d)}
			}
		}
	}
	if len(ns) < enoughNonces {
		return []wirelog.Record{unseen("only %d connections had a nonce: want %d", len(ns), enoughNonces)}
	}
	return []wirelog.Record{seen("%d nonces, no two of them alike", len(ns))}
}
