// SPDX-License-Identifier: Apache-2.0

package testee_test

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/http2"

	"github.com/wsspec/wsspec/internal/stream/h2"
	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// overHTTP2 runs a server with faults and gives a test a stream to it.
func overHTTP2(t *testing.T, faults string, test func(t *testing.T, s *h2.Stream)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := memnet.Pipe(0)
		ctx, stop := context.WithCancel(t.Context())
		served := make(chan error)
		go func() {
			served <- testee.Server{Config: faulty(t, faults), HTTP2: true}.ServeStream(ctx, theirs)
		}()
		s, err := h2.Dial(t.Context(), ours)
		if err != nil {
			t.Fatal(err)
		}
		test(t, s)
		_ = s.Close()
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
}

// askHTTP2 sends a request and returns the answer.
func askHTTP2(t *testing.T, s *h2.Stream, fields ws.Fields) (ws.Fields, error) {
	t.Helper()
	if err := s.WriteHead(fields); err != nil {
		t.Fatal(err)
	}
	return s.ReadHead()
}

// The two of them speak with each other over HTTP/2, and over HTTP/1.1 on the same port.
func TestOverHTTP2(t *testing.T) {
	for _, version := range []string{ws.HTTP1, ws.HTTP2} {
		synctest.Test(t, func(t *testing.T) {
			ours, theirs := memnet.Pipe(0)
			served := make(chan error)
			go func() { served <- testee.Server{HTTP2: true}.ServeStream(t.Context(), theirs) }()
			s := ours
			if version == ws.HTTP2 {
				var err error
				if s, err = testee.DialHTTP2(t.Context(), ours, "http", testee.Config{}); err != nil {
					t.Fatal(err)
				}
			}
			c, err := testee.Dial(t.Context(), s, "memory", "/?wsct=send:Hello", testee.Config{})
			if err != nil {
				t.Fatal(err)
			}
			if text, err := c.ReceiveText(); text != "Hello" || err != nil {
				t.Errorf("%s: %q, %v", version, text, err)
			}
			if err := c.Close(); err != nil {
				t.Error(err)
			}
			if err := <-served; err != nil {
				t.Error(err)
			}
		})
	}
}

// What a server with a fault makes of a request over HTTP/2, and one without.
func TestRequestFaultsOverHTTP2(t *testing.T) {
	change := func(name, value string) ws.Fields { return connect().With(name, value) }
	late := append(connect().Without(":protocol"), ws.Field{Name: ":protocol", Value: "websocket"})
	twice := slices.Insert(connect(), 1, ws.Field{Name: ":protocol", Value: "websocket"})
	capitals := append(connect(), ws.Field{Name: "X-Capital", Value: "1"})
	key := append(connect(), ws.Field{Name: "sec-websocket-key", Value: "dGhlIHNhbXBsZSBub25jZQ=="})
	for _, row := range []struct {
		fault       string
		fields      ws.Fields
		right, with string // status without the fault and with it; empty: the stream is reset
	}{
		{"accepts-connect-without-authority", connect().Without(":authority"), "400", "200"},
		{"accepts-any-scheme-in-connect", change(":scheme", "ftp"), "400", "200"},
		{"accepts-protocol-with-any-method", change(":method", "GET"), "", "200"},
		{"accepts-pseudo-fields-twice", twice, "", "200"},
		{"accepts-late-pseudo-fields", late, "", "200"},
		{"accepts-capitals-in-field-names", capitals, "", "200"},
		{"refuses-key-in-connect", key, "200", "400"},
	} {
		for fault, want := range map[string]string{"": row.right, row.fault: row.with} {
			overHTTP2(t, fault, func(t *testing.T, s *h2.Stream) {
				answer, err := askHTTP2(t, s, row.fields)
				reset, _ := errors.AsType[*h2.ResetError](err)
				switch {
				case want == "" && (reset == nil || reset.Code != http2.ErrCodeProtocol || reset.Whole):
					t.Errorf("%s, %v: %v, %v", fault, row.fields, answer, err)
				case want != "" && answer.Get(":status") != want:
					t.Errorf("%s, %v: %v, %v, want %s", fault, row.fields, answer, err, want)
				}
			})
		}
	}
	for fault, field := range map[string]string{"sends-accept-in-answer-to-connect": "sec-websocket-accept", "sends-upgrade-in-answer-to-connect": "upgrade"} {
		for _, f := range []string{"", fault} {
			overHTTP2(t, f, func(t *testing.T, s *h2.Stream) {
				if answer, err := askHTTP2(t, s, connect()); (answer.Get(field) != "") != (f != "") {
					t.Errorf("%s: %v, %v", f, answer, err)
				}
			})
		}
	}
}

