// SPDX-License-Identifier: Apache-2.0

// Package archive keeps reports in the reference's files: index.json, and one JSON file
// per case and agent, to which we add one key of our own. It knows nothing of pages,
// nor of what can run a case. Start at Store, which writes, and Load, which reads.
package archive

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/verdict"
)

// Store keeps the results of a run in a folder. Each result is on disk, whole,
// before Put returns; the index is written by Finish. It may be used by several
// goroutines.
type Store struct {
	dir   string
	plain bool

	mu    sync.Mutex
	rows  map[string]map[string]indexRow // agent → case id → row
	size  int64                          // octets of the case files of all rows
	slugs map[string]string              // beginning of file names → agent
	plan  Plan
	runs  runs
	notes *notes          // of the case files, but for those put since
	since map[string]bool // names of these
	told  string          // see Rebuilt

	kept    map[string]report.Result // see Load: by file
	records int                      // of their conversations
}

// Open uses the folder, which is made where it is missing. With plain the files
// hold the reference's keys alone and the report starts out empty, as with the
// reference; otherwise what the folder holds of other agents stays.
func Open(dir string, plain bool) (*Store, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("make report folder: %w", err)
	}
	if err := sweep(dir); err != nil {
		return nil, err
	}
	s := &Store{dir: dir, plain: plain, rows: map[string]map[string]indexRow{}, slugs: map[string]string{}, since: map[string]bool{}, kept: map[string]report.Result{}}
	l, err := list(dir)
	if err != nil {
		return nil, err
	}
	// Files that cannot be read are none of ours, or will be overwritten.
	s.notes, _ = l.load(func(what string) { s.told = what })
	if gone, err := l.lacks(s.notes.report(), s.notes.index); err == nil && gone.err() != nil {
		s.told = gone.Error()
	}
	for _, a := range s.notes.agents {
		rows := make(map[string]indexRow, len(a.results))
		for i, r := range a.results {
			before, _ := splitName(r.File)
			s.slugs[before] = a.name
			row := newRow(r, r.File)
			row.size = a.stamps[i].Size
			rows[r.ID] = row
			s.size += row.size
		}
		s.rows[a.name] = rows
	}
	if s.runs, err = loadRuns(dir); err != nil {
		return nil, err
	}
	if !plain {
		return s, nil
	}
	if err := os.Remove(filepath.Join(dir, runsFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("clean report folder: %w", err)
	}
	return s, s.forget(s.Agents()...)
}

// temporary begins the names of files that are not complete.
const temporary = ".wsspec-"

// sweep removes what a process that was killed long ago left half written.
func sweep(dir string) error {
	const long = time.Hour
	left, err := filepath.Glob(filepath.Join(dir, temporary+"*"))
	if err != nil {
		return nil // the folder's name is no pattern: nothing is found then
	}
	for _, path := range left {
		if info, err := os.Stat(path); err == nil && time.Since(info.ModTime()) > long {
			if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("clean report folder: %w", err)
			}
		}
	}
	return nil
}

// Dir is the folder.
func (s *Store) Dir() string { return s.dir }

// FileName is the name of a case's file in the folder, which its page shares but
// for the extension.
func (s *Store) FileName(agent, id string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fileName(report.Stored(agent), id)
}

// Begin forgets what there is of an agent, on disk too: its results are about to
// be replaced as a whole, or those that the plan has: see Plan.
func (s *Store) Begin(agent string) error {
	agent = report.Stored(agent)
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, had := s.rows[agent]; had {
		if err := s.replaced(agent); err != nil {
			return err
		}
	}
	return s.expect(agent)
}

// replaced forgets what the run that begins will replace.
func (s *Store) replaced(agent string) error {
	if !s.plan.Part || s.plan.Of == nil {
		return s.forget(agent)
	}
	kept, gone := s.rows[agent], map[string]indexRow{}
	rest := maps.Clone(kept)
	for _, c := range s.plan.Of(agent) {
		if row, had := rest[c.ID]; had {
			gone[c.ID] = row
			delete(rest, c.ID)
		}
	}
	s.rows[agent] = rest
	if err := s.drop(gone); err != nil {
		s.rows[agent] = kept
		return err
	}
	return nil
}

// forget takes agents out, on disk too. After an error they are all still there, to
// be forgotten at the next attempt.
func (s *Store) forget(agents ...string) (err error) {
	gone := map[string]map[string]indexRow{}
	for _, agent := range agents {
		gone[agent] = s.rows[agent]
		delete(s.rows, agent)
	}
	defer func() {
		if err != nil {
			maps.Copy(s.rows, gone)
		}
	}()
	return s.drop(slices.Collect(maps.Values(gone))...)
}

