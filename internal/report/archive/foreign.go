// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// A ForeignError names a file that a report would replace and that is no part of one.
type ForeignError struct{ Path string }

func (e *ForeignError) Error() string { return e.Path + ": this file is no part of a report" }

// Foreign looks in the folder for files that a report there would replace and that are
// none of one: somebody has taken another folder than meant. The error is a
// *ForeignError, or says what cannot be read.
func Foreign(dir string) error {
	l, err := list(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	ours := func(name string, is func(path string) bool) error {
		path := filepath.Join(dir, name)
		if _, err := os.Lstat(path); err == nil && !is(path) {
			return &ForeignError{path}
		}
		return nil
	}
	noted := l.noted()
	var index map[string]map[string]indexRow
	isIndex := func(path string) bool { return noted == l.index && noted != (stamp{}) || isJSON(path, &index) }
	isRuns := func(path string) bool { return isJSON(path, new(runs)) }
	if err := cmp.Or(ours(indexFile, isIndex), ours(runsFile, isRuns), ours("index.html", isPage)); err != nil {
		return err
	}
	listed := map[string]bool{}
	for _, rows := range index {
		for _, row := range rows {
			listed[row.ReportFile] = true
		}
	}
	for _, f := range l.files {
		if path := filepath.Join(dir, f.name); f.regular && !f.noted && !listed[f.name] && !hasID(path) {
			return &ForeignError{path}
		}
	}
	return nil
}

// isJSON reports whether the file has the form of v.
func isJSON(path string, v any) bool {
	b, err := readFile(path)
	return err == nil && json.Unmarshal(b, v) == nil
}

// head is as much of a file as says what it is, in octets.
const head = 64 << 10

// isPage reports whether the page is one of ours or the reference's.
func isPage(path string) bool {
	b, err := beginning(path)
	text := bytes.ToLower(b)
	return err == nil && (bytes.Contains(text, []byte("wsspec")) || bytes.Contains(text, []byte("autobahn")))
}

// hasID reports whether the file may be that of a case: its beginning is that of an
// object, and has one of the keys of the reference.
func hasID(path string) bool {
	b, err := beginning(path)
	text := strings.TrimSpace(string(b))
	return err == nil && strings.HasPrefix(text, "{") && (strings.Contains(text, `"agent"`) || strings.Contains(text, `"behavior"`))
}

func beginning(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, head))
}
