// SPDX-License-Identifier: Apache-2.0

package web

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"strings"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/archive"
	"github.com/wsspec/wsspec/internal/report/html"
)

// contentTypes are those of the files that reports are made of. Others are not
// served: people choose folders that hold more than that.
var contentTypes = map[string]string{
	".html": "text/html; charset=utf-8",
	".json": "application/json",
	".md":   "text/plain; charset=utf-8",
	".txt":  "text/plain; charset=utf-8",
	".xml":  "text/xml; charset=utf-8",
}

// reportPolicy lets a page be what a report is, one file that loads nothing. What
// may run in it is narrowed further by the policy inside, which names the script.
const reportPolicy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// openReport opens a file of the report folder. Only a plain file right in the
// folder is one: no link, no dotfile, nothing below or above it. The folder is
// looked up each time, as people delete it while we run.
func (s *Site) openReport(name string) (*os.File, fs.FileInfo, error) {
	missing := &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	if !plainPath("/"+name) || strings.Contains(name, "/") || contentTypes[path.Ext(name)] == "" {
		return nil, nil, missing
	}
	folder, err := os.OpenRoot(s.Results.Dir())
	if err != nil {
		return nil, nil, err
	}
	defer folder.Close()
	named, err := folder.Lstat(name)
	if err != nil {
		return nil, nil, err
	}
	if !named.Mode().IsRegular() {
		return nil, nil, missing
	}
	f, err := folder.Open(name)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err == nil && !os.SameFile(named, info) {
		err = missing // replaced by something else meanwhile
	}
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return f, info, nil
}

// serveReport serves a file of the report folder.
func (s *Site) serveReport(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	if name == "" {
		name = "index.html"
	}
	f, info, err := s.openReport(name)
	switch {
	case err != nil && r.PathValue("name") == "":
		s.page("noreport.tmpl", http.StatusNotFound)(w, r)
		return
	case err != nil:
		http.NotFound(w, r)
		return
	}
	defer f.Close()
	w.Header().Set("Content-Type", contentTypes[path.Ext(name)])
	w.Header().Set("Content-Security-Policy", reportPolicy)
	http.ServeContent(w, r, name, info.ModTime(), f)
}

// serveStory tells what happened in one case of one agent, from its file: the
// page is there as soon as the result is.
func (s *Site) serveStory(w http.ResponseWriter, r *http.Request) {
	select {
	case s.stories <- struct{}{}:
		defer func() { <-s.stories }()
	case <-r.Context().Done():
		return
	}
	q := r.URL.Query()
	result, err := s.readResult(q.Get("agent"), q.Get("case"))
	if err != nil {
		http.Error(w, "There is no such result.", http.StatusNotFound)
		return
	}
	var page bytes.Buffer
	if err := html.WriteCase(&page, result, s.View); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", contentTypes[".html"])
	w.Header().Set("Content-Security-Policy", reportPolicy)
	_, _ = page.WriteTo(w) // nobody can be told
}

// readResult reads a case file. Whether there is one is asked first, as the store
// remembers every agent it has given a file name to.
func (s *Site) readResult(agent, id string) (report.Result, error) {
	if _, known := s.Results.Behavior(agent, id); !known {
		return report.Result{}, fs.ErrNotExist
	}
	name := s.Results.FileName(agent, id)
	f, info, err := s.openReport(name)
	if err != nil {
		return report.Result{}, err
	}
	defer f.Close()
	if info.Size() > maxCaseFile {
		return report.Result{}, fmt.Errorf("%s: longer than %d octets", name, maxCaseFile)
	}
	b, err := io.ReadAll(io.LimitReader(f, maxCaseFile))
	if err != nil {
		return report.Result{}, err
	}
	return archive.ReadCase(b)
}
