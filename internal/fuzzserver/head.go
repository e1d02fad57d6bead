// SPDX-License-Identifier: Apache-2.0

package fuzzserver

import (
	"errors"
	"fmt"
	"time"

	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/ws"
)

// firstRead is how many octets of a head are read at once; most heads are shorter.
const firstRead = 4 << 10

// incoming is a stream of which the beginning has been read. Reading it gives
// that beginning again, read by read, so that a Peer logs what has come as it came.
type incoming struct {
	stream.Stream
	buf   []byte
	reads []int    // lengths of the reads that made buf
	end   int      // of the HTTP head in buf
	ahead [][]byte // what was read of what follows, read by read
}

// Unwrap is the stream behind what has been read.
func (in *incoming) Unwrap() stream.Stream { return in.Stream }

type headTooLongError struct{}

func (*headTooLongError) Error() string {
	return fmt.Sprintf("HTTP head longer than %d octets", MaxHead)
}

// readHead reads until the head of an HTTP request is complete. The patience is
// for all of it: an octet now and then gains nothing.
func readHead(s stream.Stream, patience time.Duration) (*incoming, error) {
	in := &incoming{Stream: s}
	// Writes too: a TLS handshake hides in the first read.
	if err := s.SetDeadline(time.Now().Add(patience)); err != nil {
		return in, err
	}
	for {
		if len(in.buf) >= MaxHead {
			return in, new(headTooLongError)
		}
		if len(in.buf) == cap(in.buf) {
			in.buf = append(make([]byte, 0, max(firstRead, 2*cap(in.buf))), in.buf...)
		}
		before := len(in.buf)
		n, err := s.Read(in.buf[before:cap(in.buf)])
		in.buf = in.buf[:before+n]
		if n > 0 {
			in.reads = append(in.reads, n)
		}
		if isTLS(in.buf) {
			return in, ErrTLS // it waits for our half of the TLS handshake
		}
		from := max(0, before-3) // where the empty line can begin
		if end := ws.HeadEnd(in.buf[from:]); end > 0 {
			in.end = from + end
			return in, s.SetDeadline(time.Time{})
		}
		if err != nil {
			return in, err
		}
	}
}

// head is the HTTP head, empty line included.
func (in *incoming) head() []byte { return in.buf[:in.end] }

func (in *incoming) Read(p []byte) (int, error) {
	switch {
	case len(in.reads) > 0:
		n := copy(p, in.buf[:in.reads[0]])
		in.buf = in.buf[n:]
		if in.reads[0] -= n; in.reads[0] == 0 {
			in.reads = in.reads[1:]
		}
		if len(in.reads) == 0 {
			in.buf, in.reads = nil, nil
		}
		return n, nil
	case len(in.ahead) > 0:
		n := copy(p, in.ahead[0])
		if in.ahead[0] = in.ahead[0][n:]; len(in.ahead[0]) == 0 {
			in.ahead = in.ahead[1:]
		}
		return n, nil
	}
	return in.Stream.Read(p)
}

// Bounds of what is read of a client that nobody listens to yet.
const (
	aheadReads = 16
	aheadRead  = 256 // octets
)

// errGone is that a client did not wait.
var errGone = errors.New("the client left before there was room for its case")

// lookAhead calls gone if the client leaves before stop is called, which reports why it has. Nobody
// may read meanwhile. A client that sends much is not watched any further.
func (in *incoming) lookAhead(gone func()) (stop func() error) {
	over := make(chan error, 1)
	go func() {
		for range aheadReads {
			b := make([]byte, aheadRead)
			n, err := in.Stream.Read(b)
			if n > 0 {
				in.ahead = append(in.ahead, b[:n])
			}
			if err != nil && !stream.IsTimeout(err) {
				over <- err
				gone()
				return
			}
			if err != nil {
				break
			}
		}
		over <- nil
	}()
	return func() error {
		_ = in.SetReadDeadline(time.Unix(1, 0)) // a stream that cannot has ended
		err := <-over
		_ = in.SetReadDeadline(time.Time{})
		return err
	}
}
