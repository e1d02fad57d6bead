// SPDX-License-Identifier: Apache-2.0

package h3_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/quicvarint"

	"github.com/wsspec/wsspec/internal/stream/h3"
	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/ws"
)

// a bare client is QUIC alone, against a server of ours.
func bare(t *testing.T, test func(t *testing.T, q *quic.Conn, c *h3.Conn)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		a, b := memnet.Packets()
		l, err := h3.ListenOn(b, memnet.ServerTLS(), h3.Config{})
		if err != nil {
			t.Fatal(err)
		}
		tr := &quic.Transport{Conn: a}
		config := memnet.ClientTLS()
		config.NextProtos = []string{"h3"}
		q, err := tr.Dial(t.Context(), b.LocalAddr(), config, nil)
		if err != nil {
			t.Fatal(err)
		}
		c, err := l.AcceptConn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		test(t, q, c)
		_ = q.CloseWithError(0x100, "")
		for _, c := range []io.Closer{l, tr, a, b} {
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		}
	})
}

// codeOf is the code with which the server has ended the connection.
func codeOf(q *quic.Conn) h3.Code {
	if e, ok := errors.AsType[*quic.ApplicationError](context.Cause(q.Context())); ok {
		return h3.Code(e.ErrorCode)
	}
	return 0
}

