// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/wsspec/wsspec/internal/load"
	"github.com/wsspec/wsspec/internal/load/scenario"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/results"
	"github.com/wsspec/wsspec/internal/report/score"
	"github.com/wsspec/wsspec/internal/visible"
)

type schemaCmd struct {
	Of string `arg:"" optional:"" enum:"report,load,load-plan" default:"report" help:"report: of a report; load: of the result of a load test; load-plan: of a plan for one (${default})."`
}

// Run prints the schema.
func (c schemaCmd) Run(p *process) error {
	text := map[string]func() string{"report": results.Schema, "load": load.Schema, "load-plan": scenario.Schema}[c.Of]
	fmt.Fprint(p.stdout, text())
	return nil
}

type historyCmd struct {
	Reports []string `arg:"" complete:"file" help:"Folders or files."`
	Agent   string   `placeholder:"NAME" help:"Only the agent with this name."`
	Strict  bool     `help:"Count NON-STRICT as failed, and any closing that is not OK."`
}

// point is an agent in one of several reports.
type point struct {
	agent, path string
	at          time.Time // of its last result; zero where reports do not tell
	cells       []string
}

// Run prints a line for each agent in each report, by agent and then by time.
func (c historyCmd) Run(p *process) error {
	var points []point
	for _, path := range c.Reports {
		rep, err := p.readSummary(path)
		if err != nil {
			return err
		}
		for _, a := range rep.Agents {
			if c.Agent == "" || a.Name == c.Agent {
				points = append(points, pointOf(a, path, report.View{Strict: c.Strict}))
			}
		}
	}
	if len(points) == 0 {
		return badUsage(fmt.Errorf("--agent %s: there is no such agent in the reports", c.Agent), "")
	}
	slices.SortStableFunc(points, func(x, y point) int {
		if x.agent != y.agent {
			if x.agent < y.agent {
				return -1
			}
			return 1
		}
		return x.at.Compare(y.at)
	})
	w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "agent\twhen\tcases\tfailed\tlax\tnot judged\tnot run\tgrade\treport")
	for _, pt := range points {
		when := "-"
		if !pt.at.IsZero() {
			when = pt.at.UTC().Format("2006-01-02 15:04")
		}
		fmt.Fprintf(w, "%s\t%s", visible.Text(pt.agent), when)
		for _, cell := range pt.cells {
			fmt.Fprint(w, "\t"+cell)
		}
		fmt.Fprintln(w, "\t"+visible.Text(filepath.Clean(pt.path)))
	}
	return w.Flush()
}

func pointOf(a report.Agent, path string, v report.View) point {
	pt := point{agent: a.Name, path: path}
	failed, lax := 0, 0
	for _, r := range a.Results {
		if r.Started.After(pt.at) {
			pt.at = r.Started
		}
		switch v.Standing(r) {
		case "fail":
			failed++
		case "soft":
			lax++
		}
	}
	card := score.Of(a)
	grade := card.Grade
	if grade == "" {
		grade = "none"
	}
	for _, n := range []int{card.Total, failed, lax, card.Unjudged, card.Missing} {
		pt.cells = append(pt.cells, strconv.Itoa(n))
	}
	if n := len(a.Shortened()); n > 0 {
		pt.cells[0] += fmt.Sprintf(" (%d shortened)", n)
	}
	pt.cells = append(pt.cells, grade)
	return pt
}
