// SPDX-License-Identifier: Apache-2.0

package deflate_test

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"strings"
	"testing"

	kflate "github.com/klauspost/compress/flate"

	"github.com/wsspec/wsspec/internal/deflate"
)

// others inflates the payload of one message with both libraries. What comes behind
// a final block they do not read.
func others(payload []byte) (outs [2][]byte, errs [2]error) {
	end := "\x00\x00\xff\xff\x01\x00\x00\xff\xff" // the tail, and a block that ends the stream
	for i, r := range []io.Reader{
		flate.NewReader(io.MultiReader(bytes.NewReader(payload), strings.NewReader(end))),
		kflate.NewReader(io.MultiReader(bytes.NewReader(payload), strings.NewReader(end))),
	} {
		outs[i], errs[i] = io.ReadAll(r)
	}
	return outs, errs
}

// What is valid inflates to the same in all three inflaters, and is listed as it was
// written.
func TestHandmade(t *testing.T) {
	blocks := deflate.Blocks
	far := string(noise(32768))
	abba := deflate.CodesFor("abba")
	withCopies := deflate.Codes{
		Lits:  deflate.Lengths{'a': 2, 'b': 2, 256: 2, 257: 3, 285: 3},
		Dists: deflate.Lengths{0: 1, 29: 1},
	}
	tests := []struct {
		made *deflate.Handmade
		hex  string // where an RFC or zlib gives the octets
		out  string
		list string
	}{
		{blocks().Fixed().Literals("Hello").End().Tail(), "\xf2\x48\xcd\xc9\xc9\x07\x00", "Hello", "fixed, 5 literals, end; tail"},
		{blocks().Stored("Hello").Tail(), "\x00\x05\x00\xfa\xffHello\x00", "Hello", "stored 5; tail"},
		{blocks().Fixed().Literals("He").End().Stored("").Fixed().Literals("llo").End().Tail(),
			"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00", "Hello", "fixed, 2 literals, end; stored 0; fixed, 3 literals, end; tail"},
		{blocks().Tail(), "\x00", "", "tail"},
		{blocks().Fixed().End().Tail(), "\x02\x00", "", "fixed, end; tail"},
		{blocks().Final().Tail(), "\x01", "", "final tail"},
		{blocks().Stored("").Tail(), "\x00\x00\x00\xff\xff\x00", "", "stored 0; tail"},
		{blocks().Fixed().Literals("aa").Copy(258, 1).Copy(40, 1).End().Tail(), "\x4a\x4c\x1c\x05\xc4\x02\x00\x00", strings.Repeat("a", 300),
			"fixed, 2 literals, copy 258 from 1 back, copy 40 from 1 back, end; tail"},
		{blocks().Stored(far).Fixed().Copy(3, 32768).End().Tail(), "", far + far[:3], "stored 32768; fixed, copy 3 from 32768 back, end; tail"},
		{blocks().Stored(far + far[:32767]).Tail(), "", far + far[:32767], "stored 65535; tail"},
		{blocks().Dynamic(abba).Literals("abba").End().Tail(), "", "abba", "dynamic 257+1+18, 4 literals, end; tail"},
		{blocks().Dynamic(withCopies).Literals("ab").Copy(3, 1).Copy(258, 1).End().Tail(), "", "abbbb" + strings.Repeat("b", 258),
			"dynamic 286+30+18, 2 literals, copy 3 from 1 back, copy 258 from 1 back, end; tail"},
		{blocks().Fixed().Literals("\x8f\x90\xff").Symbol(284).Bits(31, 5).Distance(2, 0).End().Tail(), "", strings.Repeat("\x8f\x90\xff", 87),
			"fixed, 3 literals, copy 258 from 3 back, end; tail"},
		{blocks().Dynamic(deflate.Codes{Lits: deflate.Lengths{256: 1}}).End().Tail(), "", "", "dynamic 257+1+18, end; tail"},
	}
	for _, tt := range tests {
		made := tt.made.Bytes()
		if tt.hex != "" && string(made) != tt.hex {
			t.Errorf("%s: made % x, want % x", tt.list, made, tt.hex)
		}
		if out := tt.made.Output(); out != tt.out && !strings.Contains(tt.out, "\x8f") { // whose copy is written by symbols
			t.Errorf("%s: it says that it comes to %d octets, want %d", tt.list, len(out), len(tt.out))
		}
		out, _, l := deflate.NewInflater(deflate.Params{}).List(nil, made, 1<<20, 100)
		if l.Err != nil || string(out) != tt.out {
			t.Errorf("%s: %d octets, want %d, %v", tt.list, len(out), len(tt.out), l.Err)
		}
		if l.String() != tt.list {
			t.Errorf("listed as\n%s\nwant\n%s", l, tt.list)
		}
		outs, errs := others(made)
		for i := range outs {
			if errs[i] != nil || string(outs[i]) != tt.out {
				t.Errorf("%s: inflater %d: %d octets, want %d, %v", tt.list, i, len(outs[i]), len(tt.out), errs[i])
			}
		}
	}
}

