// SPDX-License-Identifier: Apache-2.0

package peer

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// Sizes of the reading side, in octets.
const (
	readSize = 64 << 10 // of a read, at most
	readLow  = 4 << 10  // and at least, however small the backlog
	maxHead  = 64 << 10 // of an HTTP head
	eager    = 1 << 20  // of a frame that must have come before all of it is allocated
	itemCost = 160      // charged for an item beside its payload

	// eventCost is charged for an event beside its payload: the record, twice while
	// the list of them grows.
	eventCost = 512
)

type itemKind uint8

const (
	gotChunk  itemKind = iota // one read
	gotHead                   // the HTTP head of the opening handshake
	gotAnswer                 // the head of an HTTP answer to a request that went before it
	gotFrame
	gotHTTP    // a frame of the HTTP connection that the stream is one of
	gotTooMuch // a frame or a backlog over the limit; reading goes on, parsing does not
	gotEnd     // no more input
)

// item is something the reader noticed, with the time it did.
type item struct {
	at     time.Time
	kind   itemKind
	header ws.Header
	data   []byte // head, payload, or the beginning of a chunk
	size   int    // gotChunk: its octets; gotAnswer: the status
	sent   bool   // gotHTTP: by us
	http   *wirelog.HTTPFrame
	err    error // gotHead: no HTTP; gotTooMuch: what; gotEnd: nil after FIN
}

// inbox connects the reader to the script. Its lock is the only one in a Peer.
type inbox struct {
	role    ws.Role
	tunnel  Tunnel // nil: the opening handshake is octets of the stream
	limit   int    // octets of a frame's payload
	backlog int    // octets that may wait
	slack   int    // and those beyond that a read in progress may add
	ready   chan struct{}
	done    chan struct{} // the reader has returned

	pause atomic.Int64 // after each read, nanoseconds

	skip atomic.Int32 // HTTP answers to pass over

	mu    sync.Mutex
	items []item
	held  int
	deaf  chan struct{} // while we do not read: closed when we go on
}

func newInbox(role ws.Role, limit, backlog int) *inbox {
	slack := max(maxHead, min(eager, backlog))
	return &inbox{role: role, limit: limit, backlog: backlog, slack: slack, ready: make(chan struct{}, 1), done: make(chan struct{})}
}

// put appends items and reports whether there is room for more. Where there was
// none before, chunks are thrown away: the peer may send in reads as small as it likes.
func (b *inbox) put(items ...item) bool {
	b.mu.Lock()
	for _, it := range items {
		if (it.kind == gotChunk || it.kind == gotHTTP) && b.held > b.backlog+b.slack {
			continue
		}
		b.items = append(b.items, it)
		b.held += len(it.data) + itemCost
	}
	room := b.held <= b.backlog+b.slack
	b.mu.Unlock()
	select {
	case b.ready <- struct{}{}:
	default:
	}
	return room
}

// skipAnswers has the reader pass over so many HTTP answers before the one that counts.
func (b *inbox) skipAnswers(n int) { b.skip.Store(int32(n)) }

// hold stops the reader before its next read, or with false lets it go on.
func (b *inbox) hold(on bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case on && b.deaf == nil:
		b.deaf = make(chan struct{})
	case !on && b.deaf != nil:
		close(b.deaf)
		b.deaf = nil
	}
}

// listen waits while the reader is held.
func (b *inbox) listen() {
	b.mu.Lock()
	deaf := b.deaf
	b.mu.Unlock()
	if deaf != nil {
		<-deaf
	}
}

// take returns what has come since the last call; spare is reused for what comes next.
func (b *inbox) take(spare []item) []item {
	b.mu.Lock()
	defer b.mu.Unlock()
	items := b.items
	clear(spare)
	b.items, b.held = spare[:0], 0
	return items
}

// read parses the stream until it ends. It judges nothing but sizes.
func (b *inbox) read(s stream.Stream) {
	defer close(b.done)
	buf := make([]byte, max(readLow, min(readSize, b.backlog)))
	r := parser{role: b.role, limit: b.limit}
	var batch []item
	if b.tunnel != nil && !b.readSections(&r) {
		return
	}
	for {
		b.listen()
		n, err := s.Read(buf)
		now := time.Now()
		if n > 0 {
			batch = append(batch[:0], item{at: now, kind: gotChunk, size: n, data: append([]byte(nil), buf[:min(n, wirelog.KeepOctets)]...)})
			r.skip = int(b.skip.Load())
			batch = r.feed(batch, now, buf[:n])
			if !b.put(batch...) && !r.deaf {
				r.deaf = true
				b.put(item{at: now, kind: gotTooMuch, err: fmt.Errorf("more than %d octets sent unasked", b.backlog)})
			}
			clear(batch)
			time.Sleep(time.Duration(b.pause.Load()))
		}
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			b.put(item{at: now, kind: gotEnd, err: err})
			return
		}
	}
}

