// SPDX-License-Identifier: Apache-2.0

package player

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// heard follows what comes: a head, and frames behind a 101. It judges nothing.
type heard struct {
	head    []byte // of an HTTP message, while it is coming
	frames  bool   // the head is over, and frames follow
	deaf    bool   // the head is over, and something else follows
	buf     []byte // the beginning of a frame
	payload []byte // of the frame that is coming, as much as is kept
	header  ws.Header
	inside  bool
	rest    uint64
}

// Bounds of what is kept.
const (
	maxHead = 64 << 10
	keep    = 125 // octets of a payload: all of a control frame
)

func (h *heard) reset() {
	h.head, h.buf, h.payload = h.head[:0], h.buf[:0], h.payload[:0]
	h.frames, h.deaf, h.inside, h.rest = false, false, false, 0
}

// take takes octets that have come on a line.
func (h *heard) take(l *line, b []byte) {
	if !h.frames && !h.deaf {
		h.head = append(h.head, b...)
		end := h.final()
		if end == 0 {
			h.deaf = len(h.head) > maxHead
			return
		}
		b = b[len(b)-min(len(b), len(h.head)-end):]
		h.head = h.head[:end]
		h.begun(l)
		if !h.frames {
			return
		}
	}
	for len(b) > 0 && h.frames {
		b = h.frame(l, b)
	}
}

// final passes over interim responses (RFC 9110, 15.2) and returns where the head that
// counts ends, or 0 where it has not.
func (h *heard) final() int {
	for {
		end := ws.HeadEnd(h.head)
		if end == 0 || !isInterim(h.head) {
			return end
		}
		h.head = h.head[:copy(h.head, h.head[end:])]
	}
}

func isInterim(head []byte) bool {
	const first = "HTTP/1.1 1"
	return bytes.HasPrefix(head, []byte(first)) && !bytes.HasPrefix(head, []byte("HTTP/1.1 101"))
}

// begun looks at a head that has come.
func (h *heard) begun(l *line) {
	first, _, _ := strings.Cut(string(h.head), "\r\n")
	l.record(wirelog.Record{Kind: wirelog.Noted, Note: first})
	if l.role == ws.Server {
		h.frames = true
		return
	}
	if r, err := ws.ParseResponse(h.head); err == nil {
		l.status = r.Status
	}
	l.answer(httpAnswer + uint32(l.status))
	h.frames = l.status == 101
	h.deaf = !h.frames
}

// frame takes what b has of one frame, and returns the rest of b.
func (h *heard) frame(l *line, b []byte) []byte {
	if !h.inside {
		n := len(h.buf)
		h.buf = append(h.buf, b[:min(len(b), ws.MaxHeaderLen-n)]...)
		header, size := ws.ParseHeader(h.buf)
		if size == 0 {
			return nil
		}
		b = b[size-n:]
		h.buf, h.header, h.rest, h.inside = h.buf[:0], header, header.Length, true
		h.payload = h.payload[:0]
		l.judgeKey(header)
	}
	n := int(min(h.rest, uint64(len(b))))
	if room := keep - len(h.payload); room > 0 {
		h.payload = append(h.payload, b[:min(room, n)]...)
	}
	h.rest -= uint64(n)
	if b = b[n:]; h.rest == 0 {
		h.inside = false
		h.came(l)
	}
	return b
}

// came takes note of a frame that is complete.
func (h *heard) came(l *line) {
	if h.header.Masked {
		ws.Mask(h.header.Key, 0, h.payload)
	}
	kind := headerKind(h.header)
	if h.header.Opcode == ws.Close {
		code := ws.NoStatus
		if c, _, has := ws.ParseClosePayload(h.payload); has {
			code = c
		}
		kind = closeAnswer + uint32(code)
		if l.p.out.Closed == 0 {
			l.p.out.Closed = code
		}
	}
	l.answer(kind)
	if l.p.Keep {
		f := wirelog.Frame{Header: h.header, Payload: wirelog.Payload{Len: int(min(h.header.Length, 1<<62)), Head: slices.Clone(h.payload)}}
		l.record(wirelog.Record{Kind: wirelog.ReceivedFrame, Frame: f})
	}
}

// maxRecords bounds what is kept of a conversation.
const maxRecords = 400

// record keeps a record, if that is asked for. Where it is of another connection than the
// one before, that comes first. Of what is beyond the bound, only how connections end is kept.
func (l *line) record(r wirelog.Record) {
	p := l.p
	if !p.Keep || len(p.out.Records) > maxRecords && r.Kind < wirelog.DroppedByMe {
		return
	}
	at := time.Since(p.began).Truncate(time.Microsecond)
	if len(p.out.Records) == maxRecords {
		p.out.Records = append(p.out.Records, wirelog.Record{At: at, Kind: wirelog.Full})
		if r.Kind < wirelog.DroppedByMe {
			return
		}
	}
	if p.shown != l.number {
		p.shown = l.number
		p.out.Records = append(p.out.Records, wirelog.Record{At: at, Kind: wirelog.Noted, Note: fmt.Sprintf("connection %d", l.number)})
	}
	r.At = at
	p.out.Records = append(p.out.Records, r)
}
