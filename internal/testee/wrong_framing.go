// SPDX-License-Identifier: Apache-2.0

package testee

import (
	"math"

	"github.com/wsspec/wsspec/internal/ws"
)

// Faults in reading frame headers (RFC 6455, 5.1 and 5.2).
const (
	ignoresRSV               = "ignores-rsv"
	ignoresRSVOnContinuation = "ignores-rsv-on-continuation"
	ignoresRSVOnControl      = "ignores-rsv-on-control"
	ignoresRSVOnData         = "ignores-rsv-on-data"
	ignoresRSVOnPing         = "ignores-rsv-on-ping"
	ignoresRSVOnPong         = "ignores-rsv-on-pong"
	checksOnlyRSV1           = "checks-only-rsv1"
	acceptsReservedOpcodes   = "accepts-reserved-opcodes"
	acceptsReservedData      = "takes-reserved-data-opcodes-for-binary"
	ignoresReservedOpcodes   = "ignores-reserved-opcodes"
	acceptsReservedFragments = "accepts-reserved-opcodes-as-fragments"
	acceptsUnmasked          = "accepts-unmasked-frames"
	acceptsUnmaskedControl   = "accepts-unmasked-control"
	acceptsUnmaskedEmpty     = "accepts-unmasked-empty"
	acceptsMasked            = "accepts-masked-frames"
	refusesZeroKey           = "refuses-zero-key"
	acceptsLongLengths       = "accepts-non-minimal-lengths"
	acceptsLong16            = "accepts-non-minimal-16-bit-lengths"
	acceptsLong64            = "accepts-non-minimal-64-bit-lengths"
	acceptsLongOfPing        = "accepts-non-minimal-length-of-pings"
	ignoresLengthTopBit      = "ignores-length-top-bit"
	readsLengthIn32Bits      = "reads-length-in-32-bits"
	readsLengthSigned        = "reads-16-bit-length-signed"
	allocatesDeclared        = "allocates-declared-length"
	judgesAfterPayload       = "judges-header-after-payload"
	handlesThenFails         = "delivers-then-fails"
	firstFrameOfRead         = "takes-one-frame-a-read"
	wantsWholeHeader         = "needs-header-in-one-read"
	wantsWholeLength         = "needs-length-in-one-read"
	losesMaskPhase           = "loses-mask-phase-between-reads"
	unmasksTailWrong         = "unmasks-tail-wrong"
	worksOnAfterFailing      = "works-on-after-failing"
	finishesReadAfterFailing = "finishes-read-after-failing"
)

func framingFaults() []Fault {
	return []Fault{
		{Name: ignoresRSV, Title: "Takes frames with any reserved bits set as if they were clear", Roles: InBoth},
		{Name: ignoresRSVOnContinuation, Title: "Ignores reserved bits on continuation frames", Roles: InBoth},
		{Name: ignoresRSVOnControl, Title: "Ignores reserved bits on control frames", Roles: InBoth},
		{Name: ignoresRSVOnData, Title: "Ignores reserved bits on text and binary frames", Roles: InBoth},
		{Name: ignoresRSVOnPing, Title: "Ignores reserved bits on Pings", Roles: InBoth},
		{Name: ignoresRSVOnPong, Title: "Ignores reserved bits on Pongs", Roles: InBoth},
		{Name: checksOnlyRSV1, Title: "Checks RSV1 but not RSV2 and RSV3", Roles: InBoth},
		{Name: acceptsReservedOpcodes, Title: "Takes opcodes 3-7 for binary and 11-15 for Ping", Roles: InBoth},
		{Name: acceptsReservedData, Title: "Takes opcodes 3-7 for binary", Roles: InBoth},
		{Name: ignoresReservedOpcodes, Title: "Skips frames with reserved opcodes", Roles: InBoth},
		{Name: acceptsReservedFragments, Title: "Takes opcodes 3-7 for continuation inside a fragmented message", Roles: InBoth},
		{Name: acceptsUnmasked, Title: "Accepts frames of a client that are not masked", Roles: AsServer},
		{Name: acceptsUnmaskedControl, Title: "Accepts control frames of a client that are not masked", Roles: AsServer},
		{Name: acceptsUnmaskedEmpty, Title: "Accepts empty frames of a client that are not masked", Roles: AsServer},
		{Name: acceptsMasked, Title: "Accepts frames of a server that are masked", Roles: AsClient},
		{Name: refusesZeroKey, Title: "Takes a frame with the masking key 00000000 for not masked", Roles: AsServer},
		{Name: acceptsLongLengths, Title: "Accepts lengths that are not in their shortest form", Roles: InBoth},
		{Name: acceptsLong16, Title: "Accepts 16-bit lengths below 126", Roles: InBoth},
		{Name: acceptsLong64, Title: "Accepts 64-bit lengths below 65536", Roles: InBoth},
		{Name: acceptsLongOfPing, Title: "Accepts Pings whose length is not in its shortest form", Roles: InBoth},
		{Name: ignoresLengthTopBit, Title: "Ignores the most significant bit of a 64-bit length", Roles: InBoth},
		{Name: readsLengthIn32Bits, Title: "Reads the low 32 bits of a 64-bit length", Roles: InBoth},
		{Name: readsLengthSigned, Title: "Reads 16-bit lengths as signed, and fails those from 32768 on", Roles: InBoth},
		{Name: allocatesDeclared, Title: "Allocates what a data frame declares as its length, and dies of more than 1 GiB", Roles: InBoth},
		{Name: judgesAfterPayload, Title: "Finds what is wrong with a header when the payload is complete", Roles: InBoth, Legal: true},
		{Name: handlesThenFails, Title: "Delivers a message with reserved bits or opcode, then fails the connection", Roles: InBoth},
		{Name: firstFrameOfRead, Title: "Handles only the first frame of what one read returns", Roles: InBoth, Chance: true},
		{Name: wantsWholeHeader, Title: "Fails where a frame header comes in more than one read", Roles: InBoth, Chance: true},
		{Name: wantsWholeLength, Title: "Fails where an extended length comes in more than one read", Roles: InBoth, Chance: true},
		{Name: losesMaskPhase, Title: "Begins with the first octet of the masking key at each part of a payload it reads", Roles: AsServer},
		{Name: unmasksTailWrong, Title: "Unmasks the last octets of payloads above 300 octets wrong", Roles: AsServer},
		{Name: worksOnAfterFailing, Title: "Goes on handling frames after it has failed the connection", Roles: InBoth},
		{Name: finishesReadAfterFailing, Title: "Handles what came in the same read after it has failed the connection", Roles: InBoth},
	}
}

