// SPDX-License-Identifier: Apache-2.0

package testee_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/stream/h3"
	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/ws"
)

// overQUIC runs a server with faults and gives a test the network to it.
func overQUIC(t *testing.T, faults string, test func(t *testing.T, d *h3.Dialer)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		a, b := memnet.Packets()
		ctx, stop := context.WithCancel(t.Context())
		served := make(chan error)
		go func() { served <- testee.Server{Config: faulty(t, faults)}.ServeQUIC(ctx, b, memnet.ServerTLS()) }()
		d := &h3.Dialer{TLS: memnet.ClientTLS(), Packets: a}
		test(t, d)
		_ = d.Close()
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
		_, _ = a.Close(), b.Close()
	})
}

func faulty(t *testing.T, names string) testee.Config {
	t.Helper()
	if names == "" {
		return testee.Config{}
	}
	faults, err := testee.ParseFaults(strings.Split(names, ",")...)
	if err != nil {
		t.Fatal(err)
	}
	return testee.Config{Faults: faults}
}

func connect() ws.Fields {
	return ws.Fields{
		{Name: ":method", Value: "CONNECT"}, {Name: ":protocol", Value: "websocket"}, {Name: ":scheme", Value: "https"},
		{Name: ":path", Value: "/"}, {Name: ":authority", Value: "memory"}, {Name: "sec-websocket-version", Value: "13"},
	}
}

// hello is a masked text message, and echoed what comes back.
const (
	hello   = "\x81\x85\x00\x00\x00\x00Hello"
	echoed  = "\x81\x05Hello"
	goodbye = "\x88\x82\x00\x00\x00\x00\x03\xe8"
)

// The two of them speak with each other over HTTP/3.
func TestOverQUIC(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := memnet.Packets()
		ctx, stop := context.WithCancel(t.Context())
		served := make(chan error)
		go func() { served <- testee.Server{}.ServeQUIC(ctx, b, memnet.ServerTLS()) }()
		s, err := testee.DialQUIC(t.Context(), a, b.LocalAddr(), memnet.ClientTLS(), testee.Config{})
		if err != nil {
			t.Fatal(err)
		}
		c, err := testee.Dial(t.Context(), s, "memory", "/?wsct=send:Hello", testee.Config{})
		if err != nil {
			t.Fatal(err)
		}
		if text, err := c.ReceiveText(); text != "Hello" || err != nil {
			t.Errorf("%q, %v", text, err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
		_, _ = a.Close(), b.Close()
	})
}

// askQUIC sends a request and returns the status of the answer.
func askQUIC(t *testing.T, d *h3.Dialer, fields ws.Fields) (*h3.Stream, string, error) {
	t.Helper()
	c, err := d.Dial(t.Context(), "127.0.0.1:2")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Settings(t.Context()); err != nil {
		return nil, "", err
	}
	s, err := c.Open(t.Context())
	if err != nil {
		return nil, "", err
	}
	if err := s.WriteHead(fields); err != nil {
		t.Fatal(err)
	}
	answer, err := s.ReadHead()
	return s, answer.Get(":status"), err
}

// What a server with a fault makes of a request, and one without.
func TestConnectFaults(t *testing.T) {
	foo := connect().Without(":protocol")
	foo = slices.Insert(foo, 1, ws.Field{Name: ":protocol", Value: "foo"})
	noPath := connect().Without(":path")
	withConnection := append(connect(), ws.Field{Name: "connection", Value: "Upgrade"})
	late := append(connect().Without(":protocol"), ws.Field{Name: ":protocol", Value: "websocket"})
	get := ws.Fields{{Name: ":method", Value: "GET"}, {Name: ":scheme", Value: "https"}, {Name: ":path", Value: "/"}, {Name: ":authority", Value: "memory"}}
	for _, row := range []struct {
		fault  string
		fields ws.Fields
		status string // empty: the stream is reset with H3_MESSAGE_ERROR
	}{
		{"", connect(), "200"},
		{"", get, "200"},
		{"", foo, "501"},
		{"", noPath, ""},
		{"", withConnection, ""},
		{"", late, ""},
		{"", append(connect(), ws.Field{Name: "X-Upper", Value: "1"}), ""},
		{"", connect().Without("sec-websocket-version"), "426"},
		{"", connect().Without(":protocol").Without(":scheme").Without(":path"), "405"},
		{"accepts-any-protocol-in-connect", foo, "200"},
		{"accepts-connect-without-path-or-scheme", noPath, "200"},
		{"accepts-connection-fields-in-connect", withConnection, "200"},
		{"wants-key-in-connect", connect(), "400"},
		{"answers-connect-with-101", connect(), "101"},
	} {
		overQUIC(t, row.fault, func(t *testing.T, d *h3.Dialer) {
			_, status, err := askQUIC(t, d, row.fields)
			e, _ := errors.AsType[*h3.Error](err)
			switch {
			case row.status == "" && (e == nil || e.Code != h3.MessageError || e.Whole):
				t.Errorf("%s, %v: %s, %v", row.fault, row.fields, status, err)
			case row.status != "" && status != row.status:
				t.Errorf("%s, %v: %s, %v, want %s", row.fault, row.fields, status, err, row.status)
			}
		})
	}
}

