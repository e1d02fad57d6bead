// SPDX-License-Identifier: Apache-2.0

package web

import (
	"encoding/json"
	"io"
	"net/http"
)

// Fuzzed is how far the fuzzing of a client is.
type Fuzzed struct {
	Runs     uint64    `json:"runs"`     // conversations that there are to be; 0 is no bound
	Played   uint64    `json:"played"`   // of them
	Replayed uint64    `json:"replayed"` // to shrink and confirm what was found
	Pursued  int       `json:"pursued"`  // findings that are being shrunk
	Over     bool      `json:"over"`     // there are no more
	Findings []Finding `json:"findings"`
}

// A Finding is a conversation that the client gets wrong.
type Finding struct {
	Name  string `json:"name"`
	Level string `json:"level"`
	What  string `json:"what"`
	Text  string `json:"-"` // of the conversation
}

// serveFuzzed answers with how far the fuzzing of an agent is.
func (s *Site) serveFuzzed(w http.ResponseWriter, r *http.Request) {
	f := s.Fuzzed(r.URL.Query().Get("agent"))
	if f.Findings == nil {
		f.Findings = []Finding{}
	}
	b, err := json.Marshal(f)
	if err != nil {
		panic(err) // strings and numbers have a form in JSON
	}
	w.Header().Set("Content-Type", contentTypes[".json"])
	_, _ = w.Write(b) // to somebody who has gone
}

// serveFinding answers with the text of a finding.
func (s *Site) serveFinding(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	for _, f := range s.Fuzzed(q.Get("agent")).Findings {
		if f.Name == q.Get("name") {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			_, _ = io.WriteString(w, f.Text)
			return
		}
	}
	http.NotFound(w, r)
}
