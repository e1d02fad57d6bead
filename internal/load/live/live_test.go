// SPDX-License-Identifier: Apache-2.0

package live_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/load"
	"github.com/wsspec/wsspec/internal/load/live"
	"github.com/wsspec/wsspec/internal/load/stats"
	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/web"
)

// stage is a site that is served in virtual time.
type stage struct {
	t *testing.T
	*live.Site
	listener *memnet.Listener
	end      func()
}

func open(t *testing.T) *stage {
	s := &stage{t: t, Site: live.New(plan(), http.NotFoundHandler()), listener: memnet.Listen()}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- web.Serve(ctx, s.listener, s.Site) }()
	s.end = func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	return s
}

func plan() load.Plan { return load.Plan{Kind: load.Echo, URL: "ws://x/<i>"} }

// state is what an event has.
type state struct {
	Title, State, Body string
	Over               bool
}

// reader is a page that follows.
type reader struct {
	net.Conn
	status int
	lines  *bufio.Reader
}

// listen asks for events, over a connection that has room for so many octets each way.
func (s *stage) listen(capacity int) *reader {
	s.t.Helper()
	conn, err := s.listener.Dial(s.t.Context(), capacity)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := io.WriteString(conn, "GET /events HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		s.t.Fatal(err)
	}
	in := bufio.NewReader(conn)
	response, err := http.ReadResponse(in, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return &reader{conn, response.StatusCode, bufio.NewReader(response.Body)}
}

// next is the next event; nil is the end.
func (r *reader) next(t *testing.T) *state {
	t.Helper()
	for {
		line, err := r.lines.ReadString('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			t.Fatal(err)
		}
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			s := new(state)
			if err := json.Unmarshal([]byte(data), s); err != nil {
				t.Fatal(err)
			}
			return s
		}
	}
}

// result is one of so many connections, in which a peer has tried to write our page.
func result(opened int64) (*load.Result, error) {
	s := new(stats.Snapshot)
	s.Opened = opened
	s.Fail("HTTP 503", 1, "<script>alert(1)</script>")
	return load.Conclude(plan(), load.Run{}, s)
}

func (s *stage) show(at time.Duration, opened int64) {
	s.t.Helper()
	if err := s.Show(at, func() (*load.Result, error) { return result(opened) }); err != nil {
		s.t.Error(err)
	}
}

func TestFollow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		r := s.listen(1 << 16)
		if got := r.next(t); got.Title != "load echo ws://x/<i>" || got.State != "It has not begun." || got.Over {
			t.Errorf("at first %+v", got)
		}
		begun := time.Now()
		for i := range int64(12) { // four times a second
			s.show(time.Since(begun), i)
			time.Sleep(250 * time.Millisecond)
		}
		for i, words := range []string{"Running for 0s.", "Running for 1s.", "Running for 2s."} {
			got := r.next(t)
			if want := "<dt>opened</dt><dd>" + load.Thousands(int64(4*i)) + "</dd>"; got.State != words || got.Over || !strings.Contains(got.Body, want) || !strings.Contains(got.Body, "<dt>open now</dt>") {
				t.Errorf("%d: %+v, want %s", i, got, want)
			}
			if strings.Contains(got.Body, "<script>") || !strings.Contains(got.Body, "&lt;script&gt;") {
				t.Errorf("not escaped: %s", got.Body)
			}
		}
		last, err := result(99)
		if err != nil {
			t.Fatal(err)
		}
		ended := time.Now()
		if err := s.End(last, time.Minute); err != nil {
			t.Error(err)
		}
		if took := time.Since(ended); took != 0 {
			t.Errorf("the end waits %v, with a reader that reads", took)
		}
		late := s.listen(1 << 16)
		for _, r := range []*reader{r, late} {
			got := r.next(t)
			if got.State != "This run has ended." || !got.Over || !strings.Contains(got.Body, "<dd>99</dd>") || !strings.Contains(got.Body, "held at the end") {
				t.Errorf("at the end %+v", got)
			}
			if more := r.next(t); more != nil {
				t.Errorf("after the end %+v", more)
			}
			r.Close()
		}
		s.show(time.Hour, 5) // nothing comes after the last
		s.end()
	})
}

