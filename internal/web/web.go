// SPDX-License-Identifier: Apache-2.0

// Package web is what a fuzzing server shows to browsers: how to begin, a page
// that tests the browser it is opened in, the clients that are connected now, and
// the report. It is told what happens and knows nothing that can run a case. All
// it serves beside its own pages are files of the report folder. Start at Site.
package web

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/verdict"
)

// Results tells which results there are, and where: see archive.Store.
type Results interface {
	Behavior(agent, id string) (verdict.Grade, bool)
	Dir() string
	FileName(agent, id string) string
}

// Config is what a Site has to know.
type Config struct {
	Plan    []runner.Planned
	View    report.View // how results are looked at; its Sections name the groups of cases
	Results Results
	Port    int    // where clients under test connect
	Secure  bool   // they do so by wss
	Version string // ours

	// Fuzzed says how far the fuzzing of an agent is; nil where clients are not fuzzed.
	Fuzzed func(agent string) Fuzzed
}

// Site is an http.Handler with all pages of one fuzzing server. New makes one.
// Its methods that take events never wait for a reader.
type Site struct {
	Config
	live    *live
	mux     *http.ServeMux
	catalog []byte        // what /api/cases answers
	stories chan struct{} // room for as many stories being told at once
	readers chan struct{} // room for as many readers of events
}

// New returns a site. The report folder need not be there yet.
func New(cfg Config) *Site {
	s := &Site{
		Config: cfg, live: newLive(len(cfg.Plan)), mux: http.NewServeMux(), catalog: catalog(cfg),
		stories: make(chan struct{}, maxStories), readers: make(chan struct{}, maxReaders),
	}
	s.mux.HandleFunc("GET /{$}", s.page("start.tmpl", http.StatusOK))
	s.mux.HandleFunc("GET /browser", s.page("browser.tmpl", http.StatusOK))
	s.mux.HandleFunc("GET /live", s.page("live.tmpl", http.StatusOK))
	s.mux.HandleFunc("GET /assets/{name}", serveAsset)
	s.mux.HandleFunc("GET /api/cases", s.serveCases)
	s.mux.HandleFunc("GET /api/results", s.serveResults)
	s.mux.HandleFunc("GET /api/events", s.serveEvents)
	if s.Fuzzed != nil {
		s.mux.HandleFunc("GET /api/fuzz", s.serveFuzzed)
		s.mux.HandleFunc("GET /findings", s.serveFinding)
	}
	s.mux.HandleFunc("GET /reports/result", s.serveStory)
	for _, folder := range []string{"/reports", "/cwd/reports/clients"} {
		s.mux.Handle("GET "+folder, http.RedirectHandler(folder+"/", http.StatusMovedPermanently))
		s.mux.HandleFunc("GET "+folder+"/{name...}", s.serveReport)
	}
	return s
}

// ServeHTTP answers requests.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) { Guard(s.mux).ServeHTTP(w, r) }

// Guard lets pages of other sites do nothing with what h serves, until h says otherwise. Paths that do
// not mean what they say, such as those with "..", are refused as they are: no site of
// ours has one.
func Guard(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head := w.Header()
		head.Set("X-Content-Type-Options", "nosniff")
		head.Set("Referrer-Policy", "no-referrer")
		head.Set("Cross-Origin-Resource-Policy", "same-origin")
		head.Set("Cache-Control", "no-cache")
		head.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		if !plainPath(r.URL.Path) {
			http.NotFound(w, r)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// plainPath reports whether a decoded path is one that no system reads in two ways.
func plainPath(path string) bool {
	return strings.HasPrefix(path, "/") && !strings.Contains(path, "//") && !strings.Contains(path, "/.") &&
		!strings.ContainsFunc(path, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\\' || r == ':' })
}

// catalog is the plan as /browser reads it.
func catalog(cfg Config) []byte {
	type section struct {
		ID    string `json:"id"`
		Title string `json:"title"`
	}
	type planned struct {
		ID    string        `json:"id"`
		Title string        `json:"title"`
		Spec  string        `json:"spec"`
		Tags  []conform.Tag `json:"tags,omitempty"`
	}
	all := struct {
		Sections []section `json:"sections"`
		Cases    []planned `json:"cases"`
	}{[]section{}, []planned{}}
	for _, s := range cfg.View.Sections {
		all.Sections = append(all.Sections, section{s.ID, s.Title})
	}
	for _, c := range cfg.Plan {
		all.Cases = append(all.Cases, planned{c.ID, c.Title, c.Spec, c.Tags})
	}
	b, err := json.Marshal(all)
	if err != nil {
		panic(err) // strings always have a form in JSON
	}
	return b
}