// Where a server with a fault connects to what :authority says, and one without does not. Connections
// are real, so time is, too.
func TestAuthority(t *testing.T) {
	plain := ws.Fields{{Name: ":method", Value: "CONNECT"}, {Name: ":authority", Value: ""}}
	for _, row := range []struct {
		fault  string
		fields ws.Fields
		status string
	}{
		{"", connect(), "200"},
		{"connects-to-authority", connect(), "200"},
		{"", plain, "405"},
		{"tunnels-to-anywhere", plain, "200"},
	} {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ours, theirs := memnet.Pipe(0)
		go func() { _ = testee.Server{Config: faulty(t, row.fault), HTTP2: true}.ServeStream(t.Context(), theirs) }()
		s, err := h2.Dial(t.Context(), ours)
		if err != nil {
			t.Fatal(err)
		}
		if answer, err := askHTTP2(t, s, row.fields.With(":authority", ln.Addr().String())); answer.Get(":status") != row.status {
			t.Errorf("%q: %v, %v, want %s", row.fault, answer, err, row.status)
		}
		_ = s.Close()
		if row.fault == "" {
			_ = ln.Close() // nobody is under way
		}
		c, err := ln.Accept()
		if (err == nil) != (row.fault != "") {
			t.Errorf("%q: %v", row.fault, err)
		}
		if err == nil {
			_, _ = c.Close(), ln.Close()
		}
	}
}

// What a server with a fault does on a stream that is open, and one without.
func TestStreamFaultsOverHTTP2(t *testing.T) {
	long := "\x81\xFE\x10\x00\x00\x00\x00\x00" + strings.Repeat("x", 4096)
	overrun := func(t *testing.T, s *h2.Stream) {
		if err := s.Narrow(t.Context(), 10); err != nil {
			t.Error(err)
		}
		writeH2(s, long)
		time.Sleep(time.Second)
	}
	for _, row := range []struct {
		fault string
		do    func(t *testing.T, s *h2.Stream)
		want  string // what comes back without the fault
	}{
		{"takes-padding-for-data", func(_ *testing.T, s *h2.Stream) { s.Pad(9, false); writeH2(s, hello, goodbye) }, echoed + "\x88\x02\x03\xe8"},
		{"takes-empty-data-frame-for-end", func(_ *testing.T, s *h2.Stream) { s.Pad(0, true); writeH2(s, hello, goodbye) }, echoed + "\x88\x02\x03\xe8"},
		{"ignores-flow-control", overrun, "\x81\x7e\x10\x00" + long[8:]},
		{"never-widens-window", func(t *testing.T, s *h2.Stream) {
			go func() { writeH2(s, strings.Repeat(long, 40), goodbye) }()
		}, strings.Repeat("\x81\x7e\x10\x00"+long[8:], 40) + "\x88\x02\x03\xe8"},
		{"ends-connection-at-goaway", func(_ *testing.T, s *h2.Stream) { s.GoAway(); writeH2(s, hello, goodbye) }, echoed + "\x88\x02\x03\xe8"},
	} {
		for _, fault := range []string{"", row.fault} {
			overHTTP2(t, fault, func(t *testing.T, s *h2.Stream) {
				if _, err := askHTTP2(t, s, connect()); err != nil {
					t.Fatal(err)
				}
				_ = s.SetDeadline(time.Now().Add(10 * time.Second))
				row.do(t, s)
				got := make([]byte, len(row.want))
				_, err := io.ReadFull(s, got)
				if right := err == nil && string(got) == row.want; right != (fault == "") {
					t.Errorf("%q, of %s: %.60q, %v", fault, row.fault, got, err)
				}
			})
		}
	}
	for _, fault := range []string{"", "takes-connect-setting-back"} {
		overHTTP2(t, fault, func(t *testing.T, s *h2.Stream) {
			var said []string
			if _, err := askHTTP2(t, s, connect()); err != nil {
				t.Fatal(err)
			}
			_ = s.Ping(t.Context())
			s.Watch(func(_ time.Time, sent bool, f *wirelog.HTTPFrame) {
				if v, has := f.Value("ENABLE_CONNECT_PROTOCOL"); has && !sent {
					said = append(said, v)
				}
			})
			s.Watch(nil)
			if back := strings.Join(said, " ") == "1 0"; back != (fault != "") {
				t.Errorf("%s: %v", fault, said)
			}
		})
	}
}