// drop removes the files of rows that are out of the index already.
func (s *Store) drop(gone ...map[string]indexRow) error {
	// The index goes first: it must never name a file that is not there.
	if err := s.writeIndex(); err != nil {
		return err
	}
	size, files := s.size, map[string]bool{}
	for _, rows := range gone {
		for _, row := range rows {
			files[row.ReportFile] = true
			for _, name := range []string{row.ReportFile, strings.TrimSuffix(row.ReportFile, ".json") + ".html"} {
				if err := os.Remove(filepath.Join(s.dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
					return fmt.Errorf("replace old results: %w", err)
				}
			}
			size -= row.size
			s.keep(row.ReportFile, nil)
		}
	}
	s.size = size
	s.forgetNotes(files)
	return nil
}

// Put writes a result. Its File plays no part: names are given here.
func (s *Store) Put(r report.Result) error {
	r.Agent = report.Stored(r.Agent)
	row := newRow(r, s.FileName(r.Agent, r.ID))
	f := referenceFile(r)
	if !s.plain && r.Whole() {
		f.Extra = newExtra(r)
	}
	b, err := encode(f)
	if err != nil {
		return fmt.Errorf("encode result of %s: %w", r.ID, err)
	}
	if err := WriteFile(filepath.Join(s.dir, row.ReportFile), b); err != nil {
		return err
	}
	read := f.asRead(r, b)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.enter(r, row, int64(len(b)))
	s.since[row.ReportFile] = true
	s.keep(row.ReportFile, read)
	return nil
}

// enter puts a row into the index, for a file of so many octets. It is to be called with
// the lock held.
func (s *Store) enter(r report.Result, row indexRow, size int64) {
	if s.rows[r.Agent] == nil {
		s.rows[r.Agent] = map[string]indexRow{}
	}
	row.size = size
	s.size += size - s.rows[r.Agent][r.ID].size
	s.rows[r.Agent][r.ID] = row
}

// Finish writes the index, and notes for who reads the report.
func (s *Store) Finish() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.writeIndex(); err != nil || s.plain {
		return err
	}
	s.note()
	return nil
}

func (s *Store) writeIndex() error {
	return WriteFile(filepath.Join(s.dir, indexFile), encodeIndex(s.rows))
}

// Agents are the names of those that have results, sorted.
func (s *Store) Agents() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.rows))
}

// Behavior is how the agent behaved in the case, if there is a result.
func (s *Store) Behavior(agent, id string) (g verdict.Grade, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	row, known := s.rows[report.Stored(agent)][id]
	return row.Behavior, known
}

// Results is how many results there are.
func (s *Store) Results() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.results()
}

func (s *Store) results() int {
	n := 0
	for _, rows := range s.rows {
		n += len(rows)
	}
	return n
}

// Size is how many octets the case files take on disk, pages and index apart.
func (s *Store) Size() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.size
}

func newRow(r report.Result, file string) indexRow {
	return indexRow{
		Behavior: r.Verdict.Behavior, BehaviorClose: r.Verdict.Close, Duration: r.Took.Milliseconds(),
		RemoteCloseCode: closeCode(r.Log.Facts.Remote), ReportFile: file,
	}
}

// fileName is the name of a case file. Agents whose names differ only in what a
// file name does not tell apart get names of their own.
func (s *Store) fileName(agent, id string) string {
	base := slug(agent)
	for attempt := 0; ; attempt++ {
		owner, taken := s.slugs[base]
		if !taken || owner == agent {
			break
		}
		base = digested(slug(agent), strings.Repeat(" ", attempt)+agent)
	}
	s.slugs[base] = agent
	return base + "_case_" + slug(id) + ".json"
}

// slug makes a file name of whatever a peer calls itself: lower-case letters,
// digits and underscores, at most 80 of them.
func slug(name string) string {
	const most = 80
	s := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return ' '
	}, strings.ToLower(name))
	s = strings.ReplaceAll(strings.TrimSpace(s), " ", "_")
	if len(s) > most {
		return digested(s[:most], name)
	}
	return s
}

// digested tells names apart that begin alike.
func digested(base, name string) string {
	return fmt.Sprintf("%s_%x", base, sha256.Sum256([]byte(name)))[:len(base)+9]
}

// WriteFile puts a file in place whole or not at all: it is written under another
// name, synced and renamed.
func WriteFile(path string, b []byte) error { return put(path, b, true) }

// Replace is WriteFile for what can be made anew: it survives the end of the
// process, but not that of the machine.
func Replace(path string, b []byte) error { return put(path, b, false) }

func put(path string, b []byte, sync bool) error {
	if err := replace(path, b, sync); err != nil {
		return unwritable(path, err)
	}
	return nil
}

func replace(path string, b []byte, sync bool) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), temporary+"*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	if _, err = f.Write(b); err == nil {
		err = f.Chmod(0o644)
	}
	if err == nil && sync {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	return err
}
