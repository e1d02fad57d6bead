// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"bufio"
	"bytes"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
)

// lightFile keeps of each case file what summaries need, so that a report of thousands
// of results need not be read as a whole. It is made from the files and of use only as
// far as they are as they were: whoever removes it loses nothing but time.
const lightFile = ".wsspec.light"

// lightVersion is that of the form; a file of another is made anew.
const lightVersion = "wsspec light results 1\n"

// fewFiles are read faster than they are looked up.
const fewFiles = 50

// light is what is kept of a case file.
type light struct {
	Name    string
	Size    int64
	ModTime int64 // nanoseconds
	Result  report.Result
}

// LoadLight is Load without the conversations, requests and expectations: verdicts,
// figures and facts. Where it has had to read many files it leaves a note for the next
// time, if the folder may be written to.
func LoadLight(dir string) (*report.Report, error) {
	entries, err := caseFiles(dir)
	if err != nil {
		return nil, err
	}
	known := readLight(dir)
	found, errs := make([]*light, len(entries)), make([]error, len(entries))
	var read atomic.Int64
	inParallel(len(entries), func(i int) {
		info, err := entries[i].Info()
		if err != nil {
			errs[i] = err
			return
		}
		if l, ok := known[entries[i].Name()]; ok && l.Size == info.Size() && l.ModTime == info.ModTime().UnixNano() {
			found[i] = l
			return
		}
		read.Add(1)
		r, err := loadCase(dir, entries[i].Name())
		if err != nil {
			errs[i] = err
			return
		}
		found[i] = &light{entries[i].Name(), info.Size(), info.ModTime().UnixNano(), lighten(r)}
	})
	kept := slices.DeleteFunc(found, func(l *light) bool { return l == nil })
	results := make([]*report.Result, len(kept))
	for i, l := range kept {
		results[i] = &l.Result
	}
	if int(read.Load()) > fewFiles || len(known) > len(kept)+fewFiles {
		_ = writeLight(dir, kept) // the next reader takes longer
	}
	return completed(dir, report.Of(results), errs)
}

// completed adds what is not in case files.
func completed(dir string, rep *report.Report, errs []error) (*report.Report, error) {
	if err := addIndex(rep, filepath.Join(dir, indexFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		errs = append(errs, err)
	}
	rs, err := loadRuns(dir)
	if err != nil {
		errs = append(errs, err)
	}
	addRuns(rep, rs)
	return rep, errors.Join(errs...)
}

// caseFiles are the entries of the folder that are case files by their names.
func caseFiles(dir string) ([]fs.DirEntry, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("read report: %w", err)
	}
	return slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return !isCaseFile(e.Name()) || e.IsDir() }), nil
}

// inParallel calls do for each number below n, as many at a time as there are processors.
func inParallel(n int, do func(i int)) {
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), n) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	workers.Wait()
}

// lighten leaves out what is as large as the conversation.
func lighten(r report.Result) report.Result {
	l := r.Log
	r.Log = &wirelog.Log{Start: l.Start, Facts: l.Facts, Traffic: l.Traffic, Compression: l.Compression, Refused: l.Refused, Extension: l.Extension}
	r.Want = verdict.Want{NeedsDeflate: r.Want.NeedsDeflate, ByRFC: r.Want.ByRFC}
	r.Expects = ""
	r.Others = slices.Clone(r.Others)
	for i := range r.Others {
		r.Others[i].Explanation, r.Others[i].Records = nil, nil
	}
	return r
}

// readLight reads the notes. What is wrong with them makes them fewer.
func readLight(dir string) map[string]*light {
	f, err := os.Open(filepath.Join(dir, lightFile))
	if err != nil {
		return nil
	}
	defer f.Close()
	b := bufio.NewReaderSize(f, 1<<20)
	head := make([]byte, len(lightVersion))
	if _, err := io.ReadFull(b, head); err != nil || string(head) != lightVersion {
		return nil
	}
	known, texts := map[string]*light{}, map[string]string{}
	once := func(s *string) {
		if t, ok := texts[*s]; ok {
			*s = t
		} else {
			texts[*s] = *s
		}
	}
	for d := gob.NewDecoder(b); ; {
		l := new(light)
		if err := d.Decode(l); err != nil || l.Result.Log == nil {
			return known
		}
		for _, s := range []*string{&l.Result.Agent, &l.Result.ID, &l.Result.Title, &l.Result.Spec, &l.Result.URL, &l.Result.Verdict.Result, &l.Result.Verdict.CloseResult} {
			once(s)
		}
		known[l.Name] = l
	}
}

func writeLight(dir string, all []*light) error {
	var b bytes.Buffer
	b.WriteString(lightVersion)
	e := gob.NewEncoder(&b)
	for _, l := range all {
		if err := e.Encode(l); err != nil {
			return fmt.Errorf("note light results: %w", err)
		}
	}
	return Replace(filepath.Join(dir, lightFile), b.Bytes())
}
