// SPDX-License-Identifier: Apache-2.0

package deflate_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/deflate"
)

const noLimit = math.MaxInt

// A stream is DEFLATE data made by hand, bit by bit.
type stream struct {
	data  []byte
	nbits int
}

// bits appends the n lowest bits of v, lowest first.
func (s *stream) bits(v uint64, n int) *stream {
	for i := range n {
		if s.nbits%8 == 0 {
			s.data = append(s.data, 0)
		}
		s.data[len(s.data)-1] |= byte(v>>i&1) << (s.nbits % 8)
		s.nbits++
	}
	return s
}

// huff appends a Huffman code, highest bit first.
func (s *stream) huff(code uint64, n int) *stream {
	return s.bits(bits.Reverse64(code)>>(64-n), n)
}

func (s *stream) align() *stream { s.nbits = 8 * len(s.data); return s }

func (s *stream) fixed() *stream { return s.bits(0, 1).bits(1, 2) }

func (s *stream) literals(text string) *stream {
	for _, c := range []byte(text) {
		if c < 144 {
			s.huff(0x30+uint64(c), 8)
		} else {
			s.huff(0x190+uint64(c)-144, 9)
		}
	}
	return s
}

// match appends a match of 3 octets with fixed codes.
func (s *stream) match(distance int) *stream {
	s.huff(1, 7)
	symbol, base, extra := 0, 1, 0
	for ; distance >= base+1<<extra; symbol++ {
		base += 1 << extra
		if symbol >= 3 && symbol%2 == 1 {
			extra++
		}
	}
	return s.huff(uint64(symbol), 5).bits(uint64(distance-base), extra)
}

func (s *stream) end() *stream { return s.huff(0, 7) }

func (s *stream) stored(text string) *stream {
	s.bits(0, 3).align()
	n := uint64(len(text))
	s.bits(n, 16).bits(^n, 16)
	s.data = append(s.data, text...)
	return s.align()
}

// message ends the stream as a message has to end.
func (s *stream) message() []byte { return s.bits(0, 3).data }

// The examples of RFC 7692, 7.2.3.
func TestInflateExamples(t *testing.T) {
	type stats = deflate.Stats
	tests := []struct {
		name     string
		messages []string // all inflate to "Hello"
		want     stats    // of the last one
	}{
		{"7.2.3.1 one block", []string{"\xf2\x48\xcd\xc9\xc9\x07\x00"}, stats{Fixed: 1, Stored: 1}},
		{"7.2.3.2 shared window", []string{"\xf2\x48\xcd\xc9\xc9\x07\x00", "\xf2\x00\x11\x00\x00"},
			stats{Fixed: 1, Stored: 1, Farthest: 5, Earlier: true}},
		{"7.2.3.2 window not shared", []string{"\xf2\x48\xcd\xc9\xc9\x07\x00", "\xf2\x48\xcd\xc9\xc9\x07\x00"},
			stats{Fixed: 1, Stored: 1}},
		{"7.2.3.3 no compression", []string{"\x00\x05\x00\xfa\xffHello\x00"}, stats{Stored: 2}},
		{"7.2.3.4 final block", []string{"\xf3\x48\xcd\xc9\xc9\x07\x00\x00"}, stats{Fixed: 1, Stored: 1, Final: true}},
		{"7.2.3.4 context goes on after a final block", []string{"\xf3\x48\xcd\xc9\xc9\x07\x00\x00", "\xf2\x00\x11\x00\x00"},
			stats{Fixed: 1, Stored: 1, Farthest: 5, Earlier: true}},
		{"7.2.3.5 two blocks", []string{"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"}, stats{Fixed: 2, Stored: 2}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := deflate.NewInflater(deflate.Params{})
			for i, m := range tt.messages {
				out, st, err := f.Inflate([]byte("> "), []byte(m), 5)
				if err != nil || string(out) != "> Hello" {
					t.Fatalf("message %d: %q, %v", i, out, err)
				}
				if i == len(tt.messages)-1 && st != tt.want {
					t.Errorf("got %+v, want %+v", st, tt.want)
				}
			}
		})
	}
}

