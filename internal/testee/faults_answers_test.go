// SPDX-License-Identifier: Apache-2.0

package testee_test

import (
	"testing"

	"github.com/wsspec/wsspec/internal/testee"
)

func TestEchoFaults(t *testing.T) {
	var hundred []string
	hundredEchoes := ""
	for range 100 {
		hundred = append(hundred, "text a")
		hundredEchoes += "text a; "
	}
	play(t, []conversation{
		{fault: "echo-flips-last-octet", send: []string{"text ab", "binary", "ping a"}, want: "text ac; binary; pong a; open"},
		{fault: "echo-flips-first-octet-of-large", send: []string{"text a", "text " + x(65536)}, want: `text a; text "yxxx"..."xxxx" 65536; open`},
		{fault: "echo-flips-octet-150000", send: []string{"text " + x(150001)}, want: `text "xxxx"..."xxxy" 150001; open`},
		{fault: "echo-swaps-blocks", send: []string{"text " + x(4096) + "y" + x(4095)}, want: `text "yxxx"..."xxxx" 8192; open`},
		{fault: "echo-adds-octet", send: []string{"text a", "binary"}, want: "text a ; binary  ; open"},
		{fault: "echo-drops-last-octet", send: []string{"text a", "binary ab"}, want: "text; binary a; open"},
		{fault: "swallows-empty-messages", send: []string{"text", "more text", "continuation", "text a"}, want: "text a; open"},
		{fault: "swaps-type", send: []string{"text a", "binary b"}, want: "binary a; text b; open"},
		{fault: "echoes-twice", send: []string{"text a", "text " + x(5000)}, want: `text a; text a; text "xxxx"..."xxxx" 5000; text "xxxx"..."xxxx" 5000; open`},
		{fault: "never-echoes", send: []string{"text a", "ping b"}, want: "pong b; open"},
		{fault: "stops-echoing-after-100-messages", send: append(hundred, "text b", "ping"), want: hundredEchoes + "pong; open"},
		{fault: "truncates-at-65535", send: []string{"text " + x(65536)}, want: `text "xxxx"..."xxxx" 65535; open`},
		{fault: "fails-above-64k", send: []string{"text a", "text " + x(65536)}, want: "text a; close 1009 message too long; fin"},
		{fault: "cuts-text-at-nul", send: []string{"text a\x00b", "binary a\x00b"}, want: `text a; binary a\x00b; open`},
		{fault: "turns-crlf-into-lf", send: []string{"text a\r\nb", "binary a\r\nb"}, want: `text a\nb; binary a\r\nb; open`},
		{fault: "turns-binary-lf-into-crlf", send: []string{"text a\nb", "binary a\nb"}, want: `text a\nb; binary a\r\nb; open`},
		{fault: "turns-binary-crlf-into-lf", send: []string{"text a\r\nb", "binary a\r\nb\n"}, want: `text a\r\nb; binary a\nb\n; open`},
		{fault: "drops-byte-order-mark", send: []string{"text \ufeffx\ufeff", "binary \ufeffx"}, want: `text x\ufeff; binary \ufeffx; open`},
		{fault: "normalizes-text", send: []string{"text e\u0301\u00e9\u1100\u1161\u11a8\u212b", "binary e\u0301"}, want: `text \u00e9\u00e9\uac01\u00c5; binary e\u0301; open`},
		{fault: "fragments-echo", send: []string{"text abc", "text d"}, want: "more text a; continuation bc; text d; open"},
		{fault: "echo-without-fin-above-64k", send: []string{"text " + x(65536)}, want: `more text "xxxx"..."xxxx" 65536; open`},
		{fault: "repeats-opcode-on-continuations", send: []string{"text ab"}, want: "more text a; text b; open"},
		{fault: "forgets-echo-on-failure", send: []string{"text a", "ping b", "rsv4 text c"}, want: "pong b; " + reservedBits},
		{fault: "forgets-echo-on-failure", send: []string{"text a", "ping b", "close \x03\xe8"}, want: "pong b; text a; " + bye},
		{fault: "sends-pong-inside-echo", send: []string{"text ab"}, want: "more text a; pong inside; continuation b; open"},
		{fault: "echoes-in-pings", send: []string{"text a", "text " + x(126)}, want: `ping a; text "xxxx"..."xxxx" 126; open`},
		{fault: "sends-greeting", send: []string{"text a"}, want: "text Welcome!; text a; open"},
		{fault: "sends-pong-greeting", send: []string{"text a"}, want: "pong Welcome!; text a; open"},
		{fault: "sends-ping-before-echo", send: []string{"text a"}, want: "ping alive?; text a; open"},
	})
}