func writeH2(s *h2.Stream, parts ...string) {
	for _, p := range parts {
		_, _ = s.Write([]byte(p)) // what went wrong shows in what comes back
	}
}

// What a client with a fault makes of an answer and of the server's SETTINGS, and one without.
func TestClientFaultsOverHTTP2(t *testing.T) {
	for _, row := range []struct {
		fault, status string
		right, with   bool // whether the connection opens, without the fault and with it
	}{
		{"takes-101-in-answer-to-connect", "101", false, true},
		{"wants-accept-in-answer-to-connect", "200", true, false},
	} {
		for fault, want := range map[string]bool{"": row.right, row.fault: row.with} {
			synctest.Test(t, func(t *testing.T) {
				ours, theirs := memnet.Pipe(0)
				go func() {
					_ = h2.Serve(t.Context(), ours, func(s *h2.Stream) {
						if _, err := s.ReadHead(); err == nil {
							_ = s.WriteHead(ws.Fields{{Name: ":status", Value: row.status}})
							_, _ = io.Copy(io.Discard, s)
						}
					})
				}()
				s, err := testee.DialHTTP2(t.Context(), theirs, "http", faulty(t, fault))
				if err != nil {
					t.Fatal(err)
				}
				c, err := testee.Dial(t.Context(), s, "memory", "/", faulty(t, fault))
				if (err == nil) != want {
					t.Errorf("%q, %s: %v", fault, row.status, err)
				}
				if err == nil {
					_ = c.Close()
				}
				time.Sleep(time.Minute) // until all has ended
			})
		}
	}
	for _, row := range []struct {
		fault string
		value int64 // of the setting, -1 for none
		asks  bool
	}{
		{"", 1, true}, {"", 0, false}, {"", -1, false}, {"", 2, false},
		{"takes-any-value-of-connect-setting", 2, true}, {"takes-any-value-of-connect-setting", 0, false},
		{"asks-without-connect-setting", -1, true}, {"asks-without-connect-setting", 2, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			ours, theirs := memnet.Pipe(0)
			go func() {
				f := http2.NewFramer(ours, nil)
				var settings []http2.Setting
				if row.value >= 0 {
					settings = append(settings, http2.Setting{ID: http2.SettingEnableConnectProtocol, Val: uint32(row.value)})
				}
				_ = f.WriteSettings(settings...)
				_, _ = io.Copy(io.Discard, ours)
				_ = ours.Close()
			}()
			s, err := testee.DialHTTP2(t.Context(), theirs, "http", faulty(t, row.fault))
			if (err == nil) != row.asks {
				t.Errorf("%q, %d: %v", row.fault, row.value, err)
			}
			if err == nil {
				_ = s.Close()
			}
			time.Sleep(5 * time.Minute) // until all has ended
		})
	}
}
