// SPDX-License-Identifier: Apache-2.0

package peer

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wsspec/wsspec/internal/rules"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// A Tunnel is a stream of HTTP/2 or HTTP/3 that an extended CONNECT opens (RFC 8441,
// RFC 9220). The opening handshake is not octets on such a stream, but a header section in
// each direction. Once they have been exchanged a WebSocket connection is what it is over
// TCP; the end of a stream stands for FIN, and its reset for RST (RFC 8441, 5).
type Tunnel interface {
	// Version is ws.HTTP2 or ws.HTTP3.
	Version() string
	// WriteHead sends our header section, as it is.
	WriteHead(section ws.Fields) error
	// ReadHead waits for the next header section of the other side: as a server, for the
	// request; as a client, for an answer, interim ones included. The error is io.EOF or
	// that of a reset, as of stream.Stream. It returns once the stream is closed.
	ReadHead() (section ws.Fields, err error)
	// Watch has each frame of the HTTP connection told that concerns the stream or all
	// streams, those that have been seen before first. The function must not block; it is
	// called by several goroutines. With nil it ends.
	Watch(func(at time.Time, sent bool, frame *wirelog.HTTPFrame))
}

// TunnelOf is the tunnel that a stream is, or wraps: wrappers have a method Unwrap. nil
// means that the opening handshake is octets of the stream.
func TunnelOf(s stream.Stream) Tunnel {
	for {
		if t, ok := s.(Tunnel); ok {
			return t
		}
		w, ok := s.(interface{ Unwrap() stream.Stream })
		if !ok {
			return nil
		}
		s = w.Unwrap()
	}
}

// HTTPVersion is the version of HTTP that the opening handshake is in.
func (p *Peer) HTTPVersion() string {
	if p.tunnel == nil {
		return ws.HTTP1
	}
	return p.tunnel.Version()
}

// Section is our half of the opening handshake as a header section of HTTP/2 or HTTP/3:
// pseudo-header fields, then the others with their names in small letters, but for those
// that only HTTP/1.1 has (RFC 8441, 5).
func (h *Head) Section() ws.Fields {
	if h.Fixed != nil {
		return h.Fixed
	}
	first, rest, _ := strings.Cut(h.Line, " ")
	second, _, _ := strings.Cut(rest, " ")
	var f ws.Fields
	if strings.HasPrefix(first, "HTTP/") {
		if second == "101" {
			second = "200"
		}
		f = ws.Fields{{Name: ":status", Value: second}}
	} else {
		scheme := "http"
		if h.Secure {
			scheme = "https"
		}
		f = ws.Fields{
			{Name: ":method", Value: "CONNECT"}, {Name: ":protocol", Value: "websocket"}, {Name: ":scheme", Value: scheme},
			{Name: ":path", Value: second}, {Name: ":authority", Value: h.Fields.Get("Host")},
		}
	}
	for _, l := range h.Fields {
		switch name := strings.ToLower(l.Name); name {
		case "host", "upgrade", "connection", "sec-websocket-key", "sec-websocket-accept", "":
		default:
			f = append(f, ws.Field{Name: name, Value: l.Value})
		}
	}
	return f
}

// sendSection sends our half of the opening handshake through the tunnel and returns what
// the log keeps of it.
func (p *Peer) sendSection(h Head) []byte {
	section := h.Section()
	p.section = section
	if p.state != closed && !p.broken {
		_ = p.s.SetWriteDeadline(p.writeBy()) // a stream that cannot has ended
		write := p.tunnel.WriteHead
		if last, ok := p.tunnel.(interface{ WriteLastHead(ws.Fields) error }); ok && h.Last {
			write = last.WriteLastHead
		}
		if err := write(section); err != nil || h.Last {
			p.broken = true
		}
	}
	for _, f := range h.Behind {
		p.enqueue(f)
	}
	p.flush()
	return keepHead(section.Head(p.tunnel.Version()))
}

// opens reports whether an answer to our opening handshake opens the connection.
func (b *inbox) opens(status int) bool {
	if b.tunnel != nil {
		return status/100 == 2 // RFC 8441, 5
	}
	return status == 101
}

// readSections reads the other side's half of the opening handshake from the tunnel and
// reports whether frames follow. Of interim answers we take a few.
func (b *inbox) readSections(r *parser) bool {
	const most = 10
	for interim := 0; ; interim++ {
		section, err := b.tunnel.ReadHead()
		now := time.Now()
		if err != nil {
			if err == io.EOF {
				err = nil
			}
			b.put(item{at: now, kind: gotEnd, err: err})
			return false
		}
		status := section.StatusOf()
		if b.role == ws.Client && status/100 == 1 && status != 101 && interim < most {
			continue
		}
		r.opened = true
		if b.role == ws.Client && !b.opens(status) {
			r.deaf = true
		}
		b.put(item{at: now, kind: gotHead, data: section.Head(b.tunnel.Version())})
		return true
	}
}

// below takes note of a frame of the HTTP connection.
func (b *inbox) below(at time.Time, sent bool, f *wirelog.HTTPFrame) {
	b.put(item{at: at, kind: gotHTTP, sent: sent, http: f})
}

// sweep puts into the log what was seen of the HTTP connection so far, before its turn.
func (p *Peer) sweep() {
	if p.tunnel == nil {
		return
	}
	all := append(slices.Clone(p.items[p.next:]), p.in.take(nil)...)
	p.items, p.next = slices.DeleteFunc(all, func(it item) bool {
		if it.kind == gotHTTP {
			p.log.AddHTTP(it.at, it.sent, it.http)
		}
		return it.kind == gotHTTP
	}), 0
}

// checkAnswer says what keeps the answer to our opening handshake from opening the
// connection: wrong is for a status that opens nothing, broken are rules it breaks.
func (p *Peer) checkAnswer(resp ws.Response, asked *rules.Asked) (wrong string, broken []string) {
	switch {
	case p.in.opens(resp.Status) && p.tunnel != nil:
		return "", rules.ConnectResponse(resp, asked)
	case p.in.opens(resp.Status):
		return "", rules.Response(resp, asked)
	case p.tunnel != nil:
		return fmt.Sprintf("RFC 8441, 5: status %d instead of 200", resp.Status), nil
	}
	return fmt.Sprintf("RFC 6455, 4.1: HTTP status %d %.80q instead of 101", resp.Status, resp.Reason), nil
}

// CheckConnect says with which status a request of HTTP/2 or HTTP/3 that opens no
// WebSocket is to be refused, and why. nil means it is one. Status 0: it is malformed, and
// the stream is to be reset.
func CheckConnect(r ws.Request) *Refusal { return refusalOf(rules.ExtendedConnect(r)) }

// Section is the refusal as a header section, and its content.
func (r Refusal) Section() (section ws.Fields, content []byte) {
	content = []byte(r.Why + "\n")
	section = ws.Fields{
		{Name: ":status", Value: strconv.Itoa(r.Status)},
		{Name: "content-type", Value: "text/plain; charset=utf-8"},
		{Name: "content-length", Value: strconv.Itoa(len(content))},
	}
	for _, l := range r.Fields {
		section = append(section, ws.Field{Name: strings.ToLower(l.Name), Value: l.Value})
	}
	return section, content
}
