// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/archive"
	"github.com/wsspec/wsspec/internal/report/html"
)

type serveFilesCmd struct {
	Dir    string `arg:"" type:"existingdir" help:"The folder."`
	Listen string `default:"127.0.0.1:8080" placeholder:"ADDR" help:"Where to listen (${default})."`
}

// handler serves the files, and the stories that a large page has not in itself.
func (c serveFilesCmd) handler(files fs.FS) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", http.FileServerFS(files))
	all := &stories{dir: c.Dir}
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

// Run serves the folder, and nothing else of the disk, until a signal.
func (c serveFilesCmd) Run(ctx context.Context, p *process) error {
	root, err := os.OpenRoot(c.Dir)
	if err != nil {
		return badUsage(err, "")
	}
	defer root.Close()
	l, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return badUsage(err, "choose another address with --listen, such as 127.0.0.1:0")
	}
	server := &http.Server{Handler: c.handler(root.FS()), ReadHeaderTimeout: 10 * time.Second}
	defer context.AfterFunc(ctx, func() { _ = server.Close() })()
	fmt.Fprintf(p.stdout, "Report at http://%s/. Ctrl-C ends it.\n", l.Addr())
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
