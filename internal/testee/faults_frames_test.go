// SPDX-License-Identifier: Apache-2.0

package testee_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/testee"
)

const (
	reservedBits = "close 1002 reserved bits set; fin"
	bye          = "close 1000; fin"
	badText      = "close 1007 text is not UTF-8; fin"
	badLength    = "close 1002 length not in its shortest form; fin"
	longControl  = "close 1002 control frame above 125 octets; fin"
)

func x(n int) string { return strings.Repeat("x", n) }

func TestFramingFaults(t *testing.T) {
	end := "close \x03\xe8"
	play(t, []conversation{
		{fault: "ignores-rsv", send: []string{"rsv4 text a", "rsv3 ping b", "more text c", "rsv1 continuation d"}, want: "text a; pong b; text cd; open"},
		{fault: "ignores-rsv-on-continuation", send: []string{"more text a", "rsv2 continuation b", "rsv2 text c"}, want: "text ab; " + reservedBits},
		{fault: "ignores-rsv-on-data", send: []string{"rsv4 text a", "more rsv1 text b", "rsv1 continuation c"}, want: "text a; " + reservedBits},
		{fault: "ignores-rsv-on-data", send: []string{"rsv2 binary a", "rsv4 ping a"}, want: "binary a; " + reservedBits},
		{fault: "ignores-rsv-on-ping", send: []string{"rsv4 ping a", "rsv2 pong"}, want: "pong a; " + reservedBits},
		{fault: "ignores-rsv-on-pong", send: []string{"rsv4 pong a", "ping b", "rsv2 ping"}, want: "pong b; " + reservedBits},
		{fault: "ignores-rsv-on-control", send: []string{"rsv4 ping a", "rsv2 pong", "rsv1 text b"}, want: "pong a; " + reservedBits},
		{fault: "checks-only-rsv1", send: []string{"rsv3 text a", "rsv1 ping b", "rsv4 ping"}, want: "text a; pong b; " + reservedBits},
		{fault: "accepts-reserved-opcodes", send: []string{"opcode3 a", "opcode7", "opcode11 b", "opcode15"}, want: "binary a; binary; pong b; pong; open"},
		{fault: "takes-reserved-data-opcodes-for-binary", send: []string{"opcode3 a", "opcode7", "opcode11 b"}, want: "binary a; binary; close 1002 reserved opcode; fin"},
		{fault: "ignores-reserved-opcodes", send: []string{"opcode3 a", "opcode15 b", "text c"}, want: "text c; open"},
		{fault: "accepts-reserved-opcodes-as-fragments", send: []string{"more text a", "opcode3 b", "opcode3 c"}, want: "text ab; close 1002 reserved opcode; fin"},
		{fault: "accepts-unmasked-frames", send: []string{"flip text a", "flip ping b", "text c"}, want: "text a; pong b; text c; open", only: testee.AsServer},
		{fault: "accepts-unmasked-control", send: []string{"flip ping b", "flip text a"}, want: "pong b; close 1002 unmasked frame from a client; fin", only: testee.AsServer},
		{fault: "accepts-unmasked-empty", send: []string{"flip text", "flip ping", "flip ping b"}, want: "text; pong; close 1002 unmasked frame from a client; fin", only: testee.AsServer},
		{fault: "accepts-masked-frames", send: []string{"flip text a", "flip ping b", "text c"}, want: "text a; pong b; text c; open", only: testee.AsClient},
		{fault: "refuses-zero-key", send: []string{"text a", "zero text b"}, want: "text a; close 1002 unmasked frame from a client; fin", only: testee.AsServer},
		{fault: "accepts-non-minimal-lengths", send: []string{"len16 text a", "len64 ping b", "len64 text c"}, want: "text a; pong b; text c; open"},
		{fault: "accepts-non-minimal-16-bit-lengths", send: []string{"len16 text a", "len16 ping b", "len64 text c"}, want: "text a; pong b; " + badLength},
		{fault: "accepts-non-minimal-64-bit-lengths", send: []string{"len64 text a", "len64 ping b", "len16 text c"}, want: "text a; pong b; " + badLength},
		{fault: "accepts-non-minimal-length-of-pings", send: []string{"len16 ping a", "len64 ping b", "len16 pong c"}, want: "pong a; pong b; " + badLength},
		{fault: "allocates-declared-length", send: []string{"binary " + x(5000), "raw \x82\x7f\x3f\xff\xff\xff\xff\xff\xff\xff"}, want: "rst", only: testee.AsClient},
		{fault: "allocates-declared-length", send: []string{"binary " + x(5000), "raw \x82\xff\x00\x00\x00\xff\x00\x00\x00\x00\x00\x00\x00\x00"}, want: "rst", only: testee.AsServer},
		{fault: "ignores-length-top-bit", send: []string{"raw \x82\x7f\x80\x00\x00\x00\x00\x00\x00\x03abc"}, want: "binary abc; open", only: testee.AsClient},
		{fault: "ignores-length-top-bit", send: []string{"raw \x82\xff\x80\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x00abc"}, want: "binary abc; open", only: testee.AsServer},
		{fault: "reads-length-in-32-bits", send: []string{"raw \x82\x7f\x00\x00\x00\x01\x00\x00\x00\x03abc"}, want: "binary abc; open", only: testee.AsClient},
		{fault: "reads-length-in-32-bits", send: []string{"raw \x82\xff\x00\x00\x00\x01\x00\x00\x00\x03\x00\x00\x00\x00abc"}, want: "binary abc; open", only: testee.AsServer},
		{fault: "reads-16-bit-length-signed", send: []string{"binary " + x(32767), "binary " + x(32768)}, want: `binary "xxxx"..."xxxx" 32767; close 1002 length above 2^63-1; fin`},
		{fault: "judges-header-after-payload", send: []string{"raw \x83\x05abcd"}, want: "open", only: testee.AsClient},
		{fault: "judges-header-after-payload", send: []string{"raw \x83\x85\x00\x00\x00\x00abcd"}, want: "open", only: testee.AsServer},
		{fault: "delivers-then-fails", send: []string{"rsv4 text a"}, want: "text a; " + reservedBits},
		{fault: "delivers-then-fails", send: []string{"opcode5 a"}, want: "binary a; close 1002 reserved opcode; fin"},
		{fault: "takes-one-frame-a-read", send: []string{"join ping a|ping b|ping c", "pause", "ping d"}, want: "pong a; pong d; open"},
		{fault: "needs-header-in-one-read", send: []string{"text a", "chop text b"}, want: "text a; close 1002 header cut short; fin"},
		{fault: "needs-length-in-one-read", send: []string{"chop text b", "raw \x82\x7e\x00", "raw \x7f"}, want: "text b; close 1002 length cut short; fin", only: testee.AsClient},
		{fault: "needs-length-in-one-read", send: []string{"chop text b", "chop binary " + x(126)}, want: "text b; close 1002 length cut short; fin"},
		{fault: "loses-mask-phase-between-reads", send: []string{"binary " + x(4087+2)}, want: `binary "xxxx"..."\x1eZ\x1ex" 4089; open`, only: testee.AsServer},
		{fault: "unmasks-tail-wrong", send: []string{"binary " + x(305)}, want: `binary "xxxx"..."xxxK" 305; open`, only: testee.AsServer},
		{fault: "works-on-after-failing", send: []string{"join rsv4 text a|text b|rsv1 ping|ping c"}, want: "close 1002 reserved bits set; text b; pong c; fin"},
		{fault: "finishes-read-after-failing", send: []string{"join rsv4 text a|text b|rsv1 ping|ping c", "text d"}, want: "close 1002 reserved bits set; text b; pong c; fin"},
		{fault: "accepts-long-control", send: []string{"ping " + x(126)}, want: `pong "xxxx"..."xxxx" 125; open`},
		{fault: "accepts-long-control", send: []string{end + x(124)}, want: bye},
	})
}