// parser cuts the stream into the handshake's head and frames.
type parser struct {
	role    ws.Role
	limit   int
	deaf    bool    // no more items but chunks
	skip    int     // HTTP answers that have to come before the one that counts
	passed  int     // those that have
	interim int     // interim responses so far
	content content // of such an answer, as far as it is still to come
	opened  bool
	pending []byte // of a head or a frame header that is not all there
	inFrame bool
	header  ws.Header
	payload []byte
}

// feed appends to items what is complete with p.
func (r *parser) feed(items []item, now time.Time, p []byte) []item {
	for !r.deaf && (len(p) > 0 || r.inFrame) {
		var it item
		var ok bool
		if !r.opened {
			it, p, ok = r.head(p)
		} else {
			it, p, ok = r.frame(p)
		}
		if !ok {
			return items
		}
		it.at = now
		items = append(items, it)
	}
	return items
}

func (r *parser) head(p []byte) (it item, rest []byte, ok bool) {
	r.pending = append(r.pending, p...)
	for {
		if r.pending, ok = r.content.skip(r.pending); !ok {
			return item{}, nil, false
		}
		n := ws.HeadEnd(r.pending)
		switch {
		case n > maxHead || n == 0 && len(r.pending) > maxHead:
			r.deaf = true
			return item{kind: gotHead, data: r.pending[:maxHead], err: fmt.Errorf("HTTP head longer than %d octets", maxHead)}, nil, true
		case n == 0:
			return item{}, nil, false
		}
		it, rest = item{kind: gotHead, data: r.pending[:n:n]}, r.pending[n:]
		resp, err := ws.Response{}, error(nil)
		if r.role == ws.Client {
			resp, err = ws.ParseResponse(it.data)
		}
		switch {
		case r.role == ws.Server:
		case err == nil && r.isInterim(resp):
			r.pending = rest
			continue
		case err == nil && r.passed < r.skip && resp.Status != 101:
			r.passed++
			r.content = contentOf(resp)
			r.pending = nil
			return item{kind: gotAnswer, size: resp.Status}, rest, true
		case err != nil || resp.Status != 101:
			r.deaf = true // what follows is no WebSocket (RFC 6455, 4.1)
		}
		r.pending, r.opened = nil, true
		return it, rest, true
	}
}

// isInterim reports whether an answer is one before the one that counts (RFC 9110,
// 15.2), of which we take a few.
func (r *parser) isInterim(resp ws.Response) bool {
	const most = 10
	if resp.Status == 101 || resp.Status > 199 {
		return false
	}
	r.interim++
	return r.interim <= most
}

func (r *parser) frame(p []byte) (it item, rest []byte, ok bool) {
	if !r.inFrame {
		had := len(r.pending)
		r.pending = append(r.pending, p[:min(len(p), ws.MaxHeaderLen-had)]...)
		h, n := ws.ParseHeader(r.pending)
		if n == 0 {
			return item{}, nil, false
		}
		p = p[n-had:]
		r.pending = r.pending[:0]
		if h.Length > uint64(r.limit) {
			r.deaf = true
			return item{kind: gotTooMuch, header: h, err: fmt.Errorf("a frame that declares %d octets", h.Length)}, nil, true
		}
		r.header, r.inFrame = h, true
		r.payload = make([]byte, 0, min(h.Length, eager))
	}
	want := int(r.header.Length)
	take := min(len(p), want-len(r.payload))
	if cap(r.payload) < len(r.payload)+take {
		// Enough has really come: the declared length is no bare claim.
		r.payload = append(make([]byte, 0, want), r.payload...)
	}
	r.payload = append(r.payload, p[:take]...)
	if len(r.payload) < want {
		return item{}, nil, false
	}
	if r.header.Masked {
		ws.Mask(r.header.Key, 0, r.payload)
	}
	it = item{kind: gotFrame, header: r.header, data: r.payload}
	r.inFrame, r.payload = false, nil
	return it, p[take:], true
}
