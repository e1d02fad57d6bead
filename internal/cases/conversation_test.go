// SPDX-License-Identifier: Apache-2.0

package cases_test

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// tap is our end of the connection; it notes each write and the end. Only the
// script's goroutine writes, so it needs no lock.
type tap struct {
	stream.Stream
	start  time.Time
	octets []byte
	writes []write
	ended  time.Duration
}

// elapsed is the time since the conversation began, without the pauses between
// the chops of short frames.
func (c *tap) elapsed() time.Duration { return time.Since(c.start).Truncate(100 * time.Millisecond) }

type write struct {
	at time.Duration
	n  int
}

func (c *tap) Write(b []byte) (int, error) {
	c.octets = append(c.octets, b...)
	c.writes = append(c.writes, write{c.elapsed(), len(b)})
	return c.Stream.Write(b)
}

func (c *tap) Close() error {
	c.end()
	return c.Stream.Close()
}

func (c *tap) Reset() error {
	c.end()
	return c.Stream.Reset()
}

func (c *tap) end() {
	if c.ended == 0 {
		c.ended = c.elapsed()
	}
}

// opened forgets the opening handshake.
func (c *tap) opened() { c.octets, c.writes, c.start = nil, nil, time.Now() }

// played is what became of a script.
type played struct {
	*tap
	log *wirelog.Log
}

// remote is the peer under test: it has the connection once the opening handshake
// is done.
type remote func(s stream.Stream, r *bufio.Reader)

// play plays a case in the role against the remote.
func play(t *testing.T, c conform.Case, role ws.Role, other remote) played {
	t.Helper()
	return playOffering(t, c, role, c.Open.Offers, other)
}

// playOffering is play with the remote's own idea of compression: as a client it
// offers these; as a server it takes our first offer where there are any.
func playOffering(t *testing.T, c conform.Case, role ws.Role, offers []deflate.Offer, other remote) played {
	t.Helper()
	ours, theirs := memnet.Pipe(0)
	wire := &tap{Stream: ours, start: time.Now()}
	p := peer.New(t.Context(), wire, configFor(c, role))
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		r := bufio.NewReaderSize(theirs, 64<<10)
		if err := shake(role, theirs, r, offers); err != nil {
			t.Errorf("opening handshake: %v", err)
		}
		other(theirs, r)
		_ = theirs.Close()
	}()
	if !open(p, c.Open) {
		t.Fatalf("opening handshake: %s", p.Log().Refused)
	}
	wire.opened()
	c.Play(p)
	p.Finish(c.Patience(), c.End)
	<-gone
	return played{wire, p.Log()}
}

// configFor is how whoever runs cases makes a Peer for one.
func configFor(c conform.Case, role ws.Role) peer.Config {
	cfg := peer.Config{Role: role, Seed: 7, Patience: c.Patience(), CompleteCode: c.Close.Codes[0]}
	if c.Close.ByUs {
		cfg.Complete = c.Want.Complete
	}
	return cfg
}

func open(p *peer.Peer, o peer.Opening) bool {
	if p.Role() == ws.Client {
		return p.Dial(peer.Request{Host: "localhost", Target: "/"}, o)
	}
	r, ok := p.AwaitRequest()
	if !ok || peer.CheckRequest(r) != nil {
		return false
	}
	p.Accept(r, nil, o)
	return true
}