func TestFragmentFaults(t *testing.T) {
	orphan := "close 1002 continuation of nothing; fin"
	many := []string{"more binary a"}
	for range 1000 {
		many = append(many, "more continuation b")
	}
	play(t, []conversation{
		{fault: "accepts-orphan-continuation", send: []string{"continuation a", "more continuation b", "continuation c"}, want: "text a; text bc; open"},
		{fault: "ignores-orphan-continuation", send: []string{"continuation a", "more continuation b", "text c"}, want: "text c; open"},
		{fault: "accepts-continuation-after-end", send: []string{"more binary a", "continuation b", "continuation c"}, want: "binary ab; binary c; open"},
		{fault: "accepts-nested-fragments", send: []string{"more text a", "text b", "continuation c"}, want: "text b; " + orphan},
		{fault: "joins-nested-message", send: []string{"more text a", "binary b", "continuation c"}, want: "text ab; " + orphan},
		{fault: "delivers-fragments-singly", send: []string{"more binary a", "continuation b", "more text c", "binary d"}, want: "binary a; binary b; text c; binary d; open"},
		{fault: "takes-type-from-last-frame", send: []string{"more binary a", "continuation b", "binary c"}, want: "text ab; binary c; open"},
		{fault: "loses-empty-first-fragment", send: []string{"more text", "continuation a"}, want: orphan},
		{fault: "keeps-only-last-fragment", send: []string{"more text a", "more continuation b", "continuation c"}, want: "text c; open"},
		{fault: "reverses-fragments", send: []string{"more text ab", "more continuation c", "continuation de"}, want: "text decab; open"},
		{fault: "limits-fragments-to-1000", send: many, want: "close 1008 too many fragments; fin"},
		{fault: "ignores-close-between-fragments", send: []string{"more text a", "close \x03\xe8", "continuation b", "close \x03\xe8"}, want: "text ab; " + bye},
		{fault: "ignores-ping-between-fragments", send: []string{"ping a", "more text b", "ping c", "continuation d"}, want: "pong a; text bd; open"},
		{fault: "ping-resets-fragments", send: []string{"more text a", "ping b", "continuation c"}, want: "pong b; " + orphan},
		{fault: "fails-on-ping-between-fragments", send: []string{"more text", "ping a", "continuation", "more binary", "ping"}, want: "pong a; text; close 1002 Ping between fragments; fin"},
		{fault: "delivers-unfinished-at-tcp-end", send: []string{"more text a", "fin"}, want: "text a; fin"},
		{fault: "delivers-cut-frame-at-tcp-end", send: []string{"raw \x81\x03ab", "fin"}, want: "text ab; fin", only: testee.AsClient},
		{fault: "delivers-cut-frame-at-tcp-end", send: []string{"raw \x81\x83\x00\x00\x00\x00ab", "fin"}, want: "text ab; fin", only: testee.AsServer},
		{fault: "alters-fragmented-messages", send: []string{"binary a", "more binary b", "continuation b"}, want: "binary a; binary bc; open"},
		{fault: "swallows-empty-fragmented-binary", send: []string{"binary", "more text", "continuation", "more binary", "continuation"}, want: "binary; text; open"},
	})
}

