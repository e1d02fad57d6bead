// SPDX-License-Identifier: Apache-2.0

package peer

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/ws"
)

// Any chopping of any sequence of frames parses to the same frames.
func TestChoppingDoesNotMatter(t *testing.T) {
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 0))
		sent := []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		want := fmt.Sprintf("head %q\n", sent)
		for range 1 + r.IntN(8) {
			h, payload := randomFrame(r)
			sent = h.Append(sent)
			want += show(item{kind: gotFrame, header: h, data: payload})
			at := len(sent)
			sent = append(sent, payload...)
			if h.Masked {
				ws.Mask(h.Key, 0, sent[at:])
			}
		}
		for range 5 {
			if got := parse(sent, func(left int) int { return 1 + r.IntN(1+r.IntN(left)) }); got != want {
				t.Fatalf("seed %d: parsed as\n%.500s\nwant\n%.500s", seed, got, want)
			}
		}
	}
}

func randomFrame(r *rand.Rand) (ws.Header, []byte) {
	length := []int{0, 1, 125, 126, 127, 1000, 65535, 65536, eager + 1}[r.IntN(9)]
	forms := []ws.LengthForm{ws.Length64, ws.Length64, ws.Length16}
	if length < 126 {
		forms = append(forms, ws.Length7)
	}
	if length > 65535 {
		forms = forms[:1]
	}
	h := ws.Header{Fin: r.IntN(2) == 0, RSV: uint8(r.IntN(8)), Opcode: ws.Opcode(r.IntN(16)), Length: uint64(length), Form: forms[r.IntN(len(forms))]}
	if r.IntN(2) == 0 {
		h.Masked = true
		h.Key = [4]byte{byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32())}
	}
	payload := make([]byte, length)
	for i, k := 0, r.Uint32(); i < length; i++ {
		payload[i] = byte(i) ^ byte(k>>(i&15))
	}
	return h, payload
}

// parse feeds the octets in pieces whose lengths cut chooses.
func parse(b []byte, cut func(left int) int) string {
	p := parser{role: ws.Server, limit: 1 << 22}
	var items []item
	for len(b) > 0 {
		n := cut(len(b))
		items = p.feed(items, time.Time{}, bytes.Clone(b[:n]))
		b = b[n:]
	}
	got := ""
	for _, it := range items {
		got += show(it)
	}
	return got
}

func show(it item) string {
	switch it.kind {
	case gotHead:
		return fmt.Sprintf("head %q\n", it.data)
	case gotFrame:
		return fmt.Sprintf("%+v %d %x\n", it.header, len(it.data), it.data[:min(len(it.data), 100)])
	}
	return fmt.Sprintf("kind %d, %v\n", it.kind, it.err)
}

// What follows what we do not take is not looked at, and not kept.
func TestParserGivesUpOnce(t *testing.T) {
	long := bytes.Repeat([]byte("x"), maxHead+1)
	for name, c := range map[string]struct {
		parser parser
		octets []byte
		kind   itemKind
	}{
		"a head without end":       {parser{role: ws.Server}, long, gotHead},
		"a frame beyond the limit": {parser{role: ws.Server, limit: 10, opened: true}, []byte("\x81\x8b\x00\x00\x00\x00"), gotTooMuch},
		"what is behind a refusal": {parser{role: ws.Client}, []byte("HTTP/1.1 404 Not Found\r\n\r\n"), gotHead},
		"what is no HTTP":          {parser{role: ws.Client}, []byte("nonsense\r\n\r\n"), gotHead},
	} {
		items := c.parser.feed(nil, time.Time{}, c.octets)
		kept := len(c.parser.pending)
		for range 3 {
			items = c.parser.feed(items, time.Time{}, []byte("\x81\x01x\r\n\r\n"))
		}
		if len(items) != 1 || items[0].kind != c.kind || len(c.parser.pending) > kept {
			t.Errorf("%s: %d items, %d octets kept, %d before", name, len(items), len(c.parser.pending), kept)
		}
	}
}

// FuzzParser feeds what a hostile peer may send, all at once and in pieces: no
// panic, the same items either way, and no more memory than has come.
func FuzzParser(f *testing.F) {
	head := "GET / HTTP/1.1\r\n\r\n"
	for _, s := range []string{
		"\x81\x05Hello", "\x81\x85\x01\x02\x03\x04Hello", "\x82\x7e\x00\x05Hello", "\x82\x7f\x00\x00\x00\x00\x00\x00\x00\x05Hello",
		"\x82\x7f\x40\x00\x00\x00\x00\x00\x00\x00x", "\x82\x7f\x00\x00\x00\x00\x00\x3f\xff\xffx", "\x88\x02\x03\xe8", "\x00\x00\x80\x00", "\xff\xff\xff\xff",
	} {
		f.Add([]byte(head+s), uint8(1))
		f.Add([]byte(s), uint8(3))
	}
	f.Fuzz(func(t *testing.T, b []byte, piece uint8) {
		whole := parse(b, func(left int) int { return left })
		if pieces := parse(b, func(left int) int { return min(left, int(piece)+1) }); pieces != whole {
			t.Errorf("in pieces of %d:\n%s\nat once:\n%s", int(piece)+1, pieces, whole)
		}
		p := parser{role: ws.Client, limit: 1 << 22, opened: true}
		p.feed(nil, time.Time{}, b)
		if cap(p.payload) > max(eager, 2*len(b)) && len(b) < eager {
			t.Errorf("%d octets allocated for %d that came", cap(p.payload), len(b))
		}
	})
}
