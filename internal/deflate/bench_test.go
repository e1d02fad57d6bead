// SPDX-License-Identifier: Apache-2.0

package deflate_test

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"testing"

	kflate "github.com/klauspost/compress/flate"

	"github.com/wsspec/wsspec/internal/corpus"
	"github.com/wsspec/wsspec/internal/deflate"
)

// squeezed returns messages of one pass over the set as a peer would send them that
// uses zlib, or something like it, at its default level.
func squeezed(b *testing.B, s *corpus.Set, size int) (messages [][]byte, plain int64) {
	b.Helper()
	var buf bytes.Buffer
	w, err := flate.NewWriter(&buf, 6)
	if err != nil {
		b.Fatal(err)
	}
	for i := range max(len(s.Data())/size, 4) {
		m := s.Window(i, size)
		plain += int64(len(m))
		w.Write(m)
		w.Flush()
		messages = append(messages, bytes.Clone(buf.Bytes()[:buf.Len()-4]))
		buf.Reset()
	}
	return messages, plain
}

func BenchmarkInflate(b *testing.B) {
	c := corpus.New()
	for _, k := range corpus.Kinds() {
		for _, size := range []int{64, 1 << 10, 128 << 10} {
			messages, plain := squeezed(b, c.Set(k), size)
			b.Run(fmt.Sprintf("%v/%d/ours", k, size), func(b *testing.B) {
				b.SetBytes(plain)
				b.ReportAllocs()
				f := deflate.NewInflater(deflate.Params{})
				var out []byte
				for b.Loop() {
					f.Reset(deflate.Params{})
					for _, m := range messages {
						var err error
						if out, _, err = f.Inflate(out[:0], m, 1<<20); err != nil {
							b.Fatal(err)
						}
					}
				}
			})
			stream := bytes.Join(messages, []byte("\x00\x00\xff\xff"))
			out := make([]byte, size)
			run := func(name string, r io.Reader) {
				b.Run(fmt.Sprintf("%v/%d/%s", k, size, name), func(b *testing.B) {
					b.SetBytes(plain)
					for b.Loop() {
						r.(flate.Resetter).Reset(bytes.NewReader(stream), nil)
						for range messages {
							if _, err := io.ReadFull(r, out); err != nil && err != io.ErrUnexpectedEOF {
								b.Fatal(err)
							}
						}
					}
				})
			}
			run("std", flate.NewReader(nil))
			run("klauspost", kflate.NewReader(nil))
		}
	}
}

// libraryCompressor is what there is besides ours for a window of this size.
func libraryCompressor(b *testing.B, p deflate.Params) func(dst, msg []byte) []byte {
	b.Helper()
	buf := new(bytes.Buffer)
	w, err := kflate.NewWriter(buf, kflate.BestSpeed)
	if p.Window() < 1<<deflate.MaxWindowBits {
		w, err = kflate.NewWriterWindow(buf, p.Window())
	}
	if err != nil {
		b.Fatal(err)
	}
	return func(dst, msg []byte) []byte {
		buf.Reset()
		if p.NoContextTakeover {
			w.Reset(buf)
		}
		w.Write(msg)
		w.Flush()
		return append(dst, buf.Bytes()[:buf.Len()-4]...)
	}
}

func BenchmarkCompress(b *testing.B) {
	c := corpus.New()
	for _, k := range corpus.Kinds() {
		for _, size := range []int{64, 1 << 10, 128 << 10} {
			for _, p := range []deflate.Params{{}, {WindowBits: 12}, {WindowBits: 9}, {NoContextTakeover: true}} {
				run := func(name string, compress func(dst, msg []byte) []byte) {
					b.Run(fmt.Sprintf("%v/%d/%d,%t/%s", k, size, p.Window(), p.NoContextTakeover, name), func(b *testing.B) {
						s := c.Set(k)
						var z []byte
						in, out := 0, 0
						b.ReportAllocs()
						for i := 0; b.Loop(); i++ {
							m := s.Window(i, size)
							z = compress(z[:0], m)
							in += len(m)
							out += len(z)
						}
						b.SetBytes(int64(in / b.N))
						b.ReportMetric(float64(out)/float64(in), "ratio")
					})
				}
				run("ours", deflate.NewCompressor(p).Compress)
				run("klauspost", libraryCompressor(b, p))
			}
		}
	}
}
