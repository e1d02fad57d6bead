// SPDX-License-Identifier: Apache-2.0

package fuzzserver_test

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/fuzzserver"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/archive"
	"github.com/wsspec/wsspec/internal/ws"
)

// spam is what costs us the most for what it costs a client to send, for a bound
// on what is unasked.
var spam = map[string]func(backlog int) []byte{
	"pongs":    func(n int) []byte { return bytes.Repeat(frame(ws.Header{Fin: true, Opcode: ws.Pong}, ""), n/64) },
	"messages": func(n int) []byte { return bytes.Repeat(frame(ws.Header{Fin: true, Opcode: ws.Text}, "x"), n/64) },
	"pieces": func(n int) []byte {
		return append(frame(ws.Header{Opcode: ws.Text}, ""), bytes.Repeat(frame(ws.Header{Opcode: ws.Continuation}, ""), n/64)...)
	},
	"pings": func(n int) []byte {
		return bytes.Repeat(frame(ws.Header{Fin: true, Opcode: ws.Ping}, strings.Repeat("x", 125)), n/128)
	},
	"large": func(n int) []byte { return frame(ws.Header{Fin: true, Opcode: ws.Binary}, strings.Repeat("x", n-1000)) },
	"fragments": func(n int) []byte {
		half := strings.Repeat("x", n/2-1000)
		return append(frame(ws.Header{Opcode: ws.Binary}, half), frame(ws.Header{Opcode: ws.Continuation}, half)...)
	},
}

// A client that floods gets no more memory than was reserved for it, the writing
// of the result included.
func TestFloodsStayWithinWhatWasReserved(t *testing.T) {
	plain, slow := patient(10*time.Second), patient(10*time.Second)
	slow.Tags = []conform.Tag{conform.Slow}
	reserved := func(c conform.Case) int { return 2*settings().Backlog(c) + fuzzserver.CaseMemory }
	for _, tt := range []struct {
		name, path     string
		play           conform.Case
		backlog, limit int
	}{
		{"case", "/runCase", plain, settings().Backlog(plain), reserved(plain)},
		{"slow case", "/runCase", slow, settings().Backlog(slow), reserved(slow)},
		{"question", "/getCaseStatus", plain, 512 << 10, 512 << 10}, // see Limits
		{"commands", "/direct", plain, fuzzserver.MaxSession, 6 * fuzzserver.MaxSession},
	} {
		for name, octets := range spam {
			if tt.play.Has(conform.Slow) && name != "messages" && name != "fragments" {
				continue // the two that take the most, and much time
			}
			t.Run(tt.name+" "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { flood(t, tt.play, tt.path, octets(tt.backlog), int64(tt.limit)) })
			})
		}
	}
}

func flood(t *testing.T, c conform.Case, path string, octets []byte, limit int64) {
	store, err := archive.Open(t.TempDir(), false)
	if err != nil {
		t.Fatal(err)
	}
	watched := &watchful{Store: store}
	r := start(t, fuzzserver.Config{Settings: settings(), Plan: one(c), Store: watched})
	defer r.finish()
	conn := r.open(path + "?case=1&agent=x")
	go func() { _, _ = io.Copy(io.Discard, conn.r) }() // until the server has had enough
	synctest.Wait()
	before := heap()
	most := before
	for part := range slices.Chunk(octets, len(octets)/16+1) {
		if _, err := conn.s.Write(part); err != nil {
			break
		}
		synctest.Wait()
		most = max(most, heap())
	}
	time.Sleep(10 * time.Minute)
	most = max(most, watched.most.Load()) - before
	t.Logf("%d octets to send: at most %d kept, %d on disk", len(octets), most, store.Size())
	if most > limit {
		t.Errorf("a flood of %d octets took %d octets of memory: %d were reserved", len(octets), most, limit)
	}
	if _, known := store.Behavior("x", c.ID); known != (path == "/runCase") || store.Size() > fuzzserver.CaseMemory {
		t.Errorf("there is a result: %v; it takes %d octets on disk", known, store.Size())
	}
}

// watchful is a store that looks at how much memory is in use while it writes.
type watchful struct {
	*archive.Store
	most atomic.Int64
}

func (w *watchful) Put(r report.Result) error {
	err := w.Store.Put(r)
	w.most.Store(max(w.most.Load(), heap()))
	return err
}