func TestInflateEmptyMessages(t *testing.T) {
	f := deflate.NewInflater(deflate.Params{})
	for _, m := range []string{"\x00", "\x02\x00", "\x00\x00\x00\xff\xff\x00", "\x03\x00\x00"} {
		out, _, err := f.Inflate(nil, []byte(m), 0)
		if err != nil || len(out) != 0 {
			t.Errorf("% x: %q, %v", m, out, err)
		}
	}
}

// Each window bits: a distance of exactly the window is allowed, one more is not,
// within a message and into the one before.
func TestInflateWindow(t *testing.T) {
	for windowBits := deflate.MinWindowBits; windowBits <= deflate.MaxWindowBits; windowBits++ {
		window := 1 << windowBits
		text := strings.Repeat("0123456789abcdef?", window/17+1)[:window+1]
		for _, distance := range []int{window, window + 1} {
			if distance > 32768 {
				continue // cannot be written
			}
			want := error(nil)
			if distance > window {
				want = deflate.ErrWindow
			}
			f := deflate.NewInflater(deflate.Params{WindowBits: windowBits})
			for _, split := range []bool{false, true} {
				name := fmt.Sprintf("%d bits, distance %d, from an earlier message: %t", windowBits, distance, split)
				f.Reset(deflate.Params{WindowBits: windowBits})
				s := new(stream)
				if !split {
					s.fixed().literals(text).end()
				} else if _, _, err := f.Inflate(nil, new(stream).fixed().literals(text).end().message(), noLimit); err != nil {
					t.Fatal(err)
				}
				out, st, err := f.Inflate(nil, s.fixed().match(distance).end().message(), noLimit)
				if !errors.Is(err, want) || want != nil && !strings.Contains(err.Error(), fmt.Sprintf("distance %d, window %d", distance, window)) {
					t.Errorf("%s: %v", name, err)
				}
				if st.Farthest != distance {
					t.Errorf("%s: farthest %d", name, st.Farthest)
				}
				if err != nil {
					continue
				}
				if st.Earlier != split {
					t.Errorf("%s: %+v", name, st)
				}
				if at := window + 1 - distance; string(out[len(out)-3:]) != text[at:at+3] {
					t.Errorf("%s: ends with %q, want %q", name, out[len(out)-3:], text[at:at+3])
				}
			}
		}
	}
}

func TestInflateReferencesBeforeTheMessage(t *testing.T) {
	hello := []byte("\xf2\x48\xcd\xc9\xc9\x07\x00")
	before := func(distance int) []byte { return new(stream).fixed().match(distance).end().message() }

	f := deflate.NewInflater(deflate.Params{})
	_, _, err := f.Inflate([]byte("not history"), before(1), noLimit)
	if !errors.Is(err, deflate.ErrCorrupt) || !strings.Contains(err.Error(), "distance 1, but there are only 0 octets before") {
		t.Errorf("in the first message: %v", err)
	}

	f.Reset(deflate.Params{})
	f.Inflate(nil, hello, noLimit)
	if _, _, err := f.Inflate(nil, before(6), noLimit); !errors.Is(err, deflate.ErrCorrupt) {
		t.Errorf("before the first message: %v", err)
	}

	f.Reset(deflate.Params{NoContextTakeover: true})
	f.Inflate(nil, hello, noLimit)
	_, _, err = f.Inflate(nil, before(5), noLimit)
	if !errors.Is(err, deflate.ErrContext) || !strings.Contains(err.Error(), "distance 5, 0 octets into the message") {
		t.Errorf("without context takeover: %v", err)
	}
	f.Reset(deflate.Params{})
	f.Inflate(nil, hello, noLimit)
	f.Reset(deflate.Params{})
	if _, _, err := f.Inflate(nil, before(5), noLimit); !errors.Is(err, deflate.ErrCorrupt) {
		t.Errorf("after Reset: %v", err)
	}
}

// A match may begin in the message before and go on into what it copies.
func TestInflateMatchAcrossMessages(t *testing.T) {
	f := deflate.NewInflater(deflate.Params{})
	for i, want := range []string{"ab", "xbxb", "xbx"} {
		m := new(stream).fixed().literals("ab").end().message()
		if i > 0 {
			m = new(stream).fixed().literals([]string{"", "x", ""}[i]).match([]int{0, 2, 4}[i]).end().message()
		}
		out, _, err := f.Inflate(nil, m, noLimit)
		if err != nil || string(out) != want {
			t.Fatalf("message %d: %q, %v, want %q", i, out, err, want)
		}
	}
}

