// SPDX-License-Identifier: Apache-2.0

// Package live shows a load test to browsers while it runs: the page of package loadpage, whose contents come anew
// as server-sent events. It is told what there is to show, and knows nothing of plans, clocks and connections.
// Start at Site.
package live

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/wsspec/wsspec/internal/load"
	"github.com/wsspec/wsspec/internal/load/loadpage"
	"github.com/wsspec/wsspec/internal/web"
)

//go:embed assets
var assets embed.FS

// maxReaders is how many pages are kept up to date at a time.
const maxReaders = 32

// often is how often a page is drawn anew, at most: the machine has something else to do. It is drawn for
// readers, and for so long after it was loaded by somebody who may load it again.
const (
	often  = time.Second
	aWhile = 10 * time.Second
)

// policy lets the page load our script and style, and follow our events.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// A Site is what is served of one load test. There is one page in memory, however many look at
// it and however slowly they read: who is behind gets the latest next.
type Site struct {
	handler http.Handler
	readers chan struct{} // room for as many readers
	reading sync.WaitGroup

	mu     sync.Mutex
	latest state
	event  []byte // the same, as an event
	number uint64 // of the event
	drawn  time.Time
	loaded time.Time     // when somebody loaded the page
	grown  chan struct{} // closed and replaced when there is another; nil after the last
}

// state is what a page shows.
type state struct {
	Title string `json:"title"`
	State string `json:"state"` // in words
	Over  bool   `json:"over"`
	Body  string `json:"body"` // HTML
}

// New returns the site of a test that has not begun, and says so until there is something to show. It has
// the metrics beside the page.
func New(p load.Plan, metrics http.Handler) *Site {
	s := &Site{readers: make(chan struct{}, maxReaders), grown: make(chan struct{})}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.page)
	mux.HandleFunc("GET /events", s.events)
	mux.HandleFunc("GET /live.js", s.script)
	mux.HandleFunc("GET /style.css", s.style)
	mux.Handle("GET /metrics", metrics)
	s.handler = web.Guard(mux)
	s.publish(state{Title: loadpage.Title(&load.Result{Kind: p.Kind, URL: p.URL}), State: "It has not begun."}, false)
	return s
}

// ServeHTTP answers requests.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Show shows what has been measured so far, which result makes a Result of. It does so only where somebody looks,
// and not more often than once a second.
func (s *Site) Show(at time.Duration, result func() (*load.Result, error)) error {
	now := time.Now()
	s.mu.Lock()
	due := now.Sub(s.drawn) >= often && (len(s.readers) > 0 || s.drawn.IsZero() || now.Sub(s.loaded) < aWhile)
	if due {
		s.drawn = now
	}
	s.mu.Unlock()
	if !due {
		return nil
	}
	r, err := result()
	if err != nil {
		return err
	}
	return s.draw(r, fmt.Sprintf("Running for %v.", at.Truncate(time.Second)), false)
}

// End shows what has been found, and returns once those who look have it, or have had so long to
// get it.
func (s *Site) End(r *load.Result, patience time.Duration) error {
	words := "This run has ended."
	if r.Interrupted != "" {
		words = "This run was stopped."
	}
	err := s.draw(r, words, true)
	told := make(chan struct{})
	go func() { s.reading.Wait(); close(told) }()
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case <-told:
	case <-late.C:
	}
	return err
}

func (s *Site) draw(r *load.Result, words string, over bool) error {
	var b bytes.Buffer
	err := loadpage.Body(&b, r, !over)
	s.publish(state{loadpage.Title(r), words, over, b.String()}, over)
	return err
}

// publish replaces what is shown.
func (s *Site) publish(now state, last bool) {
	var data bytes.Buffer
	e := json.NewEncoder(&data)
	e.SetEscapeHTML(false) // nobody takes it for HTML: see web.Guard
	if err := e.Encode(now); err != nil {
		panic(err) // strings always have a form in JSON
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.grown == nil {
		return
	}
	s.latest, s.number = now, s.number+1
	s.event = fmt.Appendf(nil, "data: %s\n", data.Bytes()) // Encode ends the line
	close(s.grown)
	s.grown = make(chan struct{})
	if last {
		s.grown = nil
	}
}

// events keeps a page up to date.
func (s *Site) events(w http.ResponseWriter, r *http.Request) {
	if !web.Enter(w, s.readers) {
		return
	}
	defer func() { <-s.readers }()
	s.mu.Lock()
	if s.grown != nil { // nobody is waited for who comes after the end
		s.reading.Add(1)
		defer s.reading.Done()
	}
	s.mu.Unlock()
	seen := uint64(0)
	web.Follow(w, r, func() (events [][]byte, grown <-chan struct{}) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.number > seen {
			events, seen = [][]byte{s.event}, s.number
		}
		return events, s.grown
	})
}
