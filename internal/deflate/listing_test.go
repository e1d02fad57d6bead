// SPDX-License-Identifier: Apache-2.0

package deflate_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/deflate"
)

// What is listed of a message depends on those before it, as inflating does.
func TestListOverMessages(t *testing.T) {
	hello := deflate.Blocks().Fixed().Literals("Hello").End().Message()
	back := func(n int) []byte { return deflate.Blocks().Fixed().Copy(5, n).End().Message() }
	type step struct {
		msg  []byte
		want string
	}
	for _, tt := range []struct {
		name   string
		params deflate.Params
		steps  []step
	}{
		{"the window goes on", deflate.Params{}, []step{{hello, "fixed, 5 literals, end; tail"}, {back(5), "fixed, copy 5 from 5 back, end; tail"},
			{back(11), "fixed; broken at bit 10: distance 11, but there are only 10 octets before (RFC 1951, 3.2.3)"}}},
		{"without context takeover", deflate.Params{NoContextTakeover: true}, []step{{hello, "fixed, 5 literals, end; tail"},
			{back(5), "fixed; broken at bit 10: distance into an earlier message without context takeover: distance 5, 0 octets into the message (RFC 7692, 7.1.1)"}}},
		{"a small window", deflate.Params{WindowBits: 8}, []step{
			{deflate.Blocks().Stored(strings.Repeat("x", 300)).Message(), "stored 300; tail"}, {back(256), "fixed, copy 5 from 256 back, end; tail"},
			{back(257), "fixed; broken at bit 10: distance beyond the agreed window: distance 257, window 256 (RFC 7692, 7.1.2)"}}},
		{"the tail is still there", deflate.Params{}, []step{{append(bytes.Clone(hello), 0, 0, 0xff, 0xff),
			"fixed, 5 literals, end; stored 0; broken at bit 88: message does not end where 00 00 ff ff can follow (RFC 7692, 7.2.1)"}}},
		{"no octet", deflate.Params{}, []step{{nil, "broken at bit 0: message does not end where 00 00 ff ff can follow (RFC 7692, 7.2.1)"}}},
		{"more than the caller takes", deflate.Params{}, []step{{deflate.Blocks().Stored(strings.Repeat("x", 3000)).Message(),
			"stored 3000; stopped: message inflates to more octets than the limit of 2000"}}},
	} {
		f := deflate.NewInflater(tt.params)
		for i, s := range tt.steps {
			if _, _, l := f.List(nil, s.msg, 2000, 20); l.String() != s.want {
				t.Errorf("%s, message %d:\ngot  %s\nwant %s", tt.name, i, l, s.want)
			}
		}
	}
}

// A listing is bounded, and says what it leaves out.
func TestListIsBounded(t *testing.T) {
	b := deflate.Blocks().Fixed()
	for range 50 {
		b.Literals("ab").Copy(3, 1).Copy(4, 2)
	}
	b.End()
	for range 30 {
		b.Stored("x")
	}
	msg := b.Message()
	for most, want := range map[int]string{
		0: "... 32 blocks",
		1: "fixed, ... 100 literals and 100 copies up to 2 back, end; ... 31 blocks",
		4: "fixed, 2 literals, copy 3 from 1 back, copy 4 from 2 back, ... 98 literals and 98 copies up to 2 back, end; ... 31 blocks",
	} {
		_, _, l := deflate.NewInflater(deflate.Params{}).List(nil, msg, 1<<20, most)
		if l.String() != want || l.Err != nil {
			t.Errorf("at most %d:\ngot  %s\nwant %s", most, l, want)
		}
	}
	if _, _, l := deflate.NewInflater(deflate.Params{}).List(nil, msg, 1<<20, 1000); len(l.Blocks) != 32 || l.More > 0 || !l.Blocks[31].Tail {
		t.Errorf("%d blocks, %d more", len(l.Blocks), l.More)
	}
}

