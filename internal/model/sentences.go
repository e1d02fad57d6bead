// SPDX-License-Identifier: Apache-2.0

package model

import "github.com/wsspec/wsspec/internal/ws"

// rsv1 marks a compressed message, on its first frame (RFC 7692, 6).
const rsv1 = 4

// longForm is the sentence that receivers should hold senders to the shortest form of a length.
const longForm = "6455-5.2-12"

// notInflated is the sentence that data that cannot be inflated fails the connection, and
// finalBlock the one that a DEFLATE block may have BFINAL set.
const (
	notInflated = "7692-7.2-1"
	finalBlock  = "7692-7.2.1-4"
)

// faultOf returns what the header of a frame that we send is wrong with, if anything, and
// the sentence by which that fails the connection.
func (m *Model) faultOf(h ws.Header) fault {
	protocol := func(requirement, what string) fault {
		return fault{set: true, requirement: requirement, what: what, codes: codes{ws.ProtocolError}, closing: h.Opcode == ws.Close}
	}
	masking := func(requirement, what string) fault {
		f := protocol(requirement, what)
		f.closing = false // whatever the answer to such a Close is, it closes the connection
		return f
	}
	a := &m.ours.assembly
	switch {
	case m.undefinedRSV(h) != 0:
		return protocol(m.rsvSentence(h), "a frame with a reserved bit that means nothing")
	case m.endpoint.Role == ws.Server && !h.Masked:
		return masking("6455-5.1-3", "a frame that is not masked")
	case m.endpoint.Role == ws.Client && h.Masked:
		return masking("6455-5.1-5", "a frame that is masked")
	case h.Opcode.IsReserved() && a.inside:
		return protocol("6455-5.2-8", "a frame with a reserved opcode")
	case h.Opcode.IsReserved() && !h.Opcode.IsControl():
		return protocol("6455-5.2-6", "a frame with a reserved opcode")
	case h.Opcode.IsReserved():
		return protocol("6455-5.2-7", "a frame with a reserved opcode")
	case h.Length>>63 != 0:
		f := protocol("6455-5.2-9", "a length with its most significant bit set")
		f.codes[1], f.whole = ws.MessageTooBig, true // all of it never comes
		return f
	case h.Opcode == ws.Close && !h.Fin:
		return protocol("6455-5.4-6", "a Close in fragments")
	case h.Opcode.IsControl() && !h.Fin:
		return protocol("6455-5.4-5", "a control frame in fragments")
	case h.Opcode.IsControl() && h.Length > ws.MaxControlPayload:
		return protocol(map[ws.Opcode]string{ws.Ping: "6455-5.5-1", ws.Pong: "6455-5.5-2", ws.Close: "6455-5.5-3"}[h.Opcode], "a control frame of more than 125 octets")
	case h.Opcode == ws.Continuation && !a.inside:
		return protocol("6455-5.4-3", "a continuation of no message")
	case (h.Opcode == ws.Text || h.Opcode == ws.Binary) && a.inside && h.Opcode == a.op:
		return protocol("6455-5.4-8", "a message inside another one of its type")
	case (h.Opcode == ws.Text || h.Opcode == ws.Binary) && a.inside:
		return protocol("6455-5.4-9", "a message inside another one")
	}
	return fault{}
}

// undefinedRSV returns the reserved bits of a frame that nothing gives a meaning.
func (m *Model) undefinedRSV(h ws.Header) uint8 {
	if m.endpoint.Agreed != nil && (h.Opcode == ws.Text || h.Opcode == ws.Binary) {
		return h.RSV &^ rsv1
	}
	return h.RSV
}

// rsvSentence is the one by which a frame with such a bit fails the connection.
func (m *Model) rsvSentence(h ws.Header) string {
	deflating := m.endpoint.Agreed != nil
	switch {
	case deflating && h.RSV&rsv1 != 0 && h.Opcode.IsControl():
		return "7692-6-2"
	case deflating && h.RSV&rsv1 != 0 && h.Opcode == ws.Continuation:
		return "7692-6-3"
	case deflating:
		return "7692-6-5"
	case h.Opcode == ws.Continuation:
		return "6455-5.2-3"
	case h.Opcode == ws.Close:
		return "6455-5.2-5"
	case h.Opcode.IsControl():
		return "6455-5.2-4"
	}
	return "6455-5.2-2"
}