func TestInflateTail(t *testing.T) {
	for name, m := range map[string]string{
		"no octet at all":                 "",
		"tail not removed":                "\xf2\x48\xcd\xc9\xc9\x07\x00\x00\x00\xff\xff",
		"final block without the octet 0": "\xf3\x48\xcd\xc9\xc9\x07\x00",
		"stored block at the end":         "\x00\x05\x00\xfa\xffHello",
	} {
		f := deflate.NewInflater(deflate.Params{})
		for range 2 { // the context survives
			out, _, err := f.Inflate(nil, []byte(m), 5)
			if !errors.Is(err, deflate.ErrTail) || string(out) != "Hello" && m != "" {
				t.Errorf("%s: %q, %v", name, out, err)
			}
		}
	}
}

func TestInflateLimit(t *testing.T) {
	bomb := new(stream).fixed().literals("x")
	for range 100_000 { // 258 octets each
		bomb.huff(0xc5, 8).huff(0, 5)
	}
	tests := []struct {
		name     string
		m        []byte
		size     int
		overhead int
	}{
		{"matches", bomb.end().message(), 1 + 258*100_000, 4096},
		{"literals", new(stream).fixed().literals(strings.Repeat("y", 5000)).end().message(), 5000, 4096},
		{"stored", new(stream).stored(strings.Repeat("z", 5000)).message(), 5000, 4096},
		{"lies of a stored block", []byte("\x00\xff\xff\x00\x00abc"), 65535, 4096},
	}
	for _, tt := range tests {
		for _, limit := range []int{0, 1, 2, 999, 1000, 1001, 4999} {
			f := deflate.NewInflater(deflate.Params{})
			out, _, err := f.Inflate([]byte("ab"), tt.m, limit)
			if tt.name == "lies of a stored block" && limit > 3 {
				if !errors.Is(err, deflate.ErrCorrupt) {
					t.Errorf("%s, limit %d: %v", tt.name, limit, err)
				}
			} else if !errors.Is(err, deflate.ErrLimit) || len(out) != 2+limit || !strings.Contains(err.Error(), fmt.Sprint("limit of ", limit)) {
				t.Errorf("%s, limit %d: %d octets, %v", tt.name, limit, len(out)-2, err)
			}
			if cap(out) > limit+tt.overhead {
				t.Errorf("%s, limit %d: took %d octets of memory", tt.name, limit, cap(out))
			}
		}
		if tt.name == "lies of a stored block" {
			continue
		}
		f := deflate.NewInflater(deflate.Params{})
		if out, _, err := f.Inflate(nil, tt.m, tt.size); err != nil || len(out) != tt.size {
			t.Errorf("%s, limit just enough: %d octets, %v", tt.name, len(out), err)
		}
	}
}

func TestInflateTruncated(t *testing.T) {
	c := deflate.NewCompressor(deflate.Params{})
	text := bytes.Repeat([]byte("Franz jagt im komplett verwahrlosten Taxi quer durch Bayern. "), 20)
	stored := new(stream).stored(string(text[:100])).fixed().literals("abc").end().message()
	for _, m := range [][]byte{c.Compress(nil, text), stored} {
		for i := range len(m) - 1 {
			out, _, err := deflate.NewInflater(deflate.Params{}).Inflate(nil, m[:i], noLimit)
			empty := i == 1 && m[0] == 0 // a message of its own
			if err == nil && !(empty && len(out) == 0) {
				t.Errorf("%d of %d octets: no error", i, len(m))
			}
		}
	}
}

