// SPDX-License-Identifier: Apache-2.0

package h2_test

import (
	"bytes"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/stream/h2"
	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/ws"
)

// attacker is a client that sends what it likes.
type attacker struct {
	*http2.Framer
	block bytes.Buffer
	henc  *hpack.Encoder
}

func newAttacker(w io.Writer) *attacker {
	a := &attacker{Framer: http2.NewFramer(w, nil)}
	a.AllowIllegalWrites = true
	a.henc = hpack.NewEncoder(&a.block)
	_, _ = io.WriteString(w, http2.ClientPreface)
	_ = a.WriteSettings()
	return a
}

func (a *attacker) encode(section ws.Fields) []byte {
	a.block.Reset()
	for _, l := range section {
		_ = a.henc.WriteField(hpack.HeaderField{Name: l.Name, Value: l.Value})
	}
	return bytes.Clone(a.block.Bytes())
}

func (a *attacker) open(id uint32) error {
	return a.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: a.encode(request()), EndHeaders: true})
}

// Floods, bombs and broken frames end the connection or the stream that they come on, cost
// bounded memory, and do nothing to another connection.
func TestHostileClients(t *testing.T) {
	const many = 20_000
	attacks := map[string]struct {
		do   func(a *attacker) error
		want string // the code of our GOAWAY or RST_STREAM; empty: none is needed
	}{
		"settings": {func(a *attacker) (err error) {
			for i := 0; i < many && err == nil; i++ {
				err = a.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: uint32(i)})
			}
			return err
		}, "ENHANCE_YOUR_CALM"},
		"pings": {func(a *attacker) (err error) {
			for i := 0; i < many && err == nil; i++ {
				err = a.WritePing(false, [8]byte{})
			}
			return err
		}, "ENHANCE_YOUR_CALM"},
		"continuations": {func(a *attacker) (err error) {
			err = a.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: []byte{0x82}})
			for i := 0; i < many && err == nil; i++ {
				err = a.WriteContinuation(1, false, nil)
			}
			return err
		}, "ENHANCE_YOUR_CALM"},
		"a long header block": {func(a *attacker) (err error) {
			err = a.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: []byte{0x82}})
			for i := 0; i < 20 && err == nil; i++ {
				err = a.WriteContinuation(1, false, make([]byte, maxFrame))
			}
			return err
		}, "ENHANCE_YOUR_CALM"},
		"a header bomb": {func(a *attacker) error {
			b := a.encode(ws.Fields{{Name: "x", Value: strings.Repeat("y", 3000)}})
			b = append(b, bytes.Repeat([]byte{0xBE}, 10_000)...) // the entry just made, again and again
			return a.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: b, EndHeaders: true})
		}, "ENHANCE_YOUR_CALM"},
		"rapid reset": {func(a *attacker) (err error) {
			for i := uint32(0); i < many && err == nil; i++ {
				if err = a.open(2*i + 1); err == nil {
					err = a.WriteRSTStream(2*i+1, http2.ErrCodeCancel)
				}
			}
			return err
		}, "ENHANCE_YOUR_CALM"},
		"many streams": {func(a *attacker) (err error) {
			for i := uint32(0); i < 200 && err == nil; i++ {
				err = a.open(2*i + 1)
			}
			return err
		}, "REFUSED_STREAM"},
		"empty DATA": {func(a *attacker) (err error) {
			err = a.open(1)
			for i := 0; i < many && err == nil; i++ {
				err = a.WriteData(1, false, nil)
			}
			return err
		}, "ENHANCE_YOUR_CALM"},
		"more than the window": {func(a *attacker) (err error) {
			err = a.open(1)
			for i := 0; i < 2*h2.Window/maxFrame && err == nil; i++ {
				err = a.WriteData(1, false, make([]byte, maxFrame))
			}
			return err
		}, "FLOW_CONTROL_ERROR"},
		"a window beyond 2^31": {func(a *attacker) error {
			_ = a.open(1)
			_ = a.WriteWindowUpdate(1, 1<<31-1)
			return a.WriteWindowUpdate(1, 1<<31-1)
		}, "FLOW_CONTROL_ERROR"},
		"the connection's window beyond 2^31": {func(a *attacker) error { _ = a.WriteWindowUpdate(0, 1<<31-1); return a.WriteWindowUpdate(0, 1<<31-1) }, "FLOW_CONTROL_ERROR"},
		"a long frame":                        {func(a *attacker) error { return a.WriteData(1, false, make([]byte, maxFrame+1)) }, "FRAME_SIZE_ERROR"},
		"DATA of no stream":                   {func(a *attacker) error { return a.WriteData(7, false, []byte("x")) }, "PROTOCOL_ERROR"},
		"an even stream":                      {func(a *attacker) error { return a.open(2) }, "PROTOCOL_ERROR"},
		"a push": {func(a *attacker) error {
			return a.WritePushPromise(http2.PushPromiseParam{StreamID: 1, PromiseID: 2, EndHeaders: true})
		}, "PROTOCOL_ERROR"},
		"no HPACK": {func(a *attacker) error {
			return a.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: []byte{0xFF, 0xFF}, EndHeaders: true})
		}, "COMPRESSION_ERROR"},
		"many trailers": {func(a *attacker) (err error) {
			for i := 0; i < 100 && err == nil; i++ {
				err = a.open(1)
			}
			return err
		}, "ENHANCE_YOUR_CALM"},
	}
	for name, attack := range attacks {
		t.Run(name, func(t *testing.T) { synctest.Test(t, func(t *testing.T) { withstand(t, attack.do, attack.want) }) })
	}
}