// misread returns what an endpoint with faults takes a header for.
func (c *Conn) misread(h ws.Header) ws.Header {
	h.RSV = c.misreadRSV(h)
	h = c.misreadOpcode(h)
	h = c.misreadMask(h)
	h = c.misreadLength(h)
	return c.misreadFragments(h)
}

func (c *Conn) misreadRSV(h ws.Header) uint8 {
	known := h.RSV & c.meaningful(h)
	switch {
	case c.has(ignoresRSV), c.has(handlesThenFails),
		c.has(ignoresRSVOnContinuation) && h.Opcode == ws.Continuation,
		c.has(ignoresRSVOnControl) && h.Opcode.IsControl(),
		c.has(ignoresRSVOnData) && (h.Opcode == ws.Text || h.Opcode == ws.Binary),
		c.has(ignoresRSVOnPing) && h.Opcode == ws.Ping,
		c.has(ignoresRSVOnPong) && h.Opcode == ws.Pong:
		if h.RSV != known && c.has(handlesThenFails) {
			c.failNext = &ProtocolError{ws.ProtocolError, "reserved bits set"}
		}
		return known
	case c.has(acceptsRSV1Declined) && c.declined && !h.Opcode.IsControl():
		return h.RSV &^ rsv1
	case c.has(checksOnlyRSV1):
		return h.RSV & rsv1
	case c.has(acceptsRSV2WithDeflate) && c.compression != nil:
		return h.RSV &^ 2
	case c.has(acceptsRSV1OnContinuation) && c.compression != nil && h.Opcode == ws.Continuation,
		c.has(acceptsRSV1OnControl) && c.compression != nil && h.Opcode.IsControl():
		return h.RSV &^ rsv1
	}
	return h.RSV
}

func (c *Conn) misreadOpcode(h ws.Header) ws.Header {
	if !h.Opcode.IsReserved() {
		return h
	}
	data := !h.Opcode.IsControl()
	switch {
	case c.has(acceptsReservedFragments) && data && c.msg.open:
		h.Opcode = ws.Continuation
	case c.has(acceptsReservedOpcodes) && !data:
		h.Opcode = ws.Ping
	case c.has(acceptsReservedData) && !data:
	case c.has(acceptsReservedOpcodes), c.has(acceptsReservedData), c.has(handlesThenFails):
		if c.has(handlesThenFails) {
			c.failNext = &ProtocolError{ws.ProtocolError, "reserved opcode"}
		}
		h.Opcode, h.Fin = ws.Binary, true
	}
	return h
}

