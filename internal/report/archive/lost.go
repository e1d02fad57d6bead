// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/jsonfault"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/visible"
)

// A LostError says that results are gone which a report had: its index names them, and
// no case file tells of them. They are in the report as cases without a result.
type LostError struct {
	Dir   string
	Files []string // names of the case files in order, the first few
	Lost  int      // how many there are
	Of    int      // rows of the index
}

func (e *LostError) Error() string {
	is, more := "are", ""
	if e.Lost == 1 {
		is = "is"
	}
	if n := e.Lost - len(e.Files); n > 0 {
		more = fmt.Sprintf(" and %d more", n)
	}
	return fmt.Sprintf("%s: %d of %d case files that index.json names %s missing: %s%s", e.Dir, e.Lost, e.Of, is, strings.Join(e.Files, ", "), more)
}

// Lost looks whether there is each case file of the folder that its index names, and
// reads none. The error is a *LostError, or says what cannot be read.
func Lost(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("read report: %w", err)
	}
	there := make(map[string]bool, len(entries))
	for _, e := range entries {
		there[e.Name()] = true
	}
	l, err := lacks(dir, func(_, _, file string) bool { return there[file] })
	return cmp.Or(err, l.err())
}

// fewNames are as many as a message has.
const fewNames = 3

// whyLost is what is said of the cases instead of a result, as a clause.
const whyLost = "case files that index.json names are missing"

// indexEntry is what is looked for in a row of an index of any edition.
type indexEntry struct {
	ReportFile text `json:"reportfile"`
}

// lacks finds what the index names and the folder does not have: there says whether the
// file is there that tells of the case of the agent.
func lacks(dir string, there func(agent, id, file string) bool) (*lost, error) {
	b, err := readFile(filepath.Join(dir, indexFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var index map[string]map[string]indexEntry
	if err := json.Unmarshal(b, &index); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, indexFile), jsonfault.Of(b, err))
	}
	l := lost{LostError: LostError{Dir: dir}, cases: map[string][]report.Planned{}}
	for _, agent := range slices.Sorted(maps.Keys(index)) {
		rows := index[agent]
		l.Of += len(rows)
		for _, id := range slices.SortedFunc(maps.Keys(rows), conform.CompareIDs) {
			file := string(rows[id].ReportFile)
			if there(agent, visible.Text(id), file) {
				continue
			}
			l.Lost++
			l.cases[agent] = append(l.cases[agent], report.Planned{ID: id})
			if len(l.Files) < fewNames {
				l.Files = append(l.Files, fmt.Sprintf("%.80s", visible.Text(file)))
			}
		}
	}
	return &l, nil
}

// lacks finds what the index names and the report, which was read, has not. Files that cannot
// be read are not lost: whoever reads them is told so. It is nil where the index is as
// it was when all of it was there.
func (l *listing) lacks(rep *report.Report, complete stamp) (*lost, error) {
	if l.index == complete && l.gone == 0 {
		return nil, nil
	}
	known, damaged := map[[2]string]bool{}, map[string]bool{}
	for _, a := range rep.Agents {
		for _, r := range a.Results {
			known[[2]string{a.Name, r.ID}] = true
		}
	}
	for _, f := range l.files {
		if f.err != nil {
			damaged[f.name] = true
		}
	}
	return lacks(l.dir, func(agent, id, file string) bool { return known[[2]string{agent, id}] || damaged[file] })
}

// lost are the cases that a LostError is about, by agent.
type lost struct {
	LostError
	cases map[string][]report.Planned
}

// err is a *LostError, or nil where nothing is lost.
func (l *lost) err() error {
	if l == nil || l.Lost == 0 {
		return nil
	}
	return &l.LostError
}

// addTo has the report count the cases as such without a result.
func (l *lost) addTo(rep *report.Report) {
	if l == nil {
		return
	}
	for agent, cases := range l.cases {
		rep.Plan(agent, cases, "")
		a, _ := rep.Agent(agent)
		why := whyLost
		if a.Why != "" && len(a.Missing()) > len(cases) { // others were not run
			why = a.Why + "; " + whyLost
		}
		rep.Plan(agent, nil, why)
	}
}
