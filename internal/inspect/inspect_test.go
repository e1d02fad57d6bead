// SPDX-License-Identifier: Apache-2.0

package inspect_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/golden"
	"github.com/wsspec/wsspec/internal/inspect"
	"github.com/wsspec/wsspec/internal/ws"
)

var options = inspect.Options{Symbols: 40, Payload: 64}

// frame makes one, masked where a client sends it.
func frame(from ws.Role, op ws.Opcode, payload string, edits ...func(*ws.Header)) []byte {
	h := ws.Header{Fin: true, Opcode: op, Length: uint64(len(payload))}
	if from == ws.Client {
		h.Masked, h.Key = true, [4]byte{0x37, 0xfa, 0x21, 0x3d}
	}
	for _, edit := range edits {
		edit(&h)
	}
	b := h.Append(nil)
	at := len(b)
	b = append(b, payload...)
	if h.Masked {
		ws.Mask(h.Key, 0, b[at:])
	}
	return b
}

func more(h *ws.Header)       { h.Fin = false }
func compressed(h *ws.Header) { h.RSV = 4 }

const (
	request = "GET /chat HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" +
		"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n"
	response = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
	agreeing = response + "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=8\r\n\r\n"
	plain    = response + "\r\n"
)

// step is what one side sends, at its time.
type step struct {
	from   ws.Role
	octets string
	gone   int64 // or octets that are missing
}

func (s step) feed(c *inspect.Connection, at time.Duration) {
	if s.gone > 0 {
		c.Missing(s.from, at, s.gone)
		return
	}
	c.Feed(s.from, at, []byte(s.octets))
}

func client(parts ...[]byte) step {
	return step{from: ws.Client, octets: string(slices.Concat(parts...))}
}
func server(parts ...[]byte) step {
	return step{from: ws.Server, octets: string(slices.Concat(parts...))}
}

// conversation is a connection that has most of what there is, right and wrong.
func conversation() []step {
	hello := deflate.Blocks().Fixed().Literals("Hello").End().Message()
	return []step{
		client([]byte(request)), server([]byte(agreeing)),
		client(frame(ws.Client, ws.Text, string(hello), compressed)),
		server(frame(ws.Server, ws.Text, string(hello[:3]), compressed, more), frame(ws.Server, ws.Ping, "are you there?"), frame(ws.Server, ws.Continuation, string(hello[3:]))),
		client(frame(ws.Client, ws.Pong, "are you there?")),
		client(frame(ws.Client, ws.Text, string(deflate.Blocks().Stored(strings.Repeat("0123456789", 30)).Fixed().Copy(3, 256).Copy(4, 257).End().Message()), compressed)),
		server(frame(ws.Server, ws.Binary, strings.Repeat("\xff", 300))),
		server(frame(ws.Server, ws.Text, "K\xc3", func(h *ws.Header) { h.RSV, h.Masked = 2, true }), frame(ws.Server, ws.Close, "\x03\xedno")),
		client(frame(ws.Client, ws.Close, "\x03\xe8bye")),
	}
}

func play(o inspect.Options, frames bool, steps ...step) inspect.Result {
	c := inspect.New(o, frames)
	for i, s := range steps {
		s.feed(c, time.Duration(i)*time.Millisecond)
	}
	c.End(ws.Server, time.Second, "the server ended its half of TCP")
	return c.Finish()
}

func TestConversation(t *testing.T) {
	r := play(options, false, conversation()...)
	golden.Check(t, "conversation.txt", []byte(strings.Join(r.Lines(true), "\n")+"\n"+r.Summary()+"\n"))
	b, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "conversation.json", append(b, '\n'))
}

// However the octets are cut into pieces, the same is found.
func TestPiecesDoNotMatter(t *testing.T) {
	whole := inspect.New(options, false)
	for _, s := range conversation() {
		s.feed(whole, 0)
	}
	want := whole.Finish()
	for size := 1; size < 9; size++ {
		c := inspect.New(options, false)
		for _, s := range conversation() {
			for part := range slices.Chunk([]byte(s.octets), size) {
				c.Feed(s.from, 0, part)
			}
		}
		if got := c.Finish(); !reflect.DeepEqual(got, want) {
			t.Errorf("in pieces of %d:\n%s\nwant\n%s", size, strings.Join(got.Lines(false), "\n"), strings.Join(want.Lines(false), "\n"))
		}
	}
}

// notes returns violations with !, remarks with #, and why it was not looked at with -.
func notes(r inspect.Result) []string {
	var all []string
	for _, e := range r.Entries {
		switch e.Kind {
		case inspect.Violation:
			all = append(all, fmt.Sprintf("! %v %s", e.From, e.Note))
		case inspect.Remark:
			all = append(all, "# "+e.Note)
		}
	}
	if r.Refused != "" {
		all = append(all, "- "+r.Refused)
	}
	return all
}