// What a message says that refers to earlier ones, it says as our inflater reads it.
func TestHandmadeAfter(t *testing.T) {
	f := deflate.NewInflater(deflate.Params{})
	earlier := ""
	for i, write := range []func(h *deflate.Handmade){
		func(h *deflate.Handmade) { h.Stored(string(noise(32768))) },
		func(h *deflate.Handmade) { h.Fixed().Copy(258, 32768).Literals("x").Copy(100, 40).End() },
		func(h *deflate.Handmade) { h.Stored("abc").Fixed().Copy(9, 3).Copy(20, 15).Copy(258, 32767).End() },
	} {
		m := deflate.Blocks().After(earlier)
		write(m)
		out, _, err := f.Inflate(nil, m.Message(), 1<<20)
		if err != nil || string(out) != m.Output() {
			t.Fatalf("message %d: %d octets, want %d, %v", i, len(out), len(m.Output()), err)
		}
		earlier += m.Output()
	}
	hello := deflate.Blocks().Fixed().Literals("Hello").End()
	if again := deflate.Blocks().After(hello.Output()).Fixed().Literals("ab").Copy(5, 7).Copy(4, 1).End(); again.Output() != "abHellooooo" {
		t.Errorf("%q", again.Output())
	}
	if nowhere := deflate.Blocks().After("ab").Fixed().Copy(3, 3).End(); nowhere.Output() != "" {
		t.Errorf("%q from before the beginning", nowhere.Output())
	}
}

// BFINAL ends a stream for the libraries, and a block for us.
func TestHandmadeFinal(t *testing.T) {
	made := deflate.Blocks().Final().Fixed().Literals("He").End().Final().Fixed().Literals("llo").End().Tail()
	out, st, l := deflate.NewInflater(deflate.Params{}).List(nil, made.Bytes(), 100, 100)
	if string(out) != "Hello" || !st.Final || l.String() != "final fixed, 2 literals, end; final fixed, 3 literals, end; tail" {
		t.Errorf("%q, %+v, %s", out, st, l)
	}
	if outs, errs := others(made.Bytes()); string(outs[0]) != "He" || string(outs[1]) != "He" || errs[0] != nil || errs[1] != nil {
		t.Errorf("libraries: %q, %v", outs, errs)
	}
	hello := deflate.Blocks().Final().Fixed().Literals("Hello").End().Message()
	if string(hello) != "\xf3\x48\xcd\xc9\xc9\x07\x00\x00" { // RFC 7692, 7.2.3.4
		t.Errorf("got % x", hello)
	}
}