func TestSendingFaults(t *testing.T) {
	play(t, []conversation{
		{fault: "masks-as-server", send: []string{"text a", "close"}, want: "flip text a; flip close; fin", only: testee.AsServer},
		{fault: "does-not-mask", send: []string{"text a", "text " + x(5000), "close"}, want: `flip text a; flip text "xxxx"..."xxxx" 5000; flip close; fin`, only: testee.AsClient},
		{fault: "does-not-mask-control", send: []string{"text a", "ping b", "close"}, want: "text a; flip pong b; flip close; fin", only: testee.AsClient},
		{fault: "16-bit-lengths-always", send: []string{"text a", "ping b"}, want: "long text a; long pong b; open"},
		{fault: "64-bit-lengths-above-125", send: []string{"text a", "text " + x(126), "text " + x(5000)}, want: `text a; long text "xxxx"..."xxxx" 126; long text "xxxx"..."xxxx" 5000; open`},
		{fault: "little-endian-lengths", send: []string{"text a", "text " + x(5000)}, want: "text a; cut 81 7e 88 13 78 78 78 78; open", only: testee.AsServer},
		{fault: "length-126-in-seven-bits", send: []string{"text " + x(126)}, want: "cut 81 7e 78 78 78 78 78 78; open", only: testee.AsServer},
		{fault: "length-65535-in-64-bits", send: []string{"text " + x(65535)}, want: `long text "xxxx"..."xxxx" 65535; open`},
		{fault: "sets-rsv1", send: []string{"text a", "ping"}, want: "rsv4 text a; pong; open"},
		{fault: "sets-rsv3", send: []string{"text a", "ping"}, want: "rsv1 text a; pong; open"},
		{fault: "sets-rsv1-on-control", send: []string{"text a", "ping b"}, want: "text a; rsv4 pong b; open"},
		{fault: "pads-pongs-above-125", send: []string{"ping a"}, want: `pong "a\x00\x00\x00"..."\x00\x00\x00\x00" 126; open`},
		{fault: "sends-pongs-without-fin", send: []string{"ping a", "close"}, want: "more pong a; close; fin"},
		{fault: "echoes-with-reserved-opcode", send: []string{"text a"}, want: "opcode3 a; open"},
	})
}

