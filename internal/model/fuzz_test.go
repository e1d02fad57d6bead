// SPDX-License-Identifier: Apache-2.0

package model_test

import (
	"testing"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/model"
	"github.com/wsspec/wsspec/internal/ws"
)

// Whatever goes in either direction, in whatever pieces, the model does not panic, finds the
// same as in one piece, and finds nothing more once a MUST was broken.
func FuzzModel(f *testing.F) {
	f.Add([]byte("\x81\x81\x00\x00\x00\x00a\x89\x80\x00\x00\x00\x00\x88\x82\x00\x00\x00\x00\x03\xe8"), []byte("\x81\x01a\x8a\x00\x88\x02\x03\xe8"), uint8(1), uint8(3))
	f.Add([]byte("\xc1\x87\x00\x00\x00\x00\xf2\x48\xcd\xc9\xc9\x07\x00\x01\x81\x00\x00\x00\x00\xff"), []byte("\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00"), uint8(7), uint8(0))
	f.Add([]byte(request+"\r\n"), []byte(opened("")), uint8(0), uint8(5))
	f.Add([]byte(opened("Sec-WebSocket-Extensions: permessage-deflate\r\n")+"\x81\x01a"), []byte(request+"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"), uint8(8), uint8(9))
	f.Fuzz(func(t *testing.T, ours, theirs []byte, how, cut uint8) {
		e := model.Endpoint{Role: ws.Server, Opened: how&1 != 0, Limit: 1 << 10, TextOnly: how&16 != 0}
		if how&8 != 0 {
			e.Role = ws.Client
		}
		if how&2 != 0 {
			e.Agreed = &deflate.Answer{ServerNoContextTakeover: how&4 != 0, ClientMaxWindowBits: 9}
		}
		theirsFirst := e.Role == ws.Client && !e.Opened
		run := func(m *model.Model, piece int) string {
			feed := func(b []byte, take func([]byte)) {
				for len(b) > 0 {
					n := min(len(b), piece)
					take(b[:n:n])
					b = b[n:]
				}
			}
			if theirsFirst {
				n := max(0, ws.HeadEnd(theirs))
				feed(theirs[:n], func(b []byte) { m.Received(b) })
				feed(ours, m.Sent)
				feed(theirs[n:], func(b []byte) { m.Received(b) })
			} else {
				feed(ours, m.Sent)
				feed(theirs, func(b []byte) { m.Received(b) })
			}
			m.Quiet()
			m.Ended(model.FIN)
			_, _, _ = m.State().String(), m.Expect(), m.Owes()
			return found(m.Findings())
		}
		m := model.New(e)
		whole := run(m, 1<<20)
		m.Reset(e)
		if pieces := run(m, int(cut)+1); pieces != whole {
			t.Errorf("in pieces of %d: %s; in one: %s", int(cut)+1, pieces, whole)
		}
		for i, v := range m.Findings() {
			if v.Level == model.Must && i < len(m.Findings())-1 {
				t.Errorf("something was found behind a MUST: %v", m.Findings())
			}
		}
	})
}

// What a conversation of three messages, a Ping and a Close costs.
func BenchmarkConversation(b *testing.B) {
	var ours, theirs []byte
	for _, line := range []string{`text "Hello, world"`, `ping "1"`, `text more "frag"`, `continuation "mented"`, `binary 0x00ff00ff`, closing(1000)} {
		ours = append(ours, octets(b, ws.Client, line)...)
	}
	for _, line := range []string{`text "Hello, world"`, `pong "1"`, `text "fragmented"`, `binary 0x00ff00ff`, closing(1000)} {
		theirs = append(theirs, octets(b, ws.Server, line)...)
	}
	e := model.Endpoint{Role: ws.Server, Opened: true}
	m := model.New(e)
	b.ReportAllocs()
	for b.Loop() {
		m.Reset(e)
		m.Sent(ours)
		m.Received(theirs)
		m.Ended(model.FIN)
		if len(m.Findings()) > 0 {
			b.Fatal(m.Findings())
		}
	}
}