func TestInflateCorrupt(t *testing.T) {
	// dynamic starts a block of type 2 with the counts and the lengths of the code
	// length code, given by symbol.
	dynamic := func(lits, dists int, lens map[int]uint64) *stream {
		s := new(stream).bits(0, 1).bits(2, 2).bits(uint64(lits-257), 5).bits(uint64(dists-1), 5).bits(15, 4)
		for _, symbol := range []int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15} {
			s.bits(lens[symbol], 3)
		}
		return s
	}
	// With this code length code, 0, 1, 2 and 18 are 00, 01, 10 and 11.
	four := map[int]uint64{0: 2, 1: 2, 2: 2, 18: 2}
	zeros := func(s *stream, n int) *stream {
		for ; n >= 138; n -= 138 {
			s.huff(3, 2).bits(127, 7)
		}
		for ; n > 0; n-- {
			s.huff(0, 2)
		}
		return s
	}
	tests := []struct {
		name string
		s    *stream
		want string
	}{
		{"block type", new(stream).bits(6, 3), "block type 3"},
		{"stored lengths", new(stream).bits(0, 3).align().bits(5, 16).bits(5, 16), "lengths 0x0005 and 0x0005 of a stored block do not agree"},
		{"length symbol 286", new(stream).fixed().huff(0xc6, 8), "code that stands for no literal or length"},
		{"distance symbol 30", new(stream).fixed().literals("x").huff(1, 7).huff(30, 5), "code that stands for no distance"},
		{"287 codes", dynamic(287, 1, four), "287 codes for literals and lengths"},
		{"31 distances", dynamic(257, 31, four), "31 codes for distances"},
		{"code length code over-subscribed", dynamic(257, 1, map[int]uint64{0: 1, 1: 1, 2: 1}), "over-subscribed code for code lengths"},
		{"code length code incomplete", dynamic(257, 1, map[int]uint64{0: 1, 1: 2}), "incomplete code for code lengths"},
		{"code length that does not exist", dynamic(257, 1, map[int]uint64{0: 1}).bits(1, 1), "code that stands for no code length"},
		{"repeat of nothing", dynamic(257, 1, map[int]uint64{0: 1, 16: 1}).bits(1, 1), "first code length repeats the one before"},
		{"too many code lengths", zeros(dynamic(257, 1, four), 257).huff(3, 2).bits(0, 7), "10 code lengths too many"},
		{"no end of block", zeros(dynamic(257, 1, four).huff(1, 2), 257), "no code for the end of the block"},
		{"over-subscribed", zeros(dynamic(257, 1, four).huff(1, 2).huff(1, 2), 254).huff(1, 2).huff(0, 2), "over-subscribed code for literals and lengths"},
		{"incomplete", zeros(dynamic(257, 1, four).huff(2, 2), 255).huff(2, 2).huff(0, 2), "incomplete code for literals and lengths"},
		{"distances over-subscribed", zeros(dynamic(257, 3, four), 256).huff(1, 2).huff(1, 2).huff(1, 2).huff(1, 2), "over-subscribed code for distances"},
		{"distances incomplete", zeros(dynamic(257, 2, four), 256).huff(1, 2).huff(2, 2).huff(2, 2), "incomplete code for distances"},
		{"the one code that is not there", zeros(dynamic(257, 1, four), 256).huff(1, 2).huff(0, 2).bits(1, 1), "code that stands for no literal or length"},
	}
	for _, tt := range tests {
		f := deflate.NewInflater(deflate.Params{})
		m := append(tt.s.data, make([]byte, 30)...)
		out, _, err := f.Inflate(nil, m, 1000)
		if !errors.Is(err, deflate.ErrCorrupt) || !strings.HasSuffix(err.Error(), ": "+tt.want) {
			t.Errorf("%s: %q, %v, want %s", tt.name, out, err, tt.want)
		}
	}

	// What zlib tolerates: a code of one symbol of one bit, and no distances.
	s := zeros(dynamic(257, 1, four), 256).huff(1, 2).huff(0, 2).bits(0, 1)
	if out, st, err := deflate.NewInflater(deflate.Params{}).Inflate(nil, s.message(), 10); err != nil || len(out) != 0 || st.Dynamic != 1 {
		t.Errorf("block that only ends: %q, %+v, %v", out, st, err)
	}
}

func TestInflateDoesNotAllocate(t *testing.T) {
	c := deflate.NewCompressor(deflate.Params{})
	f := deflate.NewInflater(deflate.Params{})
	text := bytes.Repeat([]byte("Zwölf Boxkämpfer jagen Viktor quer über den Sylter Deich. "), 100)
	var out []byte
	var m []byte
	round := func() {
		var err error
		m = c.Compress(m[:0], text)
		if out, _, err = f.Inflate(out[:0], m, noLimit); err != nil || !bytes.Equal(out, text) {
			t.Fatal("not the same text")
		}
	}
	round()
	if n := testing.AllocsPerRun(50, round); n > 0 {
		t.Errorf("%v allocations for each message", n)
	}
}