// shake plays the other half of the opening handshake.
func shake(role ws.Role, s stream.Stream, r *bufio.Reader, offers []deflate.Offer) error {
	extensions := ""
	if role == ws.Server {
		for _, o := range offers {
			extensions += "Sec-WebSocket-Extensions: " + o.String() + "\r\n"
		}
		fmt.Fprint(s, "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
			"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"+extensions+"\r\n")
		resp, err := http.ReadResponse(r, nil)
		if err == nil && resp.Header.Get("Sec-WebSocket-Accept") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
			err = fmt.Errorf("answer %v", resp.Header)
		}
		return err
	}
	req, err := http.ReadRequest(r)
	if err != nil {
		return err
	}
	if len(offers) > 0 {
		a := deflate.Answer{ServerNoContextTakeover: offers[0].ServerNoContextTakeover, ServerMaxWindowBits: offers[0].ServerMaxWindowBits}
		extensions = "Sec-WebSocket-Extensions: " + a.String() + "\r\n"
	}
	sum := sha1.Sum([]byte(req.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	_, err = fmt.Fprintf(s, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n%s\r\n",
		base64.StdEncoding.EncodeToString(sum[:]), extensions)
	return err
}

// silent reads and never answers.
func silent(_ stream.Stream, r *bufio.Reader) { _, _ = io.Copy(io.Discard, r) }

// compare holds what went out against the segments.
func (p played) compare(t *testing.T, segments []segment, masked bool) {
	t.Helper()
	rest, writes := p.octets, p.writes
	var key []byte
	pos := 0
	for i, s := range segments {
		n := len(s.head) + len(s.body)
		if masked && s.head != nil {
			n += 4
		}
		if len(rest) < n {
			t.Errorf("%d octets went out and then nothing, want %d segments with %x… as segment %d", len(p.octets), len(segments), first(s.head, s.body), i)
			return
		}
		got := rest[:n]
		rest = rest[n:]
		if s.head != nil {
			if !bytes.Equal(got[:len(s.head)], s.head) {
				t.Errorf("segment %d: header %x, want %x", i, got[:len(s.head)], s.head)
				return
			}
			if got, pos = got[len(s.head):], 0; masked {
				key, got = got[:4], got[4:]
			}
		}
		if masked {
			got = xor(key, pos, got)
		}
		pos += len(s.body)
		if !bytes.Equal(got, s.body) {
			t.Errorf("segment %d: payload %x…, want %x…", i, first(got), first(s.body))
			return
		}
		writes = takeWrites(t, i, writes, s, n)
	}
	if len(rest) > 0 {
		t.Errorf("%d more octets went out than should: %x…", len(rest), first(rest))
	}
}

// takeWrites checks when and in what pieces the n octets of a segment were
// written, and returns the writes that follow.
func takeWrites(t *testing.T, i int, writes []write, s segment, n int) []write {
	t.Helper()
	for n > 0 {
		w := writes[0]
		writes = writes[1:]
		if w.at != s.at {
			t.Errorf("segment %d: written after %v, want %v", i, w.at, s.at)
		}
		if s.chop == 0 && w.n > n { // frames that are not chopped share writes
			return append([]write{{at: w.at, n: w.n - n}}, writes...)
		}
		if s.chop > 0 && w.n != min(s.chop, n) {
			t.Errorf("segment %d: a write of %d octets with %d left, want chops of %d", i, w.n, n, s.chop)
			return writes
		}
		n -= w.n
	}
	return writes
}

// sentSizes is the octet statistics that the segments lead to.
func sentSizes(segments []segment, masked bool) map[int]int {
	sizes := map[int]int{}
	for _, s := range segments {
		n := len(s.head) + len(s.body)
		if masked && s.head != nil {
			n += 4
		}
		if s.chop == 0 {
			sizes[n]++
			continue
		}
		if whole := n / s.chop; whole > 0 {
			sizes[s.chop] += whole
		}
		if n%s.chop > 0 {
			sizes[n%s.chop]++
		}
	}
	return sizes
}

// xor applies the masking key from the octet pos of a payload on.
func xor(key []byte, pos int, b []byte) []byte {
	keys := bytes.Repeat(key, len(b)/4+2)
	out := make([]byte, len(b))
	subtle.XORBytes(out, b, keys[pos%4:])
	return out
}

// first is enough of some octets for an error message.
func first(bs ...[]byte) []byte {
	b := bytes.Join(bs, nil)
	return b[:min(len(b), 32)]
}
