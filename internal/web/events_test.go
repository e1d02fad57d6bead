// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/web"
)

// reader is a connection on which events come.
type reader struct {
	net.Conn
	status int
	*bufio.Reader
}

func (r *reader) Read(b []byte) (int, error) { return r.Reader.Read(b) }

// listen asks for events.
func (h *house) listen(fields ...string) *reader {
	h.t.Helper()
	conn := h.dial()
	head := "GET /api/events HTTP/1.1\r\nHost: x\r\n" + strings.Join(append(fields, ""), "\r\n") + "\r\n"
	if _, err := io.WriteString(conn, head); err != nil {
		h.t.Fatal(err)
	}
	in := bufio.NewReader(conn)
	response, err := http.ReadResponse(in, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	if kind := response.Header.Get("Content-Type"); response.StatusCode == http.StatusOK && kind != "text/event-stream" {
		h.t.Errorf("events are %s", kind)
	}
	return &reader{conn, response.StatusCode, bufio.NewReader(response.Body)}
}

// event is one as a reader sees it. A comment has no fields.
type event struct {
	ID, Kind string
	Data     map[string]any
}

func (e event) String() string {
	b, _ := json.Marshal(e.Data)
	return e.Kind + " " + string(b)
}

func (r *reader) next(t *testing.T) event {
	t.Helper()
	var e event
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			t.Fatalf("event %v: %v", e, err)
		}
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch key {
		case "":
			return e
		case "id":
			e.ID = value
		case "event":
			e.Kind = value
		case "data":
			if err := json.Unmarshal([]byte(value), &e.Data); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func visit(n int) web.Visit {
	return web.Visit{Conn: uint64(n), Remote: "192.0.2.1:5", Path: "/runCase", Agent: "a<b>", Case: "1.1.1", Since: time.Now()}
}

func TestEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		site, _ := newSite(t, "1.*")
		h := open(t, site)
		site.Connected(visit(1))
		site.Done(result("a<b>", "1.1.1", verdict.OK, verdict.OK))
		r := h.listen()
		first := r.next(t)
		site.Connected(visit(2))
		site.Done(result("a<b>", "1.1.2", verdict.Failed, verdict.WrongCode))
		site.Updated()
		site.Disconnected(2)
		site.Disconnected(99)
		site.Trouble(errors.New("no space left on device"))
		const at = `"2000-01-01T00:00:00Z"`
		for i, want := range []string{
			`connected {"agent":"a\u003cb\u003e","case":"1.1.1","conn":2,"path":"/runCase","remote":"192.0.2.1:5","since":` + at + `}`,
			`result {"agent":"a\u003cb\u003e","at":` + at + `,"behavior":"FAILED","case":"1.1.2","closing":"WRONG CODE","code":1002,"ms":12,"standing":"fail",` +
				`"tally":{"fail":1,"known":0,"name":"a\u003cb\u003e","none":0,"pass":1,"soft":0},"why":"Behaved so. Closed so."}`,
			`updated {"at":` + at + `}`,
			`disconnected {"conn":2}`,
			`trouble {"why":"no space left on device"}`,
		} {
			if got := r.next(t).String(); !strings.EqualFold(got, want) {
				t.Errorf("event %d: %s\nwant %s", i, got, want)
			}
		}
		if got := first.Data; first.Kind != "snapshot" || got["planned"] != 16.0 || len(got["visits"].([]any)) != 1 || len(got["agents"].([]any)) != 1 || len(got["recent"].([]any)) != 1 {
			t.Errorf("first: %v", first)
		}
		r.Close()
		h.end()
	})
}

// A new reader of a new site is shown lists, though empty ones.
func TestFirstSnapshot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		site, _ := newSite(t, "1.*")
		h := open(t, site)
		r := h.listen()
		if got, want := r.next(t).String(), `snapshot {"agents":[],"planned":16,"recent":[],"updated":null,"visits":[]}`; got != want {
			t.Errorf("%s, want %s", got, want)
		}
		r.Close()
		h.end()
	})
}

// A reader that comes back is told what it has missed, and nothing twice.
func TestEventsResume(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		site, _ := newSite(t, "1.*")
		h := open(t, site)
		r := h.listen()
		last := r.next(t)
		for n := range 10 {
			site.Connected(visit(n))
			if n < 4 {
				last = r.next(t)
			}
		}
		r.Close()
		r = h.listen("Last-Event-ID: " + last.ID)
		for n := 4; n < 10; n++ {
			if e := r.next(t); e.Kind != "connected" || e.Data["conn"] != float64(n) {
				t.Errorf("%v, want connection %d", e, n)
			}
		}
		r.Close()
		epoch, _, _ := strings.Cut(last.ID, ".")
		for _, id := range []string{"other.3", "3", "", epoch, epoch + ".x", epoch + ".99999", epoch + ".18446744073709551615", epoch + ".18446744073709551616", epoch + ".-1"} {
			r := h.listen("Last-Event-ID: " + id)
			if e := r.next(t); e.Kind != "snapshot" {
				t.Errorf("after %q: %v", id, e)
			}
			r.Close()
		}
		h.end()
	})
}

