// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/visible"
	"github.com/wsspec/wsspec/internal/wirelog"
)

// LoadLight is Load without the conversations, requests and expectations: verdicts,
// figures and facts. Results may have a log in common, which nobody may change. It reads the notes of the last time and the case files that are not
// as they were then; where that takes a while it says so through tell, which may be nil.
func LoadLight(dir string, tell func(string)) (*report.Report, error) {
	l, err := list(dir)
	if err != nil {
		return nil, err
	}
	n, errs := l.load(tell)
	rep := n.report()
	gone, err := l.lacks(rep, n.index)
	if l.index != n.index || l.gone > 0 {
		n.index = stamp{}
		if gone != nil && gone.Lost == 0 {
			n.index, l.changed = l.index, true
		}
	}
	if l.changed {
		_ = n.write(dir) // the next reader takes longer
	}
	return planned(dir, rep, gone, append(errs, err))
}

// planned adds what was to be played, and what is lost of it.
func planned(dir string, rep *report.Report, gone *lost, errs []error) (*report.Report, error) {
	rs, err := loadRuns(dir)
	addRuns(rep, rs)
	gone.addTo(rep)
	return rep, errors.Join(append(errs, err, gone.err())...)
}

// inParallel calls do for each number below n, as many at a time as there are processors.
func inParallel(n int, do func(i int)) {
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), n) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	workers.Wait()
}

// lightReader reads case files without what lighten leaves out, one after the other.
type lightReader struct {
	pruner pruner
	off    branches
	file   []byte

	texts map[string]string
	logs  map[logKey]*wirelog.Log
}

func newLightReader() *lightReader {
	return &lightReader{off: heavy(), texts: map[string]string{}, logs: map[logKey]*wirelog.Log{}}
}

// load is loadCase and lighten. Of what is left out it checks only that it is JSON: who
// asks for it reads the file again.
func (l *lightReader) load(dir string, f *listed) (report.Result, error) {
	if f.plain && f.Size <= maxFile {
		if b, err := l.read(filepath.Join(dir, f.name), int(f.Size)); err == nil {
			if r, ok := l.result(b); ok {
				r.File, r.ID = f.name, visible.Text(r.ID)
				return r, nil
			}
		}
	}
	r, err := loadCase(dir, f.name) // for what is wrong, and where
	if err != nil {
		return report.Result{}, err
	}
	return lighten(r), nil
}

// read returns the file, which is good until it is called again.
func (l *lightReader) read(path string, size int) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	l.file = slices.Grow(l.file[:0], size)[:size]
	_, err = io.ReadFull(f, l.file)
	return l.file, err
}

// result is what lighten leaves of a case file.
func (l *lightReader) result(b []byte) (r report.Result, ok bool) {
	pruned, ok := l.pruner.prune(b, l.off)
	if !ok {
		return r, false
	}
	var f struct {
		storedCase
		Extra *extra `json:"wsspec"`
	}
	if err := json.Unmarshal(pruned, &f); err != nil || f.ID == "" {
		return r, false
	}
	if r = f.result(); f.Extra == nil {
		r.Log.Traffic = readTraffic(f.TrafficStats)
	} else if err := f.Extra.decode(f.storedCase, &r); err != nil {
		return r, false
	}
	r = lighten(r)
	l.share(&r)
	return r, true
}

// share has results have in common what is the same.
func (l *lightReader) share(r *report.Result) {
	for _, s := range []*string{&r.Agent, &r.ID, &r.Title, &r.Spec, &r.URL, &r.Verdict.Result, &r.Verdict.CloseResult} {
		if known, is := l.texts[*s]; is {
			*s = known
		} else {
			l.texts[*s] = *s
		}
	}
	if !plainLog(r.Log) {
		return
	}
	key := logKey{r.Log.Facts, r.Log.Refused, r.Log.Extension}
	if known, is := l.logs[key]; is {
		r.Log = known
	} else {
		l.logs[key] = r.Log
	}
}

// lighten leaves out what is as large as the conversation.
func lighten(r report.Result) report.Result {
	l := r.Log
	r.Started = r.Started.UTC()
	r.Log = &wirelog.Log{Facts: l.Facts, Traffic: l.Traffic, Compression: l.Compression, Refused: l.Refused, Extension: l.Extension}
	r.Want = verdict.Want{NeedsDeflate: r.Want.NeedsDeflate, ByRFC: r.Want.ByRFC}
	r.Expects = ""
	r.Others = slices.Clone(r.Others)
	for i := range r.Others {
		r.Others[i].Explanation, r.Others[i].Records = nil, nil
	}
	return r
}
