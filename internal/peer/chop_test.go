// SPDX-License-Identifier: Apache-2.0

package peer_test

import (
	"bytes"
	"context"
	"net"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/ws"
)

// reader reads until a frame with the payload "end" has come, and returns the sizes of
// its reads before that.
func reader(s stream.Stream) []int {
	var sizes []int
	for b := make([]byte, 64<<10); ; {
		n, err := s.Read(b)
		if err != nil || bytes.HasSuffix(b[:n], []byte("end")) {
			return sizes
		}
		sizes = append(sizes, n)
	}
}

// chops are frames that are written in parts, and the sizes of the parts.
func chops() ([]peer.Frame, []int) {
	long := peer.Frame{Opcode: ws.Binary, Payload: []byte{0}, Repeated: true, Repeat: 70_000, Cut: [2]int{1, 10}}
	frames := []peer.Frame{
		{Opcode: ws.Text, Payload: []byte("Hello"), Chop: 1},
		{Opcode: ws.Text, Payload: []byte("World"), Cut: [2]int{3, 3}},
		{Opcode: ws.Text, Payload: []byte("\U0001F600"), Cut: [2]int{1, 5}},
		{Opcode: ws.Text, Payload: []byte("end")},
	}
	return append([]peer.Frame{long}, frames...), append(append(slices.Repeat([]int{1}, 10), 70_000),
		1, 1, 1, 1, 1, 1, 1 /* Hello */, 3, 4 /* World */, 1, 1, 1, 1, 1 /* the last with what follows */)
}

// What is chopped arrives in a read for each part: with a handshake as with frames.
func TestChopsArriveApart(t *testing.T) {
	frames, want := chops()
	var got []int
	conversation{
		role:   ws.Server,
		config: func(c *peer.Config) { c.ChopPause = true },
		opening: peer.Opening{Edits: []peer.Edit{func(h *peer.Head) {
			h.Chop = 7
		}}},
		script: func(p *peer.Peer) {
			p.Until(time.Second, func() bool { return false }) // until the head is read
			p.Send(frames...)
		},
		raw: func(o *other) {
			o.write(request + "\r\n")
			for {
				b := make([]byte, 4096)
				n, err := o.Read(b)
				if n > 7 || err != nil {
					t.Errorf("%d octets of the head in one read, %v", n, err)
				}
				if bytes.HasSuffix(b[:n], []byte("\n\r\n")) || n < 7 {
					return
				}
			}
		},
		other: func(o *other) { got = reader(o) },
	}.run(t)
	if !begins(merged(got), want) {
		t.Errorf("read %v\nwant %v", got, want)
	}
}

// begins reports whether want is the beginning of got.
func begins(got, want []int) bool {
	return len(got) >= len(want) && slices.Equal(got[:len(want)], want)
}

// merged joins sizes of a part that is longer than the network takes at once.
func merged(sizes []int) []int {
	var out []int
	for _, n := range sizes {
		if last := len(out) - 1; n > 10 && last >= 0 && out[last] > 10 {
			out[last] += n
			continue
		}
		out = append(out, n)
	}
	return out
}

// patient is a stream that is asked what is unread only when all has been read: a busy machine
// may not get to it for as long as peers who read nothing are waited for.
type patient struct{ stream.Stream }

func (p patient) Unread() (octets int, sure bool) {
	for {
		octets, sure = p.Stream.Unread()
		if octets == 0 || !sure {
			return octets, sure
		}
		runtime.Gosched()
	}
}

// Over TCP, too, where the kernel tells what has been read: the parts of the first frame
// for certain. Frames behind another follow after a moment, however long reading takes, so
// whether they arrive apart is up to the machine.
func TestChopsArriveApartOverTCP(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	theirs, err := stream.Dial(t.Context(), stream.Target{Addr: l.Addr().String()})
	if err != nil {
		t.Fatal(err)
	}
	defer theirs.Close()
	ours, err := stream.Accept(t.Context(), l)
	if err != nil {
		t.Fatal(err)
	}
	if _, sure := ours.Unread(); !sure {
		t.Skip("this kernel does not tell what has been read")
	}
	frames, want := chops()
	want = want[:slices.Index(want, 70_000)+1]
	p := peer.New(context.Background(), patient{ours}, peer.Config{Role: ws.Server, ChopPause: true, Options: peer.Options{OpenTimeout: time.Minute}})
	if _, err := theirs.Write([]byte(request + "\r\n")); err != nil {
		t.Fatal(err)
	}
	req, ok := p.AwaitRequest()
	if !ok {
		t.Fatal(p.Log().Refused)
	}
	p.Accept(req, nil, peer.Opening{})
	for b := []byte{}; !bytes.HasSuffix(b, []byte("\r\n\r\n")); {
		one := make([]byte, 1)
		if _, err := theirs.Read(one); err != nil {
			t.Fatal(err)
		}
		b = append(b, one...)
	}
	sizes := make(chan []int)
	go func() { sizes <- reader(theirs) }()
	p.Send(frames...)
	got := <-sizes
	p.Hangup()
	if !begins(merged(got), want) {
		t.Errorf("read %v\nwant %v", got, want)
	}
}
