// SPDX-License-Identifier: Apache-2.0

package testee_test

import (
	"bytes"
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

// A pair of the package's own endpoints: the server echoes, and the client, which
// echoes too, gets its first message from us between the two.
func TestServerAndClientEchoEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := testee.Config{}
		server, a := memnet.Pipe(0)
		b, client := memnet.Pipe(0)
		served, echoed := make(chan error, 1), make(chan error, 1)
		go func() { served <- testee.Serve(t.Context(), server, cfg) }()
		go func() { echoed <- testee.Echo(t.Context(), client, "example.org", "/chat?x=1", cfg) }()

		request := readHead(t, b)
		write(t, a, request)
		response := readHead(t, a)
		write(t, b, response)
		if !strings.HasPrefix(request, "GET /chat?x=1 HTTP/1.1\r\nHost: example.org\r\n") {
			t.Errorf("client asked\n%s", request)
		}

		write(t, b, "\x81\x05Hello")
		frame := make([]byte, 2+4+5)
		for range 10 { // client → server → client, without end
			if _, err := io.ReadFull(b, frame); err != nil {
				t.Fatal(err)
			}
			if frame[1]&0x80 == 0 {
				t.Fatal("client does not mask")
			}
			write(t, a, string(frame))
			if _, err := io.ReadFull(a, frame[:7]); err != nil {
				t.Fatal(err)
			}
			if string(frame[:7]) != "\x81\x05Hello" {
				t.Fatalf("server sent %q", frame[:7])
			}
			write(t, b, string(frame[:7]))
		}
		write(t, a, "\x88\x82\x00\x00\x00\x00\x03\xe9")
		if got := rest(t, a); got != "\x88\x02\x03\xe9" {
			t.Errorf("server answered the Close with %q", got)
		}
		write(t, b, "\x88\x02\x03\xe9")
		b.CloseWrite()
		rest(t, b)
		a.Close()
		if err := errors.Join(<-served, <-echoed); err != nil {
			t.Error(err)
		}
	})
}

// Over real sockets, where partial reads and writes are what they are.
func TestServerOnTCP(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	stopped := make(chan error, 1)
	ended := make(chan error, 1)
	srv := testee.Server{Ended: func(_ net.Addr, err error) { ended <- err }}
	go func() { stopped <- srv.Serve(ctx, ln) }()

	s, err := stream.Dial(t.Context(), stream.Target{Addr: ln.Addr().String()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	write(t, s, request)
	readHead(t, s)
	for _, size := range []int{0, 1, 125, 126, 4096, 4097, 65535, 65536, 3 << 20} {
		payload := bytes.Repeat([]byte("0123456789abcdef-"), size/17+1)[:size]
		want := ws.Header{Fin: true, Opcode: ws.Binary, Length: uint64(size)}.Append(nil)
		want = append(want, payload...)
		go write(t, s, frame("binary", string(payload)))
		got := make([]byte, len(want))
		if _, err := io.ReadFull(s, got); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("echo of %d octets differs", size)
		}
	}
	cancel()
	if got := rest(t, s); got != "\x88\x0f\x03\xe9shutting down" {
		t.Errorf("when stopped the server sent %q", got)
	}
	if err := <-stopped; err != nil {
		t.Errorf("server stopped with %v", err)
	}
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("connection ended with %v", err)
	}
}

// A fault that comes and goes, for those who watch for such.
func TestFlipsEveryOther(t *testing.T) {
	faults, err := testee.ParseFaults("echo-flips-last-octet-every-other-time")
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	stopped := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { stopped <- testee.Server{Config: testee.Config{Faults: faults}}.Serve(ctx, ln) }()
	var got []string
	for range 4 {
		s, err := stream.Dial(ctx, stream.Target{Addr: ln.Addr().String()})
		if err != nil {
			t.Fatal(err)
		}
		write(t, s, request)
		readHead(t, s)
		write(t, s, frame("text", "ab"))
		echo := make([]byte, 4)
		if _, err := io.ReadFull(s, echo); err != nil {
			t.Fatal(err)
		}
		got = append(got, string(echo[2:]))
		_ = s.Close()
	}
	if strings.Join(got, " ") != "ab ac ab ac" {
		t.Errorf("echoes were %q", got)
	}
	cancel()
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

func TestReceiveText(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, client := memnet.Pipe(0)
		type result struct {
			text     string
			err, end error
		}
		results := make(chan result, 1)
		go func() {
			var r result
			c, err := testee.Dial(t.Context(), client, "h", "/getCaseCount", testee.Config{})
			if err != nil {
				r.err = err
			} else {
				r.text, r.err = c.ReceiveText()
				r.end = c.Close()
			}
			results <- r
		}()
		answerHandshake(t, s)
		write(t, s, "\x89\x00\x81\x03247\x88\x00")
		s.CloseWrite()
		rest(t, s)
		if r := <-results; r != (result{text: "247"}) {
			t.Errorf("got %+v", r)
		}
	})
}

func TestReceiveTextErrors(t *testing.T) {
	for _, tt := range []struct{ send, want string }{
		{"\x88\x02\x03\xe8", "EOF"},
		{"\x82\x01x", "failed the connection with 1003: text expected"},
		{"", "peer ended the connection without a Close frame"},
	} {
		synctest.Test(t, func(t *testing.T) {
			s, client := memnet.Pipe(0)
			errs := make(chan error, 1)
			go func() {
				c, err := testee.Dial(t.Context(), client, "h", "/", testee.Config{})
				if err == nil {
					_, err = c.ReceiveText()
				}
				errs <- err
			}()
			answerHandshake(t, s)
			write(t, s, tt.send)
			s.CloseWrite()
			rest(t, s)
			if err := <-errs; err == nil || err.Error() != tt.want {
				t.Errorf("after %q got %v, want %s", tt.send, err, tt.want)
			}
		})
	}
}

func TestStopWhileConnected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		s, server := memnet.Pipe(0)
		served := make(chan error, 1)
		go func() { served <- testee.Serve(ctx, server, testee.Config{}) }()
		write(t, s, request)
		readHead(t, s)
		cancel()
		if got := rest(t, s); got != "\x88\x0f\x03\xe9shutting down" {
			t.Errorf("got %q", got)
		}
		start := time.Now() // the peer does not close, but the patience is bounded
		if err := <-served; !errors.Is(err, context.Canceled) || time.Since(start) > 2*time.Second {
			t.Errorf("ended with %v after %s", err, time.Since(start))
		}
	})
}