// What is invalid is refused by us, at the right bit and section, and by one of the
// libraries at least.
func TestHandmadeInvalid(t *testing.T) {
	blocks, at := deflate.Blocks, "broken at bit "
	type lens = deflate.Lengths
	codes := func(lits, dists lens) deflate.Codes { return deflate.Codes{Lits: lits, Dists: dists} }
	ab := lens{'a': 1, 256: 1}
	deep := lens{14: 15, 15: 15} // one code of each length to 14, two of 15
	for i := range 14 {
		deep[i] = uint8(i + 1)
	}
	tests := []struct {
		made *deflate.Handmade
		list string
	}{
		{blocks().Reserved(), "type 3; " + at + "1: block type 3 (RFC 1951, 3.2.3)"},
		{blocks().StoredAs(5, 5, "Hello").Tail(), "stored 0; " + at + "8: lengths 0x0005 and 0x0005 of a stored block do not agree (RFC 1951, 3.2.4)"},
		{blocks().Stored("").Fixed().Literals("x").Copy(3, 2).End().Tail(),
			"stored 0; fixed, 1 literal; " + at + "58: distance 2, but there are only 1 octets before (RFC 1951, 3.2.3)"},
		{blocks().Fixed().Copy(5, 5).End().Tail(), "fixed; " + at + "10: distance 5, but there are only 0 octets before (RFC 1951, 3.2.3)"},
		{blocks().Fixed().Symbol(286).End().Tail(), "fixed; " + at + "3: code that stands for no literal or length (RFC 1951, 3.2.6)"},
		{blocks().Fixed().Literals("xyz").Symbol(287).End().Tail(), "fixed, 3 literals; " + at + "27: code that stands for no literal or length (RFC 1951, 3.2.6)"},
		{blocks().Fixed().Literals("xyz").Symbol(257).Distance(30, 0).End().Tail(), "fixed, 3 literals; " + at + "34: code that stands for no distance (RFC 1951, 3.2.6)"},
		{blocks().Fixed().Literals("xyz").Symbol(257).Distance(31, 0).End().Tail(), "fixed, 3 literals; " + at + "34: code that stands for no distance (RFC 1951, 3.2.6)"},
		{blocks().Dynamic(codes(lens{'a': 1, 'b': 1, 256: 1}, nil)).Tail(), "dynamic 257+1+18; " + at + "71: over-subscribed code for literals and lengths (RFC 1951, 3.2.7)"},
		{blocks().Dynamic(codes(lens{'a': 1, 256: 2}, nil)).Tail(), "dynamic 257+1+18; " + at + "71: incomplete code for literals and lengths (RFC 1951, 3.2.7)"},
		{blocks().Dynamic(codes(lens{'a': 1, 'b': 1}, nil)).Literals("ab").Tail(), "dynamic 257+1+18; "},
		{blocks().Dynamic(codes(ab, lens{0: 1, 1: 1, 2: 1})).End().Tail(), "dynamic 257+3+18; "},
		{blocks().Dynamic(codes(ab, lens{0: 2, 1: 2})).End().Tail(), "dynamic 257+2+18; "},
		{blocks().Dynamic(deflate.Codes{Lits: ab, HLIT: 287}).End().Tail(), "dynamic; " + at + "3: 287 codes for literals and lengths (RFC 1951, 3.2.7)"},
		{blocks().Dynamic(deflate.Codes{Lits: ab, HDIST: 32}).End().Tail(), "dynamic; " + at + "8: 32 codes for distances (RFC 1951, 3.2.7)"},
		{blocks().Dynamic(deflate.Codes{Lits: ab, HCLEN: 5}).End().Tail(), "dynamic 257+1+5; " + at + "17: "},
		{blocks().Dynamic(deflate.Codes{Lits: ab, Lens: lens{0: 1, 1: 1, 18: 1}}).End().Tail(), "dynamic 257+1+19; " + at + "17: over-subscribed code for code lengths (RFC 1951, 3.2.7)"},
		{blocks().Dynamic(deflate.Codes{Lits: ab, Lens: lens{0: 2, 1: 2, 18: 2}}).End().Tail(), "dynamic 257+1+19; " + at + "17: incomplete code for code lengths (RFC 1951, 3.2.7)"},
		{blocks().Dynamic(deflate.Codes{Lits: ab, Repeats: []deflate.Repeat{{Symbol: 16}, {Symbol: 1}}}).Octets(strings.Repeat("\xff", 20)),
			"dynamic 257+1+18; " + at + "71: first code length repeats the one before (RFC 1951, 3.2.7)"},
		{blocks().Dynamic(deflate.Codes{Lits: ab, Repeats: []deflate.Repeat{{Symbol: 18, Extra: 127}, {Symbol: 18, Extra: 127}, {Symbol: 1}}}).Tail(),
			"dynamic 257+1+18; " + at + "79: 18 code lengths too many (RFC 1951, 3.2.7)"},
		{blocks().Dynamic(codes(lens{256: 1, 257: 2, 'a': 2}, deep)).Literals("a").Copy(3, 193).End().Tail(),
			"dynamic 258+16+19, 1 literal; " + at + "185: distance 193, but there are only 1 octets before (RFC 1951, 3.2.3)"},
		{blocks().Fixed().Literals("Hello").End().Tail().Cut(3), "fixed, 4 literals, end; stored 0; " + at + "32: message ends within a block (RFC 7692, 7.2.1)"},
		{blocks().StoredAs(256, ^uint16(256), "He").Bits(0, 0), "stored 256; " + at + "56: message ends within a block (RFC 7692, 7.2.1)"},
		{blocks().Octets(deflate.ZlibHeader).Fixed().Literals("Hello").End().Tail(), "stored 0; " + at + "8: lengths 0x"},
		{blocks().Octets(deflate.GzipHeader).Fixed().Literals("Hello").End().Tail(), "final type 3; " + at + "1: block type 3"},
	}
	for _, tt := range tests {
		made := tt.made.Bytes()
		_, _, l := deflate.NewInflater(deflate.Params{}).List(nil, made, 1<<20, 100)
		if l.Err == nil || !strings.HasPrefix(l.String(), tt.list) || !errors.Is(l.Err, deflate.ErrCorrupt) {
			t.Errorf("% x\nlisted as %s\nwant      %s", made, l, tt.list)
		}
		if _, errs := others(made); errs[0] == nil && errs[1] == nil {
			t.Errorf("% x: no library refuses %s", made, l)
		}
	}
}
