// SPDX-License-Identifier: Apache-2.0

package testee_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/ws"
)

func TestNetworkFaults(t *testing.T) {
	play(t, []conversation{
		{fault: "keeps-tcp-open-at-cut-header", send: []string{"text a", "raw \x81", "fin"}, want: "text a; open"},
		{fault: "drops-tcp-on-frames-above-16k", send: []string{"binary " + x(16384), "binary " + x(16385)}, want: `binary "xxxx"..."xxxx" 16384; fin`},
	})
}

// listener is a network in memory.
type listener struct {
	conns  chan net.Conn
	closed context.Context
	close  context.CancelFunc
}

func (l listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed.Done():
		return nil, net.ErrClosed
	}
}

func (l listener) Close() error   { l.close(); return nil }
func (l listener) Addr() net.Addr { return nil }

// serving runs a server with a fault, and returns how to connect to it and ask for
// something, and how it ends.
func serving(t *testing.T, fault string) (dial func(request string) stream.Stream, ended func() error) {
	t.Helper()
	l := listener{conns: make(chan net.Conn)}
	l.closed, l.close = context.WithCancel(t.Context())
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	srv := testee.Server{Config: testee.Config{Faults: testee.Faults{fault: fault != ""}}}
	go func() { done <- srv.Serve(ctx, l) }()
	dial = func(request string) stream.Stream {
		ours, theirs := memnet.Pipe(0)
		select {
		case l.conns <- theirs:
			write(t, ours, request)
			_ = ours.SetReadDeadline(time.Now().Add(time.Second))
		case <-time.After(time.Second):
			_ = ours.Close()
		}
		return ours
	}
	return dial, func() error { cancel(); return <-done }
}

// opens reports whether the server answers the opening handshake and echoes text,
// and what it echoes.
func opens(s stream.Stream, text string) (string, bool) {
	head := make([]byte, 0, 1<<10)
	for b := make([]byte, 1); ws.HeadEnd(head) == 0; head = append(head, b...) {
		if _, err := io.ReadFull(s, b); err != nil {
			return "", false
		}
	}
	return echo(s, text)
}

func echo(s stream.Stream, text string) (string, bool) {
	_, _ = io.WriteString(s, frame("text", text))
	_ = s.SetReadDeadline(time.Now().Add(time.Second))
	got := make([]byte, 2+len(text))
	_, err := io.ReadFull(s, got)
	return string(got[2:]), err == nil
}