// What a server with a fault does on a stream that is open, and one without.
func TestTunnelFaults(t *testing.T) {
	for _, row := range []struct {
		fault string
		do    func(s *h3.Stream)
		want  string // what comes back until the stream ends
		ends  error  // and how
		lives bool   // the connection, afterwards
	}{
		{"", func(s *h3.Stream) { writeAll(s, hello, goodbye) }, echoed + "\x88\x02\x03\xe8", io.EOF, true},
		{"resets-stream-at-end", func(s *h3.Stream) { writeAll(s, goodbye) }, "", stream.ErrReset, true},
		{"ends-connection-with-websocket", func(s *h3.Stream) { writeAll(s, goodbye) }, "\x88\x02\x03\xe8", io.EOF, false},
		{"", func(s *h3.Stream) { writeAll(s, hello[:3], hello[3:], goodbye) }, echoed + "\x88\x02\x03\xe8", io.EOF, true},
		{"takes-data-frame-for-websocket-frame", func(s *h3.Stream) { writeAll(s, hello[:3], hello[3:]) }, "", stream.ErrReset, false},
		{"", func(s *h3.Stream) { _ = s.SendFrame(0x21, []byte("grease")); writeAll(s, goodbye) }, "\x88\x02\x03\xe8", io.EOF, true},
		{"ends-connection-at-unknown-frames", func(s *h3.Stream) { _ = s.SendFrame(0x21, nil) }, "", stream.ErrReset, false},
		{"", func(s *h3.Stream) { _ = s.CloseWrite() }, "", io.EOF, true},
		{"", func(s *h3.Stream) { s.CancelWrite(h3.RequestCancelled) }, "", io.EOF, true},
		{"ends-connection-when-stream-is-reset", func(s *h3.Stream) { s.CancelWrite(h3.RequestCancelled) }, "", stream.ErrReset, false},
	} {
		overQUIC(t, row.fault, func(t *testing.T, d *h3.Dialer) {
			s, status, err := askQUIC(t, d, connect())
			if status != "200" {
				t.Fatal(status, err)
			}
			row.do(s)
			got, err := io.ReadAll(s)
			if err == nil {
				err = io.EOF
			}
			if !strings.HasPrefix(string(got), row.want) || !errors.Is(err, row.ends) {
				t.Errorf("%s: %q, %v, want %q, %v", row.fault, got, err, row.want, row.ends)
			}
			time.Sleep(5 * time.Second)
			if lives := s.Conn().Err() == nil; lives != row.lives {
				t.Errorf("%s: the connection: %v", row.fault, s.Conn().Err())
			}
		})
	}
	overQUIC(t, "sends-connect-setting-of-2", func(t *testing.T, d *h3.Dialer) {
		s, _, err := askQUIC(t, d, connect())
		if err != nil {
			t.Fatal(err)
		}
		if settings, err := s.Conn().Settings(t.Context()); !slices.Contains(settings, h3.Setting{ID: h3.EnableConnectProtocol, Value: 2}) {
			t.Errorf("%v, %v", settings, err)
		}
	})
	overQUIC(t, "accepts-connect-without-setting", func(t *testing.T, d *h3.Dialer) {
		if _, status, err := askQUIC(t, d, connect()); status != "200" {
			t.Errorf("%s, %v", status, err)
		}
		if _, err := d.DialStream(t.Context(), "127.0.0.1:2"); !errors.Is(err, h3.ErrNotAllowed) {
			t.Errorf("the setting: %v", err)
		}
	})
}

