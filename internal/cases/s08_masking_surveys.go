// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"bytes"
	"encoding/base64"
	endian "encoding/binary"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/survey"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// maskingSurveys is the end of 8.1: who masks, and with which keys.
//
// "A client MUST mask all frames", "a server MUST NOT mask any frames" (RFC 6455, 5.1),
// with a key that is fresh for each frame, from a strong source of entropy, and such
// that it cannot be foretold (5.3).
func maskingSurveys() []conform.Case {
	return []conform.Case{
		{
			ID: "8.1.19", Title: "Look at every frame of the client: is it masked?", Spec: "RFC 6455, 5.1", Only: conform.AsServer,
			Requirements: []string{"6455-5.1-1", "6455-5.5.1-3", "6455-6.1-4"},
			Survey: everyFrame(func(c survey.Connection, i int) string {
				if c.Frames[i].Masked {
					return ""
				}
				return "RFC 6455, 5.1: a " + c.Frames[i].Opcode.String() + " frame of the client is not masked"
			}), Want: surveyed(),
		}, {
			ID: "8.1.20", Title: "Look at the masking keys of each connection: do they repeat or follow one another?", Spec: "RFC 6455, 5.3", Only: conform.AsServer,
			Requirements: []string{"6455-5.3-1", "6455-5.3-2", "6455-10.3-1"}, Survey: keysOfConnections, Want: surveyed(),
		}, {
			ID: "8.1.21", Title: "Look at the first masking key of all connections: do they repeat or follow one another?", Spec: "RFC 6455, 5.3", Only: conform.AsServer,
			Requirements: []string{"6455-5.3-2", "6455-10.3-1"}, Survey: firstKeys, Want: surveyed(),
		}, {
			ID: "8.1.22", Title: "Look at every frame of the server: is any masked?", Spec: "RFC 6455, 5.1", Only: conform.AsClient,
			Requirements: []string{"6455-5.1-4"},
			Survey: everyFrame(func(c survey.Connection, i int) string {
				if !c.Frames[i].Masked {
					return ""
				}
				return "RFC 6455, 5.1: a " + c.Frames[i].Opcode.String() + " frame of the server is masked"
			}), Want: surveyed(),
		}, {
			ID: "8.1.23", Title: "Compare masking keys with the nonce of the handshake", Spec: "RFC 6455, 5.3", Only: conform.AsServer,
			Requirements: []string{"6455-5.3-2", "6455-10.3-1"}, Survey: keysAndNonces, Want: surveyed(),
		},
	}
}

// keys are the masking keys of a connection.
func keys(c survey.Connection) []uint32 {
	var ks []uint32
	for _, h := range c.Frames {
		if h.Masked {
			ks = append(ks, endian.BigEndian.Uint32(h.Key[:]))
		}
	}
	return ks
}

// pattern says what is wrong with keys that should be random, or nothing. Chance makes
// two of some hundred equal in one run of ten thousand, and more than that never.
func pattern(ks []uint32) string {
	const few, most = 3, 256
	ks = ks[:min(len(ks), most)]
	if len(ks) < few {
		return ""
	}
	repeats, steps := 0, map[uint32]int{}
	seenKeys := map[uint32]bool{}
	for i, k := range ks {
		if seenKeys[k] {
			repeats++
		}
		seenKeys[k] = true
		if i > 0 {
			steps[k-ks[i-1]]++
			steps[reversed(k)-reversed(ks[i-1])]++
		}
	}
	if repeats >= 2 {
		return "keys repeat"
	}
	for step, n := range steps {
		// Both ways to read a key count the same step where it is 0.
		if step != 0 && n >= few && n*10 >= (len(ks)-1)*9 {
			return "each key is the one before plus the same number"
		}
	}
	return ""
}

func reversed(k uint32) uint32 {
	return endian.LittleEndian.Uint32(endian.BigEndian.AppendUint32(nil, k))
}

func keysOfConnections(e survey.Evidence) []wirelog.Record {
	n, longest := 0, 0
	for _, c := range e.Connections {
		ks := keys(c)
		if wrong := pattern(ks); wrong != "" {
			return []wirelog.Record{broke("RFC 6455, 5.3: the masking keys of a client must be fresh and not be foretold: %s, on a connection with %d frames, the first %08x", wrong, len(ks), ks[0])}
		}
		n += len(ks)
		longest = max(longest, len(ks))
	}
	const enough = 8
	if longest < enough {
		return []wirelog.Record{unseen("no connection has %d frames: the longest has %d", enough, longest)}
	}
	return []wirelog.Record{seen("%d keys on %d connections, up to %d on one", n, len(e.Connections), longest)}
}

func firstKeys(e survey.Evidence) []wirelog.Record {
	var firsts []uint32
	for _, c := range e.Connections {
		if ks := keys(c); len(ks) > 0 {
			firsts = append(firsts, ks[0])
		}
	}
	if wrong := pattern(firsts); wrong != "" {
		return []wirelog.Record{broke("RFC 6455, 5.3: the masking keys of a client must not be foretold: of the first keys of %d connections, %s", len(firsts), wrong)}
	}
	const enough = 30
	if len(firsts) < enough {
		return []wirelog.Record{unseen("only %d connections had a frame: want %d", len(firsts), enough)}
	}
	return []wirelog.Record{seen("the first keys of %d connections", len(firsts))}
}

// keysAndNonces finds keys that are a part of the handshake's nonce.
func keysAndNonces(e survey.Evidence) []wirelog.Record {
	derived, looked := 0, 0
	for _, c := range e.Connections {
		r, err := ws.ParseRequest(c.Request)
		if err != nil {
			continue
		}
		nonce, err := base64.StdEncoding.DecodeString(r.Fields.Get("Sec-WebSocket-Key"))
		if err != nil || len(nonce) == 0 || len(keys(c)) == 0 {
			continue
		}
		looked++
		for _, k := range keys(c) {
			if bytes.Contains(nonce, endian.BigEndian.AppendUint32(nil, k)) {
				derived++
				break
			}
		}
	}
	const few = 3
	switch {
	case derived >= few:
		return []wirelog.Record{broke("RFC 6455, 5.3: on %d of %d connections a masking key is a part of the nonce of the handshake", derived, looked)}
	case looked < few:
		return []wirelog.Record{unseen("only %d connections had a nonce and a frame", looked)}
	}
	return []wirelog.Record{seen("%d connections", looked)}
}
