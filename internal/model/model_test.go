// SPDX-License-Identifier: Apache-2.0

package model_test

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/model"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// octets are those of a frame in the notation of the log, masked as a client must unless
// it says otherwise.
func octets(t testing.TB, from ws.Role, line string) []byte {
	t.Helper()
	line, unmasked := strings.CutPrefix(line, "unmasked ")
	f, err := wirelog.ParseFrame(line)
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	h := f.Header
	if from == ws.Client && !h.Masked && !unmasked {
		h.Masked, h.Key = true, [4]byte{1, 2, 3, 4}
	}
	b := h.Append(nil)
	n := len(b)
	b = append(b, f.Payload.Head...)
	if h.Masked {
		ws.Mask(h.Key, 0, b[n:])
	}
	return b
}

// play feeds a model with a conversation, a line a step: "> frame" we send, "< frame" comes,
// and "end", "reset", "quiet", "we end". It returns what was found.
func play(t testing.TB, e model.Endpoint, conversation string) []model.Violation {
	t.Helper()
	m := model.New(e)
	step(t, m, e.Role, conversation)
	return m.Findings()
}

func step(t testing.TB, m *model.Model, role ws.Role, conversation string) {
	t.Helper()
	for line := range strings.Lines(conversation) {
		switch line = strings.TrimSpace(line); {
		case line == "":
		case strings.HasPrefix(line, "> "):
			m.Sent(octets(t, role.Other(), line[2:]))
		case strings.HasPrefix(line, "< "):
			m.Received(octets(t, role, line[2:]))
		case line == "end":
			m.Ended(model.FIN)
		case line == "reset":
			m.Ended(model.RST)
		case line == "quiet":
			m.Quiet()
		case line == "we end":
			m.SentEnd(model.FIN)
		default:
			t.Fatalf("%q is no step", line)
		}
	}
}

// found is the findings as "MUST 6455-5.5.2-2, SHOULD …".
func found(vs []model.Violation) string {
	var words []string
	for _, v := range vs {
		words = append(words, fmt.Sprintf("%v %s", v.Level, v.Requirement))
	}
	return strings.Join(words, ", ")
}

func closing(code ws.CloseCode) string {
	return fmt.Sprintf("close 0x%x", binary.BigEndian.AppendUint16(nil, uint16(code)))
}

