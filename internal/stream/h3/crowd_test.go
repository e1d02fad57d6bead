// SPDX-License-Identifier: Apache-2.0

package h3_test

import (
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/quic-go/quic-go"

	"github.com/wsspec/wsspec/internal/stream/h3"
	"github.com/wsspec/wsspec/internal/stream/memnet"
)

// Streams that nobody knows are refused one by one, and not for ever.
func TestUnknownStreams(t *testing.T) {
	bare(t, func(t *testing.T, q *quic.Conn, c *h3.Conn) {
		opened := 0
		for ; opened < 2_000; opened++ {
			s, err := q.OpenUniStreamSync(t.Context())
			if err != nil {
				break
			}
			if _, err := s.Write([]byte{0x21}); err != nil && q.Context().Err() != nil {
				break
			}
			synctest.Wait()
			_ = s.Close()
		}
		synctest.Wait()
		if got := codeOf(q); got != h3.ExcessiveLoad || opened < 1_000 {
			t.Errorf("%v after %d streams", got, opened)
		}
	})
}

// A client that cancels what it has asked for, over and over, opens no more streams than are there
// for it, and is told that it is too much.
func TestRapidReset(t *testing.T) {
	bare(t, func(t *testing.T, q *quic.Conn, c *h3.Conn) {
		ask := h3.AppendFrame(nil, h3.Headers, h3.AppendFields(nil, asks()))
		for round := 1; q.Context().Err() == nil; round++ {
			opened := 0
			for {
				s, err := q.OpenStream()
				if err != nil {
					break
				}
				_, _ = s.Write(ask) // it may be over
				s.CancelWrite(quic.StreamErrorCode(h3.RequestCancelled))
				s.CancelRead(quic.StreamErrorCode(h3.RequestCancelled))
				opened++
				time.Sleep(time.Millisecond)
			}
			if opened > 100 || round > 2 {
				t.Fatalf("%d streams that nobody has closed at our end, in round %d", opened, round)
			}
			for range opened {
				if s, err := c.Accept(t.Context()); err == nil {
					_ = s.Close()
				}
			}
			time.Sleep(10 * time.Millisecond)
		}
		if got := codeOf(q); got != h3.ExcessiveLoad {
			t.Errorf("ended with %v", got)
		}
	})
}

// A connection without a request ends some time, and one with a request does not.
func TestIdleConnections(t *testing.T) {
	bare(t, func(t *testing.T, q *quic.Conn, c *h3.Conn) {
		time.Sleep(h3.IdlePatience - time.Second)
		s, err := q.OpenStream()
		if err != nil {
			t.Fatal(err)
		}
		_, _ = s.Write(h3.AppendFrame(nil, h3.Headers, h3.AppendFields(nil, asks())))
		server, err := c.Accept(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * h3.IdlePatience)
		if q.Context().Err() != nil {
			t.Fatalf("it has ended with a request on it: %v", codeOf(q))
		}
		_ = server.Close()
		closed := time.Now()
		<-q.Context().Done()
		if got, after := codeOf(q), time.Since(closed); got != h3.NoError || after < h3.IdlePatience || after > h3.IdlePatience+time.Second {
			t.Errorf("ended with %v after %v", got, after)
		}
	})
}

// No source has all connections, and those that idle make room.
func TestCrowd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var hub memnet.Hub
		at := net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1}
		ours := hub.Socket(at)
		l, err := h3.ListenOn(ours, memnet.ServerTLS(), h3.Config{MaxConns: 8})
		if err != nil {
			t.Fatal(err)
		}
		var open []io.Closer
		from := func(ip net.IP) *h3.Dialer {
			socket := hub.Socket(net.UDPAddr{IP: ip, Port: 1000 + len(open)})
			d := &h3.Dialer{TLS: memnet.ClientTLS(), Packets: socket}
			open = append(open, d, socket)
			return d
		}
		connect := func(d *h3.Dialer, ask bool) (*h3.Conn, error) {
			c, err := d.Dial(t.Context(), at.String())
			if err == nil && ask {
				s, err := c.Open(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				_ = s.WriteHead(asks())
				if _, err := l.AcceptStream(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			return c, err
		}
		one, another := from(net.IPv4(192, 0, 2, 1)), from(net.IPv4(192, 0, 2, 2))
		for n := range 6 {
			if _, err := connect(one, true); err != nil {
				t.Fatalf("connection %d: %v", n, err)
			}
		}
		if _, err := connect(one, true); err == nil {
			t.Error("seven of eight connections are from one address")
		}
		idle, err := connect(another, false)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if _, err := connect(another, true); err != nil {
			t.Errorf("the last: %v", err)
		}
		synctest.Wait()
		if idle.Err() == nil {
			t.Error("one that idles keeps its place")
		}
		for _, c := range append(open, l, ours) {
			_ = c.Close()
		}
	})
}
