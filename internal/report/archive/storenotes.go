// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"os"
	"path/filepath"
	"slices"

	"github.com/wsspec/wsspec/internal/report"
)

// Rebuilt says that Open had to read more case files than is usual, and why, or that some
// are missing. It is empty as a rule.
func (s *Store) Rebuilt() string { return s.told }

// Light is the report without its conversations: see LoadLight. Of the results that were
// put since it was asked for the last time, it reads the files. Nobody may change it.
func (s *Store) Light() *report.Report {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.catchUp()
	rep := s.notes.report()
	addRuns(rep, s.runs)
	return rep
}

// catchUp notes what was put. What cannot be read is not noted, as somebody else has
// been at the files.
func (s *Store) catchUp() {
	var files []*listed
	for name := range s.since {
		f := &listed{name: name}
		f.look(s.dir)
		files = append(files, f)
	}
	s.forgetNotes(s.since)
	s.notes.read(s.dir, files)
	clear(s.since)
}

// forgetNotes takes out what is noted of the files. Reports that were made of the notes
// stay as they are.
func (s *Store) forgetNotes(files map[string]bool) {
	if len(files) == 0 {
		return
	}
	for i, a := range s.notes.agents {
		if !slices.ContainsFunc(a.results, func(r report.Result) bool { return files[r.File] }) {
			continue
		}
		kept := noted{name: a.name}
		for j, r := range a.results {
			if !files[r.File] {
				kept.results, kept.stamps = append(kept.results, r), append(kept.stamps, a.stamps[j])
			}
		}
		s.notes.agents[i] = kept
	}
	s.notes.agents = slices.DeleteFunc(s.notes.agents, func(a noted) bool { return len(a.results) == 0 })
	for name := range files {
		delete(s.since, name)
	}
}

// note writes the notes of a large report. Who reads it without them, or with those of an
// earlier time, finds the same and takes longer.
func (s *Store) note() {
	if s.results() <= manyFiles {
		return
	}
	s.catchUp()
	s.notes.index = stamp{}
	if info, err := os.Stat(filepath.Join(s.dir, indexFile)); err == nil && s.notes.size() == s.results() {
		s.notes.index = stampOf(info)
	}
	_ = s.notes.write(s.dir)
}
