// SPDX-License-Identifier: Apache-2.0

// Package folder is a report on disk as both doors keep it: the results, see
// report/archive, with pages to look at them, see report/html. It knows nothing of how
// results are produced. Start at Open.
package folder

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/archive"
	"github.com/wsspec/wsspec/internal/report/html"
	"github.com/wsspec/wsspec/internal/wirelog"
)

// Large is more results than a page holds the conversations of: see report.View.Light.
const Large = 5000

// Folder is a report on disk: the results, and pages to look at them.
type Folder struct {
	*archive.Store
	plain bool // the reference's pages, one a case, instead of one page for all
	View  report.View

	pages sync.Mutex // held while they are written: who waits for it may find them done
	shown int        // changes that they show

	mu      sync.Mutex
	changes int            // of results, from 1, so that an empty report is written too
	results *report.Report // with plain, what the table shows of them
}

// Open uses the folder: see archive.Open. The view says how its pages show results.
func Open(dir string, plain bool, v report.View) (*Folder, error) {
	s, err := archive.Open(dir, plain)
	if err != nil {
		return nil, err
	}
	return &Folder{
		Store: s, plain: plain, View: v,
		changes: 1, results: new(report.Report),
	}, nil
}

// Begin forgets what there is of an agent.
func (f *Folder) Begin(agent string) error {
	f.mu.Lock()
	f.changes++
	f.results.Agents = slices.DeleteFunc(f.results.Agents, func(a report.Agent) bool { return a.Name == report.Stored(agent) })
	f.mu.Unlock()
	return f.Store.Begin(agent)
}

// Put writes a result, and its page where each has one.
func (f *Folder) Put(r report.Result) error {
	if err := f.Store.Put(r); err != nil {
		return err
	}
	if f.plain {
		r.File = f.FileName(r.Agent, r.ID)
		if err := f.writePage(html.PageName(r), func(w io.Writer) error { return html.WriteCase(w, r, f.View) }); err != nil {
			return err
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.changes++
	if f.plain {
		f.results.Add(tableResult(r))
	}
	return nil
}

// Adopt takes over results of an agent from another folder: see archive.Store.Adopt. The
// reference's pages are not made of them.
func (f *Folder) Adopt(dir string, read time.Time, results []report.Result) error {
	f.mu.Lock()
	f.changes++
	f.mu.Unlock()
	return f.Store.Adopt(dir, read, results)
}

// tableResult is what the table of the reference's pages shows of a result, as its
// file has it. To read all files again would take longer than clients wait that
// update the reports after every case.
func tableResult(r report.Result) report.Result {
	return report.Result{
		Agent: report.Stored(r.Agent), ID: r.ID, Number: r.Number, Title: r.Title, Verdict: r.Verdict, Took: r.Took.Truncate(time.Millisecond),
		File: r.File, Timed: r.Timed, Ratio: r.Ratio, Log: &wirelog.Log{Facts: r.Log.Facts, Traffic: r.Log.Traffic},
	}
}

// Finish writes the index and the page that shows all results, unless somebody
// has done so since the last of them came.
func (f *Folder) Finish() error {
	f.pages.Lock()
	defer f.pages.Unlock()
	if err := f.Store.Finish(); err != nil {
		return err
	}
	f.mu.Lock()
	changes, rep := f.changes, report.Merge(f.results)
	f.mu.Unlock()
	if _, err := os.Stat(f.Page()); err == nil && changes == f.shown {
		return nil
	}
	if err := f.writePages(rep); err != nil {
		return err
	}
	f.shown = changes
	return nil
}

func (f *Folder) writePages(rep *report.Report) error {
	view := f.View
	view.Made = time.Now()
	if f.plain {
		return f.writePage("index.html", func(w io.Writer) error { return html.WriteIndex(w, rep, view) })
	}
	if view.Light = f.Results() > Large; view.Light {
		rep = f.Light()
	} else {
		var err error
		if rep, err = f.Load(); rep == nil {
			return err
		}
	}
	var b bytes.Buffer
	if err := html.Write(&b, rep, view); err != nil {
		return err
	}
	return archive.WriteFile(f.Page(), b.Bytes())
}

// writePage puts one of the reference's pages in place.
func (f *Folder) writePage(name string, write func(io.Writer) error) error {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return err
	}
	return archive.Replace(filepath.Join(f.Dir(), name), b.Bytes())
}

// Page is the path of the page that shows all results.
func (f *Folder) Page() string { return filepath.Join(f.Dir(), "index.html") }
