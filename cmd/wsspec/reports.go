// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/archive"
	"github.com/wsspec/wsspec/internal/report/baseline"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/visible"
)

type reportCmd struct {
	Show    showReportCmd `cmd:"" help:"Print the summary of a report, or one case of it."`
	Write   writeCmd      `cmd:"" help:"Render a report: csv, html, junit, markdown, tap, github, json or badge."`
	HTML    htmlCmd       `cmd:"" help:"Same as write html: one self-contained file, or with more than 5000 results an overview and a page for each agent."`
	JUnit   junitCmd      `cmd:"" name:"junit" help:"Same as write junit."`
	Pcap    pcapCmd       `cmd:"" help:"Write the conversation of a case as captured packets, for Wireshark."`
	Diff    diffCmd       `cmd:"" help:"Compare two reports; status 1 if the second is worse anywhere, or lacks results."`
	History historyCmd    `cmd:"" help:"List each agent's results in several reports, one report a line."`
	Merge   mergeCmd      `cmd:"" help:"Merge several reports into one."`
	Accept  acceptCmd     `cmd:"" help:"Write an expectation file that allows what fails in a report."`
	Rejudge rejudgeCmd    `cmd:"" help:"Judge the stored conversations of a report again."`
	Serve   serveFilesCmd `cmd:"" help:"Serve a report folder on this machine."`
}

func view() report.View {
	return report.View{Made: time.Now(), Sections: cases.Sections(), Kept: kept()}
}

type writeCmd struct {
	Kind string `arg:"" complete:"kind" help:"csv, html, junit, markdown, tap, github, json or badge."`
	rendering
}

// Run renders the report.
func (c writeCmd) Run(p *process) error { return c.render(p, c.Kind) }

type htmlCmd struct{ rendering }

// Run renders the report as HTML.
func (c htmlCmd) Run(p *process) error { return c.render(p, "html") }

type junitCmd struct{ rendering }

// Run renders the report as JUnit XML.
func (c junitCmd) Run(p *process) error { return c.render(p, "junit") }

// rendering is what to render, where to, and in which light.
type rendering struct {
	Report   string `arg:"" complete:"file" help:"Folder or file."`
	Out      string `short:"o" default:"-" placeholder:"FILE" complete:"file" help:"Output file; by default, standard output."`
	Baseline string `placeholder:"FILE" complete:"file" help:"Earlier report to compare with, or an expectation file."`
	Strict   bool   `help:"Count NON-STRICT as failed, and any closing that is not OK."`

	AllowPartial bool `help:"Do not report cases that were not run as errors."`
}

func (c rendering) render(p *process, kind string) error {
	if _, err := writerOf(kind); err != nil {
		return badUsage(err, "")
	}
	o := output{kind, c.Out}
	if err := cmp.Or(reserved(c.Out), o.check()); err != nil {
		return err
	}
	known, err := p.readKnown(c.Baseline)
	if err != nil {
		return err
	}
	v := view()
	v.Strict, v.Partial, p.partial = c.Strict, c.AllowPartial, c.AllowPartial
	s, err := p.read(c.Report)
	if err != nil {
		return err
	}
	return o.put(p, s, known.in(v))
}

type diffCmd struct {
	Old string `arg:"" complete:"file" help:"Folder or file of the earlier report."`
	New string `arg:"" complete:"file" help:"Folder or file of the later one."`

	AllowPartial bool `help:"Do not exit with status 1 because results are missing, or are now those of shortened cases."`
}

// Run prints what is different.
func (c diffCmd) Run(p *process) error {
	p.partial = c.AllowPartial
	old, err := p.readSummary(c.Old)
	if err != nil {
		return err
	}
	now, err := p.readSummary(c.New)
	if err != nil {
		return err
	}
	for name, before := range baseline.Renamed(old, now) {
		fmt.Fprintf(p.stdout, "%q is compared with %q in the earlier report\n", name, before)
	}
	worse, changes := false, baseline.Diff(old, now)
	if len(changes) == 0 {
		fmt.Fprintf(p.stdout, "No verdict differs: %s\n", extent(now))
	}
	for _, change := range changes {
		fmt.Fprintf(p.stdout, "%q %s %s: %s, now %s\n", change.Agent, change.ID, change.Kind, words(change.Old)+length(change.OldShortened), words(change.New)+length(change.NewShortened))
		worse = worse || change.Kind == baseline.Regressed || !c.AllowPartial && (change.Kind == baseline.Removed || change.Kind == baseline.Shortened)
	}
	if worse {
		return statusError(exitVerdict)
	}
	return nil
}