func TestSharedBuffer(t *testing.T) {
	for fault, want := range map[string]string{"": "a", "shares-buffer-between-connections": "b"} {
		synctest.Test(t, func(t *testing.T) {
			dial, ended := serving(t, fault)
			one, other := dial(request), dial(request)
			if got, ok := opens(one, "x"); !ok || got != "x" {
				t.Errorf("%q: alone a client gets %q", fault, got)
			}
			if got, ok := opens(other, "y"); !ok || got != "y" {
				t.Errorf("%q: alone the other gets %q", fault, got)
			}
			_, _ = io.WriteString(one, frame("text", "a"))
			time.Sleep(500 * time.Microsecond)
			if got, _ := echo(other, "b"); got != "b" {
				t.Errorf("%q: the other client gets %q", fault, got)
			}
			got := make([]byte, 3)
			if _, err := io.ReadFull(one, got); err != nil || string(got[2:]) != want {
				t.Errorf("%q: the first client gets %q, want %s: %v", fault, got, want, err)
			}
			_, _ = one.Close(), other.Close()
			if err := ended(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestOneConnectionAtATime(t *testing.T) {
	for fault, want := range map[string]bool{"": true, "serves-one-connection-at-a-time": false} {
		synctest.Test(t, func(t *testing.T) {
			dial, ended := serving(t, fault)
			one := dial(request)
			if _, ok := opens(one, "x"); !ok {
				t.Errorf("%q: the first is not served", fault)
			}
			other := dial(request)
			if _, ok := opens(other, "x"); ok != want {
				t.Errorf("%q: the second is served beside it: %t", fault, ok)
			}
			_, _ = one.Close(), other.Close()
			synctest.Wait()
			third := dial(request)
			if _, ok := opens(third, "x"); !ok {
				t.Errorf("%q: one behind them is not served", fault)
			}
			_ = third.Close()
			if err := ended(); err != nil {
				t.Error(err)
			}
		})
	}
}

// A server that dies takes its other connections with it, and accepts no more.
func TestDeath(t *testing.T) {
	cut := "\x82\xff\x3f\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00"
	for fault, kill := range map[string]func(stream.Stream){
		"":                          func(s stream.Stream) { write(t, s, cut) },
		"allocates-declared-length": func(s stream.Stream) { write(t, s, cut) },
		"dies-of-reset-in-frame": func(s stream.Stream) {
			write(t, s, "\x81\x85\x00\x00\x00\x00a")
			synctest.Wait()
			_ = s.Reset()
		},
		"dies-of-field-that-is-not-utf8": nil,
	} {
		synctest.Test(t, func(t *testing.T) {
			dial, ended := serving(t, fault)
			one, other := dial(request), dial(request)
			_, _ = opens(one, "x")
			_, _ = opens(other, "x")
			if kill != nil {
				kill(one)
			} else {
				_ = dial(differently(t, "Host: h", "Host: h\r\nX: \xff")).Close()
			}
			synctest.Wait()
			got, ok := echo(other, "y")
			if ok != (fault == "") {
				t.Errorf("%q: another connection echoes %q, %t", fault, got, ok)
			}
			if _, ok := opens(dial(request), "z"); ok != (fault == "") {
				t.Errorf("%q: a new connection opens: %t", fault, ok)
			}
			_, _ = one.Close(), other.Close()
			if err := ended(); (err == nil) != (fault == "") || err != nil && err.Error() != "process died" {
				t.Errorf("%q: server ended with %v", fault, err)
			}
		})
	}
}

// A peer that does not read for a while is waited for.
func TestUnreadOutput(t *testing.T) {
	for fault, want := range map[string]string{"": "all of it", "hangs-when-peer-does-not-read": "not all"} {
		synctest.Test(t, func(t *testing.T) {
			s, server := memnet.Pipe(4 << 10)
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			cfg := testee.Config{Faults: testee.Faults{fault: fault != ""}}
			go func() { done <- testee.Serve(ctx, server, cfg) }()
			write(t, s, request)
			readHead(t, s)
			go func() {
				for range 2 {
					_, _ = io.WriteString(s, frame("binary", x(100_000))) // it may never be read
				}
			}()
			time.Sleep(5 * time.Second)
			_ = s.SetReadDeadline(time.Now().Add(time.Minute))
			n, err := io.Copy(io.Discard, io.LimitReader(s, 2*(10+100_000)))
			got := "all of it"
			if stream.IsTimeout(err) && n < 100_000 {
				got = "not all"
			}
			if got != want {
				t.Errorf("%q: got %d octets, %v", fault, n, err)
			}
			_ = s.Close()
			cancel()
			<-done
		})
	}
}

// What happens on a connection on which the peer does nothing for a minute but
// answer Pings, or not.
func TestSilence(t *testing.T) {
	for _, tt := range []struct {
		fault  string
		answer bool
		want   string
		ends   time.Duration
	}{
		{"", true, "", time.Minute},
		{"drops-tcp-after-10s-of-silence", true, "", 10 * time.Second},
		{"sends-keepalive-pings", true, strings.Repeat("ping alive?; ", 11), time.Minute},
		{"sends-keepalive-pings", false, "ping alive?; close 1011 no Pong; ", 10 * time.Second},
		{"sends-keepalive-pings-and-misses-pongs", true, "ping alive?; close 1011 no Pong; ", 10 * time.Second},
		{"sends-keepalive-pings-in-vain", false, strings.Repeat("ping alive?; ", 11), time.Minute},
	} {
		synctest.Test(t, func(t *testing.T) {
			s, server := memnet.Pipe(0)
			done := make(chan error, 1)
			cfg := testee.Config{Faults: testee.Faults{tt.fault: tt.fault != ""}}
			go func() { done <- testee.Serve(t.Context(), server, cfg) }()
			write(t, s, request)
			readHead(t, s)
			start := time.Now()
			_ = s.SetReadDeadline(start.Add(time.Minute - time.Second))
			var got []byte
			var err error
			for b := make([]byte, 1<<10); err == nil; {
				var n int
				n, err = s.Read(b)
				got = append(got, b[:n]...)
				if n > 0 && tt.answer {
					write(t, s, frame("pong", "alive?"))
				}
			}
			took := time.Since(start)
			if errors.Is(err, io.EOF) == (tt.ends == time.Minute) || err == io.EOF && took != tt.ends || transcribe(ws.Server, got) != tt.want {
				t.Errorf("%q: %s, %v after %s", tt.fault, transcribe(ws.Server, got), err, took)
			}
			_ = s.Close()
			<-done
		})
	}
}
