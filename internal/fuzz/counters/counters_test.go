// SPDX-License-Identifier: Apache-2.0

package counters_test

import (
	"encoding/binary"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/fuzz/counters"
)

// written is a file of counters of Go: of two functions, one with a counter that is zero.
func written(flavor byte) []byte {
	put := func(b []byte, ns ...uint32) []byte {
		for _, n := range ns {
			if flavor == 2 {
				b = binary.AppendUvarint(b, uint64(n))
			} else {
				b = binary.LittleEndian.AppendUint32(b, n)
			}
		}
		return b
	}
	b := []byte("\x00cwm\x01\x00\x00\x000123456789abcdef")
	b = append(b, flavor, 0, 0, 0, 0, 0, 0, 0)
	b = binary.LittleEndian.AppendUint64(b, 2) // functions
	b = append(b, 3, 0, 0, 0, 2, 0, 0, 0)      // octets of strings and of arguments
	b = append(b, 1, 1, 'x', 0, 0, 0, 0, 0)    // these, and up to a multiple of four
	b = put(b, 3, 0, 7, 1, 0, 300)             // three counters of function 7 of package 0
	b = put(b, 1, 1, 2, 1)                     // one of another
	return append(b, "\x00cwm\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00"...)
}

func TestGo(t *testing.T) {
	a, err := counters.Parse(written(2))
	if err != nil || len(a) != 3 || a[0] == a[1] || a[1] == a[2] {
		t.Errorf("%x, %v", a, err)
	}
	b, err := counters.Parse(written(1))
	if err != nil || !slices.Equal(a, b) {
		t.Errorf("%x, %v", b, err)
	}
	for n := range written(2) { // cut off anywhere, it is no file
		if all, err := counters.Parse(written(2)[:n]); err == nil {
			t.Errorf("%d octets: %x", n, all)
		}
	}
	for what, b := range map[string][]byte{"version 2": append([]byte("\x00cwm\x02"), written(2)[5:]...), "in way 9": written(9)} {
		if _, err := counters.Parse(b); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestText(t *testing.T) {
	const profile = "mode: count\nexample.org/a/a.go:3.12,5.2 1 7\nexample.org/a/a.go:7.12,9.2 3 0\n"
	all, err := counters.Parse([]byte(profile + "# HELP frames_total\nframes_total{kind=\"ping\"} 12\nbranch=1\n"))
	if err != nil || len(all) != 3 {
		t.Errorf("%x, %v", all, err)
	}
	again, err := counters.Parse([]byte(strings.ReplaceAll(profile, " 0\n", " 2\n")))
	if err != nil || len(again) != 2 || again[0] != all[0] {
		t.Errorf("%x, %v", again, err)
	}
	for _, text := range []string{"", "mode: set\n", "<!DOCTYPE html>\n<p>none</p>\n"} {
		if _, err := counters.Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), "neither counters of a Go program") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// Counters are read over HTTP and from files, and what is wrong says where.
func TestSources(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/coverage" {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(written(2))
	}))
	defer server.Close()
	file := filepath.Join(t.TempDir(), "counters")
	if err := os.WriteFile(file, []byte("a 1\nb 0\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	for where, want := range map[string]int{server.URL + "/coverage": 3, file: 1} {
		s, err := counters.Open(where)
		if err != nil {
			t.Fatal(err)
		}
		if all, err := s.Read(t.Context()); err != nil || len(all) != want {
			t.Errorf("%s: %x, %v", where, all, err)
		}
	}
	for where, want := range map[string]string{
		server.URL + "/": "404 Not Found", file + "x": "no such file", "http://127.0.0.1:1/": "refused", "ftp://x": "want http://", "": "want a URL or a file",
	} {
		s, err := counters.Open(where)
		if err == nil {
			_, err = s.Read(t.Context())
		}
		if err == nil || !strings.Contains(err.Error(), want) || strings.Count(err.Error(), where) > 1 && where != "" {
			t.Errorf("%s: %v", where, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(written(1))
	f.Add(written(2))
	f.Add([]byte("a 1\nb.go:1.2,3.4 5 0\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if all, err := counters.Parse(b); len(all) > len(b) || err != nil && all != nil {
			t.Errorf("%d counters of %d octets, %v", len(all), len(b), err)
		}
	})
}
