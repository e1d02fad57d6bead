// SPDX-License-Identifier: Apache-2.0

package testee

import (
	"encoding/binary"
	"slices"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/ws"
)

// Faults in the frames that are sent (RFC 6455, 5.1 to 5.3).
const (
	masksAsServer      = "masks-as-server"
	doesNotMask        = "does-not-mask"
	doesNotMaskControl = "does-not-mask-control"
	masksWithZero      = "masks-with-zero-key"
	masksWithOneKey    = "masks-with-one-key"
	masksWithCounter   = "masks-with-counter"
	masksWithNonce     = "masks-with-handshake-nonce"
	always16Bit        = "16-bit-lengths-always"
	always64Bit        = "64-bit-lengths-above-125"
	littleEndian       = "little-endian-lengths"
	offByOneAt125      = "length-126-in-seven-bits"
	offByOneAt65535    = "length-65535-in-64-bits"
	setsRSV1           = "sets-rsv1"
	setsRSV3           = "sets-rsv3"
	setsRSV1OnControl  = "sets-rsv1-on-control"
	longPong           = "pads-pongs-above-125"
	fragmentsPong      = "sends-pongs-without-fin"
	reservedOpcode     = "echoes-with-reserved-opcode"
)

func sendingFaults() []Fault {
	return []Fault{
		{Name: masksAsServer, Title: "Masks its frames as a server", Roles: AsServer},
		{Name: doesNotMask, Title: "Does not mask its frames as a client", Roles: AsClient},
		{Name: doesNotMaskControl, Title: "Does not mask its control frames as a client", Roles: AsClient},
		{Name: masksWithZero, Title: "Always uses the masking key 00000000", Roles: AsClient},
		{Name: masksWithOneKey, Title: "Uses one masking key for the whole connection", Roles: AsClient},
		{Name: masksWithCounter, Title: "Counts its masking keys up", Roles: AsClient},
		{Name: masksWithNonce, Title: "Takes its masking keys from the nonce of the handshake", Roles: AsClient},
		{Name: always16Bit, Title: "Sends lengths below 126 in 16 bits", Roles: InBoth},
		{Name: always64Bit, Title: "Sends lengths above 125 in 64 bits", Roles: InBoth},
		{Name: littleEndian, Title: "Sends extended lengths in little-endian order", Roles: InBoth},
		{Name: offByOneAt125, Title: "Sends the length 126 in the seven bits that announce 16", Roles: InBoth},
		{Name: offByOneAt65535, Title: "Sends the length 65535 in 64 bits", Roles: InBoth},
		{Name: setsRSV1, Title: "Sets RSV1 on what it echoes, without an extension", Roles: InBoth},
		{Name: setsRSV3, Title: "Sets RSV3 on what it echoes", Roles: InBoth},
		{Name: setsRSV1OnControl, Title: "Sets RSV1 on its control frames", Roles: InBoth},
		{Name: longPong, Title: "Pads Pongs to 126 octets", Roles: InBoth},
		{Name: fragmentsPong, Title: "Does not set FIN on Pongs", Roles: InBoth},
		{Name: reservedOpcode, Title: "Echoes with opcode 3", Roles: InBoth},
	}
}

// wrongControl returns the payload that a control frame gets from an endpoint
// with faults.
func (c *Conn) wrongControl(opcode ws.Opcode, payload []byte) []byte {
	switch {
	case opcode == ws.Pong && c.has(longPong):
		return append(slices.Clone(payload), make([]byte, ws.MaxControlPayload+1-len(payload))...)
	case c.has(rsv1OnControl) && c.compression != nil:
		return deflate.NewCompressor(deflate.Params{}).Compress(nil, payload)
	}
	return payload
}

// bend changes the header of a frame that is sent as an endpoint with faults does.
func (c *Conn) bend(h ws.Header) ws.Header {
	control := h.Opcode.IsControl()
	switch {
	case control && (c.has(setsRSV1OnControl) || c.has(rsv1OnControl) && c.compression != nil):
		h.RSV |= rsv1
	case h.Opcode == ws.Pong && c.has(fragmentsPong), h.Opcode == ws.Close && c.has(fragmentsClose):
		h.Fin = false
	case !control && c.has(setsRSV1):
		h.RSV |= rsv1
	case !control && c.has(setsRSV3):
		h.RSV |= 1
	case !control && c.has(reservedOpcode):
		h.Opcode = 3
	}
	switch n := h.Length; {
	case n <= 125 && c.has(always16Bit):
		h.Form = ws.Length16
	case n > 125 && c.has(always64Bit), n == 65535 && c.has(offByOneAt65535):
		h.Form = ws.Length64
	case n == 126 && c.has(offByOneAt125):
		h.Form = ws.Length7
	}
	return c.bendMask(h)
}

func (c *Conn) bendMask(h ws.Header) ws.Header {
	if c.role == ws.Server {
		if c.has(masksAsServer) {
			h.Masked, h.Key = true, maskKey()
		}
		return h
	}
	switch {
	case c.has(doesNotMask), c.has(unmaskedInTLS) && c.inTLS(), c.has(doesNotMaskControl) && h.Opcode.IsControl():
		h.Masked = false
	case c.has(masksWithZero):
		h.Key = [4]byte{}
	case c.has(masksWithOneKey):
		if c.sent == 0 {
			c.firstKey = h.Key
		}
		h.Key = c.firstKey
	case c.has(masksWithCounter):
		binary.BigEndian.PutUint32(h.Key[:], c.sent+1)
	case c.has(masksWithNonce):
		h.Key = c.nonceKey
		h.Key[3] += byte(c.sent)
	}
	c.sent++
	return h
}

// appendHeader appends the header as an endpoint with faults prints it.
func (c *Conn) appendHeader(dst []byte, h ws.Header) []byte {
	from := len(dst)
	dst = h.Append(dst)
	if c.has(littleEndian) && h.Length > ws.MaxControlPayload {
		extended := dst[from+2:]
		if h.Masked {
			extended = extended[:len(extended)-4]
		}
		slices.Reverse(extended)
	}
	return dst
}
