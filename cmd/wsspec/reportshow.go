// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"slices"

	"github.com/wsspec/wsspec/internal/diagnosis"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/telling"
	"github.com/wsspec/wsspec/internal/terminal"
)

type showReportCmd struct {
	Report string `arg:"" complete:"file" help:"Folder or file."`
	ID     string `arg:"" optional:"" complete:"id" help:"A case to explain, such as 6.4.1."`

	Verbose bool `short:"v" help:"Print a line for every case, and the reason for each that failed."`
	Wire    bool `help:"Also print the wire log of the case, or of all that failed."`

	Check        bool `help:"Exit with the status that a run with these results would have."`
	AllowPartial bool `help:"With --check: do not exit with status 1 because cases were not run."`
	Strict       bool `help:"With --check: count NON-STRICT as failed, and any closing that is not OK."`
}

// Run prints the summary or the case.
func (c showReportCmd) Run(p *process) error {
	p.partial = c.AllowPartial || c.ID != ""
	rep, err := p.read(c.Report)
	if err != nil {
		return err
	}
	s := p.screen(terminal.Detail{Wire: c.Wire, Verbose: c.Verbose})
	shown, status := false, exitOK
	var ds []diagnosis.Diagnosis
	if c.ID == "" {
		ds = telling.DiagnoseAll(rep.Report)
	}
	for i, a := range rep.Agents {
		whole := func(r report.Result) (report.Result, error) { return rep.whole(among(a.Results, r)) }
		t := &terminal.Tally{Strict: c.Strict, Partial: c.AllowPartial, Whole: whole}
		t.Plan(a.Planned, a.Why)
		t.From(a.Suites...)
		for _, r := range a.Results {
			one := r.ID == c.ID
			if one || c.ID == "" && (c.Verbose || c.Wire) {
				if r, err = rep.whole(r); err != nil {
					return err
				}
			}
			switch {
			case one:
				shown = true
				fmt.Fprintf(p.stdout, "%q\n", a.Name)
				s.Result(r, true)
			case c.ID == "":
				t.Add(r)
				s.Done(r, t)
			}
		}
		if c.ID != "" {
			continue
		}
		t.Diagnosis = &ds[i]
		s.Tally(a.Name, t)
		if c.Check {
			status = max(status, p.earned(t))
		}
	}
	if c.ID != "" && !shown {
		return badUsage(fmt.Errorf("%s: there is no case %q in it", c.Report, c.ID), "")
	}
	if status != exitOK {
		return statusError(status)
	}
	return nil
}

// among is the result of the same case as it stands in the report.
func among(rs []report.Result, r report.Result) report.Result {
	if i := slices.IndexFunc(rs, func(x report.Result) bool { return x.ID == r.ID }); i >= 0 {
		return rs[i]
	}
	return r
}