func TestControlFaults(t *testing.T) {
	play(t, []conversation{
		{fault: "accepts-fragmented-control", send: []string{"more ping a", "continuation b", "more pong c", "continuation d"}, want: "binary ab; binary cd; open"},
		{fault: "accepts-fragmented-close", send: []string{"more close \x03\xe8"}, want: bye},
		{fault: "answers-pings-above-125-octets", send: []string{"ping " + x(126), "pong " + x(126)}, want: `pong "xxxx"..."xxxx" 125; ` + longControl},
		{fault: "accepts-pongs-above-125-octets", send: []string{"pong " + x(126), "ping a", "ping " + x(126)}, want: "pong a; " + longControl},
		{fault: "accepts-fragmented-pings", send: []string{"more ping a", "more pong b"}, want: "pong a; close 1002 fragmented control frame; fin"},
		{fault: "no-pong", send: []string{"ping a", "text b"}, want: "text b; open"},
		{fault: "pong-empty", send: []string{"ping a"}, want: "pong; open"},
		{fault: "pong-cut-at-124", send: []string{"ping " + x(125)}, want: `pong "xxxx"..."xxxx" 124; open`},
		{fault: "answers-only-first-ping", send: []string{"ping a", "ping b"}, want: "pong a; open"},
		{fault: "answers-only-last-ping", send: []string{"join ping a|ping b", "pause", "ping c", "close"}, want: "pong b; pong c; close; fin"},
		{fault: "ignores-ping-as-first-frame", send: []string{"ping a", "ping b"}, want: "pong b; open"},
		{fault: "pongs-in-reverse-order", send: []string{"ping a", "ping b", "pause", "ping c", "close"}, want: "pong b; pong a; pong c; close; fin"},
		{fault: "sends-extra-pong", send: []string{"ping a"}, want: "pong a; pong; open"},
		{fault: "answers-pong-with-pong", send: []string{"pong a"}, want: "pong a; open"},
		{fault: "pong-payload-as-utf8", send: []string{"ping \xff"}, want: `pong \ufffd; open`},
		{fault: "pong-payload-cut-at-nul", send: []string{"ping a\x00b"}, want: "pong a; open"},
		{fault: "pong-waits-for-end-of-message", send: []string{"ping a", "more text b", "ping c", "continuation d"}, want: "pong a; text bd; pong c; open"},
		{fault: "deadlocks-on-1000-queued-pongs", send: append(slices.Repeat([]string{"ping"}, 1001), "pause", "text a"), want: "open"},
		{fault: "deadlocks-on-1000-queued-pongs", send: append([]string{"ping a", "text b", "pause"}, slices.Repeat([]string{"ping"}, 1001)...), want: "pong a; text b; open"},
		{fault: "delivers-pings-as-messages", send: []string{"ping a"}, want: "pong a; binary a; open"},
		{fault: "delivers-pongs-as-messages", send: []string{"pong a"}, want: "binary a; open"},
		{fault: "answers-nothing", send: []string{"text a", "ping b", "close"}, want: "open"},
	})
}

