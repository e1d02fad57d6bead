// SPDX-License-Identifier: Apache-2.0

package corpus_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"

	"github.com/wsspec/wsspec/internal/corpus"
)

// load returns a set of the kind that holds the data.
func load(t *testing.T, k corpus.Kind, data string) *corpus.Set {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, k.File()), []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := corpus.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return c.Set(k)
}

func TestWindow(t *testing.T) {
	tests := []struct {
		kind corpus.Kind
		data string
		size int
		want []string
	}{
		{corpus.Bitmap, "0123456789", 4, []string{"0123", "4567", "8901", "2345", "6789", "0123"}},
		{corpus.Bitmap, "0123456789", 10, []string{"0123456789", "0123456789"}},
		{corpus.Bitmap, "012", 7, []string{"0120120", "1201201", "2012012", "0120120"}},
		{corpus.Bitmap, "012", 6, []string{"012012", "012012"}},
		{corpus.Bitmap, "0", 3, []string{"000", "000"}},
		{corpus.Bitmap, "äö", 3, []string{"\xc3\xa4\xc3", "\xb6\xc3\xa4"}},
		{corpus.JSON, "abc", 2, []string{"ab", "ca", "bc", "ab"}},
		{corpus.JSON, "aäb", 2, []string{"aä", "ba", "äb", "aä"}},
		{corpus.JSON, "a€𝄞", 5, []string{"a€𝄞a€", "𝄞a€𝄞a", "€𝄞a€𝄞", "a€𝄞a€"}},
	}
	for _, tt := range tests {
		s := load(t, tt.kind, tt.data)
		for i, want := range tt.want {
			if got := string(s.Window(i, tt.size)); got != want {
				t.Errorf("%q: Window(%d, %d) = %q, want %q", tt.data, i, tt.size, got, want)
			}
		}
	}
}

// In one series the windows are the data, cut into pieces of the right length.
func TestWindowsFollowEachOther(t *testing.T) {
	c := corpus.New()
	for _, k := range corpus.Kinds() {
		s := c.Set(k)
		for _, size := range []int{16, 1000, 8192, 131072} {
			var all []byte
			for i := 0; len(all) < 2*len(s.Data()); i++ {
				w := s.Window(i, size)
				units := len(w)
				if k.Text() {
					units = utf8.RuneCount(w)
					if !utf8.Valid(w) {
						t.Fatalf("%v: window %d of %d is not UTF-8", k, i, size)
					}
				}
				if units != size {
					t.Fatalf("%v: window %d of %d has %d", k, i, size, units)
				}
				all = append(all, w...)
			}
			want := bytes.Repeat(s.Data(), 4)
			if !bytes.HasPrefix(want, all) {
				t.Errorf("%v: windows of %d do not follow each other", k, size)
			}
		}
	}
}

func TestWindowCannotGrowIntoTheData(t *testing.T) {
	s := corpus.New().Set(corpus.JSON)
	before := s.Window(1, 16)[0]
	_ = append(s.Window(0, 16), before+1)
	_ = append(s.Data(), before+1)
	if s.Window(1, 16)[0] != before {
		t.Error("appending to a window changed the data")
	}
}