func writeAll(s *h3.Stream, parts ...string) {
	for _, p := range parts {
		_, _ = s.Write([]byte(p)) // what went wrong shows in what comes back
	}
}

// What a client with a fault does, and one without.
func TestConnectingFaults(t *testing.T) {
	for _, row := range []struct {
		fault    string
		settings []h3.Setting
		asks     bool
		sends    string // a field
	}{
		{"", h3.Allowing(), true, ""},
		{"", h3.Plain(), false, ""},
		{"asks-without-connect-setting", h3.Plain(), true, ""},
		{"sends-connection-fields-in-connect", h3.Allowing(), true, "connection"},
		{"sends-key-in-connect", h3.Allowing(), true, "sec-websocket-key"},
	} {
		synctest.Test(t, func(t *testing.T) {
			a, b := memnet.Packets()
			l, err := h3.ListenOn(b, memnet.ServerTLS(), h3.Config{Settings: row.settings})
			if err != nil {
				t.Fatal(err)
			}
			cfg := faulty(t, row.fault)
			s, err := testee.DialQUIC(t.Context(), a, b.LocalAddr(), memnet.ClientTLS(), cfg)
			if (err == nil) != row.asks {
				t.Fatalf("%s, %v: %v", row.fault, row.settings, err)
			}
			if err == nil {
				ended := make(chan error)
				go func() { ended <- testee.Echo(t.Context(), s, "memory", "/x", cfg) }()
				conn, err := l.Accept()
				if err != nil {
					t.Fatal(err)
				}
				server := conn.(*h3.Stream)
				asked, err := server.ReadHead()
				if err != nil || asked.Get(":path") != "/x" || asked.Get(":protocol") != "websocket" {
					t.Errorf("%s: %v, %v", row.fault, asked, err)
				}
				for _, name := range []string{"connection", "sec-websocket-key"} {
					if has := asked.Get(name) != ""; has != (row.sends == name) {
						t.Errorf("%s: %v", row.fault, asked)
					}
				}
				_ = server.WriteHead(ws.Fields{{Name: ":status", Value: "200"}})
				writeAll(server, "\x88\x02\x03\xe8")
				_ = server.Close()
				if err := <-ended; err != nil {
					t.Errorf("%s: %v", row.fault, err)
				}
			}
			_ = l.Close()
			_, _ = a.Close(), b.Close()
		})
	}
}

// What a client does once the server has reset the stream.
func TestConnectingAfterReset(t *testing.T) {
	for _, row := range []struct{ fault, sends string }{{"", ""}, {"goes-on-after-stream-reset", "\x89\x80\x01\x02\x03\x04"}} {
		synctest.Test(t, func(t *testing.T) {
			a, b := memnet.Packets()
			l, err := h3.ListenOn(b, memnet.ServerTLS(), h3.Config{})
			if err != nil {
				t.Fatal(err)
			}
			cfg := faulty(t, row.fault)
			s, err := testee.DialQUIC(t.Context(), a, b.LocalAddr(), memnet.ClientTLS(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			ended := make(chan error)
			go func() { ended <- testee.Echo(t.Context(), s, "memory", "/x", cfg) }()
			conn, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			server := conn.(*h3.Stream)
			_, _ = server.ReadHead()
			_ = server.WriteHead(ws.Fields{{Name: ":status", Value: "200"}})
			time.Sleep(time.Second)
			server.CancelWrite(h3.RequestCancelled)
			got := make([]byte, len(row.sends))
			if _, err := io.ReadFull(server, got); err != nil || string(got) != row.sends {
				t.Errorf("%s: %q, %v", row.fault, got, err)
			}
			if row.fault == "" {
				if n, err := server.Read(make([]byte, 1)); err != io.EOF {
					t.Errorf("%d, %v", n, err)
				}
			}
			_ = l.Close()
			if err := <-ended; !stream.IsReset(err) {
				t.Errorf("%s: ended with %v", row.fault, err)
			}
			_, _ = a.Close(), b.Close()
		})
	}
}