// breachOf returns the sentence that the header of a frame from the endpoint breaks, and
// how, or nothing.
func (m *Model) breachOf(h ws.Header) (requirement, what string) {
	t := &m.theirs
	data := h.Opcode == ws.Text || h.Opcode == ws.Binary
	switch {
	case m.undefinedRSV(h) != 0:
		return m.sentRSV(h), "it set a reserved bit that means nothing"
	case m.endpoint.Role == ws.Client && !h.Masked && h.Opcode == ws.Close:
		return "6455-5.5.1-3", "it did not mask its Close"
	case m.endpoint.Role == ws.Client && !h.Masked:
		return "6455-5.1-1", "it did not mask a frame"
	case m.endpoint.Role == ws.Server && h.Masked:
		return "6455-5.1-4", "it masked a frame"
	case h.Opcode.IsReserved() && h.Opcode.IsControl():
		return "6455-5.2-7", "it sent a frame with a reserved opcode"
	case h.Opcode.IsReserved():
		return "6455-5.2-6", "it sent a frame with a reserved opcode"
	case h.Length>>63 != 0:
		return "6455-5.2-9", "it sent a length with its most significant bit set"
	case !h.Minimal():
		return "6455-5.2-11", "it sent a length that is not in its shortest form"
	case h.Opcode.IsControl() && (!h.Fin || h.Length > ws.MaxControlPayload):
		return "6455-5.5-5", "it sent a control frame that is too long or in fragments"
	case h.Opcode == ws.Close && t.closed:
		return "6455-5.5.1-9", "it sent a second Close"
	case !h.Opcode.IsControl() && t.closed:
		return "6455-5.5.1-4", "it sent data behind its own Close"
	case h.Opcode == ws.Continuation && !t.inMessage:
		return "6455-5.4-2", "it sent a continuation of no message"
	case data && t.inMessage && h.Opcode == t.op:
		return "6455-5.4-8", "it began a message inside another one of its type"
	case data && t.inMessage:
		return "6455-5.4-9", "it began a message inside another one"
	}
	return "", ""
}

// sentRSV is the sentence that an endpoint breaks which sets such a bit.
func (m *Model) sentRSV(h ws.Header) string {
	if m.endpoint.Agreed == nil || h.RSV&rsv1 == 0 {
		return "6455-5.2-1"
	}
	if h.Opcode.IsControl() {
		return "7692-6-2"
	}
	return "7692-6-1"
}

// codeSentence is the one that a code breaks which must not be in a Close, empty where it
// may be.
func codeSentence(c ws.CloseCode) string {
	switch {
	case c < 1000:
		return "6455-7.4.2-1"
	case c == 1004:
		return "6455-7.4.1-4"
	case c == 1005:
		return "6455-7.4.1-1"
	case c == 1006:
		return "6455-7.4.1-2"
	case c == 1015:
		return "6455-7.4.1-3"
	case c > 1015 && c < 3000:
		return "6455-7.4.2-2"
	case c > 4999:
		return "6455-7.4.2-5"
	}
	return ""
}

// acceptedCode is the sentence by which a code in our Close has to be accepted.
func acceptedCode(c ws.CloseCode) string {
	switch {
	case c == 1012:
		return "IANA-1012"
	case c == 1013:
		return "IANA-1013"
	case c == 1014:
		return "IANA-1014"
	case c >= 4000:
		return "6455-7.4.2-4"
	case c >= 3000:
		return "6455-7.4.2-3"
	case c == ws.NoStatus:
		return "6455-5.5.1-5"
	}
	return "6455-7.4.1-5"
}

// fittingCode is the sentence that says which code an error calls for.
func fittingCode(c codes) string {
	switch c[0] {
	case ws.InvalidPayload:
		return "6455-7.4.1-9"
	case ws.MessageTooBig:
		return "6455-7.4.1-10"
	case ws.UnsupportedData:
		return "6455-7.4.1-11"
	}
	return "6455-7.4.1-12"
}
