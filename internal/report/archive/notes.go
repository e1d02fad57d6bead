// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/report"
)

// lightFile keeps of each case file what summaries need, so that a report of thousands
// of results need not be read as a whole. It is made from the files and of use only as
// far as they are as they were: whoever removes it loses nothing but time.
const lightFile = ".wsspec.light"

// maxLight bounds it, in octets.
const maxLight = 1 << 30

// Numbers of case files: a few are read faster than they are looked up, and somebody who
// waits for many is told so.
const (
	fewFiles  = 50
	manyFiles = 5000
)

// listing is what there is in a report folder.
type listing struct {
	dir   string
	files []listed       // case files, by name
	at    map[string]int // where they are, by name
	index stamp          // of index.json

	gone    int  // files that the notes tell of and that are not there any more
	changed bool // better notes can be written
}

// listed is a case file.
type listed struct {
	name string
	stamp
	err     error // why it cannot be read
	plain   bool  // it is a file, or a link to one
	regular bool  // it is a file, and no link to one
	noted   bool  // what is in it is known from the notes
}

// look sees how the file is.
func (f *listed) look(dir string) {
	info, err := os.Stat(filepath.Join(dir, f.name))
	if f.err = err; err == nil {
		f.stamp, f.plain = stampOf(info), info.Mode().IsRegular()
	}
}

func list(dir string) (*listing, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("read report: %w", err)
	}
	l := &listing{dir: dir}
	if info, err := os.Stat(filepath.Join(dir, indexFile)); err == nil {
		l.index = stampOf(info)
	}
	entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return !isCaseFile(e.Name()) || e.IsDir() })
	l.files, l.at = make([]listed, len(entries)), make(map[string]int, len(entries))
	inParallel(len(entries), func(i int) {
		f := &l.files[i]
		f.name, f.regular = entries[i].Name(), entries[i].Type().IsRegular()
		f.look(dir)
	})
	l.files = slices.DeleteFunc(l.files, func(f listed) bool { return errors.Is(f.err, fs.ErrNotExist) }) // gone meanwhile
	for i, f := range l.files {
		l.at[f.name] = i
	}
	return l, nil
}

func stampOf(info fs.FileInfo) stamp { return stamp{info.Size(), info.ModTime().UnixNano()} }

// load reads the notes, and the files that they do not tell of.
func (l *listing) load(tell func(string)) (*notes, []error) {
	n, err := l.notes()
	var unread []*listed
	for i := range l.files {
		if !l.files[i].noted {
			unread = append(unread, &l.files[i])
		}
	}
	damaged := errors.Is(err, errDamaged)
	if tell != nil && (damaged || len(unread) > manyFiles) {
		why := "they have changed"
		if err != nil {
			why = err.Error()
		}
		tell(fmt.Sprintf("%s: reading %d case files: %s", l.dir, len(unread), why))
	}
	l.changed = damaged || len(unread) > fewFiles || l.gone > fewFiles
	return n, n.read(l.dir, unread)
}

var errNone = errors.New("there are no notes on them yet")

// notes reads those of files that are as they were, which are marked. There may be none.
func (l *listing) notes() (*notes, error) { return l.decode(true) }

// noted marks the files that are as they were noted, and returns what is noted of
// index.json.
func (l *listing) noted() stamp {
	n, _ := l.decode(false)
	return n.index
}

// decode reads the notes, with or without the results.
func (l *listing) decode(results bool) (*notes, error) {
	f, err := os.Open(filepath.Join(l.dir, lightFile))
	if err != nil {
		return new(notes), errNone
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxLight {
		return new(notes), errDamaged
	}
	b := make([]byte, info.Size())
	if _, err := io.ReadFull(f, b); err != nil {
		return new(notes), errDamaged
	}
	written := info.ModTime()
	n, err := decodeNotes(b, func(name []byte, then stamp) (string, bool) {
		i, there := l.at[string(name)]
		if !there {
			l.gone++
			return "", false
		}
		file := &l.files[i]
		if file.noted || file.stamp != then || then.late(written) {
			return "", false
		}
		file.noted = true
		return file.name, results
	})
	if err != nil {
		for i := range l.files {
			l.files[i].noted = false
		}
		l.gone = 0
		return new(notes), err
	}
	return n, nil
}

// late reports whether the file may have been written once more at what its file system
// takes for the same time, after it was noted.
func (s stamp) late(noted time.Time) bool {
	tick := 20 * time.Millisecond // of Linux's clock for files: 10 ms at most
	if s.ModTime%int64(time.Second) == 0 {
		tick = 2 * time.Second // FAT's
	}
	return noted.Sub(time.Unix(0, s.ModTime)) < tick
}

// read adds what is in files. Those that cannot be read are left out.
func (n *notes) read(dir string, files []*listed) []error {
	results, errs := make([]report.Result, len(files)), make([]error, len(files))
	readers := make(chan *lightReader, runtime.GOMAXPROCS(0))
	for range cap(readers) {
		readers <- newLightReader()
	}
	inParallel(len(files), func(i int) {
		if errs[i] = files[i].err; errs[i] != nil {
			return
		}
		l := <-readers
		results[i], errs[i] = l.load(dir, files[i])
		files[i].err = errs[i]
		readers <- l
	})
	byAgent := map[string][]int{}
	for i := range results {
		if errs[i] == nil {
			byAgent[results[i].Agent] = append(byAgent[results[i].Agent], i)
		}
	}
	for name, add := range byAgent {
		a := n.agent(name)
		more := noted{name: name, results: make([]report.Result, 0, len(add)), stamps: make([]stamp, 0, len(add))}
		for _, i := range add {
			more.results, more.stamps = append(more.results, results[i]), append(more.stamps, files[i].stamp)
			results[i] = report.Result{}
		}
		*a = a.with(more)
	}
	return errs
}

// agent finds the agent, or makes room for it.
func (n *notes) agent(name string) *noted {
	i, found := slices.BinarySearchFunc(n.agents, name, func(a noted, name string) int { return cmp.Compare(a.name, name) })
	if !found {
		n.agents = slices.Insert(n.agents, i, noted{name: name})
	}
	return &n.agents[i]
}

// with are the results of both. Of those of the same case, the one in the file whose name
// comes last counts.
func (a noted) with(b noted) noted {
	results, stamps := slices.Concat(a.results, b.results), slices.Concat(a.stamps, b.stamps)
	order := make([]int, len(results))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		x, y := &results[i], &results[j]
		return cmp.Or(conform.CompareIDs(x.ID, y.ID), strings.Compare(x.File, y.File))
	})
	all := noted{name: a.name, results: make([]report.Result, 0, len(order)), stamps: make([]stamp, 0, len(order))}
	for at, i := range order {
		if at+1 < len(order) && results[order[at+1]].ID == results[i].ID {
			continue
		}
		all.results, all.stamps = append(all.results, results[i]), append(all.stamps, stamps[i])
	}
	return all
}

// report shares the results.
func (n *notes) report() *report.Report {
	rep := &report.Report{Agents: make([]report.Agent, len(n.agents))}
	for i, a := range n.agents {
		rep.Agents[i] = report.Agent{Name: a.name, Results: slices.Clip(a.results)}
	}
	return rep
}

// size is how many results there are.
func (n *notes) size() (results int) {
	for _, a := range n.agents {
		results += len(a.results)
	}
	return results
}

func (n *notes) write(dir string) error { return Replace(filepath.Join(dir, lightFile), n.encode()) }
