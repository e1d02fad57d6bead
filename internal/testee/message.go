// SPDX-License-Identifier: Apache-2.0

package testee

import (
	"slices"

	"github.com/wsspec/wsspec/internal/ws"
)

// keepBuffer is the size of a message buffer, in octets, that is not given up
// however short the next messages are.
const keepBuffer = 64 << 10

// message is the message that is being received. Its payload has room for a
// header before it, so that it can be sent as it is.
type message struct {
	open   bool // the first frame has come and the last has not
	opcode ws.Opcode
	packed bool   // it came compressed, and so will its echo go
	frames int    // how many have begun
	pinged bool   // a Ping has come between them
	last   int    // where in the payload the last of them begins
	buf    []byte // ws.MaxHeaderLen octets, then the payload
	text   ws.UTF8
}

func (m *message) payload() []byte { return m.buf[ws.MaxHeaderLen:] }

// begin prepares for the next message.
func (m *message) begin(h ws.Header) {
	if cap(m.buf) > keepBuffer && len(m.buf) < cap(m.buf)/8 {
		m.buf = nil // a large message was the exception
	}
	if m.buf == nil {
		m.buf = make([]byte, ws.MaxHeaderLen, 512)
	}
	m.buf = m.buf[:ws.MaxHeaderLen]
	m.open = true
	m.opcode = h.Opcode
	m.packed = h.RSV&rsv1 != 0
	m.frames, m.last, m.pinged = 0, 0, false
}

// room returns space for at least one of the want octets to come. It grows with
// what has really arrived: the declared length is a bare claim.
func (m *message) room(want uint64) []byte {
	if cap(m.buf) == len(m.buf) {
		m.buf = slices.Grow(m.buf, int(min(want, uint64(max(len(m.buf), inputSize)))))
	}
	space := m.buf[len(m.buf):cap(m.buf)]
	if uint64(len(space)) > want {
		space = space[:want]
	}
	return space
}

// grow takes n octets of the room as part of the payload and returns them.
func (m *message) grow(n int) []byte {
	from := len(m.buf)
	m.buf = m.buf[:from+n]
	return m.buf[from:]
}
