// SPDX-License-Identifier: Apache-2.0

package model_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/model"
	"github.com/wsspec/wsspec/internal/ws"
)

// compressed is a text frame, or a binary one, with the data.
func compressed(op ws.Opcode, data []byte) string { return fmt.Sprintf("%v rsv=4 0x%x", op, data) }

// What a server may make of compressed messages, and how it has to compress its own.
func TestDeflate(t *testing.T) {
	blocks := deflate.Blocks
	hello := compressed(ws.Text, blocks().Fixed().Literals("Hello").End().Message())
	again := compressed(ws.Text, blocks().After("Hello").Fixed().Copy(5, 5).End().Message())
	final := compressed(ws.Text, blocks().Final().Fixed().Literals("He").End().Fixed().Literals("llo").End().Message())
	text := func(made *deflate.Handmade) string { return compressed(ws.Text, made.Message()) }
	far := strings.Repeat("0123456789abcdef", 40)
	beyond := func(back int) *deflate.Handmade { return blocks().Stored(far).Fixed().Copy(3, back).End() }
	c1002, c1007 := closing(1002), closing(1007)
	tests := []struct {
		name         string
		agreed       deflate.Answer
		conversation string
		want         string
	}{
		{"compressed and plain", deflate.Answer{}, "> " + hello + "\n< " + hello + "\n> text \"x\"\n< text \"x\"\n> " + again + "\n< text \"Hello\"", ""},
		{"in fragments", deflate.Answer{}, "> text more rsv=4 0xf248cd\n> continuation 0xc9c90700\n< text more rsv=4 0xf248cd\n< continuation 0xc9c90700", ""},
		{"a streamed echo", deflate.Answer{}, "> text more rsv=4 0xf248cd\n< text more \"He\"\n> continuation 0xc9c90700\n< continuation \"llo\"", ""},
		{"a streamed echo of something else", deflate.Answer{}, "> text more rsv=4 0xf248cd\n< text more \"Ha\"\n> continuation 0xc9c90700", "MUST 6455-5.6-4"},
		{"RSV1 on its fragments", deflate.Answer{}, "> " + hello + "\n< text more rsv=4 0xf248cd\n< continuation rsv=4 0xc9c90700", "MUST 7692-6-1"},
		{"RSV1 on its Pong", deflate.Answer{}, "> ping \"x\"\n< pong rsv=4 \"x\"", "MUST 7692-6-2"},
		{"its tail not taken off", deflate.Answer{}, "> " + hello + "\n< " + compressed(ws.Text, blocks().Fixed().Literals("Hello").End().Stored("").Bytes()), "MUST 7692-7.2.1-1"},
		{"its context, which it gave up", deflate.Answer{ServerNoContextTakeover: true}, "> " + hello + "\n< " + hello + "\n> " + hello + "\n< " + again, "MUST 7692-7.2.1-8"},
		{"its window, too far", deflate.Answer{ServerMaxWindowBits: 8}, "> " + text(beyond(300)) + "\n< " + text(beyond(300)), "MUST 7692-7.2.1-10"},
		{"our window, too far, taken", deflate.Answer{ClientMaxWindowBits: 8}, "> " + text(beyond(300)) + "\n< text \"" + beyond(300).Output() + "\"", ""},
		{"our window, too far, refused", deflate.Answer{ClientMaxWindowBits: 8}, "> " + text(beyond(300)) + "\n< " + c1007 + "\nend", ""},
		{"our context, which we gave up, refused", deflate.Answer{ClientNoContextTakeover: true}, "> " + hello + "\n> " + again + "\n< text \"Hello\"\n< " + c1007 + "\nend", ""},
		{"a final block, and another", deflate.Answer{}, "> " + final + "\n< text \"Hello\"", ""},
		{"a final block, and the other lost", deflate.Answer{}, "> " + final + "\n< text \"He\"", "MUST 7692-7.2.1-4"},
		{"a final block, refused", deflate.Answer{}, "> " + final + "\n< " + c1002, "MUST 7692-7.2.1-4"},
		{"no DEFLATE, refused", deflate.Answer{}, "> text rsv=4 0x07\n< " + c1002 + "\nend", ""},
		{"no DEFLATE, refused before its end", deflate.Answer{}, "> text more rsv=4 0x07\n< " + c1007 + "\nend", ""},
		{"no DEFLATE, a Close behind its beginning, and the end of TCP", deflate.Answer{}, "> text more rsv=4 0x07\n> " + closing(1000) + "\nend", "SHOULD 6455-7.1.7-2"},
		{"no DEFLATE, delivered", deflate.Answer{}, "> text rsv=4 0x07\n< text \"\"", "MUST 7692-7.2-1"},
		{"no octet, delivered or refused", deflate.Answer{}, "> text rsv=4 \"\"\n< text \"\"", ""},
		{"no UTF-8", deflate.Answer{}, "> " + text(blocks().Fixed().Literals("\xff").End()) + "\n< " + c1007 + "\nend", ""},
		{"no UTF-8, delivered", deflate.Answer{}, "> " + text(blocks().Fixed().Literals("\xff").End()) + "\n< text 0xff", "MUST 7692-7.2-2"},
		{"no UTF-8, refused before its end", deflate.Answer{}, "> text more " + strings.TrimPrefix(text(blocks().Fixed().Literals("a\xff").End().Stored("")), "text ") + "\n< " + c1007 + "\nend", ""},
		{"RSV2", deflate.Answer{}, "> text rsv=2 \"x\"\n< text \"x\"", "MUST 7692-6-5"},
		{"RSV1 inside a message", deflate.Answer{}, "> text more \"x\"\n> continuation rsv=4 \"y\"\n< text \"xy\"", "MUST 7692-6-3"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := model.Endpoint{Role: ws.Server, Opened: true, Agreed: &test.agreed}
			vs := play(t, e, test.conversation)
			if got := found(vs); got != test.want {
				t.Errorf("found %q, want %q: %v", got, test.want, vs)
			}
		})
	}
}

