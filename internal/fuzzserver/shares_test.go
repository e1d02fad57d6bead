// SPDX-License-Identifier: Apache-2.0

package fuzzserver_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/fuzzserver"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/stream/h2"
	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/ws"
)

// flooder is a client of HTTP/2 that sends what it likes and reads all that answers it.
type flooder struct {
	*http2.Framer
	s     stream.Stream
	block bytes.Buffer
	henc  *hpack.Encoder
}

func (r *rig) flooder() *flooder {
	s := r.connect()
	f := &flooder{Framer: http2.NewFramer(s, nil), s: s}
	f.AllowIllegalWrites = true
	f.henc = hpack.NewEncoder(&f.block)
	go func() { _, _ = io.Copy(io.Discard, s) }() // it ends with the connection
	_, _ = io.WriteString(s, h2.Preface)
	_ = f.WriteSettings()
	return f
}

// ask opens the n-th stream with a request for a case.
func (f *flooder) ask(n int) error { return f.askAs(n, "flood") }

func (f *flooder) askAs(n int, agent string) error {
	f.block.Reset()
	section := ws.Fields{
		{Name: ":method", Value: "CONNECT"}, {Name: ":protocol", Value: "websocket"}, {Name: ":scheme", Value: "http"}, {Name: ":path", Value: "/runCase?case=1&agent=" + agent},
		{Name: ":authority", Value: "x"}, {Name: "sec-websocket-version", Value: "13"},
	}
	for _, l := range section {
		_ = f.henc.WriteField(hpack.HeaderField{Name: l.Name, Value: l.Value}) // into memory
	}
	return f.WriteHeaders(http2.HeadersFrameParam{StreamID: uint32(2*n + 1), BlockFragment: f.block.Bytes(), EndHeaders: true})
}

// h2Floods are the n-th frames, or few, of floods.
var h2Floods = map[string]func(f *flooder, n int) error{
	"settings": func(f *flooder, n int) error {
		return f.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: uint32(n)})
	},
	"pings": func(f *flooder, n int) error { return f.WritePing(false, [8]byte{}) },
	"continuations": func(f *flooder, n int) error {
		if n == 0 {
			return f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: []byte{0x82}})
		}
		return f.WriteContinuation(1, false, nil)
	},
	"header bombs": func(f *flooder, n int) error {
		if n == 20 {
			return io.EOF
		}
		f.block.Reset()
		_ = f.henc.WriteField(hpack.HeaderField{Name: "x", Value: strings.Repeat("y", 3000)}) // into memory
		b := append(f.block.Bytes(), bytes.Repeat([]byte{0xBE}, 3000)...)
		return f.WriteHeaders(http2.HeadersFrameParam{StreamID: uint32(2*n + 1), BlockFragment: b, EndHeaders: true})
	},
	"rapid reset": func(f *flooder, n int) error {
		_ = f.ask(n)
		return f.WriteRSTStream(uint32(2*n+1), http2.ErrCodeCancel)
	},
	"streams": (*flooder).ask,
	"streams that stay": func(f *flooder, n int) error {
		if n == h2.MaxStreams {
			return io.EOF
		}
		return f.ask(n)
	},
	"full windows": func(f *flooder, n int) error {
		if n < h2.MaxStreams {
			return f.ask(n)
		}
		if n == 4*h2.MaxStreams {
			return io.EOF
		}
		return f.WriteData(uint32(2*(n%h2.MaxStreams)+1), false, bytes.Repeat([]byte("\x82\xfe"), 4<<10))
	},
	"empty DATA": func(f *flooder, n int) error {
		if n == 0 {
			return f.ask(0)
		}
		return f.WriteData(1, false, nil)
	},
}

// Whatever a few clients flood us with, one that does as it should has its whole report, from the
// same address, over HTTP/1.1 and HTTP/2.
func TestPoliteClientBesideFloods(t *testing.T) {
	for name, send := range h2Floods {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { beside(t, send) })
		})
	}
}

// Numbers of connections and of frames on each. Together they ask for more cases than there is
// room for.
const (
	floods      = 4
	floodFrames = 1100
)

