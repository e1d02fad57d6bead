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
	"slices"
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
	mux.HandleFunc("GET "+html.StoryPath, func(w http.ResponseWriter, req *http.Request) {
		rep, err := archive.LoadLight(c.Dir, nil)
		if rep == nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		a, _ := rep.Agent(req.FormValue("agent"))
		i := slices.IndexFunc(a.Results, func(r report.Result) bool { return r.ID == req.FormValue("case") })
		if i < 0 || a.Results[i].File == "" {
			http.Error(w, "there is no such result", http.StatusNotFound)
			return
		}
		r, err := archive.LoadCase(c.Dir, a.Results[i].File)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'")
		_ = html.WriteStory(w, r, view()) // to somebody who has gone
	})
	return mux
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
