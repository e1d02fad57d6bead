// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/baseline"
)

// known is what may fail: what an expectation file lists, or what failed as badly
// in an earlier report.
type known struct {
	expected baseline.Expectations
	earlier  *report.Report // nil if they are from a list
	path     string
	today    time.Time
}

// readKnown reads the file or folder of --baseline.
func (p *process) readKnown(path string) (*known, error) {
	if path == "" {
		return nil, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, badUsage(fmt.Errorf("--baseline: %w", err), "name an earlier report or an expectation file")
	}
	k := &known{path: path, today: time.Now()}
	if info.IsDir() || filepath.Ext(path) == ".json" {
		rep, err := p.readSummary(path)
		if err != nil {
			return nil, err
		}
		k.expected, k.earlier = baseline.FromReport(rep, report.View{Strict: true}, "as in "+path), rep
		return k, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, badUsage(fmt.Errorf("--baseline: %w", err), "")
	}
	defer f.Close()
	if k.expected, err = baseline.Parse(f); err != nil {
		return nil, badUsage(fmt.Errorf("%s: %w", path, err), "")
	}
	return k, nil
}

// standing says what the baseline makes of a result.
func (k *known) standing(r report.Result, fails bool) (baseline.Standing, string) {
	s, e := k.expected.Of(r, fails, k.today)
	return s, e.Reason
}

// idle tells of the lines of a list that make no difference any more.
func (k *known) idle(p *process, results []report.Result) {
	if k == nil || k.earlier != nil {
		return
	}
	expired, idle := k.expected.Idle(results, k.today)
	tell := func(what string, es baseline.Expectations) {
		if len(es) > 0 {
			fmt.Fprintf(p.stderr, "wsspec: %s: %d of %d lines %s: %s\n", k.path, len(es), len(k.expected), what, lineNumbers(es))
		}
	}
	tell("have expired", expired)
	tell("fit no result", idle)
}

// lineNumbers lists where lines stand, a few at most.
func lineNumbers(es baseline.Expectations) string {
	const most = 10
	var ns []string
	for _, e := range es[:min(len(es), most)] {
		ns = append(ns, strconv.Itoa(e.Line))
	}
	if len(es) > most {
		ns = append(ns, "…")
	}
	return "line " + strings.Join(ns, ", ")
}

// in returns the view with what the baseline says.
func (k *known) in(v report.View) report.View {
	if k == nil {
		return v
	}
	v.Baseline = k.earlier
	v.Known = func(r report.Result) (string, bool) {
		s, reason := k.standing(r, v.Fails(r))
		return reason, s == baseline.Known
	}
	return v
}
