// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"errors"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/verdict"
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
