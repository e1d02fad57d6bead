// SPDX-License-Identifier: Apache-2.0

package suite_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/wsspec/wsspec/interop/echo"
	"github.com/wsspec/wsspec/interop/suite"
)

// fuzzer is a fuzzing server whose every case is the echo of a text, a ping
// and a binary message. It refuses the connection of case 2.
type fuzzer struct {
	count string
	t     *testing.T

	mu       sync.Mutex
	requests []string
}

func (f *fuzzer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.requests = append(f.requests, r.URL.RequestURI())
	f.mu.Unlock()
	if r.URL.Query().Get("case") == "2" {
		http.Error(w, "no", http.StatusInternalServerError)
		return
	}
	up := websocket.Upgrader{EnableCompression: true}
	c, err := up.Upgrade(w, r, nil)
	if err != nil {
		f.t.Errorf("%s: %v", r.URL, err)
		return
	}
	defer c.Close()
	switch r.URL.Path {
	case "/getCaseCount":
		c.WriteMessage(websocket.TextMessage, []byte(f.count))
	case "/runCase":
		f.play(c, r.URL.RequestURI())
	}
	c.WriteMessage(websocket.CloseMessage, nil)
	for err == nil { // let the client end the connection
		_, _, err = c.NextReader()
	}
}

func (f *fuzzer) play(c *websocket.Conn, name string) {
	var pong string
	c.SetPongHandler(func(payload string) error { pong = payload; return nil })
	long := strings.Repeat("κόσμε ", 30_000)
	for kind, text := range map[int]string{websocket.TextMessage: long, websocket.BinaryMessage: "\xff\x00"} {
		c.WriteMessage(websocket.PingMessage, []byte("still there?"))
		c.WriteMessage(kind, []byte(text))
		gotKind, got, err := c.ReadMessage()
		if err != nil || gotKind != kind || string(got) != text {
			f.t.Errorf("%s: want the echo of message type %d, got type %d, %.20q, %v", name, kind, gotKind, got, err)
		}
	}
	if pong != "still there?" {
		f.t.Errorf("%s: pong %q", name, pong)
	}
}

func TestClients(t *testing.T) {
	for _, lib := range echo.Libraries() {
		if lib.Client == nil {
			continue
		}
		for _, parallel := range []int{0, 3} {
			t.Run(fmt.Sprintf("%s/%d", lib.Name, parallel), func(t *testing.T) {
				testClient(t, lib.Client, parallel)
			})
		}
	}
}

func testClient(t *testing.T, client echo.Client, parallel int) {
	f := &fuzzer{count: "9", t: t}
	server := httptest.NewServer(f)
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()

	var refused []int
	n, err := suite.Run{
		URL:      "ws" + strings.TrimPrefix(server.URL, "http") + "/",
		Agent:    "a b/1%",
		Cases:    4,
		Parallel: parallel,
		Refused:  func(n int, err error) { refused = append(refused, n) },
	}.Do(ctx, client)
	if n != 4 || err != nil {
		t.Errorf("ran %d cases, %v", n, err)
	}
	if !slices.Equal(refused, []int{2}) {
		t.Errorf("refused: %v", refused)
	}
	want := []string{"/getCaseCount"}
	for i := 1; i <= 4; i++ {
		want = append(want, fmt.Sprintf("/runCase?case=%d&agent=a+b%%2F1%%25", i))
	}
	want = append(want, "/updateReports?agent=a+b%2F1%25")
	if parallel > 0 {
		slices.Sort(f.requests[1 : len(f.requests)-1])
	}
	if !slices.Equal(f.requests, want) {
		t.Errorf("requests:\n%s\nwant:\n%s", strings.Join(f.requests, "\n"), strings.Join(want, "\n"))
	}
}

func TestCountIsNoNumber(t *testing.T) {
	for _, count := range []string{"many", "-1", ""} {
		server := httptest.NewServer(&fuzzer{count: count, t: t})
		defer server.Close()
		run := suite.Run{URL: "ws" + strings.TrimPrefix(server.URL, "http")}
		client := echo.Libraries()[0].Client
		if n, err := run.Do(t.Context(), client); err == nil || !strings.Contains(err.Error(), "getCaseCount") {
			t.Errorf("count %q: ran %d cases, error %v", count, n, err)
		}
	}
}
