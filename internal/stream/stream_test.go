// SPDX-License-Identifier: Apache-2.0

package stream_test

import (
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/stream"
)

// pair is a TCP connection on this machine.
func pair(t *testing.T) (ours, theirs stream.Stream) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if ours, err = stream.Dial(t.Context(), stream.Target{Addr: l.Addr().String()}); err != nil {
		t.Fatal(err)
	}
	if theirs, err = stream.Accept(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = ours.Close(), theirs.Close() })
	return ours, theirs
}

// What the peer did is to be told apart: FIN, RST, or nothing in time.
func TestHowTCPEnds(t *testing.T) {
	ours, theirs := pair(t)
	if err := ours.Reset(); err != nil {
		t.Fatal(err)
	}
	if _, err := theirs.Read(make([]byte, 1)); !stream.IsReset(err) || stream.IsTimeout(err) {
		t.Errorf("after a reset: %v", err)
	}

	ours, theirs = pair(t)
	if err := theirs.SetReadDeadline(time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	if _, err := theirs.Read(make([]byte, 1)); !stream.IsTimeout(err) || stream.IsReset(err) {
		t.Errorf("after the deadline: %v", err)
	}
	if err := theirs.SetReadDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	if err := ours.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if _, err := theirs.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("after FIN: %v", err)
	}
	if _, err := theirs.Write([]byte("x")); err != nil {
		t.Errorf("half closed: %v", err)
	}
	if n, err := ours.Read(make([]byte, 1)); n != 1 || err != nil {
		t.Errorf("half closed: %d octets, %v", n, err)
	}
}

// What we have written is read to its end although we never read what the peer
// has sent.
func TestCloseGentlyDestroysNothing(t *testing.T) {
	ours, theirs := pair(t)
	if _, err := theirs.Write(make([]byte, 10_000)); err != nil {
		t.Fatal(err)
	}
	if _, err := ours.Write([]byte("the last words")); err != nil {
		t.Fatal(err)
	}
	closed := make(chan error)
	go func() { closed <- stream.CloseGently(ours, time.Minute) }()
	if got, err := io.ReadAll(theirs); string(got) != "the last words" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if err := theirs.Close(); err != nil {
		t.Error(err)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
}

// What the program at the other end has not read is known where it runs on this
// machine, over both versions of IP, and over both at once.
func TestUnread(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells")
	}
	for _, addr := range []struct{ listen, host string }{{"127.0.0.1:0", "127.0.0.1"}, {"[::1]:0", "::1"}, {":0", "127.0.0.1"}} {
		l, err := net.Listen("tcp", addr.listen)
		if err != nil {
			t.Logf("%s: %v", addr.listen, err) // a machine without IPv6
			continue
		}
		defer l.Close()
		_, port, _ := net.SplitHostPort(l.Addr().String())
		ours, err := stream.Dial(t.Context(), stream.Target{Addr: net.JoinHostPort(addr.host, port)})
		if err != nil {
			t.Fatal(err)
		}
		defer ours.Close()
		theirs, err := stream.Accept(t.Context(), l)
		if err != nil {
			t.Fatal(err)
		}
		defer theirs.Close()
		if _, sure := ours.Unread(); !sure {
			t.Skip("this kernel does not tell: no sock_diag")
		}
		if _, err := ours.Write([]byte("three")); err != nil {
			t.Fatal(err)
		}
		if n, _ := ours.Unread(); n != 5 {
			t.Errorf("%s: %d octets unread of 5", addr.listen, n)
		}
		if _, err := io.ReadFull(theirs, make([]byte, 3)); err != nil {
			t.Fatal(err)
		}
		if n, sure := ours.Unread(); n != 2 || !sure {
			t.Errorf("%s: %d octets unread of 2, sure %v", addr.listen, n, sure)
		}
		if _, err := io.ReadFull(theirs, make([]byte, 2)); err != nil {
			t.Fatal(err)
		}
		if n, sure := ours.Unread(); n != 0 || !sure {
			t.Errorf("%s: %d octets unread of none, sure %v", addr.listen, n, sure)
		}
	}
}

// What is asked of the kernel takes no descriptor any more once the stream is closed, or
// reset.
func TestUnreadLeavesNothingOpen(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells")
	}
	open := func() int {
		all, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Skip(err)
		}
		return len(all)
	}
	let := []func(stream.Stream) error{stream.Stream.Close, stream.Stream.Reset}
	before := 0
	for i := range 6 {
		ours, theirs := pair(t)
		for range 3 {
			_, _ = ours.Unread() // whatever it says
		}
		if err := errors.Join(let[i%2](ours), theirs.Close()); err != nil {
			t.Fatal(err)
		}
		if n, sure := ours.Unread(); n != 0 || sure {
			t.Errorf("a closed stream tells of %d octets, sure %v", n, sure)
		}
		switch now := open(); {
		case i == 0: // the poller has taken what it needs
			before = now
		case now > before:
			t.Errorf("%d descriptors are open, and were %d", now, before)
		}
	}
}
