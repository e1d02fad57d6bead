// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/report"
)

// Adopt takes over results of an agent, in the order of the cases, from another report
// folder, which LoadLight began to read at the time. Case files that have not changed since
// are not read again. Those in our form are linked where the file system can, as whoever writes one puts another in
// its place; those in the reference's, which it writes anew where they are, are copied.
// That survives the end of the process, but not that of the machine: it can be done again.
func (s *Store) Adopt(dir string, read time.Time, results []report.Result) error {
	files, errs := make([]listed, len(results)), make([]error, len(results))
	for i, r := range results {
		files[i].name = s.FileName(r.Agent, r.ID)
	}
	inParallel(len(results), func(i int) {
		files[i].stamp, errs[i] = take(filepath.Join(dir, results[i].File), filepath.Join(s.dir, files[i].name), results[i].Whole())
	})
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(results) > 0 {
		a := s.notes.agent(results[0].Agent)
		a.results, a.stamps = slices.Grow(a.results, len(results)), slices.Grow(a.stamps, len(results))
	}
	for i, r := range results {
		r.File = files[i].name
		s.adopted(r, files[i].stamp, read)
	}
	return nil
}

// take puts the file in another place, too, and returns its stamp there.
func take(from, to string, link bool) (stamp, error) {
	if !link || os.Link(from, to) != nil { // across file systems, for instance, or there is one already
		b, err := readFile(from)
		if err != nil {
			return stamp{}, err
		}
		if err := Replace(to, b); err != nil {
			return stamp{}, err
		}
	}
	info, err := os.Stat(to)
	if err != nil {
		return stamp{}, unwritable(to, err)
	}
	return stampOf(info), nil
}

// adopted notes a result whose file is in place.
func (s *Store) adopted(r report.Result, at stamp, read time.Time) {
	s.enter(r, newRow(r, r.File), at.Size)
	a := s.notes.agent(r.Agent)
	n := len(a.results)
	if at.late(read) || n > 0 && conform.CompareIDs(a.results[n-1].ID, r.ID) >= 0 {
		s.since[r.File] = true
		return
	}
	a.results, a.stamps = append(a.results, r), append(a.stamps, at)
}
