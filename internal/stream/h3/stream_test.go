// SPDX-License-Identifier: Apache-2.0

package h3_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/stream/h3"
	"github.com/wsspec/wsspec/internal/ws"
)

// What is written is read, in both directions, and FIN is the end in order.
func TestTunnel(t *testing.T) {
	virtual(t, h3.Config{}, h3.Config{}, func(r rig) {
		client, server := r.stream()
		for _, size := range []int{1, 5, 4096, 70_000, 3 << 20} {
			sent := bytes.Repeat([]byte("0123456789abcde"), size/15+1)[:size]
			for _, ends := range [][2]*h3.Stream{{client, server}, {server, client}} {
				go func() {
					if n, err := ends[0].Write(sent); n != size || err != nil {
						t.Errorf("wrote %d of %d: %v", n, size, err)
					}
				}()
				got := make([]byte, size)
				if _, err := io.ReadFull(ends[1], got); err != nil || !bytes.Equal(got, sent) {
					t.Fatalf("%d octets: %v", size, err)
				}
			}
		}
		if err := client.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if n, err := server.Read(make([]byte, 1)); n != 0 || err != io.EOF {
			t.Errorf("after FIN: %d, %v", n, err)
		}
		if _, err := server.Write([]byte("late")); err != nil {
			t.Errorf("half closed: %v", err)
		}
		_ = server.Close()
		if b, err := io.ReadAll(client); string(b) != "late" || err != nil {
			t.Errorf("half closed: %q, %v", b, err)
		}
		_ = client.Close()
		select {
		case <-server.Conn().Done():
		case <-time.After(5 * time.Second):
			t.Error("the connection is still there")
		}
		if e, ok := errors.AsType[*h3.Error](server.Conn().Err()); !ok || e.Code != h3.NoError || !e.Remote {
			t.Errorf("the connection ended with %v", server.Conn().Err())
		}
	})
}

// A reset is told apart from an end, and reaches both directions with the code that
// RFC 9220, 3 wants.
func TestReset(t *testing.T) {
	virtual(t, h3.Config{}, h3.Config{}, func(r rig) {
		client, server := r.stream()
		if err := client.Reset(); err != nil {
			t.Fatal(err)
		}
		_, err := server.Read(make([]byte, 1))
		if e, ok := errors.AsType[*h3.Error](err); !stream.IsReset(err) || !ok || e.Code != h3.RequestCancelled || e.Whole {
			t.Errorf("read: %v", err)
		}
		synctest.Wait()
		if _, err := server.Write([]byte("x")); !stream.IsReset(err) {
			t.Errorf("write: %v", err)
		}
		if _, err := client.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
			t.Errorf("our own: %v", err)
		}

		client, server = r.stream()
		server.Conn().Close(h3.GeneralProtocolError, "enough")
		_, err = client.Read(make([]byte, 1))
		if e, ok := errors.AsType[*h3.Error](err); !stream.IsReset(err) || !ok || !e.Whole || e.Why != "enough" {
			t.Errorf("connection closed: %v", err)
		}
	})
}

// Close wakes who reads, and keeps reading for a peer that has not finished.
func TestClose(t *testing.T) {
	virtual(t, h3.Config{}, h3.Config{}, func(r rig) {
		client, server := r.stream()
		read := make(chan error)
		go func() {
			_, err := client.Read(make([]byte, 1))
			read <- err
		}()
		synctest.Wait()
		if err := client.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-read; !errors.Is(err, net.ErrClosed) {
			t.Errorf("read: %v", err)
		}
		if err := client.SetReadDeadline(time.Time{}); !errors.Is(err, net.ErrClosed) {
			t.Errorf("deadline: %v", err)
		}
		if _, err := server.Write(make([]byte, 300_000)); err != nil {
			t.Errorf("write to a closed stream: %v", err)
		}
		begun := time.Now()
		<-server.Conn().Done()
		if took := time.Since(begun); took > 2*time.Second {
			t.Errorf("the connection ended after %v", took)
		}
	})
}

// A deadline in the middle of a frame loses nothing.
func TestDeadline(t *testing.T) {
	virtual(t, h3.Config{}, h3.Config{}, func(r rig) {
		client, server := r.request(asks())
		head := h3.AppendFrame(nil, h3.Headers, h3.AppendFields(nil, accepts()))
		octets := append(head, h3.AppendFrame(h3.AppendFrame(nil, 0x4242, make([]byte, 300)), h3.Data, []byte("Hello"))...)
		var sending sync.WaitGroup
		defer sending.Wait()
		sending.Go(func() {
			for _, b := range octets {
				if err := server.SendOctets([]byte{b}); err != nil {
					t.Error(err)
				}
				time.Sleep(time.Second)
			}
		})
		var got []byte
		timeouts := 0
		for head := true; len(got) < 5; {
			_ = client.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
			var err error
			var n int
			if head {
				var f ws.Fields
				f, err = client.ReadHead()
				head = f == nil
			} else {
				b := make([]byte, 10)
				n, err = client.Read(b)
				got = append(got, b[:n]...)
			}
			switch {
			case stream.IsTimeout(err):
				timeouts++
			case err != nil:
				t.Fatal(err)
			}
		}
		if string(got) != "Hello" || timeouts < len(octets)-1 {
			t.Errorf("got %q, %d deadlines passed", got, timeouts)
		}
	})
}

