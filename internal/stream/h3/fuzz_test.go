// SPDX-License-Identifier: Apache-2.0

package h3

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"
	"testing/iotest"

	"github.com/wsspec/wsspec/internal/ws"
)

// parsed is what a reader makes of a stream: the headers of its frames, and what it keeps
// of their payloads.
func parsed(src io.Reader) (all []byte, err error) {
	f := newReader(src)
	for {
		t, length, err := f.header()
		if err != nil {
			return all, err
		}
		all = AppendFrameHeader(all, t, length)
		var payload []byte
		switch t {
		case Data:
			for b := make([]byte, 100); f.rest > 0; {
				n, err := f.payload(b)
				if payload = append(payload, b[:n]...); err != nil {
					return append(all, payload...), err
				}
			}
		case Headers, Settings:
			if length > maxControl {
				return all, nil
			}
			payload, err = f.whole()
		default:
			err = f.skip()
		}
		if all = append(all, payload...); err != nil {
			return all, err
		}
	}
}

// Octets from anybody are taken without a panic, the same however they are cut into reads,
// and what has been read can be written.
func FuzzFrames(f *testing.F) {
	head := AppendFrame(nil, Headers, AppendFields(nil, ws.Fields{{Name: ":method", Value: "CONNECT"}, {Name: "x-y", Value: "z"}}))
	f.Add(head)
	f.Add(AppendFrame(head, Data, []byte("Hello")))
	f.Add(AppendFrame(nil, Settings, AppendSettings(nil, Allowing())))
	f.Add(AppendFrame(AppendFrame(nil, 0x21, bytes.Repeat([]byte("x"), 100)), GoAway, []byte{0x40, 0x04}))
	f.Add([]byte("\xc0\x00\x00\x00\x00\x00\x00\x01\xff\xff\xff\xff\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		whole, err := parsed(bytes.NewReader(b))
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, errCutFrame) {
			t.Fatal(err)
		}
		single, also := parsed(iotest.OneByteReader(bytes.NewReader(b)))
		if !bytes.Equal(whole, single) || !errors.Is(also, err) {
			t.Fatalf("in one read %x, %v; octet by octet %x, %v", whole, err, single, also)
		}
		if kind, length, n := ParseFrameHeader(b); n > 0 {
			again, l, _ := ParseFrameHeader(AppendFrameHeader(nil, kind, length))
			if again != kind || l != length {
				t.Fatalf("%v of %d becomes %v of %d", kind, length, again, l)
			}
		}
		if fields, err := ParseFields(b); err == nil {
			again, err := ParseFields(AppendFields(nil, fields))
			if err != nil || !slices.Equal(fields, again) {
				t.Fatalf("%q becomes %q, %v", fields, again, err)
			}
		}
		if entries, err := ParseSettings(b); err == nil {
			again, err := ParseSettings(AppendSettings(nil, entries))
			if err != nil || !slices.Equal(entries, again) {
				t.Fatalf("%v becomes %v, %v", entries, again, err)
			}
		}
		_, _ = parseID(b)
	})
}
