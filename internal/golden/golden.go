// SPDX-License-Identifier: Apache-2.0

// Package golden compares what a test produced with a file under testdata and
// rewrites the file when the test runs with -update. It knows nothing of their
// content. Start at Check.
package golden

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

var update = flag.Bool("update", false, "rewrite golden files under testdata")

// Check fails the test where got differs from testdata/name.
func Check(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", filepath.FromSlash(name))
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v\nhint: run the test with -update to write it", err)
	}
	if string(got) != string(want) {
		line := 1
		for i := range min(len(got), len(want)) {
			if got[i] != want[i] {
				break
			}
			if got[i] == '\n' {
				line++
			}
		}
		t.Errorf("%s differs from line %d on\nhint: run with -update and read the diff", path, line)
	}
}

// parts is held while a file is read and written that several tests write a part of.
var parts sync.Mutex

// CheckPart fails the test where the lines of a file that begin with the prefix are
// other than got. With -update it replaces them; parts stand in the order of their
// prefixes. Tests of other parts may run at the same time.
func CheckPart(t *testing.T, path, prefix, got string) {
	t.Helper()
	parts.Lock()
	defer parts.Unlock()
	b, err := os.ReadFile(path)
	if err != nil && !*update {
		t.Fatalf("%v\nhint: run the test with -update to write it", err)
	}
	var ours strings.Builder
	var others []string
	for line := range strings.Lines(string(b)) {
		if strings.HasPrefix(line, prefix) {
			ours.WriteString(line)
		} else {
			others = append(others, line)
		}
	}
	if *update {
		all := append(others, slices.Collect(strings.Lines(got))...)
		slices.SortStableFunc(all, func(a, b string) int { return strings.Compare(firstWord(a), firstWord(b)) })
		if err := os.WriteFile(path, []byte(strings.Join(all, "")), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	if ours.String() != got {
		t.Errorf("%s: the part that begins with %q differs\nhint: run with -update and read the diff", path, prefix)
	}
}

func firstWord(line string) string {
	word, _, _ := strings.Cut(line, "\t")
	return word
}