func beside(t *testing.T, send func(f *flooder, n int) error) {
	cs := runner.Plan(append([]conform.Case{patient(time.Minute)}, politeCases(t)...), ws.Server)
	need := 2*int64(settings().Backlog(cs[0].Case)) + fuzzserver.CaseMemory
	d := driver{start(t, fuzzserver.Config{Settings: settings(), Plan: cs, HTTP2: true, Limits: fuzzserver.Limits{Connections: 200, Memory: 24 * need}}), "polite"}
	defer d.finish()
	before := heap()
	var flooding sync.WaitGroup
	var all []*flooder
	for range floods {
		f := d.flooder()
		all = append(all, f)
		flooding.Go(func() {
			for n := 0; n < floodFrames && send(f, n) == nil; n++ {
			}
		})
	}
	flooding.Wait()
	synctest.Wait()
	kept := heap() - before
	t.Logf("%d octets kept", kept)
	if kept > 24*need {
		t.Errorf("%d octets kept", kept)
	}
	for n := 1; n < len(cs); n++ {
		if n%2 == 0 {
			d.run(fmt.Sprint("case=", n+1))
			continue
		}
		s, err := testee.DialHTTP2(t.Context(), d.connect(), "http", testee.Config{})
		if err != nil {
			t.Fatal(err)
		}
		_ = testee.Echo(t.Context(), s, "x", fmt.Sprintf("/runCase?case=%d&agent=polite", n+1), testee.Config{}) // the verdict tells
	}
	d.update()
	bad, total := d.store.verdicts("polite")
	if len(bad) > 0 || total != len(cs)-1 {
		t.Errorf("%d of %d results; those not OK: %q", total, len(cs)-1, bad)
	}
	for _, f := range all {
		_ = f.s.Reset()
	}
}

func politeCases(t *testing.T) []conform.Case {
	t.Helper()
	picked, err := conform.Select(cases.All(cases.Current), []string{"1.2.1", "1.2.4", "2.1", "2.3", "2.4", "2.6", "2.10", "7.1.1"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return picked
}

// A client that asks and leaves makes room at once, as one does whose requests are reset.
func TestWhoLeavesIsNotWaitedWith(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, fuzzserver.Config{Settings: settings(), Plan: one(patient(10 * time.Second)), HTTP2: true, Limits: fuzzserver.Limits{Connections: 4, Memory: 1}})
		defer r.finish()
		first := r.open("/runCase?case=1&agent=a")
		f := r.flooder()
		_ = f.ask(0) // waits for the first
		synctest.Wait()
		_ = f.WriteRSTStream(1, http2.ErrCodeCancel)
		s := r.connect()
		_, _ = io.WriteString(s, request("/runCase?case=1&agent=b")) // waits
		synctest.Wait()
		_ = s.Close()
		synctest.Wait()
		if n := len(r.told(fuzzserver.Refused)); n != 2 {
			t.Errorf("%d were told to have left, want 2", n)
		}
		begun := time.Now()
		r.open("/getCaseCount").answers("another", "1")
		if took := time.Since(begun); took != 0 {
			t.Errorf("answered after %v", took)
		}
		_ = first.s.Reset()
		_ = f.s.Reset()
	})
}

// What is there is shared out: a connection does not get all of it, nor does a host.
func TestShares(t *testing.T) {
	elsewhere := &net.TCPAddr{IP: net.ParseIP("2001:db8::1"), Port: 1}
	neighbour := &net.TCPAddr{IP: net.ParseIP("2001:db8::2"), Port: 1}
	synctest.Test(t, func(t *testing.T) {
		r := start(t, fuzzserver.Config{Limits: fuzzserver.Limits{Connections: 8}})
		defer r.finish()
		var held []*client
		for n := range 6 {
			held = append(held, r.ask(r.connectFrom(elsewhere), request(fmt.Sprint("/getCaseStatus?case=1&agent=", n))))
		}
		r.ask(r.connectFrom(neighbour), request("/getCaseCount")).refused(t, 503, "too many connections")
		r.ask(r.connectFrom(remote), request("/getCaseCount")).answers("from another host", "247")
		for _, c := range held {
			_ = c.s.Reset()
		}
	})
	synctest.Test(t, func(t *testing.T) {
		c := patient(10 * time.Second)
		need := 2*int64(settings().Backlog(c)) + fuzzserver.CaseMemory
		r := start(t, fuzzserver.Config{Settings: settings(), Plan: one(c), HTTP2: true, Limits: fuzzserver.Limits{Memory: 4 * need}})
		defer r.finish()
		f := r.flooder()
		for n := range 5 {
			_ = f.ask(n)
		}
		synctest.Wait()
		if n := len(r.told(fuzzserver.CaseBegun)); n != 2 {
			t.Errorf("%d cases of one connection have begun, want 2", n)
		}
		other := r.open("/runCase?case=1&agent=b") // would wait until one of them has ended
		if n := len(r.told(fuzzserver.CaseBegun)); n != 3 {
			t.Errorf("%d cases have begun, want 3", n)
		}
		_ = other.s.Reset()
		_ = f.s.Reset()
	})
}

