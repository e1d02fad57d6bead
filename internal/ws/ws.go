// SPDX-License-Identifier: Apache-2.0

// Package ws holds the wire format of WebSocket (RFC 6455) as plain values:
// frame headers, opcodes, close codes, masking, UTF-8, and the text of the
// opening handshake. Start at Header and Request.
//
// It parses anything that can be parsed and prints anything that can be
// printed, legal or not, because a test suite has to send and to recognise both.
// It knows nothing of connections and judges nothing: whether a frame was allowed is
// decided elsewhere.
package ws

import "fmt"

// Role says which side of a connection an endpoint plays. It decides who masks
// (RFC 6455, 5.1) and who closes TCP first (RFC 6455, 7.1.1).
type Role uint8

// The two sides of a connection.
const (
	Client Role = iota
	Server
)

// Other returns the opposite side.
func (r Role) Other() Role { return 1 - r }

func (r Role) String() string {
	if r == Server {
		return "server"
	}
	return "client"
}

// Opcode is the four-bit type of a frame (RFC 6455, 5.2).
type Opcode uint8

// Opcodes defined by RFC 6455, 11.8. 3–7 and 11–15 are reserved.
const (
	Continuation Opcode = 0x0
	Text         Opcode = 0x1
	Binary       Opcode = 0x2
	Close        Opcode = 0x8
	Ping         Opcode = 0x9
	Pong         Opcode = 0xA
)

// IsControl reports whether the most significant bit is set, which makes it a
// control frame, defined or reserved (RFC 6455, 5.5).
func (o Opcode) IsControl() bool { return o&0x8 != 0 }

// IsReserved reports whether RFC 6455 leaves the opcode undefined.
func (o Opcode) IsReserved() bool {
	return o > Binary && o < Close || o > Pong
}

func (o Opcode) String() string {
	switch o {
	case Continuation:
		return "continuation"
	case Text:
		return "text"
	case Binary:
		return "binary"
	case Close:
		return "close"
	case Ping:
		return "ping"
	case Pong:
		return "pong"
	}
	return fmt.Sprintf("opcode%d", uint8(o))
}

// ParseOpcode reads what Opcode.String prints.
func ParseOpcode(s string) (Opcode, bool) {
	for o := range Opcode(16) {
		if o.String() == s {
			return o, true
		}
	}
	return 0, false
}

// CloseCode is the status code of a Close frame (RFC 6455, 7.4).
type CloseCode uint16

// Close codes of RFC 6455, 7.4.1 and the IANA registry that the suite names.
const (
	NormalClosure   CloseCode = 1000
	GoingAway       CloseCode = 1001
	ProtocolError   CloseCode = 1002
	UnsupportedData CloseCode = 1003
	NoStatus        CloseCode = 1005 // stands for a Close without a code, and is never sent
	InvalidPayload  CloseCode = 1007
	PolicyViolation CloseCode = 1008
	MessageTooBig   CloseCode = 1009
	ServiceRestart  CloseCode = 1012
	BadGateway      CloseCode = 1014
)

// OnWire reports whether an endpoint may put the code into a Close frame: the
// registered codes that are not reserved (RFC 6455, 7.4.1 and the IANA
// registry), and the ranges for libraries and applications (7.4.2).
func (c CloseCode) OnWire() bool {
	switch {
	case c >= NormalClosure && c <= UnsupportedData:
		return true
	case c >= InvalidPayload && c <= BadGateway:
		return true
	}
	return c >= 3000 && c <= 4999
}
