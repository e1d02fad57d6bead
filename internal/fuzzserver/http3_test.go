// SPDX-License-Identifier: Apache-2.0

package fuzzserver_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/quic-go/quic-go"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/fuzzserver"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/stream/h3"
	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/ws"
)

// quicFlooder is a client of QUIC that sends what it likes.
type quicFlooder struct {
	*quic.Conn
	control *quic.SendStream
	request *quic.Stream // the last
	asked   int
}

// ask opens a stream with a request for a case. It does not wait for the server to allow one.
func (f *quicFlooder) ask() (err error) {
	if f.asked == 200 {
		return io.EOF
	}
	if f.request, err = f.OpenStream(); err != nil {
		return err
	}
	f.asked++
	_, err = f.request.Write(h3.AppendFrame(nil, h3.Headers, h3.AppendFields(nil, ws.Fields{
		{Name: ":method", Value: "CONNECT"}, {Name: ":protocol", Value: "websocket"}, {Name: ":scheme", Value: "https"}, {Name: ":path", Value: "/runCase?case=1&agent=flood"},
		{Name: ":authority", Value: "x"}, {Name: "sec-websocket-version", Value: "13"},
	})))
	return err
}

// alone opens a stream with octets that are no request for a case.
func (f *quicFlooder) alone(octets []byte) error {
	s, err := f.OpenStream()
	if err == nil {
		_, err = s.Write(octets)
	}
	if err == nil {
		err = s.Close()
	}
	return err
}

// more writes on the last request, the first time behind a new one.
func (f *quicFlooder) more(octets string) error {
	if f.request == nil {
		if err := f.ask(); err != nil {
			return err
		}
	}
	_ = f.request.SetWriteDeadline(time.Now().Add(time.Second)) // so long it waits for room
	_, err := io.WriteString(f.request, octets)
	return err
}

// h3Floods are some frames of floods, sent over and over until they fail.
var h3Floods = map[string]func(f *quicFlooder) error{
	"streams": (*quicFlooder).ask,
	"reset": func(f *quicFlooder) error {
		err := f.ask()
		if err == nil {
			f.request.CancelWrite(quic.StreamErrorCode(h3.RequestCancelled))
			f.request.CancelRead(quic.StreamErrorCode(h3.RequestCancelled))
		}
		return err
	},
	"streams that end": func(f *quicFlooder) error { // as many as may go unanswered, if they do
		if f.asked == 80 {
			return io.EOF
		}
		err := f.ask()
		if err == nil {
			err = f.request.Close()
		}
		return err
	},
	"no requests": func(f *quicFlooder) error { return f.alone(nil) },
	"field bombs": func(f *quicFlooder) error {
		return f.alone(h3.AppendFrame(nil, h3.Headers, append([]byte{0, 0}, bytes.Repeat([]byte{0xd1}, 3000)...)))
	},
	"huge fields":   func(f *quicFlooder) error { return f.alone(h3.AppendFrameHeader(nil, h3.Headers, 1<<40)) },
	"unknown":       func(f *quicFlooder) error { return f.more(strings.Repeat("\x21\x00", 500)) },
	"empty DATA":    func(f *quicFlooder) error { return f.more(strings.Repeat("\x00\x00", 500)) },
	"full windows":  func(f *quicFlooder) error { return f.more("\x00\x80\x01\x00\x00" + strings.Repeat("\x82\xfe", 1<<15)) },
	"settings":      func(f *quicFlooder) error { return f.told(h3.AppendFrame(nil, h3.Settings, nil)) },
	"goaway":        func(f *quicFlooder) error { return f.told(bytes.Repeat([]byte{7, 1, 0}, 300)) },
	"control ended": func(f *quicFlooder) error { return f.control.Close() },
	"unknown streams": func(f *quicFlooder) error {
		s, err := f.OpenUniStream()
		if err == nil {
			_, err = s.Write([]byte{0x21})
		}
		if err == nil {
			err = s.Close()
		}
		return err
	},
}

// told writes on the control stream.
func (f *quicFlooder) told(octets []byte) error {
	_, err := f.control.Write(octets)
	return err
}

