// SPDX-License-Identifier: Apache-2.0

package h2_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/http2"

	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/stream/h2"
	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

func request() ws.Fields {
	return ws.Fields{
		{Name: ":method", Value: "CONNECT"}, {Name: ":protocol", Value: "websocket"}, {Name: ":scheme", Value: "http"},
		{Name: ":path", Value: "/"}, {Name: ":authority", Value: "x"},
	}
}

func status(code string) ws.Fields { return ws.Fields{{Name: ":status", Value: code}} }

// pair has handle serve what a client asks for on the stream that it returns. wait waits
// for the server to end.
func pair(t *testing.T, handle func(*h2.Stream)) (client *h2.Stream, wait func()) {
	t.Helper()
	ours, theirs := memnet.Pipe(0)
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := h2.Serve(t.Context(), theirs, handle); err != nil {
			t.Error(err)
		}
	})
	client, err := h2.Dial(t.Context(), ours)
	if err != nil {
		t.Fatal(err)
	}
	return client, serving.Wait
}

// ask sends the request and returns the answer.
func ask(t *testing.T, s *h2.Stream) ws.Fields {
	t.Helper()
	if err := s.WriteHead(request()); err != nil {
		t.Fatal(err)
	}
	answer, err := s.ReadHead()
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// echo answers with 200 and sends back what comes.
func echo(s *h2.Stream) {
	if _, err := s.ReadHead(); err == nil && s.WriteHead(status("200")) == nil {
		_, _ = io.Copy(s, s)
	}
}

func TestEcho(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, wait := pair(t, echo)
		if got := ask(t, s).StatusOf(); got != 200 {
			t.Errorf("status %d", got)
		}
		// Many times what fits into any window.
		big := bytes.Repeat([]byte("0123456789abcdef"), 1<<18)
		var sending sync.WaitGroup
		sending.Go(func() {
			if n, err := s.Write(big); n != len(big) || err != nil {
				t.Errorf("%d octets, %v", n, err)
			}
			if err := s.CloseWrite(); err != nil {
				t.Error(err)
			}
		})
		got, err := io.ReadAll(s)
		if !bytes.Equal(got, big) || err != nil {
			t.Errorf("%d octets came back of %d, %v", len(got), len(big), err)
		}
		sending.Wait()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if _, err := s.Read(make([]byte, 1)); err == nil {
			t.Error("a closed stream is read")
		}
		wait()
	})
}

// How a stream ends is told apart, on both sides: in order, by a reset, and late.
func TestEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan error, 1)
		read := func(end func(*h2.Stream) error) func(*h2.Stream) {
			return func(s *h2.Stream) {
				_, _ = s.ReadHead()
				_ = s.WriteHead(status("200"))
				if end != nil {
					ended <- end(s)
					return
				}
				_, err := io.Copy(io.Discard, s)
				ended <- err
			}
		}
		s, wait := pair(t, read(nil))
		ask(t, s)
		if err := s.Reset(); err != nil {
			t.Error(err)
		}
		var reset *h2.ResetError
		if err := <-ended; !stream.IsReset(err) || !errors.As(err, &reset) || reset.Code != http2.ErrCodeCancel {
			t.Errorf("after our reset: %v", err)
		}
		wait()

		s, wait = pair(t, read((*h2.Stream).Reset))
		ask(t, s)
		if _, err := s.Read(make([]byte, 1)); !stream.IsReset(err) {
			t.Errorf("after theirs: %v", err)
		}
		<-ended
		_ = s.Close()
		wait()

		// What came in front of a reset is read, however late.
		s, wait = pair(t, read(func(s *h2.Stream) error {
			_, _ = s.Write([]byte("last words"))
			return s.Reset()
		}))
		ask(t, s)
		<-ended
		synctest.Wait()
		if b, err := io.ReadAll(s); string(b) != "last words" || !stream.IsReset(err) {
			t.Errorf("in front of a reset: %q, %v", b, err)
		}
		_ = s.Close()
		wait()

		s, wait = pair(t, read((*h2.Stream).CloseWrite))
		ask(t, s)
		if _, err := s.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("after their end: %v", err)
		}
		<-ended
		_ = s.Close()
		wait()

		s, wait = pair(t, read(nil))
		ask(t, s)
		begun := time.Now()
		_ = s.SetDeadline(begun.Add(time.Second))
		if _, err := s.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(begun) != time.Second {
			t.Errorf("after %v: %v", time.Since(begun), err)
		}
		_ = s.Close()
		if err := <-ended; err != nil {
			t.Errorf("after our end: %v", err)
		}
		wait()
	})
}

// What a peer does not read fills the window, and not our memory.
func TestWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hold := make(chan struct{})
		s, wait := pair(t, func(s *h2.Stream) {
			_, _ = s.ReadHead()
			_ = s.WriteHead(status("200"))
			<-hold
			_, _ = io.Copy(io.Discard, s)
		})
		ask(t, s)
		_ = s.SetWriteDeadline(time.Now().Add(time.Second))
		n, err := s.Write(make([]byte, 1<<20))
		if n != h2.Window || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%d octets fit into a window of %d: %v", n, h2.Window, err)
		}
		close(hold)
		_ = s.SetWriteDeadline(time.Now().Add(time.Second))
		if n, err := s.Write(make([]byte, 1<<20)); n != 1<<20 || err != nil {
			t.Errorf("then %d, %v", n, err)
		}
		_ = s.Close()
		wait()
	})
}

