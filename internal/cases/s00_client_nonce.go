// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"encoding/base64"
	endian "encoding/binary"
	"math/bits"
	"slices"

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

// nonce is one of 16 octets, with the request target that it came for.
type nonce struct {
	high, low uint64
	target    string
}

func (n nonce) same(m nonce) bool { return n.high == m.high && n.low == m.low }

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
			ns = append(ns, nonce{endian.BigEndian.Uint64(b), endian.BigEndian.Uint64(b[8:]), r.Target})
		}
	}
	return ns
}

// enoughNonces is how many it takes to say that none repeats.
const enoughNonces = 10

func noncesRepeat(e survey.Evidence) []wirelog.Record {
	ns := nonces(e)
	for i, n := range ns {
		times := 1
		for _, m := range ns[i+1:] {
			if n.same(m) {
				times++
			}
		}
		if times > 1 {
			return []wirelog.Record{broke("RFC 6455, 4.1: the nonce %016x%016x came %d times in %d connections, first for %.60q", n.high, n.low, times, len(ns), n.target)}
		}
	}
	if len(ns) < enoughNonces {
		return []wirelog.Record{unseen("only %d connections had a nonce: want %d", len(ns), enoughNonces)}
	}
	return []wirelog.Record{seen("%d nonces, all different", len(ns))}
}

func noncesAlike(e survey.Evidence) []wirelog.Record {
	ns := nonces(e)
	// That one comes again is what 0.18.1 says, as long as there are enough others.
	var different []nonce
	for _, n := range ns {
		if !slices.ContainsFunc(different, n.same) {
			different = append(different, n)
		}
	}
	if len(different) >= enoughNonces {
		ns = different
	}
	const nearest = 24 // bits; two of a thousand random nonces are never that near
	for i, a := range ns {
		for _, b := range ns[:i] {
			if d := bits.OnesCount64(a.high^b.high) + bits.OnesCount64(a.low^b.low); d < nearest {
				return []wirelog.Record{broke("RFC 6455, 4.1: two nonces of %d differ in %d of 128 bits: they are not random", len(ns), d)}
			}
		}
	}
	if len(ns) < enoughNonces {
		return []wirelog.Record{unseen("only %d connections had a nonce: want %d", len(ns), enoughNonces)}
	}
	return []wirelog.Record{seen("%d nonces, no two of them alike", len(ns))}
}
