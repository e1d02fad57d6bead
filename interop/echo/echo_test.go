// SPDX-License-Identifier: Apache-2.0

package echo_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/wsspec/wsspec/interop/echo"
)

// TestPairs talks to each server through each client library.
func TestPairs(t *testing.T) {
	for _, lib := range echo.Libraries() {
		for _, d := range drivers() {
			t.Run(lib.Name+"/"+d.name, func(t *testing.T) {
				testPair(t, lib, d)
			})
		}
	}
}

func testPair(t *testing.T, lib echo.Library, d driver) {
	if lib.Name == "gws" && d.name == "coder" {
		t.Skip("gws answers client_max_window_bits that was not offered, and coder refuses that")
	}
	url, _ := serve(t, lib)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c, err := d.dial(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.drop()
	messages := []message{{text, "hello"}, {binary, "\x00\xff\xfe"}, {binary, ""}}
	if lib.Name != "xnet" { // echoes frames, and this is fragmented by some
		messages = append(messages, message{text, strings.Repeat("κόσμε ", 50_000)})
	}
	for _, want := range messages {
		got, err := c.exchange(want)
		if err != nil || got != want {
			t.Fatalf("want the echo of %v, got %v, %v", want, got, err)
		}
	}
	if err := c.ping("still there?"); err != nil {
		t.Errorf("ping: %v", err)
	}
	code, err := c.close(1000)
	switch {
	case errors.Is(err, errDeaf):
	case lib.Name == "xnet":
		// The library ends the connection without answering a Close.
		if err == nil {
			t.Errorf("close: code %d, want none", code)
		}
	case err != nil || code != 1000:
		t.Errorf("close: code %d, %v, want 1000", code, err)
	}
}

func TestInvalidUTF8(t *testing.T) {
	for _, lib := range echo.Libraries() {
		if lib.Name == "xnet" {
			continue // echoes it
		}
		t.Run(lib.Name, func(t *testing.T) {
			url, _ := serve(t, lib)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			c, err := dialGorilla(ctx, url)
			if err != nil {
				t.Fatal(err)
			}
			defer c.drop()
			got, err := c.exchange(message{text, "\xff"})
			if code := closeCode(err); code != 1007 {
				t.Errorf("got %v, %v, want close code 1007", got, err)
			}
		})
	}
}

// TestServeEnds checks that closing the listener ends Serve.
func TestServeEnds(t *testing.T) {
	for _, lib := range echo.Libraries() {
		t.Run(lib.Name, func(t *testing.T) {
			_, stop := serve(t, lib)
			if err := stop(); err == nil {
				t.Error("Serve gave no reason")
			}
		})
	}
}

// TestDone checks that an echo client lets go of an open connection when its
// context is done, and does not report that as a failed handshake.
func TestDone(t *testing.T) {
	for _, lib := range echo.Libraries() {
		if lib.Client == nil {
			continue
		}
		t.Run(lib.Name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				var up websocket.Upgrader
				c, err := up.Upgrade(w, r, nil)
				if err != nil {
					t.Error(err)
					return
				}
				defer c.Close()
				c.WriteMessage(websocket.TextMessage, []byte("open?"))
				c.ReadMessage()
				cancel()
				c.ReadMessage() // until the client has let go
			}))
			defer server.Close()
			if err := lib.Client.Echo(ctx, "ws"+strings.TrimPrefix(server.URL, "http")); err != nil {
				t.Error(err)
			}
		})
	}
}

// serve runs the server of lib and returns its URL, and a function that ends it.
func serve(t *testing.T, lib echo.Library) (url string, stop func() error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	ended := make(chan error, 1)
	go func() { ended <- lib.Serve(l) }()
	return "ws://" + l.Addr().String(), func() error {
		l.Close()
		return <-ended
	}
}