func TestHandshakes(t *testing.T) {
	swap := func(s, old, now string) []byte {
		if !strings.Contains(s, old) {
			t.Fatalf("there is no %q", old)
		}
		return []byte(strings.Replace(s, old, now, 1))
	}
	text := frame(ws.Client, ws.Text, "x")
	for _, tt := range []struct {
		name  string
		steps []step
		want  []string // beginnings
	}{
		{"as it should be", []step{client([]byte(request)), server([]byte(plain))}, nil},
		{"request and answer in pieces", []step{client([]byte(request[:50])), client([]byte(request[50:])), server([]byte("HT")), server([]byte(plain[2:]))}, nil},
		{"an interim response", []step{client([]byte(request)), server([]byte("HTTP/1.1 103 Early Hints\r\n\r\n"), []byte(plain))}, nil},
		{"a request of another version", []step{client(swap(request, "Version: 13", "Version: 8")), server([]byte(plain))}, []string{`! client RFC 6455, 4.1: Sec-WebSocket-Version "8"`}},
		{"a wrong Accept", []step{client([]byte(request)), server(swap(plain, "s3p", "S3p"))}, []string{"! server RFC 6455, 4.1: Sec-WebSocket-Accept"}},
		{"an answer to nothing", []step{server([]byte(plain))}, []string{"# the request is not here"}},
		{"refused", []step{client([]byte(request)), server([]byte("HTTP/1.1 404 Not Found\r\n\r\nno"))}, []string{"- the server answered with HTTP status 404"}},
		{"no answer", []step{client([]byte(request))}, []string{"- the opening handshake has no answer"}},
		{"too soon", []step{client([]byte(request), text), server([]byte(plain))}, []string{"! client RFC 6455, 4.1: data before"}},
		{"an extension nobody offered", []step{client(swap(request, "permessage-deflate; client_max_window_bits", "x")), server([]byte(agreeing))},
			[]string{"! server RFC 6455, 4.1: extension permessage-deflate was not offered"}},
		{"a parameter nobody offered", []step{client(swap(request, "; client_max_window_bits", "")), server([]byte(agreeing))}, []string{"! server RFC 7692, 7.1: "}},
		{"a wrong parameter", []step{client([]byte(request)), server(swap(agreeing, "bits=8", "bits=7"))}, []string{"! server RFC 7692, 7.1: "}},
		{"an offer to decline", []step{client(swap(request, "client_max_window_bits", "client_max_window_bits=99")), server([]byte(plain))}, []string{"! client RFC 7692, 7.1: "}},
		{"a list of extensions that is none", []step{client(swap(request, "permessage-deflate;", ";")), server([]byte(plain))}, []string{"! client RFC 6455, 9.1: "}},
		{"another extension", []step{client(swap(request, "permessage-deflate", "foo")), server(swap(agreeing, "permessage-deflate", "foo")), client(frame(ws.Client, ws.Text, "\xff", compressed))},
			[]string{"# extension foo is not known here"}},
		{"plain HTTP", []step{client([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n")), server([]byte("HTTP/1.1 200 OK\r\n\r\n"))}, []string{"- a request that does not ask for WebSocket"}},
		{"HTTP/2", []step{client([]byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))}, []string{"- a request that does not ask for WebSocket"}},
		{"TLS", []step{client([]byte("\x16\x03\x01\x02\x00\x01\x00"))}, []string{"- TLS, which cannot be looked into"}},
		{"SSH", []step{server([]byte("SSH-2.0-x\r\n"))}, []string{"- the server's octets do not begin with an HTTP head"}},
		{"anything", []step{client(frame(ws.Client, ws.Text, strings.Repeat("x", 50)))}, []string{"- the client's octets do not begin with an HTTP head"}},
		{"nothing", nil, []string{"- nothing was sent"}},
		{"a head without an end", []step{client([]byte("GET / HTTP/1.1\r\nX: " + strings.Repeat("x", 70_000)))}, []string{"- the client's HTTP head is longer than 65536 octets"}},
		{"a head that is none", []step{client([]byte("GET / HTTP/1.1\r\nno colon\r\n\r\n"))}, []string{"! client RFC 6455, 4.1: request: field line", "- request: field line"}},
		{"an answer that is none", []step{client([]byte(request)), server([]byte("HTTP/1.1 1x1\r\n\r\n"))}, []string{"! server RFC 6455, 4.2.2: status line", "- status line"}},
	} {
		c := inspect.New(options, false)
		for _, s := range tt.steps {
			s.feed(c, 0)
		}
		if got := notes(c.Finish()); !slices.EqualFunc(got, tt.want, strings.HasPrefix) {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestFrames(t *testing.T) {
	hello := string(deflate.Blocks().Fixed().Literals("Hello").End().Message())
	again := string(deflate.Blocks().Fixed().Copy(5, 5).End().Message())
	agreed := deflate.Answer{}
	agreement, none := options, options
	agreement.Deflate, none.Plain = &agreed, true
	text := func(payload string, edits ...func(*ws.Header)) []byte {
		return frame(ws.Client, ws.Text, payload, edits...)
	}
	cont := func(payload string, edits ...func(*ws.Header)) []byte {
		return frame(ws.Client, ws.Continuation, payload, edits...)
	}
	for _, tt := range []struct {
		name  string
		o     inspect.Options
		steps []step
		want  []string // beginnings
	}{
		{"a message in frames", options, []step{client(text("Hel", more), frame(ws.Client, ws.Ping, ""), cont("lo"))}, nil},
		{"taken for compressed", options, []step{client(text(hello, compressed))}, []string{"# RSV1 is set: permessage-deflate without parameters is assumed"}},
		{"compressed as agreed", agreement, []step{client(text(hello, compressed), text(again, compressed))}, nil},
		{"compressed without agreement", none, []step{client(text(hello, compressed))}, []string{"! client RFC 6455, 5.2: RSV = 4"}},
		{"not masked", none, []step{client(text("x", func(h *ws.Header) { h.Masked = false }))}, []string{"! client RFC 6455, 5.1: a client must mask"}},
		{"UTF-8 cut by frames", none, []step{client(text("\xe2\x82", more), cont("\xac"))}, nil},
		{"UTF-8 broken in the second frame", none, []step{client(text("ab\xe2", more), cont("\x28x", more), cont("\xff"))}, []string{"! client RFC 6455, 8.1: text that is not UTF-8, from octet 3 of"}},
		{"UTF-8 that ends too early", none, []step{client(text("ab\xe2"))}, []string{"! client RFC 6455, 8.1: text that ends inside a character"}},
		{"UTF-8 in what is compressed", agreement, []step{client(text(string(deflate.Blocks().Stored("ab\xff").Message()), compressed))}, []string{"! client RFC 6455, 8.1: text that is not UTF-8, from octet 2 of"}},
		{"no UTF-8 in what is binary", none, []step{client(frame(ws.Client, ws.Binary, "\xff"))}, nil},
		{"broken DEFLATE, and what follows it", agreement, []step{client(text("\x06", compressed), text(hello, compressed))},
			[]string{"! client RFC 1951, 3.2.3: octet 0: invalid DEFLATE data: block type 3", "# this message is not inflated"}},
		{"the tail is there", agreement, []step{client(text(hello+"\x00\x00\xff\xff", compressed), text(again, compressed))}, []string{"! client RFC 7692, 7.2.1: octet 11: "}},
		{"a message that grows", agreement, []step{client(text(bomb(), compressed))}, []string{"# message inflates to more octets than the limit"}},
		{"RSV1 where it may not be", agreement, []step{client(text(hello[:3], compressed, more), cont(hello[3:], compressed))}, []string{"! client RFC 7692, 6: RSV1 on a fragment"}},
		{"a continuation of nothing", none, []step{client(cont("\xff"))}, []string{"! client RFC 6455, 5.4: continuation"}},
		{"data behind a Close", none, []step{client(frame(ws.Client, ws.Close, ""), text("x"), frame(ws.Client, ws.Pong, ""))}, []string{"! client RFC 6455, 5.5.1: a data frame"}},
		{"a reserved opcode, with data", none, []step{client(frame(ws.Client, 3, "\xff"))}, []string{"! client RFC 6455, 5.2: reserved opcode 3"}},
		{"the code of a Close", none, []step{client(frame(ws.Client, ws.Close, "\x03\xee"))}, []string{"! client RFC 6455, 7.4: close code 1006"}},
		{"the end in a frame", none, []step{client(text("Hello")[:8])}, []string{"# the octets end 3 octets before the end of a frame"}},
		{"the end in a header", none, []step{client(text("Hello")[:5])}, []string{"# the octets end within the header"}},
		{"the end in a message", none, []step{client(text("Hello", more))}, []string{"# the octets end before the last frame"}},
		{"a gap in a payload", none, []step{client(text("Hello")[:8]), {ws.Client, "", 2}, client(text("Hello")[10:], text("\xff"))},
			[]string{"# 2 octets of the payload missing", "# a message with octets missing", "! client RFC 6455, 8.1"}},
		{"a gap in what is compressed", agreement, []step{client(text(hello, compressed)[:8]), {ws.Client, "", 5}, client(text(again, compressed))},
			[]string{"# 5 octets of the payload missing", "# a message with octets missing", "# this message is not inflated"}},
		{"a gap in a Close", none, []step{client(frame(ws.Client, ws.Close, "\x00\x00")[:7]), {ws.Client, "", 1}}, []string{"# 1 octet of the payload missing"}},
		{"a gap over a header", none, []step{client(text("Hello")), {ws.Client, "", 2}, client(text("Hello"))}, []string{"# 2 octets are missing: the rest"}},
		{"no room for more octets", none, []step{client(text("", func(h *ws.Header) { h.Length, h.Form = 1<<63, ws.Length64 }))},
			[]string{"! client RFC 6455, 5.2: length with", "# the octets end 9223372036854775808 octets before"}},
	} {
		c := inspect.New(tt.o, true)
		for _, s := range tt.steps {
			s.feed(c, 0)
		}
		if got := notes(c.Finish()); !slices.EqualFunc(got, tt.want, strings.HasPrefix) {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

// bomb is a message that inflates to more than the limit.
func bomb() string {
	b := deflate.Blocks().Dynamic(deflate.Codes{Lits: deflate.Lengths{0: 2, 285: 1, 256: 2}, Dists: deflate.Lengths{0: 1}}).Literals("\x00")
	for range inspect.MaxInflated/258 + 1 {
		b.Copy(258, 1)
	}
	return string(b.End().Message())
}

// What comes is bounded, and what is left out is counted.
func TestBounds(t *testing.T) {
	c := inspect.New(options, true)
	for range 2 * inspect.MaxEntries {
		c.Feed(ws.Client, 0, frame(ws.Client, ws.Ping, "", more))
	}
	if r := c.Finish(); len(r.Entries) != inspect.MaxEntries || r.Left != 3*inspect.MaxEntries || r.Violations != 2*inspect.MaxEntries || r.Frames != 2*inspect.MaxEntries {
		t.Errorf("%d entries, %d left out, %d violations in %d frames", len(r.Entries), r.Left, r.Violations, r.Frames)
	}

	small := options
	small.Memory = inspect.NewMemory(10_000)
	a, b := inspect.New(small, true), inspect.New(small, true)
	for range 20 {
		a.Feed(ws.Client, 0, frame(ws.Client, ws.Pong, ""))
		b.Feed(ws.Client, 0, frame(ws.Client, ws.Pong, ""))
	}
	ra, rb := a.Finish(), b.Finish()
	if n := len(ra.Entries) + len(rb.Entries); n == 0 || n > 20 || n+ra.Left+rb.Left != 40 {
		t.Errorf("%d entries in 10000 octets", n)
	}
	a.Release()
	b.Release()
	again := inspect.New(small, true)
	again.Feed(ws.Client, 0, frame(ws.Client, ws.Text, string(noise(9000)), compressed))
	if got := notes(again.Finish()); len(got) != 2 || !strings.HasPrefix(got[1], "# a compressed message of 9000 octets is not inflated") {
		t.Errorf("no memory for a message: %q", got)
	}
}

func noise(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i * i >> 3)
	}
	return b
}

// FuzzConnection: any octets of both sides, cut anywhere, are taken without panic and
// within bounds, and the cuts make no difference.
func FuzzConnection(f *testing.F) {
	var all []byte
	for _, s := range conversation() {
		all = append(all, s.octets...)
	}
	f.Add(all, uint16(300), true, uint8(3))
	f.Add(frame(ws.Client, ws.Text, "Hello"), uint16(0), false, uint8(1))
	f.Add(frame(ws.Server, ws.Text, "\xf2\x48\xcd\xc9\xc9\x07\x00", compressed), uint16(9), false, uint8(2))
	f.Fuzz(func(t *testing.T, octets []byte, cut uint16, head bool, size uint8) {
		n := min(int(cut), len(octets))
		steps := []step{{from: ws.Client, octets: string(octets[:n])}, {from: ws.Server, octets: string(octets[n:])}}
		var results [2]inspect.Result
		for i := range results {
			c := inspect.New(options, !head)
			for _, s := range steps {
				piece := len(octets) + 1
				if i == 1 {
					piece = int(size) + 1
				}
				for part := range slices.Chunk([]byte(s.octets), piece) {
					c.Feed(s.from, 0, part)
				}
			}
			results[i] = c.Finish()
		}
		if !reflect.DeepEqual(results[0], results[1]) {
			t.Fatalf("in pieces of %d:\n%s\nwant\n%s", int(size)+1, strings.Join(results[1].Lines(false), "\n"), strings.Join(results[0].Lines(false), "\n"))
		}
		for _, line := range results[0].Lines(true) {
			if strings.ContainsAny(line, "\n\r\x1b") {
				t.Fatalf("line %q", line)
			}
		}
		if _, err := json.Marshal(results[0]); err != nil {
			t.Fatal(err)
		}
	})
}