const maxFrame = 16 << 10

func withstand(t *testing.T, attack func(*attacker) error, want string) {
	var handlers, most atomic.Int32
	hold := make(chan struct{})
	handle := func(s *h2.Stream) {
		if n := handlers.Add(1); n > most.Load() {
			most.Store(n)
		}
		defer handlers.Add(-1)
		_, _ = s.ReadHead()
		<-hold
	}
	ours, theirs := memnet.Pipe(1 << 20)
	var serving sync.WaitGroup
	serving.Go(func() { _ = h2.Serve(t.Context(), theirs, handle) })
	codes := make(chan string, 1)
	go func() { codes <- errorCodes(ours) }()
	a := newAttacker(ours)
	_ = attack(a) // which may be cut off
	synctest.Wait()

	s, wait := pair(t, echo)
	ask(t, s)
	_, _ = s.Write([]byte("still there?"))
	if b, err := readN(s, 12); string(b) != "still there?" || err != nil {
		t.Errorf("another connection: %q, %v", b, err)
	}
	_ = s.Close()
	wait()
	if n := most.Load(); n > h2.MaxStreams {
		t.Errorf("%d handlers at a time", n)
	}
	close(hold)
	synctest.Wait()
	_ = ours.CloseWrite()
	serving.Wait()
	if got := <-codes; !strings.Contains(got, want) {
		t.Errorf("the codes are %q, want %s", got, want)
	}
	_ = ours.Close()
}

// errorCodes reads to the end and lists the codes of GOAWAY and RST_STREAM.
func errorCodes(s stream.Stream) string {
	f := http2.NewFramer(nil, s)
	codes := ""
	for {
		fr, err := f.ReadFrame()
		if err != nil {
			return codes
		}
		switch fr := fr.(type) {
		case *http2.GoAwayFrame:
			codes += " " + fr.ErrCode.String()
		case *http2.RSTStreamFrame:
			codes += " " + fr.ErrCode.String()
		}
	}
}

func readN(r io.Reader, n int) ([]byte, error) {
	b := make([]byte, n)
	_, err := io.ReadFull(r, b)
	return b, err
}

// An attacker that does not read what answers it makes us hold little.
func TestAnswersNobodyReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := memnet.Pipe(16 << 10)
		var serving sync.WaitGroup
		serving.Go(func() { _ = h2.Serve(t.Context(), theirs, echo) })
		a := newAttacker(ours)
		for range 200 { // slowly enough for the budget
			for range 100 {
				if a.WritePing(false, [8]byte{}) != nil {
					break
				}
			}
			time.Sleep(time.Second)
		}
		_ = ours.CloseWrite()
		serving.Wait()
	})
}

func FuzzServe(f *testing.F) {
	var b bytes.Buffer
	a := newAttacker(&b)
	_ = a.open(1)
	_ = a.WriteData(1, true, []byte("hello"))
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, octets []byte) {
		synctest.Test(t, func(t *testing.T) {
			ours, theirs := memnet.Pipe(0)
			var serving sync.WaitGroup
			serving.Go(func() { _ = h2.Serve(t.Context(), theirs, echo) })
			_, _ = ours.Write(octets)
			_ = ours.CloseWrite()
			serving.Wait()
			_ = ours.Close()
		})
	})
}