// What a conversation with a server comes to.
func TestConversations(t *testing.T) {
	c1000, c1002, c1007 := closing(1000), closing(1002), closing(1007)
	tests := []struct{ name, conversation, want string }{
		{"echo and close", "> text \"Hello\"\n< text \"Hello\"\n> " + c1000 + "\n< " + c1000 + "\nend", ""},
		{"an echo in fragments", "> text \"Hello\"\n< text more \"He\"\n< continuation \"llo\"", ""},
		{"an echo before the message is whole", "> text more \"He\"\n< text more \"He\"\n> continuation \"llo\"\n< continuation \"llo\"", ""},
		{"no echo", "> text \"Hello\"\nquiet", "MUST 6455-5.6-4"},
		{"another echo", "> text \"Hello\"\n< text \"Hallo\"", "MUST 6455-5.6-4"},
		{"half an echo", "> text \"Hello\"\n< text \"Hell\"", "MUST 6455-5.6-4"},
		{"an echo too long", "> text \"Hello\"\n< text \"Hello!\"", "MUST 6455-5.6-4"},
		{"an echo of another type", "> text \"Hello\"\n< binary \"Hello\"", "MUST 6455-6.1-2"},
		{"an echo that is finished too early", "> text more \"He\"\n< text \"He\"", "MUST 6455-5.4-16"},
		{"a greeting", "< text \"Welcome\"", "echo 6455-5.1-6"},
		{"a masked echo", "> text \"x\"\n< text mask=00000000 \"x\"", "MUST 6455-5.1-4"},
		{"an echo with a reserved bit", "> text \"x\"\n< text rsv=4 \"x\"", "MUST 6455-5.2-1"},
		{"an echo with a long length", "> text \"x\"\n< text form=16 \"x\"", "MUST 6455-5.2-11"},

		{"an invalid frame behind our Close, and the Close answered", "> " + c1000 + "\n> text rsv=2 \"x\"\n< " + c1000 + "\nend", ""},
		{"an invalid frame behind our Close, and fault found with it", "> " + c1000 + "\n> text rsv=2 \"x\"\n< " + c1002 + "\nend", "SHOULD 6455-5.5.1-6"},

		{"each Ping answered", "> ping \"1\"\n> ping \"2\"\n< pong \"1\"\n< pong \"2\"\nquiet", ""},
		{"the last Ping answered", "> ping \"1\"\n> ping \"2\"\n< pong \"2\"\nquiet", ""},
		{"the first Ping answered", "> ping \"1\"\n> ping \"2\"\n< pong \"1\"\nquiet", "MUST 6455-5.5.2-2"},
		{"Pings the other way round", "> ping \"1\"\n> ping \"2\"\n< pong \"2\"\n< pong \"1\"\nquiet", "SHOULD 6455-5.5.2-3"},
		{"two Pings alike, and one Pong", "> ping \"1\"\n> ping \"1\"\n< pong \"1\"\nquiet", ""},
		{"a Ping like one before", "> ping \"1\"\n< pong \"1\"\n> ping \"1\"\nquiet", "MUST 6455-5.5.2-2"},
		{"a Pong cut short", "> ping \"12\"\n< pong \"1\"\nquiet", "MUST 6455-5.5.3-1"},
		{"a Pong unasked", "< pong \"?\"\nquiet", ""},
		{"a Pong for a Pong", "> pong \"?\"\n< pong \"?\"", "SHOULD 6455-5.5.3-3"},
		{"a Ping between fragments", "> text more \"a\"\n> ping \"1\"\n> continuation \"b\"\n< pong \"1\"\n< text \"ab\"", ""},
		{"its Pong behind the message", "> text more \"a\"\n> ping \"1\"\n> continuation \"b\"\n< text \"ab\"\n< pong \"1\"", "SHOULD 6455-5.5.2-3"},

		{"a reserved bit, failed", "> text rsv=2 \"x\"\n< " + c1002 + "\nend", ""},
		{"a reserved bit, failed behind the echo of what went before", "> text \"a\"\n> text rsv=2 \"x\"\n< text \"a\"\n< " + c1002 + "\nend", ""},
		{"a reserved bit, echoed", "> text \"a\"\n> text rsv=2 \"x\"\n< text \"x\"", "MUST 6455-5.2-2"},
		{"a reserved bit, and a Ping behind it answered", "> text rsv=2 \"x\"\n> ping \"probe\"\n< pong \"probe\"", "MUST 6455-5.2-2"},
		{"a reserved bit, failed by the end of TCP", "> text rsv=2 \"x\"\nend", "SHOULD 6455-7.1.7-2"},
		{"a reserved bit, failed without a code", "> text rsv=2 \"x\"\n< close \"\"\nend", "SHOULD 6455-7.1.7-2"},
		{"a reserved bit, failed with 1000", "> text rsv=2 \"x\"\n< " + c1000 + "\nend", "SHOULD 6455-7.4.1-12"},
		{"a reserved bit, ignored", "> text rsv=2 \"x\"\nquiet", "MUST 6455-5.2-2"},
		{"a reserved bit, failed and TCP left open", "> text rsv=2 \"x\"\n< " + c1002 + "\nquiet", "MUST 6455-7.1.7-1"},
		{"half a frame with a reserved opcode", "> opcode3 declared=9 \"x\"\nquiet", "SHOULD 6455-5.2-6"},
		{"not masked", "> unmasked text \"x\"\n< text \"x\"", "MUST 6455-5.1-3"},
		{"a long length, failed", "> text form=16 \"x\"\n< " + c1002 + "\nend", ""},
		{"a long length, taken", "> text form=16 \"x\"\n< text \"x\"", "SHOULD 6455-5.2-12"},
		{"a long Ping", "> ping \"" + strings.Repeat("x", 126) + "\"\n< pong \"x\"\nquiet", "MUST 6455-5.5-1"},
		{"nothing wrong, and failed", "> text more \"\"\n< " + c1002, "MUST 6455-5.4-11"},
		{"nothing wrong, and dropped", "> text \"x\"\nend", "MUST 6455-7.3-1"},
		{"nothing wrong, and closed", "> text \"x\"\n< " + c1000, "echo 6455-7.1.7-4"},

		{"text that is not UTF-8, failed at once", "> text more 0xff\n< " + c1007 + "\nend", ""},
		{"text that is not UTF-8, failed at its end", "> text more 0xff\n> continuation \"\"\n< " + c1007 + "\nend", ""},
		{"text that is not UTF-8, and a Ping answered before its end", "> text more 0xff\n> ping \"p\"\n< pong \"p\"\n< " + c1007 + "\nend", "SHOULD 6455-8.1-5"},
		{"text that is not UTF-8, echoed", "> text 0xff\n< text 0xff", "MUST 6455-8.1-1"},
		{"text that is not UTF-8, a Close behind it, and the end of TCP", "> text more 0xff\n> " + c1000 + "\nend", "SHOULD 6455-7.1.7-2"},
		{"text that is UTF-8 so far, a Close behind it, and the end of TCP", "> text more 0xc3\n> " + c1000 + "\nend", "MUST 6455-5.5.1-5"},
		{"text cut short, echoed", "> text more 0xc3\n> continuation \"\"\n< text 0xc3", "MUST 6455-8.1-3"},
		{"a character in two fragments", "> text more 0xc3\n> continuation 0xa9\n< text \"é\"", ""},

		{"a Close answered with another code", "> " + closing(4000) + "\n< " + c1000 + "\nend", ""},
		{"a Close found fault with", "> " + closing(4000) + "\n< " + c1002 + "\nend", "MUST 6455-7.4.2-4"},
		{"a Close not answered", "> " + c1000 + "\nquiet", "MUST 6455-5.5.1-5"},
		{"a Close answered by a reset", "> " + c1000 + "\nreset", "MUST 6455-5.5.1-5"},
		{"a Close, octets behind it, and a reset", "> " + c1000 + "\n> text \"a\"\nreset", ""},
		{"a Close answered by the end of TCP", "> " + c1000 + "\nend", "MUST 6455-5.5.1-5"},
		{"a Close, and TCP left open", "> " + c1000 + "\n< " + c1000 + "\nquiet", "MUST 6455-5.5.1-11"},
		{"a Close, and TCP reset", "> " + c1000 + "\n< " + c1000 + "\nreset", "SHOULD 6455-7.1.1-1"},
		{"a Close, and the echo of what went before", "> text \"a\"\n> " + c1000 + "\n< text \"a\"\n< " + c1000 + "\nend", ""},
		{"a Close, and no echo of what went before", "> text \"a\"\n> " + c1000 + "\n< " + c1000 + "\nend", ""},
		{"a Close, and the echo of what came behind it", "> " + c1000 + "\n> text \"a\"\n< text \"a\"", "MUST 6455-5.5.1-5"},
		{"data behind its own Close", "> text \"a\"\n> " + c1000 + "\n< " + c1000 + "\n< text \"a\"", "MUST 6455-5.5.1-4"},
		{"a second Close", "> " + c1000 + "\n< " + c1000 + "\n< " + c1000, "MUST 6455-5.5.1-9"},
		{"a Pong behind its own Close", "> ping \"a\"\n> " + c1000 + "\n< " + c1000 + "\n< pong \"a\"\nend", "SHOULD 6455-5.5.2-5"},
		{"a Close with 1005", "> " + closing(1005) + "\n< " + c1002 + "\nend", ""},
		{"a Close with 1005, answered", "> " + closing(1005) + "\n< " + c1000 + "\nend", "MUST 6455-7.4.1-1"},
		{"a Close with 1005, ignored", "> " + closing(1005) + "\nquiet", "MUST 6455-7.4.1-1"},
		{"a Close with 1005 of its own", "> " + c1000 + "\n< " + closing(1005), "MUST 6455-7.4.1-1"},
		{"a Close with half a code", "> close 0x03\n< " + c1002 + "\nend", ""},
		{"a Close with 5000, either way", "> " + closing(5000) + "\n< " + c1002 + "\nend", ""},
		{"a Close with 5000, answered", "> " + closing(5000) + "\n< " + c1000 + "\nend", "SHOULD 6455-7.4.2-5"},
		{"a Close between fragments", "> text more \"a\"\n> " + c1000 + "\n< " + c1000 + "\nend", ""},
		{"our half of TCP ended", "> text \"a\"\nwe end\n< text \"a\"\nend", ""},
		{"our half of TCP ended inside a message, which is delivered", "> text more \"a\"\nwe end\n< text \"a\"\nend", "MUST 6455-5.4-16"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			vs := play(t, model.Endpoint{Role: ws.Server, Opened: true}, test.conversation)
			if got := found(vs); got != test.want {
				t.Errorf("found %q, want %q: %v", got, test.want, vs)
			}
		})
	}
}

