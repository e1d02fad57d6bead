// SPDX-License-Identifier: Apache-2.0

package h3

import (
	"errors"
	"io"
)

// errCutFrame is that a stream ended within a frame (RFC 9114, 7.1).
var errCutFrame = errors.New("the stream ends within a frame")

// reader cuts a stream into frames. Where a read fails, with a deadline that passed, what
// has been read is not lost: the same call goes on with it.
type reader struct {
	src  io.Reader
	buf  []byte
	r, w int    // buf[r:w] waits
	rest uint64 // of the payload of the current frame
	part []byte // of a payload that is wanted whole
}

func newReader(src io.Reader) *reader { return &reader{src: src, buf: make([]byte, readSize)} }

// fill reads once. There is room: nothing that is looked for is longer than the buffer.
func (f *reader) fill() error {
	if f.r > 0 {
		f.w = copy(f.buf, f.buf[f.r:f.w])
		f.r = 0
	}
	n, err := f.src.Read(f.buf[f.w:])
	if f.w += n; n > 0 {
		return nil // an error comes again
	}
	return err
}

// header reads the type and the length of the next frame. It returns io.EOF at the end of the
// stream.
func (f *reader) header() (FrameType, uint64, error) {
	for {
		if t, length, n := ParseFrameHeader(f.buf[f.r:f.w]); n > 0 {
			f.r += n
			f.rest = length
			return t, length, nil
		}
		switch err := f.fill(); {
		case errors.Is(err, io.EOF) && f.r < f.w:
			return 0, 0, errCutFrame
		case err != nil:
			return 0, 0, err
		}
	}
}

// payload reads some of the payload of the current frame, of which there is more.
func (f *reader) payload(p []byte) (int, error) {
	if uint64(len(p)) > f.rest {
		p = p[:f.rest]
	}
	if f.r == f.w && len(p) < len(f.buf) {
		if err := f.fill(); err != nil {
			return 0, cut(err)
		}
	}
	if f.r < f.w {
		n := copy(p, f.buf[f.r:f.w])
		f.r += n
		f.rest -= uint64(n)
		return n, nil
	}
	n, err := f.src.Read(p)
	f.rest -= uint64(n)
	if n > 0 {
		return n, nil
	}
	return 0, cut(err)
}

// whole reads the payload of the current frame, whose length somebody has found bearable.
func (f *reader) whole() ([]byte, error) {
	for f.rest > 0 {
		if f.r == f.w {
			if err := f.fill(); err != nil {
				return nil, cut(err)
			}
		}
		n := int(min(f.rest, uint64(f.w-f.r)))
		f.part = append(f.part, f.buf[f.r:f.r+n]...)
		f.r += n
		f.rest -= uint64(n)
	}
	b := f.part
	f.part = nil
	return b, nil
}

// skip reads the payload of the current frame and throws it away.
func (f *reader) skip() error {
	for f.rest > 0 {
		if f.r == f.w {
			if err := f.fill(); err != nil {
				return cut(err)
			}
		}
		n := min(f.rest, uint64(f.w-f.r))
		f.r += int(n)
		f.rest -= n
	}
	return nil
}

// cut is what the end of a stream is within a frame.
func cut(err error) error {
	if errors.Is(err, io.EOF) {
		return errCutFrame
	}
	return err
}
