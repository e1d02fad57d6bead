// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
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
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read report folder: %w", err)
	}
	var index map[string]map[string]indexRow
	isIndex, listed := isJSON(filepath.Join(dir, indexFile), &index), map[string]bool{}
	for _, rows := range index {
		for _, row := range rows {
			listed[row.ReportFile] = true
		}
	}
	for _, e := range entries {
		ours, path := true, filepath.Join(dir, e.Name())
		switch name := e.Name(); {
		case name == indexFile:
			ours = isIndex
		case name == runsFile:
			ours = isJSON(path, new(runs))
		case name == "index.html":
			ours = isPage(path)
		case isCaseFile(name) && e.Type().IsRegular() && !listed[name]:
			ours = hasID(path)
		}
		if !ours {
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
