// SPDX-License-Identifier: Apache-2.0

package ws_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"unicode/utf8"

	"github.com/wsspec/wsspec/internal/ws"
)

// The examples of RFC 6455, 5.7.
func TestHeaderExamplesOfTheRFC(t *testing.T) {
	for _, tt := range []struct {
		wire string
		want ws.Header
	}{
		{"\x81\x05", ws.Header{Fin: true, Opcode: ws.Text, Length: 5, Form: ws.Length7}},
		{"\x81\x85\x37\xfa\x21\x3d", ws.Header{Fin: true, Opcode: ws.Text, Masked: true, Key: [4]byte{0x37, 0xfa, 0x21, 0x3d}, Length: 5, Form: ws.Length7}},
		{"\x01\x03", ws.Header{Opcode: ws.Text, Length: 3, Form: ws.Length7}},
		{"\x80\x02", ws.Header{Fin: true, Length: 2, Form: ws.Length7}},
		{"\x82\x7e\x01\x00", ws.Header{Fin: true, Opcode: ws.Binary, Length: 256, Form: ws.Length16}},
		{"\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00", ws.Header{Fin: true, Opcode: ws.Binary, Length: 65536, Form: ws.Length64}},
	} {
		h, n := ws.ParseHeader([]byte(tt.wire + "rest"))
		if h != tt.want || n != len(tt.wire) {
			t.Errorf("ParseHeader(% x)\n got: %+v, %d octets\nwant: %+v, %d octets", tt.wire, h, n, tt.want, len(tt.wire))
		}
		if got := h.Append(nil); string(got) != tt.wire {
			t.Errorf("Append: got % x, want % x", got, tt.wire)
		}
		for i := range len(tt.wire) {
			if _, n := ws.ParseHeader([]byte(tt.wire[:i])); n != 0 {
				t.Errorf("%d of %d octets of % x taken for a header", i, len(tt.wire), tt.wire)
			}
		}
	}
}

func TestLengthForms(t *testing.T) {
	for _, tt := range []struct {
		length  uint64
		form    ws.LengthForm
		minimal bool
		octets  int
	}{
		{125, ws.Shortest, true, 2}, {126, ws.Shortest, true, 4}, {65535, ws.Shortest, true, 4}, {65536, ws.Shortest, true, 10},
		{125, ws.Length16, false, 4}, {125, ws.Length64, false, 10}, {65535, ws.Length64, false, 10}, {1 << 63, ws.Length64, true, 10},
	} {
		h := ws.Header{Fin: true, Opcode: ws.Binary, Length: tt.length, Form: tt.form}
		b := h.Append(nil)
		if h.Minimal() != tt.minimal || len(b) != tt.octets {
			t.Errorf("%d in form %d: minimal %v, %d octets; want %v, %d", tt.length, tt.form, h.Minimal(), len(b), tt.minimal, tt.octets)
		}
		if back, _ := ws.ParseHeader(b); back.Length != tt.length || back.Minimal() != tt.minimal {
			t.Errorf("%d in form %d came back as %+v", tt.length, tt.form, back)
		}
	}
}

func FuzzParseHeader(f *testing.F) {
	f.Add([]byte("\x81\x85\x37\xfa\x21\x3d"))
	f.Add([]byte("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, n := ws.ParseHeader(b)
		if n > len(b) || n > ws.MaxHeaderLen {
			t.Fatalf("%d octets from %d", n, len(b))
		}
		if n > 0 && !bytes.Equal(h.Append(nil), b[:n]) {
			t.Fatalf("% x prints as % x", b[:n], h.Append(nil))
		}
	})
}

func TestMaskMatchesTheDefinition(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for n := range 200 {
		var key [4]byte
		pos := rnd.IntN(9)
		b := make([]byte, n)
		for i := range key {
			key[i] = byte(rnd.Uint32())
		}
		for i := range b {
			b[i] = byte(rnd.Uint32())
		}
		want := make([]byte, n)
		for i := range b {
			want[i] = b[i] ^ key[(pos+i)%4]
		}
		ws.Mask(key, pos, b)
		if !bytes.Equal(b, want) {
			t.Fatalf("%d octets at %d: got % x, want % x", n, pos, b, want)
		}
	}
}