func frames(parts ...[]byte) (b []byte) {
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

func frame(t h3.FrameType, payload string) []byte { return h3.AppendFrame(nil, t, []byte(payload)) }

func settings(entries ...h3.Setting) []byte {
	return h3.AppendFrame(nil, h3.Settings, h3.AppendSettings(nil, entries))
}

// What a client must not do on its control stream ends the connection, with the code that
// RFC 9114 has for it.
func TestControlStream(t *testing.T) {
	control := []byte{0}
	for _, row := range []struct {
		what string
		send [][]byte // a stream each
		fin  bool
		code h3.Code // 0: it lives
	}{
		{"settings", [][]byte{frames(control, settings(h3.Plain()...))}, false, 0},
		{"reserved things", [][]byte{
			frames(control, settings(h3.Setting{ID: h3.Reserved(3), Value: 7}), frame(h3.FrameType(h3.Reserved(5)), "grease"), frame(0xf0700, "\x00u=1")),
			quicvarint.Append(nil, h3.Reserved(1)), {2}, {3},
		}, false, 0},
		{"goaway", [][]byte{frames(control, settings(), frame(h3.GoAway, "\x00"), frame(h3.MaxPushID, "\x01"), frame(h3.CancelPush, "\x00"))}, false, 0},
		{"a stream that ends before its type", [][]byte{{}, {0x40}}, true, 0},
		{"no settings", [][]byte{frames(control, frame(h3.GoAway, "\x00"))}, false, h3.MissingSettings},
		{"settings twice", [][]byte{frames(control, settings(), settings())}, false, h3.FrameUnexpected},
		{"a setting twice", [][]byte{frames(control, settings(h3.Setting{ID: 6, Value: 1}, h3.Setting{ID: 6, Value: 1}))}, false, h3.SettingsError},
		{"a setting of HTTP/2", [][]byte{frames(control, settings(h3.Setting{ID: 4, Value: 1}))}, false, h3.SettingsError},
		{"connect protocol 2", [][]byte{frames(control, settings(h3.Setting{ID: 8, Value: 2}))}, false, h3.SettingsError},
		{"settings cut short", [][]byte{frames(control, frame(h3.Settings, "\x06\x40"))}, false, h3.FrameError},
		{"huge settings", [][]byte{frames(control, h3.AppendFrameHeader(nil, h3.Settings, 1<<40))}, false, h3.ExcessiveLoad},
		{"two control streams", [][]byte{frames(control, settings()), frames(control, settings())}, false, h3.StreamCreationError},
		{"two encoders", [][]byte{{2}, {2}}, false, h3.StreamCreationError},
		{"a push stream", [][]byte{{1}}, false, h3.StreamCreationError},
		{"data", [][]byte{frames(control, settings(), frame(h3.Data, "x"))}, false, h3.FrameUnexpected},
		{"headers", [][]byte{frames(control, settings(), frame(h3.Headers, "x"))}, false, h3.FrameUnexpected},
		{"a ping of HTTP/2", [][]byte{frames(control, settings(), frame(0x6, "12345678"))}, false, h3.FrameUnexpected},
		{"goaway cut short", [][]byte{frames(control, settings(), frame(h3.GoAway, "\x40"))}, false, h3.FrameError},
		{"goaway and more", [][]byte{frames(control, settings(), frame(h3.GoAway, "\x00\x00"))}, false, h3.FrameError},
		{"it ends", [][]byte{frames(control, settings())}, true, h3.ClosedCriticalStream},
		{"the encoder ends", [][]byte{{2}}, true, h3.ClosedCriticalStream},
		{"no end of goaway", [][]byte{frames(control, settings(), []byte(strings.Repeat("\x07\x01\x00", 10_001)))}, false, h3.ExcessiveLoad},
		{"no end of instructions", [][]byte{frames([]byte{2}, make([]byte, 64<<10))}, false, h3.ExcessiveLoad},
		{"no end of frames", [][]byte{frames(control, settings(), []byte(strings.Repeat("\x21\x00", 10_001)))}, false, h3.ExcessiveLoad},
	} {
		t.Run(strings.ReplaceAll(row.what, " ", "_"), func(t *testing.T) {
			bare(t, func(t *testing.T, q *quic.Conn, c *h3.Conn) {
				for _, b := range row.send {
					s, err := q.OpenUniStreamSync(t.Context())
					if err != nil {
						t.Fatal(err)
					}
					if _, err := s.Write(b); err != nil {
						t.Fatal(err)
					}
					if row.fin {
						_ = s.Close()
					}
				}
				time.Sleep(time.Second)
				synctest.Wait()
				if got := codeOf(q); got != row.code {
					t.Errorf("%v, want %v", got, row.code)
				}
			})
		})
	}
}

// What a client must not send on the stream of a request.
func TestRequestStream(t *testing.T) {
	head := h3.AppendFrame(nil, h3.Headers, h3.AppendFields(nil, asks()))
	for _, row := range []struct {
		what string
		send []byte
		fin  bool
		code h3.Code // of the connection
	}{
		{"data first", frame(h3.Data, "x"), false, h3.FrameUnexpected},
		{"settings", frame(h3.Settings, ""), false, h3.FrameUnexpected},
		{"goaway", frames(head, frame(h3.GoAway, "\x00")), false, h3.FrameUnexpected},
		{"a push promise", frames(head, frame(h3.PushPromise, "\x00")), false, h3.FrameUnexpected},
		{"priority of HTTP/2", frame(0x2, "12345"), false, h3.FrameUnexpected},
		{"headers later", frames(head, head), false, h3.FrameUnexpected},
		{"a reference to nothing", frame(h3.Headers, "\x02\x00\x80"), false, h3.DecompressionFailed},
		{"no field section", frame(h3.Headers, ""), false, h3.DecompressionFailed},
		{"cut within a header", frames(head, []byte{0x00}), true, h3.FrameError},
		{"cut within data", frames(head, []byte("\x00\x05Hell")), true, h3.FrameError},
		{"cut within headers", head[:10], true, h3.FrameError},
		{"cut within the unknown", frames(head, []byte("\x21\x05Hell")), true, h3.FrameError},
	} {
		t.Run(strings.ReplaceAll(row.what, " ", "_"), func(t *testing.T) {
			bare(t, func(t *testing.T, q *quic.Conn, c *h3.Conn) {
				_, err := converse(t, q, c, row.send, row.fin)
				if e, ok := errors.AsType[*h3.Error](err); !ok || e.Code != row.code || e.Remote || !e.Whole {
					t.Errorf("we ended with %v, want %v", err, row.code)
				}
				if got := codeOf(q); got != row.code {
					t.Errorf("the client was told %v, want %v", got, row.code)
				}
			})
		})
	}
}

// converse sends octets on a stream of their own and reads them as a server does.
func converse(t *testing.T, q *quic.Conn, c *h3.Conn, octets []byte, fin bool) (read int64, err error) {
	t.Helper()
	s, err := q.OpenStreamSync(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sent := make(chan bool)
	go func() {
		defer close(sent)
		_, _ = s.Write(octets) // it may be cut off
		if fin {
			_ = s.Close()
		}
	}()
	server, err := c.Accept(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err = server.ReadHead(); err == nil {
		_ = server.WriteHead(accepts())
		read, err = io.Copy(io.Discard, server)
	}
	synctest.Wait()
	s.CancelWrite(0)
	<-sent
	return read, err
}

// A peer that sends without end, and nothing of use, costs one stream and no memory.
func TestFloods(t *testing.T) {
	head := h3.AppendFrame(nil, h3.Headers, h3.AppendFields(nil, asks()))
	long := ws.Fields{{Name: "x", Value: strings.Repeat("v", 100)}}
	for range 700 {
		long = append(long, long[0])
	}
	bomb := append([]byte{0, 0}, []byte(strings.Repeat("\xd1", 3000))...) // :method GET, from the static table
	for _, row := range []struct {
		what string
		send []byte
	}{
		{"unknown frames", frames(head, []byte(strings.Repeat("\x21\x00", 20_000)))},
		{"empty data", frames(head, []byte(strings.Repeat("\x00\x00", 20_000)))},
		{"a huge unknown frame", frames(head, h3.AppendFrameHeader(nil, 0x21, 1<<50))},
		{"large unknown frames", frames(head, []byte(strings.Repeat(string(frames(frame(0x21, strings.Repeat("x", 60_000)), frame(h3.Data, "x"))), 400)))},
		{"long fields", h3.AppendFrame(nil, h3.Headers, h3.AppendFields(nil, long))},
		{"a huge frame of fields", h3.AppendFrameHeader(nil, h3.Headers, 1<<50)},
		{"many short fields", h3.AppendFrame(nil, h3.Headers, bomb)},
	} {
		t.Run(strings.ReplaceAll(row.what, " ", "_"), func(t *testing.T) {
			bare(t, func(t *testing.T, q *quic.Conn, c *h3.Conn) {
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				_, err := converse(t, q, c, row.send, false)
				runtime.ReadMemStats(&after)
				if e, ok := errors.AsType[*h3.Error](err); !ok || e.Code != h3.ExcessiveLoad || e.Remote || e.Whole {
					t.Errorf("ended with %v", err)
				}
				if grown := after.HeapInuse - min(after.HeapInuse, before.HeapInuse); grown > 64<<20 {
					t.Errorf("%d octets in use", grown)
				}
				// The connection goes on.
				if n, err := converse(t, q, c, frames(head, frame(h3.Data, "Hello")), true); n != 5 || err != nil {
					t.Errorf("the next stream: %d octets, %v", n, err)
				}
			})
		})
	}
}

// A server may not push what nobody has asked for.
func TestPush(t *testing.T) {
	for _, send := range []func(q *quic.Conn, s *quic.Stream) error{
		func(q *quic.Conn, _ *quic.Stream) error {
			s, err := q.OpenUniStream()
			if err == nil {
				_, err = s.Write([]byte{1, 0})
			}
			return err
		},
		func(_ *quic.Conn, s *quic.Stream) error {
			_, err := s.Write(frame(h3.PushPromise, "\x00\x00\x00"))
			return err
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			a, b := memnet.Packets()
			config := memnet.ServerTLS()
			config.NextProtos = []string{"h3"}
			tr := &quic.Transport{Conn: b}
			l, err := tr.Listen(config, nil)
			if err != nil {
				t.Fatal(err)
			}
			d := &h3.Dialer{TLS: memnet.ClientTLS(), Packets: a}
			c, err := d.Dial(t.Context(), "127.0.0.1:2")
			if err != nil {
				t.Fatal(err)
			}
			s, err := c.Open(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			_ = s.WriteHead(asks())
			q, err := l.Accept(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			qs, err := q.AcceptStream(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if err := send(q, qs); err != nil {
				t.Fatal(err)
			}
			_, err = s.ReadHead()
			if e, ok := errors.AsType[*h3.Error](err); !ok || e.Code != h3.IDError || !e.Whole {
				t.Errorf("ended with %v", err)
			}
			for _, c := range []io.Closer{d, l, tr, a, b} {
				_ = c.Close()
			}
		})
	}
}

// What a connection or a stream ended with is said in words.
func TestErrors(t *testing.T) {
	for err, want := range map[error]string{
		&h3.Error{Code: h3.RequestCancelled, Remote: true}:               "the peer has ended the stream with H3_REQUEST_CANCELLED",
		&h3.Error{Code: h3.SettingsError, Whole: true, Why: "setting\n"}: `we have ended the HTTP/3 connection with H3_SETTINGS_ERROR: "setting\n"`,
		&h3.Error{Code: 0x1234, Remote: true, Whole: true}:               "the peer has ended the HTTP/3 connection with 0x1234",
	} {
		if got := fmt.Sprint(err); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	breach := h3.BreachError{Of: &h3.Error{Code: h3.SettingsError, Whole: true, Why: "a setting stands there twice"}}
	if got, want := breach.Rule(), "RFC 9114: a setting stands there twice, which is an error of the connection, H3_SETTINGS_ERROR"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if h3.DecompressionFailed.String() != "QPACK_DECOMPRESSION_FAILED" {
		t.Error(h3.DecompressionFailed)
	}
}

var _ net.Listener = (*h3.Listener)(nil)
