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

var benchSizes = []int{64, 1 << 10, 128 << 10}

func compressed(tb testing.TB, s *corpus.Set, size, level int) (msgs [][]byte, plain int) {
	tb.Helper()
	var buf bytes.Buffer
	w, err := kflate.NewWriter(&buf, level)
	if err != nil {
		tb.Fatal(err)
	}
	n := max(min(len(s.Data())/size, 1000), 4)
	for i := range n {
		m := s.Window(i, size)
		plain += len(m)
		w.Write(m)
		w.Flush()
		msgs = append(msgs, bytes.Clone(buf.Bytes()[:buf.Len()-4]))
		buf.Reset()
	}
	return msgs, plain
}

func BenchmarkInflate(b *testing.B) {
	c := corpus.New()
	for _, k := range corpus.Kinds() {
		for _, size := range benchSizes {
			msgs, plain := compressed(b, c.Set(k), size, 1)
			b.Run(fmt.Sprintf("%v/%d/ours", k, size), func(b *testing.B) {
				b.SetBytes(int64(plain))
				b.ReportAllocs()
				f := deflate.NewInflater(deflate.Params{})
				var out []byte
				for b.Loop() {
					f.Reset(deflate.Params{})
					for _, m := range msgs {
						var err error
						if out, _, err = f.Inflate(out[:0], m, 1<<20); err != nil {
							b.Fatal(err)
						}
					}
				}
			})
			stream := bytes.Join(msgs, []byte("\x00\x00\xff\xff"))
			out := make([]byte, size)
			run := func(name string, r io.Reader) {
				b.Run(fmt.Sprintf("%v/%d/%s", k, size, name), func(b *testing.B) {
					b.SetBytes(int64(plain))
					for b.Loop() {
						r.(flate.Resetter).Reset(bytes.NewReader(stream), nil)
						for range msgs {
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