func (c *Conn) misreadMask(h ws.Header) ws.Header {
	switch {
	case h.Masked && h.Key == [4]byte{} && c.has(refusesZeroKey):
		h.Masked = false
	case c.role == ws.Client && c.has(acceptsMasked):
		h.Masked = false
	case c.has(acceptsUnmasked),
		c.has(acceptsUnmaskedControl) && h.Opcode.IsControl(),
		c.has(acceptsUnmaskedEmpty) && h.Length == 0:
		h.Masked = c.role == ws.Server
	}
	return h
}

func (c *Conn) misreadLength(h ws.Header) ws.Header {
	switch {
	case c.has(acceptsLongLengths), c.has(acceptsLong16) && h.Form == ws.Length16, c.has(acceptsLong64) && h.Form == ws.Length64,
		c.has(acceptsLongOfPing) && h.Opcode == ws.Ping:
		h.Form = ws.Shortest
	case c.has(ignoresLengthTopBit) && h.Form == ws.Length64:
		h.Form, h.Length = ws.Shortest, h.Length&math.MaxInt64
	case c.has(readsLengthIn32Bits) && h.Form == ws.Length64:
		h.Form, h.Length = ws.Shortest, h.Length&math.MaxUint32
	case c.has(readsLengthSigned) && h.Form == ws.Length16 && h.Length > math.MaxInt16:
		h.Form, h.Length = ws.Shortest, h.Length|1<<63
	}
	c.rest = h.Length
	const most = 1 << 10 // octets, which the input holds
	if c.acceptsLong(h.Opcode) && h.Length <= most {
		h.Form, h.Length = ws.Shortest, min(h.Length, ws.MaxControlPayload)
	}
	return h
}

// acceptsLong reports whether an endpoint with faults takes control frames of more
// than 125 octets.
func (c *Conn) acceptsLong(opcode ws.Opcode) bool {
	switch opcode {
	case ws.Ping:
		return c.has(acceptsLongControl) || c.has(answersLongPings)
	case ws.Pong:
		return c.has(acceptsLongControl) || c.has(acceptsLongPongs)
	case ws.Close:
		return c.has(acceptsLongControl) || c.has(acceptsLongReason) || c.has(answersLongEmpty)
	}
	return false
}

// allocate makes room for a payload as soon as its length has been declared.
func (c *Conn) allocate(h ws.Header) error {
	const most = 1 << 30 // octets
	switch {
	case h.Opcode.IsControl():
	case h.Length > most:
		return errDied
	case h.Length > inputSize:
		c.reserved = make([]byte, h.Length)
	}
	return nil
}

// skips reports whether an endpoint with faults reads the frame's payload and
// forgets it.
func (c *Conn) skips(h ws.Header) bool {
	switch {
	case h.Opcode.IsReserved() && c.has(ignoresReservedOpcodes),
		h.Opcode == ws.Continuation && !c.msg.open && c.has(ignoresOrphans),
		h.Opcode == ws.Close && c.msg.open && c.has(ignoresCloseInFragments),
		h.Opcode == ws.Ping && c.msg.open && c.has(ignoresPingInFragments),
		h.Opcode == ws.Ping && c.frames == 1 && c.has(ignoresFirstPing),
		c.has(deaf),
		c.finishing && c.has(answersPingsBehindClose) && h.Opcode != ws.Ping,
		c.finishing && c.has(echoesBehindClose) && h.Opcode.IsControl():
		return true
	}
	return false
}

// skip reads the rest of the current frame's payload and forgets it.
func (c *Conn) skip() error {
	for c.rest > 0 {
		if len(c.in.waiting()) == 0 {
			if err := c.more(); err != nil {
				return err
			}
		}
		n := min(c.rest, uint64(len(c.in.waiting())))
		c.in.r += int(n)
		c.rest -= n
	}
	return nil
}

// unmask unmasks a part of a payload as an endpoint with faults does.
func (c *Conn) unmask(p []byte) {
	switch {
	case c.has(losesMaskPhase):
		ws.Mask(c.key, 0, p)
	case c.has(unmasksTailWrong) && c.pos+len(p) > 300 && c.rest == uint64(len(p)):
		tail := (c.pos + len(p)) % 16
		tail = min(tail, len(p))
		ws.Mask(c.key, c.pos, p[:len(p)-tail])
		ws.Mask(c.key, c.pos+len(p)-tail+1, p[len(p)-tail:])
	default:
		ws.Mask(c.key, c.pos, p)
	}
}

// lengthCut reports whether b ends inside the extended length of a frame header.
func lengthCut(b []byte) bool {
	if len(b) < 3 {
		return false
	}
	form := b[1] & 0x7F
	return form == 126 && len(b) < 4 || form == 127 && len(b) < 10
}