func TestTextFaults(t *testing.T) {
	play(t, []conversation{
		{fault: "no-utf8-check", send: []string{"text \xff"}, want: `text \xff; open`},
		{fault: "utf8-at-frame-end", send: []string{"raw \x01\x03\xff"}, want: "open", only: testee.AsClient},
		{fault: "utf8-at-frame-end", send: []string{"raw \x01\x83\x00\x00\x00\x00\xff"}, want: "open", only: testee.AsServer},
		{fault: "utf8-at-message-end", send: []string{"more text \xff", "ping a", "continuation"}, want: "pong a; " + badText},
		{fault: "accepts-surrogates", send: []string{"text \xed\xa0\x80", "text \xc0\x80"}, want: `text \xed\xa0\x80; ` + badText},
		{fault: "accepts-overlong-utf8", send: []string{"text \xc0\x80", "text \xf0\x80\x80\xaf", "text \xed\xa0\x80"}, want: `text \xc0\x80; text \xf0\x80\x80\xaf; ` + badText},
		{fault: "accepts-beyond-10ffff", send: []string{"text \xf4\x90\x80\x80", "text \xfd\xbf\xbf\xbf\xbf\xbf", "text \xc0\x80"}, want: `text \xf4\x90\x80\x80; text \xfd\xbf\xbf\xbf\xbf\xbf; ` + badText},
		{fault: "accepts-cut-text", send: []string{"text a\xc3", "more text a", "continuation \xc3"}, want: `text a\xc3; ` + badText},
		{fault: "accepts-cut-fragmented-text", send: []string{"more text a", "continuation \xc3", "text a\xc3"}, want: `text a\xc3; ` + badText},
		{fault: "refuses-noncharacters", send: []string{"text \uFFFD", "text \U0001FFFE"}, want: `text \ufffd; ` + badText},
		{fault: "refuses-supplementary-planes", send: []string{"text \uFFFF", "text \U00010000"}, want: `text \uffff; ` + badText},
		{fault: "checks-binary-as-text", send: []string{"binary a", "binary \xff"}, want: "binary a; " + badText},
		{fault: "replaces-invalid-utf8", send: []string{"text a\xffb"}, want: `text a\ufffdb; open`},
		{fault: "keeps-utf8-state-between-messages", send: []string{"text a\xc3", "text \xa4"}, want: `text a\xc3; text \xa4; open`},
		{fault: "ping-resets-utf8-state", send: []string{"more text \xc3", "ping", "continuation \xa4"}, want: "pong; " + badText},
		{fault: "checks-utf8-of-each-fragment-alone", send: []string{"more text \xc3\xa4", "continuation", "more text \xc3"}, want: `text \u00e4; ` + badText},
		{fault: "checks-utf8-of-first-1024-octets", send: []string{"text " + x(1024) + "\xff", "text " + x(1023) + "\xff"}, want: `text "xxxx"..."xxx\xff" 1025; ` + badText},
		{fault: "checks-utf8-of-first-64-octets", send: []string{"text " + x(64) + "\xff", "text " + x(63) + "\xff"}, want: `text "xxxx"..."xxx\xff" 65; ` + badText},
		{fault: "checks-utf8-of-first-64-octets", send: []string{"more text " + x(63) + "\xc3", "continuation \xff"}, want: `text "xxxx"..."xx\xc3\xff" 65; open`},
		{fault: "refuses-characters-cut-behind-e0-or-f0", send: []string{"more text \xe1", "continuation \x80\x80", "more text \xe0", "ping", "continuation \xa0\x80"}, want: `text \u1000; ` + badText},
		{fault: "refuses-characters-cut-behind-e0-or-f0", send: []string{"text \xf0\x90\x80\x80", "chop text \xf0\x90\x80\x80"}, want: `text \U00010000; ` + badText},
	})
}
