// SPDX-License-Identifier: Apache-2.0

package testee_test

import (
	"io"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/ws"
)

const request = "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"

func write(t *testing.T, s stream.Stream, octets string) {
	t.Helper()
	if _, err := io.WriteString(s, octets); err != nil {
		t.Error(err)
	}
}

// readHead reads an HTTP head and nothing behind it.
func readHead(t *testing.T, s stream.Stream) string {
	t.Helper()
	var head []byte
	for b := make([]byte, 1); !strings.HasSuffix(string(head), "\r\n\r\n"); head = append(head, b...) {
		if _, err := io.ReadFull(s, b); err != nil {
			t.Fatalf("%v after %q", err, head)
		}
	}
	return string(head)
}

// rest reads until the connection ends.
func rest(t *testing.T, s stream.Stream) string {
	t.Helper()
	b, err := io.ReadAll(s)
	if err != nil {
		t.Errorf("%v after %q", err, b)
	}
	return string(b)
}

// answerHandshake reads a client's request and answers it, with further fields.
func answerHandshake(t *testing.T, s stream.Stream, fields ...string) {
	t.Helper()
	req, err := ws.ParseRequest([]byte(readHead(t, s)))
	if err != nil {
		t.Fatal(err)
	}
	fields = append([]string{"HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade",
		"Sec-WebSocket-Accept: " + ws.AcceptKey(req.Fields.Get("Sec-WebSocket-Key"))}, fields...)
	write(t, s, strings.Join(fields, "\r\n")+"\r\n\r\n")
}

// frame returns a client's frame.
func frame(opcode, payload string) string {
	op, _ := ws.ParseOpcode(opcode)
	h := ws.Header{Fin: true, Opcode: op, Masked: true, Key: [4]byte{1, 2, 3, 4}, Length: uint64(len(payload))}
	b := append(h.Append(nil), payload...)
	ws.Mask(h.Key, 0, b[len(b)-len(payload):])
	return string(b)
}
