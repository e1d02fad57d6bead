// SPDX-License-Identifier: Apache-2.0

package corpus_test

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/wsspec/wsspec/internal/corpus"
)

// The kinds, sizes and ratios are those of the reference suite's data; the data
// itself is not, so sizes may be off by 1 % and ratios by 10 %.
func TestSets(t *testing.T) {
	tests := []struct {
		kind         corpus.Kind
		size         int
		small, large float64 // compressed ÷ plain at messages of 1 KiB and 128 KiB
		sum          string  // start of the SHA-256
	}{
		{corpus.JSON, 194_056, 0.05, 0.04, "7134d7aaa6850ea8"},
		{corpus.Bitmap, 263_222, 0.93, 0.85, "784e24787caae9df"},
		{corpus.Prose, 222_218, 0.43, 0.38, "80d7fc33e406fad6"},
		{corpus.HTML, 263_647, 0.07, 0.05, "b8bb77f8fcce6fd5"},
		{corpus.PDF, 1_042_328, 0.97, 0.76, "d8c8589402d948af"},
	}
	c := corpus.New()
	for _, tt := range tests {
		t.Run(tt.kind.String(), func(t *testing.T) {
			s := c.Set(tt.kind)
			if got := len(s.Data()); !near(float64(got), float64(tt.size), 0.01) {
				t.Errorf("%d octets, want about %d", got, tt.size)
			}
			for size, want := range map[int]float64{1 << 10: tt.small, 128 << 10: tt.large} {
				if got := ratio(t, s, size); !near(got, want, 0.10) {
					t.Errorf("messages of %d are compressed to %.3f, want about %.2f", size, got, want)
				}
			}
			sum := sha256.Sum256(s.Data())
			if got := hex.EncodeToString(sum[:8]); got != tt.sum {
				t.Errorf("the data is not what it was: SHA-256 %s..., want %s...", got, tt.sum)
			}
			if again := corpus.New().Set(tt.kind); !bytes.Equal(again.Data(), s.Data()) {
				t.Error("the data differs the second time")
			}
		})
	}
}

func near(got, want, tolerance float64) bool {
	return got >= want*(1-tolerance) && got <= want*(1+tolerance)
}

// ratio compresses the set once, context kept between the messages.
func ratio(t *testing.T, s *corpus.Set, size int) float64 {
	t.Helper()
	var compressed bytes.Buffer
	w, err := flate.NewWriter(&compressed, flate.DefaultCompression)
	if err != nil {
		t.Fatal(err)
	}
	messages := (len(s.Data()) + size - 1) / size
	plain := 0
	for i := range messages {
		m := s.Window(i, size)
		plain += len(m)
		if _, err := w.Write(m); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	const tail = 4 // does not go over the wire
	return float64(compressed.Len()-tail*messages) / float64(plain)
}

func TestTextIsUTF8(t *testing.T) {
	c := corpus.New()
	for _, k := range []corpus.Kind{corpus.JSON, corpus.HTML, corpus.Prose} {
		data := c.Set(k).Data()
		if !utf8.Valid(data) {
			t.Errorf("%v is not UTF-8", k)
		}
		if utf8.RuneCount(data) == len(data) {
			t.Errorf("%v is all ASCII, so its cuts show nothing", k)
		}
	}
	for _, k := range corpus.Kinds() {
		if want := k == corpus.JSON || k == corpus.HTML; k.Text() != want {
			t.Errorf("%v is sent as text: %t, want %t", k, k.Text(), want)
		}
	}
}

func TestFormats(t *testing.T) {
	c := corpus.New()
	if !json.Valid(c.Set(corpus.JSON).Data()) {
		t.Error("not JSON")
	}

	d := xml.NewDecoder(bytes.NewReader(c.Set(corpus.HTML).Data()))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	for {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("HTML: %v", err)
		}
	}

	bmp := c.Set(corpus.Bitmap).Data()
	u32 := func(at int) int { return int(binary.LittleEndian.Uint32(bmp[at:])) }
	width, height, bits, pixels := u32(18), u32(22), int(binary.LittleEndian.Uint16(bmp[28:])), u32(10)
	if string(bmp[:2]) != "BM" || u32(2) != len(bmp) || bits != 8 || pixels+width*height != len(bmp) || pixels != 14+u32(14)+4*256 {
		t.Errorf("bitmap header is wrong: %x", bmp[:54])
	}
}

