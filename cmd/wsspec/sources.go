// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

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

// without tells of results that a report has lost, which keep nobody from the others. What
// else is wrong is an error that has to be mended first.
func (p *process) without(err error) error {
	errs := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		errs = joined.Unwrap()
	}
	isLost := func(e error) bool { _, is := e.(*archive.LostError); return is }
	at := slices.IndexFunc(errs, isLost)
	others := slices.DeleteFunc(slices.Clone(errs), isLost)
	if len(others) == 0 && at >= 0 {
		fmt.Fprintf(p.stderr, "wsspec: %v\nhint: restore them, or delete index.json if they are gone for good\n", errs[at])
		p.lacking = !p.partial
	}
	return errors.Join(others...)
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
	switch {
	case dir != "":
		rep, err = load(dir)
	case archive.IsCase(path):
		rep, err = readCase(path)
	default:
		rep, err = readFile(path)
	}
	switch {
	case err != nil:
		return nil, "", badUsage(few(path, err), "restore or remove what cannot be read")
	case len(rep.Agents) == 0:
		return nil, "", badUsage(fmt.Errorf("%s: there are no results in it", path), "")
	}
	return rep, dir, nil
}

// readCase reads one case file as a report of it.
func readCase(path string) (*report.Report, error) {
	r, err := archive.LoadCase(filepath.Split(path))
	if err != nil {
		return nil, err
	}
	return report.Of([]*report.Result{&r}), nil
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

// few says of several files that cannot be read how many they are, and what is wrong with
// the first.
func few(path string, err error) error {
	const most = 3
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok || len(joined.Unwrap()) == 1 {
		return err
	}
	all := joined.Unwrap()
	said := fmt.Sprintf("%s: %d files cannot be read: %v", path, len(all), errors.Join(all[:min(len(all), most)]...))
	if more := len(all) - most; more > 0 {
		said += fmt.Sprintf("\nand %d more", more)
	}
	return errors.New(strings.ReplaceAll(said, "\n", "; "))
}
