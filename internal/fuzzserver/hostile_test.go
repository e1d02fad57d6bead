// SPDX-License-Identifier: Apache-2.0

package fuzzserver_test

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/fuzzserver"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/report/archive"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/ws"
)

// heap is how much memory is in use after a collection.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

// isClosed reports whether the server has let go of a connection.
func isClosed(s stream.Stream) bool {
	_ = s.SetReadDeadline(time.Now().Add(1)) // streams in memory can
	_, err := s.Read(make([]byte, 1))
	return !stream.IsTimeout(err)
}

func TestStalledHandshakesMakeRoom(t *testing.T) {
	const crowd = 10_000
	synctest.Test(t, func(t *testing.T) {
		d := driver{start(t, fuzzserver.Config{Settings: settings()}), "x"}
		defer d.finish()
		var stalled []stream.Stream
		before := heap()
		for i := range crowd {
			s := d.connect()
			if _, err := io.WriteString(s, request("/runCase?case=1&agent=crowd")[:i%100]); err != nil {
				t.Fatal(err)
			}
			stalled = append(stalled, s)
			if i%500 == 0 {
				d.run(fmt.Sprint("case=", 1+i/500)) // gets through, whatever the crowd
			}
		}
		synctest.Wait()
		most := fuzzserver.DefaultLimits().Handshakes
		for _, s := range stalled[:crowd-2*most] {
			if !isClosed(s) {
				t.Fatal("one of the oldest is still there")
			}
		}
		if left := len(slices.DeleteFunc(slices.Clone(stalled), isClosed)); left != most {
			t.Errorf("%d are left, want %d", left, most)
		}
		perConn := (heap() - before) / crowd
		t.Logf("%d octets a connection, the client's end and those that are gone included", perConn)
		if bad, n := d.store.verdicts("x"); len(bad) > 0 || n != 20 {
			t.Errorf("%d results beside the crowd; those not OK: %q", n, bad)
		}
		time.Sleep(peer.DefaultOptions().OpenTimeout + time.Millisecond)
		if slices.ContainsFunc(stalled, func(s stream.Stream) bool { return !isClosed(s) }) {
			t.Error("a stalled handshake outlives its time")
		}
	})
}

// Heads that never end fill what there is for them, and no more.
func TestMemoryOfStalledHandshakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, fuzzserver.Config{})
		defer r.finish()
		most := fuzzserver.DefaultLimits().Handshakes
		var clients []stream.Stream
		before := heap()
		for range most {
			s := r.connect()
			if _, err := io.WriteString(s, "GET / HTTP/1.1\r\nX: "+strings.Repeat("x", fuzzserver.MaxHead-100)); err != nil {
				t.Fatal(err)
			}
			clients = append(clients, s)
		}
		synctest.Wait()
		perConn := (heap() - before) / int64(most)
		t.Logf("%d octets a connection", perConn)
		if perConn > 96<<10 { // see Limits
			t.Errorf("%d octets a connection: want at most %d", perConn, 96<<10)
		}
		if n := len(slices.DeleteFunc(clients, isClosed)); n != most {
			t.Errorf("%d of %d are left", n, most)
		}
	})
}

func TestOneOctetASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, fuzzserver.Config{})
		defer r.finish()
		s := r.connect()
		begun := time.Now()
		var trickle sync.WaitGroup
		defer trickle.Wait()
		trickle.Go(func() {
			for _, b := range []byte(request("/getCaseCount")) {
				if _, err := s.Write([]byte{b}); err != nil {
					return
				}
				time.Sleep(time.Second)
			}
		})
		if _, err := s.Read(make([]byte, 1)); err == nil {
			t.Error("it was answered")
		}
		if took := time.Since(begun); took != peer.DefaultOptions().OpenTimeout {
			t.Errorf("dropped after %v", took)
		}
	})
}

