// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/wsspec/wsspec/internal/folder"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/archive"
	"github.com/wsspec/wsspec/internal/report/badge"
	"github.com/wsspec/wsspec/internal/report/csv"
	"github.com/wsspec/wsspec/internal/report/github"
	"github.com/wsspec/wsspec/internal/report/html"
	"github.com/wsspec/wsspec/internal/report/junit"
	"github.com/wsspec/wsspec/internal/report/markdown"
	"github.com/wsspec/wsspec/internal/report/results"
	"github.com/wsspec/wsspec/internal/report/tap"
)

// writer renders a report.
type writer func(io.Writer, *report.Report, report.View) error

// writers are the kinds of reports by name.
func writers() map[string]writer {
	return map[string]writer{
		"html": html.Write, "junit": junit.Write, "markdown": markdown.Write, "tap": tap.Write,
		"csv": csv.Write, "github": github.Write, "json": results.Write, "badge": badge.Write,
	}
}

// writerOf finds the writer of a kind.
func writerOf(kind string) (writer, error) {
	w, ok := writers()[kind]
	if !ok {
		return nil, fmt.Errorf("kind %q is unknown: want one of %s", kind, kinds())
	}
	return w, nil
}

// kinds lists the names of the writers.
func kinds() string { return strings.Join(slices.Sorted(maps.Keys(writers())), ", ") }

// output is a report to be written: a kind, and a file or "-" for standard output.
type output struct {
	kind, path string
}

// parseOutputs reads the values of --report: KIND=PATH, or KIND for standard output.
func parseOutputs(args []string) ([]output, error) {
	var os []output
	for _, arg := range args {
		kind, path, given := strings.Cut(arg, "=")
		if _, err := writerOf(kind); err != nil {
			return nil, badUsage(fmt.Errorf("--report %s: %w", arg, err), "")
		}
		if !given {
			path = "-"
		} else if path == "" {
			return nil, badUsage(fmt.Errorf("--report %s: there is no path after the =", arg), "")
		}
		if err := reserved(path); err != nil {
			return nil, err
		}
		if path = filepath.Clean(path); path == "/dev/stdout" {
			path = "-"
		}
		if slices.ContainsFunc(os, func(o output) bool { return o.path == path }) {
			return nil, badUsage(fmt.Errorf("--report %s: another report goes there", arg), "give each a file of its own")
		}
		os = append(os, output{kind, path})
	}
	return os, nil
}

// reserved refuses files that would break the report folder they are in.
func reserved(path string) error {
	if archive.Reserved(path) {
		return badUsage(fmt.Errorf("write %s: files of a report folder have such names", path), "choose another name, such as results.json")
	}
	return nil
}

// check finds out whether the report can be written to where it belongs.
func (o output) check() error {
	if o.path == "-" {
		return nil
	}
	if err := archive.CheckOutput(o.path); err != nil {
		return badUsage(err, "choose another file for the report")
	}
	return nil
}

// put renders a report to where it belongs, and reads conversations one at a time. A page of
// too many results becomes several: see splitPages.
func (o output) put(p *process, s source, v report.View) error {
	if v.Whole == nil {
		v.Whole = s.whole
	}
	if o.kind == "html" && o.path != "-" {
		if done, err := p.splitPages(s, o.path, v, folder.Large); done || err != nil {
			return err
		}
	}
	write, err := writerOf(o.kind)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := write(&b, s.Report, v); err != nil {
		return err
	}
	if o.path == "-" {
		_, err := p.stdout.Write(b.Bytes())
		return err
	}
	return archive.WriteOutput(o.path, b.Bytes())
}

// writeOutputs renders what --report asks for.
func writeOutputs(p *process, outputs []output, f *folder.Folder) error {
	if len(outputs) == 0 {
		return nil
	}
	s := source{f.Light(), f.Dir()}
	if f.Results() <= folder.Large { // which are in memory, for the most part
		rep, err := f.Load()
		if err != nil {
			return err
		}
		s = source{Report: rep}
	}
	v := f.View
	v.Made = time.Now()
	for _, o := range outputs {
		v.Link = o.linkTo(f.Page())
		if err := o.put(p, s, v); err != nil {
			return err
		}
	}
	return nil
}

// linkTo is how the report names a page on disk, so that the link leads there: from the
// report's own folder. It is empty where the report is elsewhere or on standard output:
// nobody knows from where it will be read, as with the summary of a job on GitHub.
func (o output) linkTo(page string) string {
	if o.path == "-" {
		return ""
	}
	from, err := filepath.Abs(filepath.Dir(o.path))
	if err != nil {
		return ""
	}
	to, err := filepath.Abs(page)
	if err != nil {
		return ""
	}
	link, err := filepath.Rel(from, to)
	if err != nil || !filepath.IsLocal(link) {
		return ""
	}
	return filepath.ToSlash(link)
}

// beside is the process as people see it: where a report goes to standard output, it is
// alone there, and everything else goes to standard error.
func (p *process) beside(outputs []output) *process {
	if !slices.ContainsFunc(outputs, func(o output) bool { return o.path == "-" }) {
		return p
	}
	other := *p
	other.stdout = p.stderr
	return &other
}
