// SPDX-License-Identifier: Apache-2.0

package deflate_test

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	kflate "github.com/klauspost/compress/flate"

	"github.com/wsspec/wsspec/internal/corpus"
	"github.com/wsspec/wsspec/internal/deflate"
)

// allParams calls test for each window and with context takeover on and off.
func allParams(t *testing.T, test func(t *testing.T, p deflate.Params)) {
	for windowBits := deflate.MinWindowBits; windowBits <= deflate.MaxWindowBits; windowBits++ {
		for _, forget := range []bool{false, true} {
			p := deflate.Params{WindowBits: windowBits, NoContextTakeover: forget}
			t.Run(fmt.Sprintf("%d bits, no context takeover: %t", windowBits, forget), func(t *testing.T) {
				t.Parallel()
				test(t, p)
			})
		}
	}
}

// mixed returns messages of all data sets and of noise, of all kinds of lengths.
func mixed(seed uint64, count int) [][]byte {
	r := rand.New(rand.NewPCG(seed, 1))
	c := corpus.New()
	var messages [][]byte
	for range count {
		size := []int{0, 1, 5, 16, 64, 127, 128, 200, 1000, 5000, 40_000}[r.IntN(11)]
		if r.IntN(6) == 0 {
			noise := make([]byte, size)
			mask := byte(r.Uint32())
			for i := range noise {
				noise[i] = byte(r.Uint32()) & mask
			}
			messages = append(messages, noise)
			continue
		}
		s := c.Set(corpus.Kind(r.IntN(5)))
		messages = append(messages, s.Window(r.IntN(100), size))
	}
	return messages
}

// What the compressor makes, our inflater takes without complaint about window or
// context, and the inflaters of both libraries understand.
func TestCompressorAgainstInflaters(t *testing.T) {
	allParams(t, func(t *testing.T, p deflate.Params) {
		c, f := deflate.NewCompressor(p), deflate.NewInflater(p)
		messages := mixed(uint64(p.WindowBits), 80)
		var stream, plain []byte
		farthest, earlier := 0, false
		for i, m := range messages {
			z := c.Compress(nil, m)
			out, st, err := f.Inflate(nil, z, len(m))
			if err != nil || !bytes.Equal(out, m) {
				t.Fatalf("message %d of %d octets: %v", i, len(m), err)
			}
			farthest = max(farthest, st.Farthest)
			earlier = earlier || st.Earlier
			if p.NoContextTakeover {
				checkLibraries(t, append(z, "\x00\x00\xff\xff"...), m)
			}
			stream = append(append(stream, z...), "\x00\x00\xff\xff"...)
			plain = append(plain, m...)
		}
		checkLibraries(t, stream, plain)
		if window := p.Window(); farthest > window || farthest < window*9/10 {
			t.Errorf("farthest distance is %d, window %d", farthest, window)
		}
		if earlier == p.NoContextTakeover {
			t.Errorf("a reference to an earlier message: %t", earlier)
		}
	})
}

func checkLibraries(t *testing.T, stream, want []byte) {
	t.Helper()
	for name, r := range map[string]io.Reader{
		"compress/flate": flate.NewReader(bytes.NewReader(stream)),
		"klauspost":      kflate.NewReader(bytes.NewReader(stream)),
	} {
		got, err := io.ReadAll(r)
		if err != io.ErrUnexpectedEOF || !bytes.Equal(got, want) {
			t.Fatalf("%s: %d octets, want %d, %v", name, len(got), len(want), err)
		}
	}
}

