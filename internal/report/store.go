// SPDX-License-Identifier: Apache-2.0

package report

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
)

// Store keeps the results of a run in a folder. Each result is on disk, whole,
// before Put returns; the index is written by Finish. It may be used by several
// goroutines.
type Store struct {
	dir   string
	plain bool

	mu    sync.Mutex
	rows  map[string]map[string]indexRow // agent → case id → row
	slugs map[string]string              // beginning of file names → agent
}

// Open uses the folder, which is made where it is missing. With plain the files
// hold the reference's keys alone and the report starts out empty, as with the
// reference; otherwise what the folder holds of other agents stays.
func Open(dir string, plain bool) (*Store, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("make report folder: %w", err)
	}
	s := &Store{dir: dir, plain: plain, rows: map[string]map[string]indexRow{}, slugs: map[string]string{}}
	old, err := Load(dir)
	if old == nil {
		return nil, err
	}
	for _, a := range old.Agents {
		rows := map[string]indexRow{}
		for _, r := range a.Results {
			base, _, _ := strings.Cut(r.File, "_case_")
			s.slugs[base] = a.Name
			rows[r.ID] = s.row(r)
		}
		s.rows[a.Name] = rows
		if plain {
			if err := s.Begin(a.Name); err != nil {
				return nil, err
			}
		}
	}
	return s, nil
}

// Dir is the folder.
func (s *Store) Dir() string { return s.dir }

// Begin forgets what there is of an agent, on disk too: its results are about to
// be replaced as a whole.
func (s *Store) Begin(agent string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	rows, had := s.rows[agent]
	if !had {
		return nil
	}
	delete(s.rows, agent)
	// The index goes first: it must never name a file that is not there.
	if err := s.writeIndex(); err != nil {
		return err
	}
	for _, row := range rows {
		for _, name := range []string{row.ReportFile, strings.TrimSuffix(row.ReportFile, ".json") + ".html"} {
			if err := os.Remove(filepath.Join(s.dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("replace results of %q: %w", agent, err)
			}
		}
	}
	return nil
}

// Put writes a result.
func (s *Store) Put(r Result) error {
	s.mu.Lock()
	row := s.row(r)
	s.mu.Unlock()
	f := referenceFile(r)
	if !s.plain {
		var err error
		if f.Extra, err = encodeExtra(r); err != nil {
			return fmt.Errorf("encode result of %s: %w", r.ID, err)
		}
	}
	b, err := encode(f)
	if err != nil {
		return err
	}
	if err := WriteFile(filepath.Join(s.dir, row.ReportFile), b); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rows[r.Agent] == nil {
		s.rows[r.Agent] = map[string]indexRow{}
	}
	s.rows[r.Agent][r.ID] = row
	return nil
}

// Finish writes the index.
func (s *Store) Finish() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.writeIndex()
}

func (s *Store) writeIndex() error {
	b, err := encode(s.rows)
	if err != nil {
		return err
	}
	return WriteFile(filepath.Join(s.dir, "index.json"), b)
}

// Agents are the names of those that have results, sorted.
func (s *Store) Agents() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.rows))
}

// row is the result's row in the index.
func (s *Store) row(r Result) indexRow {
	if r.File == "" {
		r.File = s.fileName(r.Agent, r.ID)
	}
	return indexRow{
		Behavior: r.Verdict.Behavior, BehaviorClose: r.Verdict.Close, Duration: r.Took.Milliseconds(),
		RemoteCloseCode: closeCode(r.Log.Facts.Remote), ReportFile: r.File,
	}
}

// fileName is the name of a case file. Agents whose names differ only in what a
// file name does not tell apart get names of their own.
func (s *Store) fileName(agent, id string) string {
	base := slug(agent)
	if owner, taken := s.slugs[base]; taken && owner != agent {
		base = digested(base, agent)
	}
	s.slugs[base] = agent
	return base + "_case_" + strings.ReplaceAll(slug(strings.ReplaceAll(id, ".", " ")), " ", "_") + ".json"
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

func digested(base, name string) string {
	return fmt.Sprintf("%s_%x", base, sha256.Sum256([]byte(name)))[:len(base)+9]
}

// WriteFile puts a file in place whole or not at all: it is written under another
// name, synced and renamed.
func WriteFile(path string, b []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".wsspec-*")
	if err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
			err = fmt.Errorf("write report: %w", err)
		}
	}()
	if _, err = f.Write(b); err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Chmod(f.Name(), 0o644)
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	return err
}
