// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

func TestServer(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	r, w := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, []string{"server", "gws", "--listen", ":0"}, w, io.Discard) }()

	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	url, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if !ok || !strings.HasPrefix(url, "ws://127.0.0.1:") {
		t.Fatalf("printed %q", line)
	}
	c, _, err := websocket.DefaultDialer.DialContext(ctx, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("stopped: %v", err)
	}
}

func TestUsage(t *testing.T) {
	for line, want := range map[string]string{
		"":                                     "want a role",
		"proxy":                                `no role "proxy"`,
		"server":                               "want 1 arguments",
		"server gorilla ws://x":                "want 1 arguments besides",
		"server curl":                          `no library "curl"`,
		"server gws --listen 9001":             "missing port",
		"client xnet ws://127.0.0.1:1":         `no library "xnet" in that role`,
		"client gws --cases many ws://x":       "invalid value",
		"client gws ws://x --agent a --cases=": "invalid value",
	} {
		err := run(t.Context(), strings.Fields(line), io.Discard, io.Discard)
		var usage usageError
		if !errors.As(err, &usage) || !strings.Contains(err.Error(), want) {
			t.Errorf("peers %s: %v, want %q", line, err, want)
		}
	}
}