// What the libraries make, our inflater inflates.
func TestInflaterAgainstCompressors(t *testing.T) {
	type writer interface {
		io.Writer
		Flush() error
	}
	for level := -2; level <= 9; level++ {
		t.Run(fmt.Sprint("level ", level), func(t *testing.T) {
			t.Parallel()
			var ours, theirs bytes.Buffer
			std, err := flate.NewWriter(&ours, level)
			if err != nil {
				t.Fatal(err)
			}
			klauspost, err := kflate.NewWriter(&theirs, level)
			if err != nil {
				t.Fatal(err)
			}
			for _, one := range []struct {
				w   writer
				buf *bytes.Buffer
			}{{std, &ours}, {klauspost, &theirs}} {
				f := deflate.NewInflater(deflate.Params{})
				var out []byte
				for i, m := range mixed(99, 60) {
					if _, err := one.w.Write(m); err != nil {
						t.Fatal(err)
					}
					if err := one.w.Flush(); err != nil {
						t.Fatal(err)
					}
					z, _ := bytes.CutSuffix(one.buf.Bytes(), []byte("\x00\x00\xff\xff"))
					var st deflate.Stats
					out, st, err = f.Inflate(out[:0], z, len(m))
					if err != nil || !bytes.Equal(out, m) {
						t.Fatalf("%T, message %d of %d octets: %v", one.w, i, len(m), err)
					}
					if level == -2 && st.Farthest != 0 {
						t.Fatalf("Huffman codes alone, but a distance of %d", st.Farthest)
					}
					one.buf.Reset()
				}
			}
		})
	}
}

// Final blocks within a stream: a compressor that is closed at each message, with
// the octet that RFC 7692, 7.2.3.4 wants behind it.
func TestInflateClosedStreams(t *testing.T) {
	f := deflate.NewInflater(deflate.Params{NoContextTakeover: true})
	for i, m := range mixed(7, 50) {
		var buf bytes.Buffer
		w, err := flate.NewWriter(&buf, flate.BestCompression)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range [][]byte{m[:len(m)/2], m[len(m)/2:]} { // two streams, one message
			w.Reset(&buf)
			if _, err := w.Write(part); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
		}
		buf.WriteByte(0)
		out, st, err := f.Inflate(nil, buf.Bytes(), len(m))
		if err != nil || !bytes.Equal(out, m) || !st.Final {
			t.Fatalf("message %d of %d octets: %+v, %v", i, len(m), st, err)
		}
	}
}

// FuzzInflate: no panic, bounded output, and the word of compress/flate wherever it
// accepts the data and no distance is illegal.
func FuzzInflate(f *testing.F) {
	for i, m := range mixed(3, 40) {
		p := deflate.Params{WindowBits: 8 + i%8}
		if len(m) < 3000 {
			f.Add(deflate.NewCompressor(p).Compress(nil, m), uint8(i))
		}
	}
	f.Add([]byte("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"), uint8(0))
	f.Add([]byte("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"), uint8(7))
	f.Fuzz(func(t *testing.T, msg []byte, windowBits uint8) {
		const limit = 1 << 20
		p := deflate.Params{WindowBits: 8 + int(windowBits%8)}
		inflater := deflate.NewInflater(p)
		out, st, err := inflater.Inflate(nil, msg, limit)
		if len(out) > limit || cap(out) > limit+4096 {
			t.Fatalf("%d octets of output in %d of memory", len(out), cap(out))
		}
		if err == nil && st.Farthest > p.Window() {
			t.Fatalf("distance %d accepted, window %d", st.Farthest, p.Window())
		}
		if st.Earlier {
			t.Fatal("reference to a message that never was")
		}

		// A message without BFINAL is a stream that a final block can end.
		tail := "\x00\x00\xff\xff\x01\x00\x00\xff\xff"
		want, stdErr := io.ReadAll(io.LimitReader(flate.NewReader(io.MultiReader(
			bytes.NewReader(msg), bytes.NewReader([]byte(tail)))), limit))
		if err == nil && !st.Final && (stdErr != nil || !bytes.Equal(out, want)) {
			t.Fatalf("% x: got %d octets, compress/flate %d, %v", msg, len(out), len(want), stdErr)
		}
		if err != nil && stdErr == nil && !st.Final && st.Farthest <= p.Window() && len(want) < limit {
			// The library takes a tail that became data or ends a block of its own.
			if !bytes.HasPrefix(want, out[:max(0, len(out)-8)]) {
				t.Fatalf("% x: got %q, %v, compress/flate %q", msg, out, err, want)
			}
		}
		if err != nil {
			return
		}
		// Nothing of one message is left over for the next.
		again, st2, err := inflater.Inflate(nil, msg, limit)
		if err != nil || !bytes.Equal(again, out) || st2 != st {
			t.Fatalf("second time: %d octets, want %d, %+v, want %+v, %v", len(again), len(out), st2, st, err)
		}
	})
}