// A connection brings no more agents than half of those there may be.
func TestAgentsOfOneConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, fuzzserver.Config{Settings: settings(), Plan: one(patient(10 * time.Second)), HTTP2: true, Limits: fuzzserver.Limits{Agents: 8}})
		defer r.finish()
		f := r.flooder()
		for n := range 8 {
			_ = f.askAs(n, fmt.Sprint("agent", n))
		}
		synctest.Wait()
		if n := len(r.told(fuzzserver.CaseBegun)); n != 4 {
			t.Errorf("one connection has brought %d agents, want 4", n)
		}
		other := r.open("/runCase?case=1&agent=other")
		if other.status != 101 {
			t.Errorf("another connection: status %d: %s", other.status, other.body)
		}
		_ = other.s.Reset()
		_ = f.s.Reset()
	})
}

// Whoever floods us with handshakes makes room for them itself: a slow client at another address
// has all its time.
func TestHandshakesOfOthersStay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, fuzzserver.Config{Limits: fuzzserver.Limits{Handshakes: 10}})
		defer r.finish()
		slow := r.connectFrom(remote)
		head := request("/getCaseCount")
		_, _ = io.WriteString(slow, head[:20])
		var flood []stream.Stream
		for range 100 {
			flood = append(flood, r.connect())
			synctest.Wait()
		}
		for i, s := range flood {
			if gone := isClosed(s); gone != (i < 91) {
				t.Errorf("connection %d of the flood is gone: %v", i, gone)
			}
		}
		r.ask(slow, head[20:]).answers("the slow one", "247")
	})
}

// Who has been refused, and does not leave, makes room before who has no answer.
func TestRefusedMakeRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, fuzzserver.Config{Limits: fuzzserver.Limits{Handshakes: 10, Connections: 1}})
		defer r.finish()
		only := r.open("/direct")
		slow := r.connect()
		head := request("/getCaseCount")
		_, _ = io.WriteString(slow, head[:20])
		for range 100 {
			r.open("/direct").refused(t, 503, "too many connections")
		}
		only.closing()
		synctest.Wait()
		r.ask(slow, head[20:]).answers("the slow one", "247")
	})
}

// One agent has half of what there is, so that others come in beside it from the same address.
func TestAgentsShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, fuzzserver.Config{Limits: fuzzserver.Limits{Connections: 8}})
		defer r.finish()
		ask := func(agent string) *client { return r.open("/getCaseStatus?case=1&agent=" + agent) }
		for range 4 {
			if c := ask("flood"); c.status != 101 {
				t.Errorf("status %d", c.status)
			}
		}
		ask("flood").refused(t, 503, "too many connections")
		for range 2 { // the one before has not left yet
			if c := ask("other"); c.status != 101 {
				t.Errorf("another agent: status %d: %s", c.status, c.body)
			}
		}
	})
	synctest.Test(t, func(t *testing.T) {
		c := patient(10 * time.Second)
		need := 2*int64(settings().Backlog(c)) + fuzzserver.CaseMemory
		r := start(t, fuzzserver.Config{Settings: settings(), Plan: one(c), Limits: fuzzserver.Limits{Memory: 4 * need}})
		defer r.finish()
		for range 10 {
			_, _ = io.WriteString(r.connect(), request("/runCase?case=1&agent=flood"))
		}
		synctest.Wait()
		begun := time.Now()
		if c := r.open("/runCase?case=1&agent=other"); c.status != 101 || !time.Now().Equal(begun) {
			t.Errorf("status %d after %v", c.status, time.Since(begun))
		}
		if n := len(r.told(fuzzserver.CaseBegun)); n != 3 {
			t.Errorf("%d cases have begun, want 3", n)
		}
	})
}

// stuck is a connection that takes its time to be reset.
type stuck struct {
	stream.Stream
	begun, release chan struct{}
}

func (s stuck) Reset() error {
	close(s.begun)
	<-s.release
	return s.Stream.Reset()
}

// While a connection makes room, nobody else waits for that. (With this test failing, it hangs.)
func TestMakingRoomKeepsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, fuzzserver.Config{Limits: fuzzserver.Limits{Handshakes: 2}})
		defer r.finish()
		_, server := memnet.Pipe(0)
		first := stuck{from{server, loopback}, make(chan struct{}), make(chan struct{})}
		r.l.conns <- first
		second := r.connect()
		head := request("/getCaseCount")
		_, _ = io.WriteString(second, head[:20])
		synctest.Wait()
		third := r.connect()
		<-first.begun
		r.ask(second, head[20:]).answers("the second", "247")
		close(first.release)
		r.ask(third, head).answers("the third", "247")
	})
}
