// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/wsspec/wsspec/internal/diagnosis"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/results"
	"github.com/wsspec/wsspec/internal/report/telling"
	"github.com/wsspec/wsspec/internal/terminal"
)

type diagnoseCmd struct {
	Report string `arg:"" complete:"file" help:"Folder of a report, or one of its case files."`
	Agent  string `placeholder:"NAME" help:"Only this agent."`
	JSON   bool   `name:"json" help:"Print JSON."`
}

// Help says what the causes are and how far they can be trusted.
func (diagnoseCmd) Help() string {
	return `wsspec knows a few hundred mistakes that an implementation can make, and which cases each of them breaks. This command finds the smallest set of them that explains the failures in a report.

For each cause it says how many of the cases that such a mistake breaks did fail; if all of them did, this is most likely the one. It also names other mistakes that would look just the same. Failures that no known mistake explains are listed at the end.

Exit status: 0 if nothing went wrong, 1 if something did.`
}

// diagnosed is an agent's diagnosis as "diagnose --json" prints it.
type diagnosed struct {
	Agent  string          `json:"agent"`
	Wrong  int             `json:"wrong"`
	Causes []results.Cause `json:"causes"`
	Left   []string        `json:"left"`
}

// Run prints the causes for each agent of the report.
func (c diagnoseCmd) Run(p *process) error {
	rep, err := p.readSummary(c.Report)
	if err != nil {
		return err
	}
	rep.Agents = slices.DeleteFunc(rep.Agents, func(a report.Agent) bool { return c.Agent != "" && a.Name != c.Agent })
	if len(rep.Agents) == 0 {
		return badUsage(fmt.Errorf("%s: there are no results%s", c.Report, ofAgent(c.Agent)), "")
	}
	all := []diagnosed{}
	wrong := 0
	ds := telling.DiagnoseAll(rep)
	for i, a := range rep.Agents {
		d := ds[i]
		wrong += d.Wrong
		if !c.JSON {
			terminal.Causes(terminal.Surroundings{Out: p.stdout, Width: p.page(), Getenv: p.getenv}, a.Name, d)
			continue
		}
		all = append(all, newDiagnosed(a.Name, d))
	}
	if c.JSON {
		b, err := json.MarshalIndent(all, "", "  ")
		if err != nil {
			return fmt.Errorf("print causes: %w", err)
		}
		fmt.Fprintf(p.stdout, "%s\n", b)
	}
	if wrong > 0 {
		return statusError(exitVerdict)
	}
	return nil
}

func ofAgent(name string) string {
	if name == "" {
		return ""
	}
	return fmt.Sprintf(" of an agent %q", name)
}

func newDiagnosed(agent string, d diagnosis.Diagnosis) diagnosed {
	return diagnosed{Agent: agent, Wrong: d.Wrong, Causes: append([]results.Cause{}, results.Causes(d)...), Left: append([]string{}, d.Left...)}
}