func TestUTF8CutAnywhere(t *testing.T) {
	for _, s := range []string{
		"", "plain", "κόσμε", "Hello-µ@ßöäüàá-UTF-8!!", "\U0010ffff", "\U00010000x",
		"\xce", "\xf4\x90\x80\x80", "\xed\xa0\x80", "\xc0\x80", "κόσμε\xed\xa0\x80edited", "\xf4\x90", "\xfe", "a\x80", "\xf0\x9f\xbf", "\xe1\xbd",
	} {
		for cut := range len(s) + 1 {
			var u ws.UTF8
			ok := u.Write([]byte(s[:cut])) && u.Write([]byte(s[cut:])) && u.Complete()
			if ok != utf8.ValidString(s) {
				t.Errorf("%q cut at %d: valid %v, want %v", s, cut, ok, utf8.ValidString(s))
			}
		}
		var u ws.UTF8
		ok := true
		for i := range len(s) {
			ok = ok && u.Write([]byte{s[i]})
		}
		if ok && u.Complete() != utf8.ValidString(s) {
			t.Errorf("%q octet by octet: valid %v", s, ok)
		}
	}
}

// RFC 6455, 8.1 lets an endpoint fail at once; the automaton notices at the
// first octet that cannot belong to any character.
func TestUTF8FailsAtTheFirstImpossibleOctet(t *testing.T) {
	for _, tt := range []struct {
		s  string
		at int
	}{{"κ\xf4\x90\x80\x80", 3}, {"\xed\xa0\x80", 1}, {"\xc0\x80", 0}, {"\xe1\x80x", 2}, {"ab\xff", 2}} {
		var u ws.UTF8
		for i := range len(tt.s) {
			if ok := u.Write([]byte{tt.s[i]}); ok != (i < tt.at) {
				t.Errorf("%q: octet %d accepted %v, want the first refusal at %d", tt.s, i, ok, tt.at)
			}
		}
	}
}

func FuzzUTF8(f *testing.F) {
	f.Add([]byte("κόσμε"), 3)
	f.Add([]byte("\xf4\x90\x80\x80"), 1)
	f.Fuzz(func(t *testing.T, b []byte, cut int) {
		cut = min(max(cut, 0), len(b))
		var u ws.UTF8
		if ok := u.Write(b[:cut]) && u.Write(b[cut:]) && u.Complete(); ok != utf8.Valid(b) {
			t.Fatalf("%q cut at %d: valid %v, want %v", b, cut, ok, utf8.Valid(b))
		}
	})
}

func TestClosePayload(t *testing.T) {
	b := ws.AppendClosePayload(nil, 1002, "no")
	code, reason, has := ws.ParseClosePayload(b)
	if !has || code != 1002 || string(reason) != "no" {
		t.Errorf("got %d %q %v", code, reason, has)
	}
	if _, _, has := ws.ParseClosePayload([]byte{3}); has {
		t.Error("one octet is no close code")
	}
}

func TestCloseCodesOnWire(t *testing.T) {
	ok := map[ws.CloseCode]bool{1000: true, 1003: true, 1007: true, 1011: true, 1012: true, 1014: true, 3000: true, 4999: true}
	for _, c := range []ws.CloseCode{0, 999, 1000, 1003, 1004, 1005, 1006, 1007, 1011, 1012, 1014, 1015, 1016, 2999, 3000, 4999, 5000, 65535} {
		if c.OnWire() != ok[c] {
			t.Errorf("%d: OnWire %v", c, c.OnWire())
		}
	}
}

// Ratios in one run: masking beside a plain XOR loop, validation beside
// utf8.Valid, at the sizes of a large message.
func BenchmarkMask(b *testing.B) {
	p := make([]byte, 1<<20)
	b.Run("words", func(b *testing.B) {
		b.SetBytes(int64(len(p)))
		for b.Loop() {
			ws.Mask([4]byte{1, 2, 3, 4}, 1, p)
		}
	})
	b.Run("plain", func(b *testing.B) {
		b.SetBytes(int64(len(p)))
		for b.Loop() {
			for i := range p {
				p[i] ^= "\x01\x02\x03\x04"[i&3]
			}
		}
	})
}

func BenchmarkUTF8(b *testing.B) {
	for _, unit := range []string{"BAsd7&jh23", "Hello-µ@ßöäüàá-UTF-8!!"} {
		p := bytes.Repeat([]byte(unit), 1<<20/len(unit))
		b.Run(fmt.Sprintf("automaton/%q", unit), func(b *testing.B) {
			b.SetBytes(int64(len(p)))
			for b.Loop() {
				var u ws.UTF8
				for i := 0; i < len(p); i += 65536 {
					u.Write(p[i:min(i+65536, len(p))])
				}
			}
		})
		b.Run(fmt.Sprintf("utf8.Valid/%q", unit), func(b *testing.B) {
			b.SetBytes(int64(len(p)))
			for b.Loop() {
				utf8.Valid(p)
			}
		})
	}
}
