// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/archive"
	"github.com/wsspec/wsspec/internal/report/results"
)

// readSummary reads a report without its conversations.
func (p *process) readSummary(path string) (*report.Report, error) {
	s, err := p.read(path)
	return s.Report, err
}

// source is a report without its conversations, and where they are.
type source struct {
	*report.Report
	dir string // empty where they are nowhere
}

// read reads a report folder, its index.json, or a JSON report of one file.
func (p *process) read(path string) (source, error) {
	rep, dir, err := readBy(func(dir string) (*report.Report, error) {
		rep, err := archive.LoadLight(dir, p.note)
		return rep, p.without(err)
	}, path)
	return source{rep, dir}, err
}

// without tells of results that a report has lost, which keep nobody from the others, and
// returns the other errors.
func (p *process) without(err error) error {
	errs := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		errs = joined.Unwrap()
	}
	return errors.Join(slices.DeleteFunc(slices.Clone(errs), func(e error) bool {
		lost, is := e.(*archive.LostError)
		if is {
			fmt.Fprintf(p.stderr, "wsspec: %v\nhint: restore them, or delete index.json if they are gone for good\n", lost)
			p.lacking = !p.partial
		}
		return is
	})...)
}

// whole is the result with its conversation, as far as there is one.
func (s source) whole(r report.Result) (report.Result, error) {
	if s.dir == "" || r.File == "" {
		return r, nil
	}
	r, err := archive.LoadCase(s.dir, r.File)
	if err != nil {
		return r, badUsage(err, "restore or remove what cannot be read")
	}
	return r, nil
}

// note tells of what takes a while, or longer than usual.
func (p *process) note(what string) { fmt.Fprintf(p.stderr, "wsspec: %s\n", what) }

// readBy reads what is not a folder itself.
func readBy(load func(dir string) (*report.Report, error), path string) (rep *report.Report, dir string, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, "", badUsage(fmt.Errorf("read report: %w", err), "name a folder such as wsspec-report, or a JSON report")
	}
	switch {
	case info.IsDir():
		dir = path
	case filepath.Base(path) == "index.json":
		dir = filepath.Dir(path)
	}
	if dir != "" {
		rep, err = load(dir)
	} else {
		rep, err = readFile(path)
	}
	switch {
	case err != nil:
		return nil, "", badUsage(first(err), "restore or remove what cannot be read")
	case len(rep.Agents) == 0:
		return nil, "", badUsage(fmt.Errorf("%s: there are no results in it", path), "")
	}
	return rep, dir, nil
}

func readFile(path string) (*report.Report, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	rep, err := results.Read(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return rep, nil
}

// first is the first of joined errors, and how many there are beside it.
func first(err error) error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok || len(joined.Unwrap()) == 1 {
		return err
	}
	return fmt.Errorf("%w, and %d more like it", joined.Unwrap()[0], len(joined.Unwrap())-1)
}
