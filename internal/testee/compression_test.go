// SPDX-License-Identifier: Apache-2.0

package testee_test

import (
	"io"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/ws"
)

// readFrame reads one frame of a server.
func readFrame(t *testing.T, s stream.Stream) (ws.Header, string) {
	t.Helper()
	var head []byte
	for b := make([]byte, 1); ; {
		if _, err := io.ReadFull(s, b); err != nil {
			t.Fatalf("%v after %q", err, head)
		}
		head = append(head, b...)
		if h, n := ws.ParseHeader(head); n > 0 {
			payload := make([]byte, h.Length)
			if _, err := io.ReadFull(s, payload); err != nil {
				t.Fatal(err)
			}
			if h.Masked {
				ws.Mask(h.Key, 0, payload)
			}
			return h, string(payload)
		}
	}
}

// What was agreed is kept to in both directions, and both sides keep it up over
// messages that refer to earlier ones.
func TestCompressionBetweenServerAndClient(t *testing.T) {
	for _, tt := range []struct {
		offer  deflate.Offer
		answer string
	}{
		{deflate.Offer{}, "permessage-deflate"},
		{deflate.Offer{ClientMaxWindowBits: 9, ServerMaxWindowBits: 10},
			"permessage-deflate; server_max_window_bits=10"},
		{deflate.Offer{ServerNoContextTakeover: true, ClientNoContextTakeover: true},
			"permessage-deflate; server_no_context_takeover"},
	} {
		synctest.Test(t, func(t *testing.T) {
			cfg := testee.Config{Offers: []deflate.Offer{tt.offer}}
			server, a := memnet.Pipe(0)
			b, client := memnet.Pipe(0)
			done := make(chan error, 2)
			go func() { done <- testee.Serve(t.Context(), server, cfg) }()
			go func() { done <- testee.Echo(t.Context(), client, "h", "/", cfg) }()
			write(t, a, readHead(t, b))
			response := readHead(t, a)
			write(t, b, response)
			if !strings.Contains(response, "\r\nSec-WebSocket-Extensions: "+tt.answer+"\r\n") {
				t.Errorf("server answered\n%s", response)
			}
			compress := deflate.NewCompressor(deflate.Params{WindowBits: 9, NoContextTakeover: true})
			text := strings.Repeat("It is the same text, again and again, ", 300)
			payload := compress.Compress(nil, []byte(text))
			write(t, b, string(ws.Header{Fin: true, RSV: 4, Opcode: ws.Text, Length: uint64(len(payload))}.Append(nil))+string(payload))
			for range 3 {
				h, p := readFrame(t, b)
				masked := []byte(p)
				ws.Mask(h.Key, 0, masked)
				write(t, a, string(h.Append(nil))+string(masked))
				h, p = readFrame(t, a)
				if h.RSV != 4 || len(p) > 400 {
					t.Fatalf("server sent RSV %d and %d octets", h.RSV, len(p))
				}
				write(t, b, string(h.Append(nil))+p)
			}
			b.CloseWrite()
			a.CloseWrite()
			for range 2 {
				if err := <-done; err == nil || !strings.Contains(err.Error(), "without a Close") {
					t.Error(err)
				}
			}
		})
	}
}