// A reader that does not read holds nobody up and is dropped; one that is slow
// skips what it cannot follow.
func TestSlowReaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		site, _ := newSite(t, "1.*")
		h := open(t, site)
		stuck, slow := h.listen(), h.listen()
		slow.next(t)
		begun := time.Now()
		const many = 5000
		for n := range many {
			site.Done(result(fmt.Sprint("agent ", n%10), "1.1.1", verdict.OK, verdict.OK))
		}
		site.Connected(visit(7))
		if took := time.Since(begun); took != 0 {
			t.Errorf("results waited %v for readers", took)
		}
		time.Sleep(8 * time.Second)
		// How far the reader got before it fell behind is left to chance.
		sent, skipped := 0, false
		for upToDate := false; !upToDate; sent++ {
			switch e := slow.next(t); e.Kind {
			case "connected": // the last event of all
				upToDate = true
			case "snapshot":
				skipped = true
				agents, visits, recent := len(e.Data["agents"].([]any)), len(e.Data["visits"].([]any)), len(e.Data["recent"].([]any))
				upToDate = visits == 1
				if agents != 10 || visits > 1 || recent != 200 {
					t.Errorf("%d agents, %d visits, %d recent results", agents, visits, recent)
				}
			}
		}
		if !skipped || sent >= many {
			t.Errorf("the slow reader was sent %d events, skipped %v", sent, skipped)
		}
		time.Sleep(5 * time.Second)
		if _, err := io.Copy(io.Discard, stuck.Conn); err != nil {
			t.Error(err) // all that was under way, and then the end
		}
		slow.Close()
		h.end()
	})
}

func TestKeepAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		site, _ := newSite(t, "1.*")
		h := open(t, site)
		r := h.listen()
		r.next(t)
		begun := time.Now()
		for n := range 20 {
			if e := r.next(t); e.Kind != "" {
				t.Errorf("%v", e)
			}
			if took, want := time.Since(begun), time.Duration(n+1)*15*time.Second; took != want {
				t.Errorf("a sign of life after %v, want %v", took, want)
			}
		}
		site.Updated() // long after the times for a request have passed
		if e := r.next(t); e.Kind != "updated" {
			t.Errorf("%v", e)
		}
		r.Close()
		h.end()
	})
}

func TestTooManyReaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		site, _ := newSite(t, "1.*")
		h := open(t, site)
		var readers []*reader
		for range 32 {
			readers = append(readers, h.listen())
		}
		for _, r := range readers {
			r.next(t)
		}
		if r := h.listen(); r.status != http.StatusServiceUnavailable {
			t.Errorf("one reader too many: %d", r.status)
		}
		readers[0].Close()
		synctest.Wait()
		r := h.listen()
		if r.status != http.StatusOK {
			t.Fatalf("where one has left: %d", r.status)
		}
		for _, r := range append(readers[1:], r) {
			go io.Copy(io.Discard, r.Conn)
		}
		h.end() // they are still there
	})
}

// What is kept for the live page is bounded, and the busiest agents stay.
func TestLiveIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		site, _ := newSite(t, "1.*")
		h := open(t, site)
		site.Done(result("a busy one", "1.1.2", verdict.OK, verdict.OK))
		for n := range 3000 {
			time.Sleep(time.Millisecond)
			site.Connected(web.Visit{Conn: uint64(n), Path: "/" + strings.Repeat("x", 30000)})
			site.Done(result(fmt.Sprintf("agent %04d", n), "1.1.1", verdict.OK, verdict.OK))
			site.Done(result("a busy one", "1.1.1", verdict.OK, verdict.OK))
		}
		r := h.listen()
		all := r.next(t)
		agents := all.Data["agents"].([]any)
		if busy := agents[0].(map[string]any); len(agents) != 100 || busy["name"] != "a busy one" || busy["pass"] != 2.0 {
			t.Errorf("%d agents, the first is %v", len(agents), busy)
		}
		if n := len(all.Data["visits"].([]any)); n != 1024 {
			t.Errorf("%d visits", n)
		}
		if n := len(all.String()); n > 512<<10 {
			t.Errorf("the snapshot has %d octets", n)
		}
		for n := range 3000 {
			site.Disconnected(uint64(n))
		}
		r.Close()
		r = h.listen()
		if left := r.next(t).Data["visits"].([]any); len(left) != 0 {
			t.Errorf("%d visits left", len(left))
		}
		r.Close()
		h.end()
	})
}

// firstEvent is what a reader who leaves at once is sent.
func firstEvent(t *testing.T, site http.Handler) string {
	t.Helper()
	ctx, leave := context.WithCancel(t.Context())
	leave()
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(ctx, "GET", "/api/events", nil)
	site.ServeHTTP(w, r)
	return w.Body.String()
}