// extent says how much a report is.
func extent(rep *report.Report) string {
	n := resultsOf(rep)
	results, agents := fmt.Sprintf("%d results", n), fmt.Sprintf("of %d agents", len(rep.Agents))
	if n == 1 {
		results = "1 result"
	}
	if len(rep.Agents) == 1 {
		agents = fmt.Sprintf("of %q", rep.Agents[0].Name)
	}
	return results + " " + agents
}

// length says of a verdict that it is none of the whole case.
func length(shortened bool) string {
	if shortened {
		return " (shortened)"
	}
	return ""
}

// words prints both halves of a verdict, or a dash where there was none.
func words(v verdict.Verdict) string {
	if v.Behavior == "" {
		return "-"
	}
	return visible.Text(fmt.Sprintf("%s, closing %s", v.Behavior, v.Close))
}

type acceptCmd struct {
	Report string `arg:"" complete:"file" help:"Folder or file."`
	Reason string `required:"" placeholder:"TEXT" help:"Why these failures are accepted."`
	Out    string `short:"o" default:"-" placeholder:"FILE" complete:"file" help:"The expectation file; by default, standard output."`
}

// Run writes the expectation file.
func (c acceptCmd) Run(p *process) error {
	rep, err := p.readSummary(c.Report)
	if err != nil {
		return err
	}
	var b strings.Builder
	if err := baseline.FromReport(rep, view(), c.Reason).Write(&b); err != nil {
		return err
	}
	if _, err := baseline.Parse(strings.NewReader(b.String())); err != nil {
		return badUsage(fmt.Errorf("--reason %q: %w", c.Reason, errors.Unwrap(err)), "")
	}
	if c.Out == "-" {
		fmt.Fprint(p.stdout, b.String())
		return nil
	}
	return archive.WriteOutput(c.Out, []byte(b.String()))
}

type rejudgeCmd struct {
	Report string `arg:"" complete:"file" help:"Folder of a report made by wsspec."`
}

// Run judges each conversation by today's cases and prints what comes out
// otherwise than it was stored.
func (c rejudgeCmd) Run(p *process) error {
	rep, err := p.read(c.Report)
	if err != nil {
		return err
	}
	byID := map[string]conform.Case{}
	for _, k := range cases.All(cases.Current) {
		byID[k.ID] = k
	}
	judged, changed, left := 0, 0, 0
	for _, a := range rep.Agents {
		for _, r := range a.Results {
			if r, err = rep.whole(r); err != nil {
				return err
			}
			k, known := byID[r.ID]
			if !known || !r.Whole() || len(r.Log.Records) == 0 {
				left++
				continue
			}
			judged++
			k.Want.ByRFC = k.Want.NeedsDeflate
			if r.Shortened() {
				k.Want.Echoes = r.Want.Echoes
			}
			if v := verdict.Judge(k.Want, k.Close, r.Log); v.Behavior != r.Verdict.Behavior || v.Close != r.Verdict.Close {
				changed++
				fmt.Fprintf(p.stdout, "%q %s: %s; was %s\n", a.Name, r.ID, words(v), words(r.Verdict))
			}
		}
	}
	fmt.Fprintf(p.stdout, "%d conversations judged again, %d verdicts changed\n", judged, changed)
	if left > 0 {
		fmt.Fprintf(p.stdout, "%d left out: they are in the reference's format, which lacks some of what they were judged by, or their cases no longer exist\n", left)
	}
	if changed > 0 {
		return statusError(exitVerdict)
	}
	return nil
}