// What differs with clients.
func TestClients(t *testing.T) {
	c1000 := closing(1000)
	tests := []struct{ name, conversation, want string }{
		{"not masked", "> text \"x\"\n< unmasked text \"x\"", "MUST 6455-5.1-1"},
		{"a masked frame of ours", "> text mask=00000000 \"x\"\n< text \"x\"", "MUST 6455-5.1-5"},
		{"TCP left to us", "> " + c1000 + "\n< " + c1000 + "\nquiet", ""},
		{"failed, and TCP left to us", "> text rsv=1 \"x\"\n< " + closing(1002) + "\nquiet", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := found(play(t, model.Endpoint{Role: ws.Client, Opened: true}, test.conversation)); got != test.want {
				t.Errorf("found %q, want %q", got, test.want)
			}
		})
	}
}

// A fault is known as soon as the octets of the header that show it have been sent.
func TestBegunHeaders(t *testing.T) {
	tests := []struct {
		name, octets string
		code         ws.CloseCode
		want         string
	}{
		{"a reserved bit", "\xc1", 1002, ""},
		{"a continuation of nothing", "\x80", 1002, ""},
		{"no mask", "\x81\x7e", 1002, ""},
		{"a long Ping", "\x89\xfe", 1002, ""},
		{"a length that is too long", "\x81\xfe\x00\x05", 1002, ""},
		{"a length with its top bit", "\x82\xff\x80", 1002, ""},
		{"a message beyond all limits", "\x82\xff\x00\x00\x00\x00\x7f\xff\xff\xff", 1009, ""},
		{"a good beginning", "\x81\xfe\x00", 1002, "MUST 6455-4.1-36"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := model.New(model.Endpoint{Role: ws.Server, Opened: true})
			m.Sent([]byte(test.octets))
			m.Received(octets(t, ws.Server, closing(test.code)))
			if got := found(m.Findings()); got != test.want {
				t.Errorf("found %q, want %q", got, test.want)
			}
		})
	}
}