// Patience with the opening handshake is stretched too, that of an option as well.
func TestPatienceWithTheHandshakeIsStretched(t *testing.T) {
	for _, tt := range []struct {
		settings runner.Settings
		want     time.Duration
	}{
		{runner.Settings{Factor: 3}, 3 * peer.DefaultOptions().OpenTimeout},
		{runner.Settings{Factor: 2, Options: peer.Options{OpenTimeout: time.Second}}, 2 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := start(t, fuzzserver.Config{Settings: tt.settings})
			defer r.finish()
			s := r.connect()
			begun := time.Now()
			if _, err := s.Read(make([]byte, 1)); err == nil {
				t.Error("it was answered")
			}
			if took := time.Since(begun); took != tt.want {
				t.Errorf("dropped after %v, want %v", took, tt.want)
			}
		})
	}
}

// A client that trickles its request, but in time, is a client like any other.
func TestRequestOctetByOctet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, fuzzserver.Config{})
		defer r.finish()
		c := &client{t: t, s: r.connect()}
		head := request("/runCase?casetuple=7.7.1&agent=slow")
		for i := range head {
			c.write(head[i : i+1])
			synctest.Wait()
		}
		c = r.ask(c.s, "")
		c.exactly("Close", "\x88\x02\x03\xe8")
		c.closing()
		synctest.Wait()
		if n := r.store.results["slow"]["7.7.1"].Log.Stats.ReceivedOctets[1]; n != len(head) {
			t.Errorf("%d reads of one octet, want %d", n, len(head))
		}
	})
}

// huge is the header of a frame that declares 2^62 octets.
func huge(op ws.Opcode) string {
	h := ws.Header{Fin: true, Opcode: op, Masked: true, Length: 1 << 62}
	return string(h.Append(nil))
}

func TestFramesOf2To62Octets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, fuzzserver.Config{Settings: settings(), Plan: one(patient(time.Minute))})
		defer r.finish()
		for _, target := range []string{"/runCase?case=1&agent=x", "/direct"} {
			for _, op := range []ws.Opcode{ws.Binary, ws.Ping} {
				c := r.open(target)
				c.write(huge(op) + "some of it")
				c.exactly(target, "\x88\x32\x03\xf1a frame that declares 4611686018427387904 octets")
				if err := c.s.Reset(); err != nil {
					t.Fatal(err)
				}
			}
		}
		r.open("/getCaseCount").answers("the server goes on", "1")
	})
}

// bomb is a message of n zeros under permessage-deflate.
func bomb(t *testing.T, n int) string {
	t.Helper()
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, 9)
	if err != nil {
		t.Fatal(err)
	}
	zeros := make([]byte, 1<<20)
	for range n >> 20 {
		if _, err := w.Write(zeros); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(b.String(), "\x00\x00\xff\xff")
}

