// SPDX-License-Identifier: Apache-2.0

package live

import (
	"bytes"
	"html/template"
	"io"
	"net/http"
	"time"

	"github.com/wsspec/wsspec/internal/load/loadpage"
)

// page serves what there is to show at the moment, with the script that brings the rest.
func (s *Site) page(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	now := s.latest
	s.loaded = time.Now()
	s.mu.Unlock()
	t, err := template.ParseFS(assets, "assets/live.tmpl")
	var b bytes.Buffer
	if err == nil {
		err = t.Execute(&b, struct {
			state
			Body template.HTML // package loadpage has escaped what is in it
		}{now, template.HTML(now.Body)})
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Security-Policy", policy)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = b.WriteTo(w) // to somebody who has gone
}

func (s *Site) script(w http.ResponseWriter, _ *http.Request) {
	b, err := assets.ReadFile("assets/live.js")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	_, _ = w.Write(b)
}

func (s *Site) style(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	_, _ = io.WriteString(w, loadpage.Style())
}