// Limits are those of the endpoint, or such as any has.
func TestLimits(t *testing.T) {
	big := fmt.Sprintf("binary %q", strings.Repeat("x", 5000))
	tests := []struct {
		name         string
		endpoint     model.Endpoint
		conversation string
		want         string
	}{
		{"longer than must be taken", model.Endpoint{}, "> " + big + "\n< " + closing(1009) + "\nend", ""},
		{"longer than must be taken, a Close behind it, and the end of TCP", model.Endpoint{}, "> " + big + "\n> " + closing(1000) + "\nend", "SHOULD 6455-7.1.7-2"},
		{"a frame that is only declared", model.Endpoint{}, "> binary declared=5000 \"\"\n< " + closing(1009) + "\nend", ""},
		{"short", model.Endpoint{}, "> text \"x\"\n< " + closing(1009) + "\nend", "echo 6455-7.1.7-4"},
		{"within its limit", model.Endpoint{Limit: 5000}, "> " + big + "\n< " + closing(1009) + "\nend", "echo 6455-7.1.7-4"},
		{"beyond its limit, with another code", model.Endpoint{Limit: 4999}, "> " + big + "\n< " + closing(1002) + "\nend", "SHOULD 6455-7.4.1-10"},
		{"binary for who takes text", model.Endpoint{TextOnly: true}, "> binary \"x\"\n< " + closing(1003) + "\nend", ""},
		{"binary", model.Endpoint{}, "> binary \"x\"\n< " + closing(1003) + "\nend", "echo 6455-7.1.7-4"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := test.endpoint
			e.Role, e.Opened = ws.Server, true
			if got := found(play(t, e, test.conversation)); got != test.want {
				t.Errorf("found %q, want %q", got, test.want)
			}
		})
	}
}

// What is wrong with a compressed message of ours is the reason for an end, whatever we have said since.
func TestCompressedReasons(t *testing.T) {
	hex := func(m *deflate.Handmade) string { return fmt.Sprintf("%#x", m.Bytes()) }
	p := "> text rsv=4 " + hex(deflate.Blocks().Fixed().Literals("p").End()) + "\n"
	echoed := p + "< text \"p\"\n"
	earlier := hex(deflate.Blocks().Fixed().After("p").Copy(9, 1).End())
	const reason = "SHOULD 6455-7.1.7-2"
	none := deflate.Answer{ClientNoContextTakeover: true}
	for _, test := range []struct {
		name, conversation string
		agreed             deflate.Answer
		want               string
	}{
		{"a reference to the message before", echoed + "> text more rsv=4 " + earlier + "\nend", none, reason},
		{"the same where it is allowed", echoed + "> text more rsv=4 " + earlier + "\nend", deflate.Answer{}, "MUST 6455-7.3-1"},
		{"a message behind one without an octet, refused", "> text more rsv=4 \"\"\n> continuation \"\"\n> ping \"\"\n< pong \"\"\n" + p + "< " + closing(1002) + "\nend", none, ""},
		{"no octet, and a Close with 1013", "> text rsv=4 \"\"\n> " + closing(1013) + "\nend", none, reason},
		{"no octet, a Close, and the end of our half", "> text rsv=4 \"\"\n> " + closing(1000) + "\nwe end\nend", none, reason},
	} {
		t.Run(test.name, func(t *testing.T) {
			vs := play(t, model.Endpoint{Role: ws.Server, Opened: true, Agreed: &test.agreed}, test.conversation)
			if got := found(vs); got != test.want {
				t.Errorf("found %q, want %q: %v", got, test.want, vs)
			}
		})
	}
}

// Nothing is found while nothing has happened, and nothing is owed.
func TestZero(t *testing.T) {
	m := model.New(model.Endpoint{Role: ws.Server, Opened: true, Agreed: &deflate.Answer{}})
	if m.Owes() || m.Quiet() != nil || len(m.Findings()) > 0 {
		t.Errorf("%v", m.Findings())
	}
	if got := m.State().String(); got != "open, deflate" {
		t.Errorf("the state is %q", got)
	}
}