func TestBombs(t *testing.T) {
	payload := bomb(t, 64<<20)
	synctest.Test(t, func(t *testing.T) {
		c := patient(time.Minute)
		c.Open.Accept = deflate.FirstAllowing(deflate.Params{})
		r := start(t, fuzzserver.Config{Settings: settings(), Plan: one(c)})
		defer r.finish()
		conn := r.open("/runCase?case=1&agent=x", "Sec-WebSocket-Extensions: permessage-deflate")
		if got := conn.answer.Fields.Get("Sec-WebSocket-Extensions"); got != "permessage-deflate" {
			t.Fatalf("agreed on %q", got)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		conn.write(string(frame(ws.Header{Fin: true, RSV: 4, Opcode: ws.Binary}, payload)))
		conn.exactly("Close", "\x88")
		conn.closing()
		runtime.ReadMemStats(&after)
		limit := uint64(2*settings().Backlog(c)) + fuzzserver.CaseMemory
		if used := after.TotalAlloc - before.TotalAlloc; used > limit {
			t.Errorf("a bomb of %d octets made us allocate %d, more than %d", len(payload), used, limit)
		}
	})
}

// What clients call themselves goes into file names and pages.
func TestAgentsWithHostileNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outer := t.TempDir()
		dir := filepath.Join(outer, "a", "b", "reports")
		store, err := archive.Open(dir, false)
		if err != nil {
			t.Fatal(err)
		}
		r := start(t, fuzzserver.Config{Settings: settings(), Store: store})
		defer r.finish()
		names := map[string]string{
			"../../x": "../../x", "/etc/passwd": "/etc/passwd", "<script>alert(1)</script>": "<script>alert(1)</script>", `..\..\x`: `..\..\x`,
			"a\x00b": "a\ufffdb", "a\x1b[2Jb\r\n": "a\ufffd[2Jb", "\xff\xfe": "\ufffd", "con.": "con.", ".": ".", strings.Repeat("x", 512): strings.Repeat("x", 512),
		}
		for name := range names {
			c := r.open("/runCase?casetuple=7.7.1&agent=" + url.QueryEscape(name))
			c.exactly(name, "\x88\x02\x03\xe8")
			c.closing()
		}
		synctest.Wait()
		if got := r.troubles(); len(got) > 0 {
			t.Errorf("troubles: %q", got)
		}
		for name, want := range names {
			if _, known := store.Behavior(want, "7.7.1"); !known {
				t.Errorf("%q: there is no result of %q", name, want)
			}
		}
		outside := 0
		_ = filepath.WalkDir(outer, func(path string, e os.DirEntry, err error) error {
			if err != nil || !e.IsDir() && filepath.Dir(path) != dir {
				outside++
			}
			return nil
		})
		files, err := os.ReadDir(dir)
		if outside > 0 || err != nil || len(files) != len(names) {
			t.Errorf("%d files outside, %d in the folder of reports, want %d; %v", outside, len(files), len(names), err)
		}
	})
}

// Everything at once: the cases of an honest client keep their verdicts.
func TestHonestClientAmongHostileOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := fuzzserver.Config{Settings: settings(), Plan: plan(t, cases.Current, "1.*", "2.*", "3.*", "4.*", "5.*", "6.1.*", "6.2.*", "6.4.*", "7.*", "10.*"), Limits: fuzzserver.Limits{Handshakes: 50}}
		d := driver{start(t, cfg), "honest"}
		defer d.finish()
		var hostile sync.WaitGroup
		over := make(chan struct{})
		attack := func(what func(n int)) {
			hostile.Go(func() {
				for n := 0; ; n++ {
					select {
					case <-over:
						return
					case <-time.After(50 * time.Millisecond):
						what(n)
					}
				}
			})
		}
		attack(func(n int) { d.connect() })
		attack(func(n int) { _, _ = io.WriteString(d.connect(), "GET / HTTP/1.1\r\nX: "+strings.Repeat("x", n%100000)) })
		attack(func(n int) { d.open(fmt.Sprint("/runCase?case=1&agent=", n)).write(huge(ws.Text)) })
		attack(func(n int) { d.open("/runCase?case=31&agent=reset").s.Reset() })
		attack(func(n int) { d.open("/getCaseStatus?case=1&agent=none") })
		attack(func(n int) {
			b := binary.BigEndian.AppendUint64(nil, uint64(n)*0x9E3779B97F4A7C15)
			_, _ = d.open(fmt.Sprint("/runCase?agent=noise&case=", 1+n%len(cfg.Plan))).s.Write(b) // the server may be gone already
		})
		for n := range cfg.Plan {
			d.run(fmt.Sprint("case=", n+1))
		}
		close(over)
		hostile.Wait()
		d.update()
		d.wantAllOK(len(cfg.Plan))
	})
}

// ServeStream serves what is no network at all.
func TestServeStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := fuzzserver.New(fuzzserver.Config{Store: newMemory()})
		ours, theirs := memnet.Pipe(0)
		done := make(chan struct{})
		go func() { defer close(done); s.ServeStream(t.Context(), theirs) }()
		c := (&rig{t: t}).ask(ours, request("/getCaseCount"))
		c.answers("count", "0")
		<-done
	})
}
