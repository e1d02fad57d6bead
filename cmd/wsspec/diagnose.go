// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"

	"github.com/wsspec/wsspec/internal/diagnosis"
	"github.com/wsspec/wsspec/internal/report/archive"
	"github.com/wsspec/wsspec/internal/report/telling"
	"github.com/wsspec/wsspec/internal/terminal"
)

type diagnoseCmd struct {
	Report string `arg:"" type:"path" help:"Folder of a report, or one of its case files."`
	Agent  string `placeholder:"NAME" help:"Only this agent."`
	JSON   bool   `name:"json" help:"Print JSON."`
}

// Help says what the causes are and how far they can be trusted.
func (diagnoseCmd) Help() string {
	return `The suite knows a few hundred mistakes that an implementation can make, and which cases each of them breaks. This finds the fewest of them that explain what went wrong in a report.

Each cause says how many cases it explains, and of how many that such a mistake breaks; where it fits them all it is most likely the one. "or" names mistakes that would look just the same. What nothing explains is listed: a mistake that is not among the known ones.

Exit status: 0 where nothing went wrong, 1 where something did.`
}

// diagnosed is an agent's diagnosis as "diagnose --json" prints it.
type diagnosed struct {
	Agent  string           `json:"agent"`
	Wrong  int              `json:"wrong"`
	Causes []diagnosedCause `json:"causes"`
	Left   []string         `json:"left"`
}

type diagnosedCause struct {
	Fault    string   `json:"fault"`
	Title    string   `json:"title"`
	Topic    string   `json:"topic"`
	Allowed  bool     `json:"allowed"`
	Explains []string `json:"explains"`
	Of       int      `json:"of"`
	Missing  []string `json:"missing"`
	Example  string   `json:"example"`
	Or       []string `json:"or"`
}

// Run prints the causes for each agent of the report.
func (c diagnoseCmd) Run(p *process) error {
	rep, err := archive.LoadLight(c.Report, p.note)
	if err != nil {
		return badUsage(err, "")
	}
	all := []diagnosed{}
	wrong, known := 0, false
	for _, a := range rep.Agents {
		if c.Agent != "" && a.Name != c.Agent {
			continue
		}
		known = true
		d := telling.Diagnose(a)
		wrong += d.Wrong
		if !c.JSON {
			terminal.Causes(terminal.Surroundings{Out: p.stdout, Width: p.page(), Getenv: p.getenv}, a.Name, d)
			continue
		}
		all = append(all, newDiagnosed(a.Name, d))
	}
	if !known {
		return badUsage(fmt.Errorf("%s: there are no results%s", c.Report, ofAgent(c.Agent)), "")
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
	x := diagnosed{Agent: agent, Wrong: d.Wrong, Causes: []diagnosedCause{}, Left: append([]string{}, d.Left...)}
	for _, c := range d.Causes {
		or := []string{}
		for _, f := range c.Or {
			or = append(or, f.Name)
		}
		x.Causes = append(x.Causes, diagnosedCause{
			Fault: c.Name, Title: c.Title, Topic: c.Topic, Allowed: c.Legal, Explains: append([]string{}, c.Explains...),
			Of: c.Of, Missing: append([]string{}, c.Missing...), Example: c.Example, Or: or,
		})
	}
	return x
}