// Frames that nobody knows are passed over wherever they stand (RFC 9114, 9).
func TestUnknownFrames(t *testing.T) {
	virtual(t, h3.Config{}, h3.Config{}, func(r rig) {
		client, server := r.stream()
		for i := range 100 {
			_ = client.SendFrame(h3.FrameType(h3.Reserved(uint64(i))), make([]byte, i*10))
			_ = client.SendFrame(h3.Data, nil)
			if _, err := client.Write([]byte{byte(i)}); err != nil {
				t.Fatal(err)
			}
		}
		got := make([]byte, 100)
		if _, err := io.ReadFull(server, got); err != nil || got[99] != 99 {
			t.Errorf("got %x, %v", got, err)
		}
	})
}

// A server may answer before it has read all of a request, and ask for no more of it
// (RFC 9114, 4.1): ending our side then is no error.
func TestEndAfterStopSending(t *testing.T) {
	virtual(t, h3.Config{}, h3.Config{}, func(r rig) {
		client, server := r.stream()
		server.CancelRead(h3.NoError)
		time.Sleep(time.Second) // until the client knows
		if err := client.CloseWrite(); err != nil {
			t.Error(err)
		}
		_, _ = client.Close(), server.Close()
	})
}

// Everything that happens can be seen, also by who looks late.
func TestWatch(t *testing.T) {
	virtual(t, h3.Config{}, h3.Config{}, func(r rig) {
		client, server := r.stream()
		var ours, theirs story
		client.Watch(ours.see)
		_, _ = client.Write([]byte("Hello"))
		_, _ = io.ReadFull(server, make([]byte, 5))
		_ = server.SendFrame(0x21, []byte("grease"))
		_ = server.Conn().SendGoAway(4)
		time.Sleep(time.Second) // streams may overtake each other
		server.CancelRead(h3.RequestCancelled)
		time.Sleep(time.Second)
		read := make(chan error)
		go func() {
			_, err := client.Read(make([]byte, 1))
			read <- err
		}()
		synctest.Wait()
		server.CancelWrite(h3.RequestCancelled)
		server.Watch(theirs.see)
		if err := <-read; !stream.IsReset(err) {
			t.Error(err)
		}
		_ = client.Close()
		<-server.Conn().Done()
		synctest.Wait()
		const want = `> h3 open stream=2 control
> h3 settings QPACK_MAX_TABLE_CAPACITY=0 MAX_FIELD_SECTION_SIZE=65536 QPACK_BLOCKED_STREAMS=0
< h3 open stream=3 control
< h3 settings QPACK_MAX_TABLE_CAPACITY=0 MAX_FIELD_SECTION_SIZE=65536 QPACK_BLOCKED_STREAMS=0 ENABLE_CONNECT_PROTOCOL=1
> h3 headers stream=0 :method CONNECT :protocol websocket :scheme https :path /chat?x=1 :authority memory sec-websocket-version 13
< h3 headers stream=0 :status 200
> h3 data stream=0 len=5
< h3 goaway id=4
< h3 stop_sending stream=0 H3_REQUEST_CANCELLED
< h3 type0x21 stream=0 len=6
< h3 reset_stream stream=0 H3_REQUEST_CANCELLED
> h3 fin stream=0
> h3 connection_close H3_NO_ERROR
`
		if got := ours.String(); got != want {
			t.Errorf("the client saw\n%swant\n%s", got, want)
		}
		const also = `> h3 open stream=3 control
> h3 settings QPACK_MAX_TABLE_CAPACITY=0 MAX_FIELD_SECTION_SIZE=65536 QPACK_BLOCKED_STREAMS=0 ENABLE_CONNECT_PROTOCOL=1
< h3 open stream=2 control
< h3 settings QPACK_MAX_TABLE_CAPACITY=0 MAX_FIELD_SECTION_SIZE=65536 QPACK_BLOCKED_STREAMS=0
< h3 headers stream=0 :method CONNECT :protocol websocket :scheme https :path /chat?x=1 :authority memory sec-websocket-version 13
> h3 headers stream=0 :status 200
< h3 data stream=0 len=5
> h3 type0x21 stream=0 len=6
> h3 goaway id=4
> h3 stop_sending stream=0 H3_REQUEST_CANCELLED
> h3 reset_stream stream=0 H3_REQUEST_CANCELLED
< h3 connection_close H3_NO_ERROR
`
		if got := theirs.String(); got != also {
			t.Errorf("the server saw\n%swant\n%s", got, also)
		}
	})
}

// A client does not ask where the server has not said that it may (RFC 9220, 3).
func TestNotAllowed(t *testing.T) {
	for _, settings := range [][]h3.Setting{{}, h3.Plain(), {{ID: h3.EnableConnectProtocol, Value: 0}}} {
		virtual(t, h3.Config{}, h3.Config{Settings: settings}, func(r rig) {
			if _, err := r.dialer.DialStream(r.Context(), "127.0.0.1:2"); !errors.Is(err, h3.ErrNotAllowed) {
				t.Errorf("%v: %v", settings, err)
			}
		})
	}
	virtual(t, h3.Config{}, h3.Config{Wait: true}, func(r rig) {
		c, err := r.dialer.Dial(r.Context(), "127.0.0.1:2")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Begin(within(r.T, time.Second)); err == nil {
			t.Error("asked without SETTINGS")
		}
		server, err := r.listener.AcceptConn(r.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := server.SendSettings(h3.Allowing()); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Begin(within(r.T, time.Second)); err != nil {
			t.Error(err)
		}
	})
}

// Nobody answers at all.
func TestNobodyThere(t *testing.T) {
	virtual(t, h3.Config{}, h3.Config{}, func(r rig) {
		_ = r.listener.Close()
		begun := time.Now()
		_, err := r.dialer.Dial(r.Context(), "127.0.0.1:2")
		if err == nil || time.Since(begun) > 6*time.Second {
			t.Errorf("after %v: %v", time.Since(begun), err)
		}
	})
}