// All frames are told, from the first on, however late one begins to watch.
func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, wait := pair(t, echo)
		ask(t, s)
		var mu sync.Mutex
		var seen []string
		synctest.Wait()
		s.Watch(func(_ time.Time, sent bool, f *wirelog.HTTPFrame) {
			mu.Lock()
			defer mu.Unlock()
			seen = append(seen, map[bool]string{true: "> ", false: "< "}[sent]+f.String())
		})
		_, _ = s.Write([]byte("hello"))
		_, _ = io.ReadFull(s, make([]byte, 5))
		_ = s.CloseWrite()
		_, _ = io.ReadAll(s)
		_ = s.Close()
		wait()
		want := []string{
			"> h2 settings ENABLE_PUSH=0 INITIAL_WINDOW_SIZE=262144", "> h2 window_update 983041",
			"< h2 settings MAX_CONCURRENT_STREAMS=100 INITIAL_WINDOW_SIZE=262144 MAX_HEADER_LIST_SIZE=65536 ENABLE_CONNECT_PROTOCOL=1",
			"> h2 settings ack", "< h2 window_update 983041", "< h2 settings ack",
			"> h2 headers stream=1 :method CONNECT :protocol websocket :scheme http :path / :authority x",
			"< h2 headers stream=1 :status 200", "> h2 data stream=1 len=5", "< h2 data stream=1 len=5",
			"> h2 data stream=1 end_stream len=0", "< h2 data stream=1 end_stream len=0", "> h2 goaway last=0 NO_ERROR",
		}
		for _, line := range want {
			if i := indexOf(seen, line); i < 0 {
				t.Errorf("not told: %s", line)
			}
		}
		if t.Failed() {
			t.Logf("told:\n%s", strings.Join(seen, "\n"))
		}
	})
}

func indexOf(all []string, s string) int {
	for i, x := range all {
		if x == s {
			return i
		}
	}
	return -1
}

// A server that does not offer extended CONNECT, or is none of HTTP/2, is told from one
// that cannot be reached.
func TestDialInVain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for answer, want := range map[string]error{
			"\x00\x00\x00\x04\x00\x00\x00\x00\x00":    h2.ErrNoConnect,
			"HTTP/1.1 400 Bad Request\r\n\r\n":        h2.ErrNotHTTP2,
			"":                                        h2.ErrNotHTTP2,
			"\x00\x00\x00\x06\x00\x00\x00\x00\x00":    h2.ErrNotHTTP2,
			"SSH-2.0-OpenSSH_9.9 and so on and so on": h2.ErrNotHTTP2,
		} {
			ours, theirs := memnet.Pipe(0)
			_, _ = io.WriteString(theirs, answer)
			_ = theirs.CloseWrite()
			if _, err := h2.Dial(t.Context(), ours); !errors.Is(err, want) || strings.Contains(err.Error(), "EOF") {
				t.Errorf("%q: %v, want %v", answer, err, want)
			}
			synctest.Wait()
			time.Sleep(time.Second)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		ours, _ := memnet.Pipe(0)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if _, err := h2.Dial(ctx, ours); !errors.Is(err, h2.ErrNotHTTP2) || !strings.HasSuffix(err.Error(), "no SETTINGS come") {
			t.Errorf("of a server that says nothing: %v", err)
		}
	})
}

// Frames go out in the order in which they are told, and what rests on the server's
// SETTINGS behind their acknowledgement: nghttp2 ends a connection where it does not.
func TestOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := memnet.Pipe(0)
		var told, came []string
		var watching sync.Mutex
		done := make(chan struct{})
		go func() {
			defer close(done)
			s, err := h2.Dial(t.Context(), ours)
			if err != nil {
				t.Error(err)
				return
			}
			s.Watch(func(_ time.Time, sent bool, f *wirelog.HTTPFrame) {
				watching.Lock()
				defer watching.Unlock()
				if sent {
					told = append(told, f.Type)
				}
			})
			_ = s.WriteHead(request())
			for range 100 {
				_, _ = s.Write([]byte("x"))
			}
			_ = s.Close()
		}()
		framer := http2.NewFramer(theirs, theirs)
		_, _ = io.ReadFull(theirs, make([]byte, len(http2.ClientPreface)))
		_ = framer.WriteSettings(http2.Setting{ID: http2.SettingEnableConnectProtocol, Val: 1})
		go func() {
			for i := range 30 { // each is answered, between the others
				_ = framer.WritePing(false, [8]byte{byte(i)})
			}
		}()
		for {
			f, err := framer.ReadFrame()
			if err != nil {
				break
			}
			came = append(came, strings.ToLower(f.Header().Type.String()))
		}
		<-done
		if want := []string{"settings", "window_update", "settings"}; len(came) < 3 || !slices.Equal(came[:3], want) {
			t.Errorf("came first: %v", came[:min(len(came), 4)])
		}
		if told = told[:min(len(told), len(came))]; !slices.Equal(told, came) {
			t.Errorf("told %v\ncame %v", told, came)
		}
	})
}