func TestStopped(t *testing.T) {
	s := live.New(plan(), http.NotFoundHandler())
	r, err := result(1)
	if err != nil {
		t.Fatal(err)
	}
	r.Interrupted = "a signal"
	if err := s.End(r, time.Minute); err != nil {
		t.Error(err)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if text := w.Body.String(); !strings.Contains(text, "This run was stopped.") || !strings.Contains(text, "Stopped by a signal") {
		t.Error(text)
	}
}

// Who does not read holds nobody up, has nothing kept for it, and the end waits only so long for it; who
// reads again gets the latest.
func TestSlowReaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		stuck, slow := s.listen(512), s.listen(512)
		slow.next(t)
		begun := time.Now()
		const shown = 8
		for i := range int64(shown) {
			before := time.Now()
			s.show(time.Since(begun), 1000+i)
			if took := time.Since(before); took != 0 {
				t.Errorf("showing waits %v for a reader", took)
			}
			time.Sleep(time.Second)
		}
		first, second := slow.next(t), slow.next(t)
		if !strings.Contains(first.Body, "<dd>1,000</dd>") || !strings.Contains(second.Body, "<dd>1,007</dd>") {
			t.Errorf("the slow reader gets %s and then %s", first.State, second.State)
		}
		slow.Close()
		synctest.Wait()
		last, err := result(7)
		if err != nil {
			t.Fatal(err)
		}
		ended := time.Now()
		if err := s.End(last, time.Second); err != nil {
			t.Error(err)
		}
		if took := time.Since(ended); took != time.Second {
			t.Errorf("the end waits %v for a reader that does not read", took)
		}
		stuck.Close()
		s.end()
	})
}

// Where nobody looks, nothing is drawn, but for the first time, and for ten seconds after somebody has
// loaded the page.
func TestUnwatched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := live.New(plan(), http.NotFoundHandler())
		drawn := 0
		for range 10 {
			if err := s.Show(0, func() (*load.Result, error) { drawn++; return result(1) }); err != nil {
				t.Error(err)
			}
			time.Sleep(2 * time.Second)
		}
		if drawn != 1 {
			t.Errorf("drawn %d times", drawn)
		}
		s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
		for range 10 {
			if err := s.Show(0, func() (*load.Result, error) { drawn++; return result(1) }); err != nil {
				t.Error(err)
			}
			time.Sleep(2 * time.Second)
		}
		if drawn != 1+5 {
			t.Errorf("drawn %d times when somebody has loaded the page", drawn)
		}
	})
}

func TestTooManyReaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		var readers []*reader
		for range 32 {
			r := s.listen(1 << 16)
			r.next(t)
			readers = append(readers, r)
		}
		if r := s.listen(1 << 16); r.status != http.StatusServiceUnavailable {
			t.Errorf("one reader too many: %d", r.status)
		}
		readers[0].Close()
		synctest.Wait()
		if r := s.listen(1 << 16); r.status != http.StatusOK {
			t.Errorf("when one has gone: %d", r.status)
		}
		s.end()
	})
}

func TestPages(t *testing.T) {
	s := live.New(plan(), http.NotFoundHandler())
	if err := s.Show(0, func() (*load.Result, error) { return result(3) }); err != nil {
		t.Fatal(err)
	}
	for target, want := range map[string]struct {
		status      int
		kind, holds string
	}{
		"/":          {200, "text/html; charset=utf-8", "<title>load echo ws://x/&lt;i&gt;</title>"},
		"/live.js":   {200, "text/javascript; charset=utf-8", "EventSource"},
		"/style.css": {200, "text/css; charset=utf-8", "--page"},
		"/nothing":   {404, "text/plain; charset=utf-8", "not found"},
		"/../page":   {404, "text/plain; charset=utf-8", "not found"},
	} {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest("GET", target, nil))
		head := w.Header()
		if w.Code != want.status || head.Get("Content-Type") != want.kind || !strings.Contains(w.Body.String(), want.holds) {
			t.Errorf("%s: %d, %s: %.300s", target, w.Code, head.Get("Content-Type"), w.Body)
		}
		policy := head.Get("Content-Security-Policy")
		if !strings.HasPrefix(policy, "default-src 'none'; ") || strings.Contains(policy, "unsafe") || head.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", target, head)
		}
		if text := w.Body.String(); strings.Contains(text, "style=") || strings.Contains(text, "<style") || strings.Contains(text, "onerror=\"") || strings.Contains(text, "http://") {
			t.Errorf("%s: something in it the policy does not allow: %s", target, text)
		}
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest("POST", "/", nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", w.Code)
	}
}
