// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/wsspec/wsspec/internal/jsonfault"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/visible"
)

// maxFile bounds a file that is read back, in octets: it may come from anywhere.
const maxFile = 32 << 20

func milliseconds(n int64) time.Duration { return time.Duration(n) * time.Millisecond }

// Load reads the report in a folder, made by us or by the reference: every case
// file there, whether the run that wrote it got as far as the index or not. Errors name
// the file that cannot be read, or are a *LostError; the report of the rest is returned
// beside them.
func Load(dir string) (*report.Report, error) {
	return load(dir, func(string) (r report.Result, known bool) { return r, false })
}

// load is Load that need not read the files that are known.
func load(dir string, known func(name string) (report.Result, bool)) (*report.Report, error) {
	l, err := list(dir)
	if err != nil {
		return nil, err
	}
	results, errs := make([]report.Result, len(l.files)), make([]error, len(l.files))
	inParallel(len(l.files), func(i int) {
		ok := false
		if results[i], ok = known(l.files[i].name); !ok {
			results[i], errs[i] = loadCase(dir, l.files[i].name)
			l.files[i].err = errs[i]
		}
	})
	var read []*report.Result
	for i := range results {
		if errs[i] == nil {
			read = append(read, &results[i])
		}
	}
	rep := report.Of(read)
	gone, err := l.lacks(rep, stamp{})
	return planned(dir, rep, gone, append(errs, err))
}

// LoadCase reads the case file of the folder with the name.
func LoadCase(dir, name string) (report.Result, error) {
	if !isCaseFile(name) || filepath.Base(name) != name {
		return report.Result{}, fmt.Errorf("%.80q is no name of a case file", name)
	}
	return loadCase(dir, name)
}

// loadCase reads a case file of the folder.
func loadCase(dir, name string) (report.Result, error) {
	path := filepath.Join(dir, name)
	b, err := readFile(path)
	if err != nil {
		return report.Result{}, err
	}
	r, err := ReadCase(b)
	if err != nil {
		return report.Result{}, fmt.Errorf("%s: %w", path, err)
	}
	r.File, r.ID = name, visible.Text(r.ID)
	return r, nil
}

const indexFile = "index.json"

// IsCase reports whether the path is named like a case file.
func IsCase(path string) bool { return isCaseFile(filepath.Base(path)) }

func isCaseFile(name string) bool {
	return strings.HasSuffix(name, ".json") && strings.Contains(name, "_case_")
}

func readFile(path string) ([]byte, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: not a regular file", path) // to open a pipe would take until somebody writes to it
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(b) > maxFile {
		return nil, fmt.Errorf("%s: larger than %d octets", path, maxFile)
	}
	return b, nil
}

// ReadCase reads a case file of ours or of any edition of the reference. What a
// file of the reference does not tell, such as when things happened, is zero, and
// its result can be shown but not judged again.
func ReadCase(b []byte) (report.Result, error) {
	var f storedCase
	if err := json.Unmarshal(b, &f); err != nil {
		return report.Result{}, jsonfault.Of(b, err)
	}
	if f.ID == "" {
		return report.Result{}, errors.New("no case file: it has no id")
	}
	r := f.result()
	if f.Extra == nil {
		r.Log.Records, r.Log.Traffic = f.records(), readTraffic(f.TrafficStats)
		return r, nil
	}
	var x extra
	if err := json.Unmarshal(f.Extra, &x); err != nil {
		if typ, is := errors.AsType[*json.UnmarshalTypeError](err); is {
			typ.Offset, typ.Field = typ.Offset+int64(bytes.Index(b, f.Extra)), "wsspec."+typ.Field
		}
		return report.Result{}, jsonfault.Of(b, err)
	}
	if err := x.decode(f, &r); err != nil {
		return report.Result{}, fmt.Errorf("key wsspec: %w", err)
	}
	return r, nil
}
