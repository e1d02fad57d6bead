// SPDX-License-Identifier: Apache-2.0

package website

import (
	"errors"
	"io/fs"
	"net/http"
	"sync"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/archive"
	"github.com/wsspec/wsspec/internal/report/html"
)

// Kept serves a report that was written earlier: the files, and the stories that a large
// page has not in itself. The view is asked for with each story.
func Kept(dir string, files fs.FS, view func() report.View) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", http.FileServerFS(files))
	all := &stories{dir: dir}
	mux.HandleFunc("GET "+html.StoryPath, func(w http.ResponseWriter, req *http.Request) {
		r, err := all.find(req.FormValue("agent"), req.FormValue("case"))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			http.Error(w, "there is no such result", http.StatusNotFound)
			return
		case err != nil:
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'")
		_ = html.WriteStory(w, r, view()) // to somebody who has gone
	})
	return mux
}

// stories finds case files by what they tell of. The names are looked up in what was
// read for an earlier one, and the folder again where that leads nowhere.
type stories struct {
	dir string

	mu    sync.Mutex
	files map[[2]string]string // agent and case → case file
}

// find reads a result. The error is fs.ErrNotExist where there is none.
func (s *stories) find(agent, id string) (report.Result, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.known(agent, id)
	if err == nil {
		return r, nil
	}
	rep, err := archive.LoadLight(s.dir, nil)
	if rep == nil {
		return r, err
	}
	s.files = map[[2]string]string{}
	for _, a := range rep.Agents {
		for _, r := range a.Results {
			if r.File != "" {
				s.files[[2]string{a.Name, r.ID}] = r.File
			}
		}
	}
	return s.known(agent, id)
}

func (s *stories) known(agent, id string) (report.Result, error) {
	file, ok := s.files[[2]string{agent, id}]
	if !ok {
		return report.Result{}, fs.ErrNotExist
	}
	r, err := archive.LoadCase(s.dir, file)
	if err == nil && (r.Agent != agent || r.ID != id) {
		err = fs.ErrNotExist // another one is there now
	}
	return r, err
}