func TestClosingFaults(t *testing.T) {
	play(t, []conversation{
		{fault: "drops-on-open", send: []string{"text a"}, want: "fin"},
		{fault: "closes-on-open", want: bye},
		{fault: "drops-on-close", send: []string{"text a", "close \x03\xe8"}, want: "text a; fin"},
		{fault: "never-answers-close", send: []string{"close \x03\xe8", "text a"}, want: "text a; open"},
		{fault: "handles-what-is-behind-close-first", send: []string{"close \x03\xe8", "text a", "ping b"}, want: "text a; pong b; " + bye},
		{fault: "works-on-after-close", send: []string{"close \x03\xe8", "text a", "ping b"}, want: "close 1000; text a; pong b; fin"},
		{fault: "echoes-behind-close", send: []string{"close \x03\xe8", "text a", "ping b"}, want: "close 1000; text a; fin"},
		{fault: "answers-pings-behind-close", send: []string{"close \x03\xe8", "text a", "ping b"}, want: "close 1000; pong b; fin"},
		{fault: "answers-close-twice", send: []string{"close \x03\xe8"}, want: "close 1000; close 1000; fin"},
		{fault: "answers-wrong-close-code", send: []string{"close \x03\xe8"}, want: "close 3333; fin"},
		{fault: "answers-wrong-close-code", send: []string{"close"}, want: "close 3333; fin"},
		{fault: "answers-close-with-1000", send: []string{"close \x0b\xb8"}, want: bye},
		{fault: "answers-close-with-1012", send: []string{"close \x03\xe8"}, want: "close 1012; fin"},
		{fault: "answers-close-with-1013", send: []string{"close \x03\xe8"}, want: "close 1013; fin"},
		{fault: "answers-close-with-1014", send: []string{"close \x03\xe8"}, want: "close 1014; fin"},
		{fault: "answers-close-without-code", send: []string{"close \x03\xe8"}, want: "close; fin"},
		{fault: "answers-empty-close-with-1005", send: []string{"close"}, want: "close 1005; fin"},
		{fault: "sends-long-close-reason", send: []string{"close \x03\xe8"}, want: `close 1000 "xxxx"..."xxxx" 124; fin`},
		{fault: "answers-close-with-its-reason", send: []string{"close \x0b\xb8bye"}, want: "close 3000 bye; fin"},
		{fault: "sends-close-without-fin", send: []string{"close"}, want: "more close; fin"},
		{fault: "never-closes-tcp", send: []string{"close \x03\xe8"}, want: "close 1000; open", only: testee.AsServer},
		{fault: "never-closes-tcp", send: []string{"rsv1 text"}, want: "close 1002 reserved bits set; open", only: testee.AsServer},
		{fault: "keeps-tcp-open-after-failing", send: []string{"text a", "rsv1 text"}, want: "text a; close 1002 reserved bits set; open"},
		{fault: "keeps-tcp-open-after-peer-fin", send: []string{"text a", "fin"}, want: "text a; open"},
		{fault: "resets-tcp-after-close", send: []string{"close \x03\xe8"}, want: "close 1000; rst"},
		{fault: "drops-without-close", send: []string{"text a", "rsv1 text"}, want: "text a; fin"},
		{fault: "closes-1000-on-violation", send: []string{"rsv1 text"}, want: "close 1000 reserved bits set; fin"},
		{fault: "closes-without-code-on-violation", send: []string{"rsv1 text"}, want: "close; fin"},
		{fault: "1000-for-messages-too-big", send: []string{"raw \x82\xff\x3f\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00"}, want: "close 1000 message too long; fin", only: testee.AsServer},
		{fault: "1002-for-messages-too-big", send: []string{"raw \x82\x7f\x3f\xff\xff\xff\xff\xff\xff\xff"}, want: "close 1002 message too long; fin", only: testee.AsClient},
		{fault: "1002-for-utf8", send: []string{"text \xff"}, want: "close 1002 text is not UTF-8; fin"},
		{fault: "1007-for-protocol-errors", send: []string{"rsv1 text"}, want: "close 1007 reserved bits set; fin"},
		{fault: "ignores-invalid-close", send: []string{"close a", "close \x03\xed", "text a"}, want: "text a; open"},
		{fault: "accepts-invalid-close-code", send: []string{"close \x03\xed"}, want: bye},
		{fault: "accepts-close-codes-below-1000", send: []string{"close \x03\xe7"}, want: "close 999; fin"},
		{fault: "accepts-reserved-close-codes", send: []string{"close \x03\xee"}, want: "close 1006; fin"},
		{fault: "accepts-close-code-1015", send: []string{"close \x03\xf7"}, want: "close 1015; fin"},
		{fault: "accepts-unassigned-close-codes", send: []string{"close \x0b\xb7"}, want: "close 2999; fin"},
		{fault: "accepts-close-codes-above-4999", send: []string{"close \x13\x88"}, want: "close 5000; fin"},
		{fault: "refuses-close-codes-1012-to-1014", send: []string{"close \x03\xf4"}, want: "close 1002 unknown close code; fin"},
		{fault: "refuses-close-codes-above-2999", send: []string{"close \x0b\xb8"}, want: "close 1002 unknown close code; fin"},
		{fault: "accepts-long-close-reason", send: []string{"close \x03\xe8" + x(124)}, want: bye},
		{fault: "accepts-one-octet-close", send: []string{"close a"}, want: bye},
		{fault: "returns-invalid-close", send: []string{"close a"}, want: "close a; fin"},
		{fault: "returns-invalid-close", send: []string{"close \x03\xed"}, want: "close 1005; fin"},
		{fault: "answers-long-close-without-code", send: []string{"close \x03\xe8" + x(124)}, want: "close; fin"},
		{fault: "answers-one-octet-close-without-code", send: []string{"close a"}, want: "close; fin"},
		{fault: "accepts-invalid-utf8-reason", send: []string{"close \x03\xe8\xff"}, want: bye},
		{fault: "accepts-cut-utf8-reason", send: []string{"close \x03\xe8a\xc3"}, want: bye},
		{fault: "refuses-nul-in-reason", send: []string{"close \x03\xe8a\x00"}, want: "close 1007 NUL in reason; fin"},
	})
}
