// SPDX-License-Identifier: Apache-2.0

package model

import (
	"bytes"
	"testing"

	"github.com/wsspec/wsspec/internal/ws"
)

// The memory of a connection is used again, but for what one with a long message took.
func TestResetKeepsLittle(t *testing.T) {
	e := Endpoint{Role: ws.Client, Opened: true}
	m := New(e)
	for _, size := range []int{1000, 1 << 20, 1000} {
		payload := bytes.Repeat([]byte("a"), size)
		frame := append(ws.Header{Fin: true, Opcode: ws.Text, Length: uint64(size)}.Append(nil), payload...)
		m.Sent(frame)
		if n := cap(m.ours.content); n < size {
			t.Fatalf("a message of %d octets is held in %d", size, n)
		}
		m.Reset(e)
		if n := cap(m.ours.content); n > mostKept || size < mostKept && n < size {
			t.Errorf("after a message of %d octets, %d are kept", size, n)
		}
	}
}
