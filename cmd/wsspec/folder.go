// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"path/filepath"
	"time"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/html"
)

// folder is a report on disk: the results, and pages to look at them.
type folder struct {
	*report.Store
	plain bool // the reference's pages, one a case, instead of one page for all
	view  report.View
}

// openFolder uses the folder: see report.Open.
func openFolder(dir string, plain, strict bool) (*folder, error) {
	s, err := report.Open(dir, plain)
	if err != nil {
		return nil, badUsage(err, "choose another folder for the report")
	}
	return &folder{Store: s, plain: plain, view: report.View{Strict: strict, Sections: cases.Sections()}}, nil
}

// Put writes a result, and its page where each has one.
func (f *folder) Put(r report.Result) error {
	if err := f.Store.Put(r); err != nil || !f.plain {
		return err
	}
	r.File = f.FileName(r.Agent, r.ID)
	return html.PutCase(f.Dir(), r, f.view)
}

// Finish writes the index and the page that shows all results.
func (f *folder) Finish() error {
	if err := f.Store.Finish(); err != nil {
		return err
	}
	rep, err := report.Load(f.Dir())
	if rep == nil {
		return err
	}
	view := f.view
	view.Made = time.Now()
	if f.plain {
		return html.PutIndex(f.Dir(), rep, view)
	}
	var b bytes.Buffer
	if err := html.Write(&b, rep, view); err != nil {
		return err
	}
	return report.WriteFile(f.page(), b.Bytes())
}

// page is the path of the page that shows all results.
func (f *folder) page() string { return filepath.Join(f.Dir(), "index.html") }