// Whatever clients of HTTP/3 flood us with, and all at once, one that does as it should has its whole
// report, from the same address.
func TestPoliteClientBesideQUICFloods(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cs := runner.Plan(append([]conform.Case{patient(time.Minute)}, politeCases(t)...), ws.Server)
		need := 2*int64(settings().Backlog(cs[0].Case)) + fuzzserver.CaseMemory
		var hub memnet.Hub
		at := net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9001}
		ours := hub.Socket(at)
		l, err := h3.ListenOn(ours, memnet.ServerTLS(), h3.Config{Wait: true})
		if err != nil {
			t.Fatal(err)
		}
		d := driver{start(t, fuzzserver.Config{Settings: settings(), Plan: cs, HTTP3: l, Limits: fuzzserver.Limits{Connections: 200, Memory: 40 * need}}), "polite"}
		before := heap()
		codes, end := floodOverQUIC(t, &hub, &at)
		if kept := heap() - before; kept > 20*need {
			t.Errorf("%d octets kept", kept)
		}
		for n := 1; n < len(cs); n++ {
			socket := hub.Socket(net.UDPAddr{IP: at.IP, Port: 20_000 + n})
			s, err := testee.DialQUIC(t.Context(), socket, &at, memnet.ClientTLS(), testee.Config{})
			if err != nil {
				t.Fatal(err)
			}
			_ = testee.Echo(t.Context(), s, "x", fmt.Sprintf("/runCase?case=%d&agent=polite", n+1), testee.Config{}) // the verdict tells
			time.Sleep(time.Second)                                                                                  // for it to say goodbye
			_ = socket.Close()
		}
		d.update()
		bad, total := d.store.verdicts("polite")
		if len(bad) > 0 || total != len(cs)-1 {
			t.Errorf("%d of %d results; those not OK: %q", total, len(cs)-1, bad)
		}
		if got := codes(); !maps.Equal(got, h3Ends) {
			t.Errorf("the floods ended with %v, want %v", got, h3Ends)
		}
		end()
		d.finish()
		_ = ours.Close()
	})
}

// h3Ends are the codes with which we end the connections of floods; of the others, we end no
// more than streams.
var h3Ends = map[string]h3.Code{
	"reset": h3.ExcessiveLoad, "no requests": h3.ExcessiveLoad, "field bombs": h3.ExcessiveLoad, "huge fields": h3.ExcessiveLoad,
	"settings": h3.FrameUnexpected, "goaway": h3.ExcessiveLoad, "control ended": h3.ClosedCriticalStream, "unknown streams": h3.ExcessiveLoad,
}

// floodOverQUIC floods with a connection for each flood, and returns once nothing more happens:
// with how we have ended them, and what ends all.
func floodOverQUIC(t *testing.T, hub *memnet.Hub, at net.Addr) (codes func() map[string]h3.Code, end func()) {
	t.Helper()
	socket := hub.Socket(net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 10_000})
	tr := &quic.Transport{Conn: socket}
	config := memnet.ClientTLS()
	config.NextProtos = []string{"h3"}
	conns := map[string]*quic.Conn{}
	var flooding sync.WaitGroup
	for name, send := range h3Floods {
		q, err := tr.Dial(t.Context(), at, config, nil)
		if err != nil {
			t.Fatal(err)
		}
		conns[name] = q
		control, err := q.OpenUniStream()
		if err != nil {
			t.Fatal(err)
		}
		f := &quicFlooder{Conn: q, control: control}
		_ = f.told([]byte{0, 4, 0})
		flooding.Go(func() {
			for n := 0; n < floodFrames && q.Context().Err() == nil; n++ {
				if send(f) != nil {
					time.Sleep(time.Millisecond) // until the server allows more
				}
			}
		})
	}
	flooding.Wait()
	synctest.Wait()
	codes = func() map[string]h3.Code {
		all := map[string]h3.Code{}
		for name, q := range conns {
			if e, ok := errors.AsType[*quic.ApplicationError](context.Cause(q.Context())); ok {
				all[name] = h3.Code(e.ErrorCode)
			}
		}
		return all
	}
	return codes, func() {
		_ = tr.Close()
		_ = socket.Close()
	}
}

// What is no packet of QUIC costs nothing, and harms nobody.
func TestGarbageAtTheUDPPort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var hub memnet.Hub
		at := net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9001}
		ours := hub.Socket(at)
		l, err := h3.ListenOn(ours, memnet.ServerTLS(), h3.Config{Wait: true})
		if err != nil {
			t.Fatal(err)
		}
		r := start(t, fuzzserver.Config{Settings: settings(), Plan: one(quick()), HTTP3: l})
		socket := hub.Socket(net.UDPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 1})
		before := heap()
		for n := range 5000 {
			b := make([]byte, 1+7*n%1400)
			for i := range b {
				b[i] = byte(n * (i + 1) >> (i % 5))
			}
			if n%2 == 0 { // what an Initial of version 1 begins with
				copy(b, []byte{0xC0, 0, 0, 0, 1, 8, byte(n), byte(n >> 8), 3, 4, 5, 6, 7, 8, 0, 0, 0x44, 0x50})
			}
			_, _ = socket.WriteTo(b, &at)
			if n%100 == 0 {
				time.Sleep(time.Millisecond)
			}
		}
		time.Sleep(time.Minute)
		if kept := heap() - before; kept > 8<<20 {
			t.Errorf("%d octets kept", kept)
		}
		theirs := hub.Socket(net.UDPAddr{IP: at.IP, Port: 20_000})
		s, err := testee.DialQUIC(t.Context(), theirs, &at, memnet.ClientTLS(), testee.Config{})
		if err != nil {
			t.Fatal(err)
		}
		if err := testee.Echo(t.Context(), s, "x", "/runCase?case=1&agent=polite", testee.Config{}); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Second)
		r.finish()
		for _, c := range []io.Closer{ours, socket, theirs} {
			_ = c.Close()
		}
	})
}