// A program of random blocks is listed as it was written, and inflates in all three
// inflaters to what it stands for.
func FuzzHandmade(f *testing.F) {
	f.Add([]byte("0Hello\xff1Hello\xfe\x03\x05\xff"))
	f.Add([]byte("2abba\xff\xff0\xff1x\xfe\xff\x01\xff"))
	f.Fuzz(func(t *testing.T, program []byte) {
		made, plain, want := write(program)
		msg := made.Message()
		out, _, l := deflate.NewInflater(deflate.Params{}).List(nil, msg, 1<<20, 1<<20)
		if l.Err != nil || !bytes.Equal(out, plain) {
			t.Fatalf("got %q, want %q, %v", out, plain, l.Err)
		}
		for i := range l.Blocks {
			l.Blocks[i].Codes = 0 // the best code of the code lengths is not for this test to know
		}
		if l.String() != want+"tail" {
			t.Fatalf("listed as\n%s\nwant\n%stail", l, want)
		}
		outs, errs := others(msg)
		for i := range outs {
			if errs[i] != nil || !bytes.Equal(outs[i], plain) {
				t.Fatalf("inflater %d: %q, want %q, %v", i, outs[i], plain, errs[i])
			}
		}
	})
}

// write makes blocks of a program: a block is the octet of its type and then its
// octets up to ff. An octet fe in a block with codes is a copy, with its length and
// distance behind it.
func write(program []byte) (made *deflate.Handmade, plain []byte, listed string) {
	made = deflate.Blocks()
	var list strings.Builder
	for len(program) > 0 {
		kind := program[0] % 3
		body, rest, _ := bytes.Cut(program[1:], []byte{0xff})
		program = rest
		switch kind {
		case 0:
			made.Stored(string(body))
			plain = append(plain, body...)
			fmt.Fprintf(&list, "stored %d; ", len(body))
			continue
		case 1:
			made.Fixed()
			list.WriteString("fixed")
		default:
			c := deflate.CodesFor(string(body))
			made.Dynamic(c)
			list.WriteString("dynamic 257+1+0")
			body = bytes.ReplaceAll(body, []byte{0xfe}, nil) // there is no code for copies
		}
		plain = symbols(made, &list, plain, body)
		list.WriteString(", end; ")
		made.End()
	}
	return made, plain, list.String()
}

func symbols(made *deflate.Handmade, list *strings.Builder, plain, body []byte) []byte {
	literals := 0
	flush := func() {
		if literals == 1 {
			list.WriteString(", 1 literal")
		} else if literals > 1 {
			fmt.Fprintf(list, ", %d literals", literals)
		}
		literals = 0
	}
	for i := 0; i < len(body); i++ {
		if body[i] != 0xfe || i+2 >= len(body) || len(plain) == 0 {
			made.Literals(string(body[i : i+1]))
			plain = append(plain, body[i])
			literals++
			continue
		}
		flush()
		length, distance := 3+int(body[i+1]), 1+int(body[i+2])*127%min(len(plain), 32768)
		made.Copy(length, distance)
		fmt.Fprintf(list, ", copy %d from %d back", length, distance)
		for range length {
			plain = append(plain, plain[len(plain)-distance])
		}
		i += 2
	}
	flush()
	return plain
}

// FuzzList: what is listed is what Inflate says, bounded, and every bit is in the message.
func FuzzList(f *testing.F) {
	f.Add([]byte("\xf2\x48\xcd\xc9\xc9\x07\x00"), uint8(3), uint8(10))
	f.Add([]byte("\x04\xc0\xff\xff\xff\xff"), uint8(0), uint8(10))
	f.Add([]byte("\x00\x05\x00\xfa\xffHello"), uint8(7), uint8(0))
	f.Fuzz(func(t *testing.T, msg []byte, windowBits, most uint8) {
		p := deflate.Params{WindowBits: 8 + int(windowBits%8)}
		want, wantStats, wantErr := deflate.NewInflater(p).Inflate(nil, msg, 1<<16)
		got, stats, l := deflate.NewInflater(p).List(nil, msg, 1<<16, int(most))
		if !bytes.Equal(got, want) || stats != wantStats || fmt.Sprint(l.Err) != fmt.Sprint(wantErr) {
			t.Fatalf("listed: %d octets, %+v, %v\ninflated: %d octets, %+v, %v", len(got), stats, l.Err, len(want), wantStats, wantErr)
		}
		units := len(l.Blocks)
		for _, b := range l.Blocks {
			units += len(b.Runs)
			if b.Bit < 0 || b.Bit > 8*len(msg) {
				t.Fatalf("block at bit %d of %d octets", b.Bit, len(msg))
			}
		}
		if units > int(most) {
			t.Fatalf("%d blocks and runs, want at most %d", units, most)
		}
		if s := l.String(); strings.ContainsAny(s, "\n\r\"\\") || len(s) > 300+60*int(most) {
			t.Fatalf("listing %q", s)
		}
	})
}