func TestPDFCrossReference(t *testing.T) {
	pdf := string(corpus.New().Set(corpus.PDF).Data())
	m := regexp.MustCompile(`startxref\n(\d+)\n%%EOF\n$`).FindStringSubmatch(pdf)
	if m == nil || !strings.HasPrefix(pdf, "%PDF-1.") {
		t.Fatal("no header or no end")
	}
	at, _ := strconv.Atoi(m[1])
	table := pdf[at:]
	if !strings.HasPrefix(table, "xref\n0 ") {
		t.Fatalf("no table at %d", at)
	}
	entries := regexp.MustCompile(`(\d{10}) 00000 n \n`).FindAllStringSubmatch(table, -1)
	if len(entries) < 3 || !strings.Contains(table, "/Size "+strconv.Itoa(len(entries)+1)) {
		t.Fatalf("%d objects in the table", len(entries))
	}
	for i, e := range entries {
		offset, _ := strconv.Atoi(e[1])
		if !strings.HasPrefix(pdf[offset:], strconv.Itoa(i+1)+" 0 obj\n") {
			t.Errorf("object %d is not at %d", i+1, offset)
		}
	}
	for _, m := range regexp.MustCompile(`/Length (\d+) >>\nstream\n`).FindAllStringSubmatchIndex(pdf, -1) {
		length, _ := strconv.Atoi(pdf[m[2]:m[3]])
		if rest := strings.TrimPrefix(pdf[m[1]+length:], "\n"); !strings.HasPrefix(rest, "endstream\n") {
			t.Errorf("the stream at %d is not %d long", m[1], length)
		}
	}
}

func TestLoad(t *testing.T) {
	write := func(dir, name, data string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	if _, err := corpus.Load(dir); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("empty directory: %v", err)
	}
	write(dir, "data1.json", `["ä"]`)
	write(dir, "pg2229.txt", "not \xff UTF-8, but binary")
	c, err := corpus.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(c.Set(corpus.JSON).Window(1, 4)); got != `]["ä` {
		t.Errorf("window of loaded JSON: %q", got)
	}
	if got := string(c.Set(corpus.Prose).Data()); got != "not \xff UTF-8, but binary" {
		t.Errorf("loaded prose: %q", got)
	}
	if !bytes.Equal(c.Set(corpus.PDF).Data(), corpus.New().Set(corpus.PDF).Data()) {
		t.Error("a set without file is not the generated one")
	}

	write(dir, "data1.html", "\xff")
	if _, err := corpus.Load(dir); err == nil || !strings.Contains(err.Error(), "data1.html is not valid UTF-8") {
		t.Errorf("text that is not UTF-8: %v", err)
	}
	write(dir, "data1.html", "")
	if _, err := corpus.Load(dir); err == nil || !strings.Contains(err.Error(), "data1.html is empty") {
		t.Errorf("empty file: %v", err)
	}
	if err := os.Truncate(filepath.Join(dir, "data1.html"), 65<<20); err != nil {
		t.Fatal(err)
	}
	if _, err := corpus.Load(dir); err == nil || !strings.Contains(err.Error(), "at most") {
		t.Errorf("huge file: %v", err)
	}
	if _, err := corpus.Load(filepath.Join(dir, "nowhere")); err == nil || errors.Is(err, os.ErrNotExist) {
		t.Errorf("no directory: %v", err)
	}
}

func BenchmarkGenerate(b *testing.B) {
	for _, k := range corpus.Kinds() {
		b.Run(k.String(), func(b *testing.B) {
			for b.Loop() {
				corpus.New().Set(k)
			}
		})
	}
}
