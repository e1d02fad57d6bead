// SPDX-License-Identifier: Apache-2.0

package memnet_test

import (
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/stream/memnet"
)

func TestHalfCloseLetsTheOtherDirectionGoOn(t *testing.T) {
	a, b := memnet.Pipe(0)
	write(t, a, "question")
	_ = a.CloseWrite()
	if got, _ := io.ReadAll(b); string(got) != "question" {
		t.Fatalf("got %q", got)
	}
	write(t, b, "answer")
	_ = b.Close()
	if got, err := io.ReadAll(a); string(got) != "answer" || err != nil {
		t.Fatalf("got %q, %v", got, err)
	}
	if _, err := a.Write([]byte("x")); !stream.IsReset(err) {
		t.Fatalf("write after FIN: %v", err)
	}
}

func TestResetIsSeenAsReset(t *testing.T) {
	a, b := memnet.Pipe(0)
	write(t, a, "lost")
	_ = a.Reset()
	if _, err := b.Read(make([]byte, 8)); !stream.IsReset(err) {
		t.Errorf("read: %v", err)
	}
	if _, err := b.Write([]byte("x")); !stream.IsReset(err) {
		t.Errorf("write: %v", err)
	}
	if _, err := a.Read(make([]byte, 8)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("own read: %v", err)
	}
}

func TestDeadlinesInVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := memnet.Pipe(4)
		start := time.Now()
		_ = a.SetDeadline(start.Add(3 * time.Second))
		if _, err := a.Read(make([]byte, 1)); !stream.IsTimeout(err) || time.Since(start) != 3*time.Second {
			t.Errorf("read: %v after %v", err, time.Since(start))
		}
		_ = a.SetWriteDeadline(start.Add(5 * time.Second))
		if n, err := a.Write([]byte("abcdefgh")); n != 4 || !stream.IsTimeout(err) || time.Since(start) != 5*time.Second {
			t.Errorf("write into a full pipe: %d, %v after %v", n, err, time.Since(start))
		}
		_ = a.SetDeadline(time.Time{})
		go func() {
			time.Sleep(time.Second)
			_, _ = io.ReadFull(b, make([]byte, 4))
		}()
		if n, err := a.Write([]byte("x")); n != 1 || err != nil || time.Since(start) != 6*time.Second {
			t.Errorf("write once there is room: %d, %v after %v", n, err, time.Since(start))
		}
	})
}

func TestCloseGentlyReadsWhatIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := memnet.Pipe(4)
		go func() {
			_, _ = b.Write([]byte("more than fits"))
			_ = b.Close()
		}()
		start := time.Now()
		if err := stream.CloseGently(a, time.Second); err != nil || time.Since(start) != 0 {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}

func write(t *testing.T, s stream.Stream, text string) {
	t.Helper()
	if _, err := s.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
}

// A deadline that has passed comes before what there is to read and room to write,
// as it does with TCP.
func TestDeadlinesThatHavePassed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := memnet.Pipe(0)
		if _, err := b.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		_ = a.SetDeadline(time.Now())
		if _, err := a.Read(make([]byte, 1)); !stream.IsTimeout(err) {
			t.Errorf("read: %v", err)
		}
		if _, err := a.Write([]byte("y")); !stream.IsTimeout(err) {
			t.Errorf("write: %v", err)
		}
		_ = a.SetDeadline(time.Time{})
		if n, err := a.Read(make([]byte, 1)); n != 1 || err != nil {
			t.Errorf("without a deadline: %d octets, %v", n, err)
		}
	})
}

// A queue that is never empty keeps its order, and not what was read of it.
func TestQueueThatIsNeverEmpty(t *testing.T) {
	a, b := memnet.Pipe(0)
	piece := make([]byte, 251)
	for i := range piece {
		piece[i] = byte(i)
	}
	write(t, a, string(piece))
	next, got := byte(0), make([]byte, len(piece))
	round := func() {
		if _, err := a.Write(piece); err != nil {
			t.Fatal(err)
		}
		for left := got; len(left) > 0; {
			n, err := b.Read(left[:min(100, len(left))])
			if err != nil {
				t.Fatal(err)
			}
			left = left[n:]
		}
		for _, c := range got {
			if c != next {
				t.Fatalf("got %d, want %d", c, next)
			}
			next = (next + 1) % byte(len(piece))
		}
	}
	if n := testing.AllocsPerRun(1000, round); n > 0 {
		t.Errorf("%v allocations a round", n)
	}
}