// A message that inflates to more than we keep is not known, and any echo of it is taken.
func TestUnknownMessage(t *testing.T) {
	zeros := deflate.NewCompressor(deflate.Params{}).Compress(nil, make([]byte, 65<<20))
	m := model.New(model.Endpoint{Role: ws.Server, Opened: true, Agreed: &deflate.Answer{}})
	h := ws.Header{Fin: true, RSV: 4, Opcode: ws.Binary, Masked: true, Length: uint64(len(zeros))}
	m.Sent(append(h.Append(nil), zeros...))
	step(t, m, ws.Server, "< binary more \"\\x00\\x00\"\n< continuation \"\"\n< "+closing(1009))
	if got := found(m.Findings()); got != "echo 6455-7.1.7-4" {
		t.Errorf("found %q", got)
	}
}

// What is unusual is noted, in a message under way too, and not what is as usual.
func TestUnusual(t *testing.T) {
	hex := func(h *deflate.Handmade) string { return fmt.Sprintf("%#x", h.Bytes()) }
	final, fixed := hex(deflate.Blocks().Final().Fixed().Literals("a").End().Tail()), hex(deflate.Blocks().Fixed().Literals("a").End())
	for conversation, want := range map[string]string{
		"> text rsv=4 " + fixed:                                 "[]",
		"> text rsv=4 " + final:                                 "[7692-7.2.1-4]",
		"> text more rsv=4 " + final + "\n> unmasked ping \"\"": "[6455-5.1-3 7692-7.2.1-4]",
		"> text more rsv=4 0x07":                                "[7692-7.2-1]",
		"> text more rsv=4 " + fixed + "\n> ping \"\"":          "[]",
		"> text 0xff":                                           "[6455-8.1-1]",
		"> ping form=16 \"\"":                                   "[6455-5.2-12]",
		"> close 0x03ed":                                        "[6455-7.4.1-1]",
	} {
		m := model.New(model.Endpoint{Role: ws.Server, Opened: true, Agreed: &deflate.Answer{}})
		step(t, m, ws.Server, conversation)
		if got := fmt.Sprint(m.Unusual()); got != want {
			t.Errorf("%s: %s, want %s", conversation, got, want)
		}
	}
}
