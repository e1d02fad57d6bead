// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/report/telling"
	"github.com/wsspec/wsspec/internal/requirements"
)

type casesCmd struct {
	List listCmd `cmd:"" default:"withargs" help:"List ids, titles, sections and tags."`
	Show showCmd `cmd:"" help:"Explain one case: what we send, what must come back, and why."`
}

type listCmd struct {
	Patterns []string `arg:"" optional:"" name:"pattern" complete:"pattern" help:"Ids, ranges such as 5.6-7, tags such as #utf8, and patterns such as 6.4.*. By default, all."`
	Suite    string   `placeholder:"NAME" complete:"full,autobahn,quick" help:"Suite to list: full, all cases; autobahn, the 517 of the reference; or quick, without 9.* and with the cases of 12.* and 13.* shortened."`
	Edition  string   `placeholder:"NAME" complete:"25.10,0.7" help:"Edition of the reference: 25.10 or 0.7."`
	JSON     bool     `name:"json" help:"Print JSON."`
}

// listedCase is a case as "cases --json" prints it.
type listedCase struct {
	ID    string        `json:"id"`
	Title string        `json:"title"`
	Spec  string        `json:"spec"`
	Tags  []conform.Tag `json:"tags"`
	Needs conform.Trait `json:"needs,omitempty"` // what a profile has to say for it to be run
}

// Run prints the list.
func (c listCmd) Run(p *process) error {
	picked, err := Selection{listed: true, Cases: c.Patterns, Suite: c.Suite, Edition: c.Edition}.pick()
	if err != nil {
		return err
	}
	if c.JSON {
		list := []listedCase{}
		for _, k := range picked {
			list = append(list, listedCase{k.ID, k.Title, k.Spec, append([]conform.Tag{}, k.Tags...), k.Needs})
		}
		b, err := json.MarshalIndent(list, "", "  ")
		if err != nil {
			return fmt.Errorf("print cases: %w", err)
		}
		fmt.Fprintf(p.stdout, "%s\n", b)
		return nil
	}
	for _, k := range picked {
		var tags []string
		for _, t := range k.Tags {
			tags = append(tags, "#"+string(t))
		}
		if k.Needs != conform.Unneeded {
			tags = append(tags, needsWhat(k.Needs))
		}
		fmt.Fprintln(p.stdout, strings.TrimSpace(fmt.Sprintf("%-8s %s (%s) %s", k.ID, k.Title, k.Spec, strings.Join(tags, " "))))
	}
	return nil
}

type showCmd struct {
	ID      string `arg:"" complete:"id" help:"The case, such as 6.4.1."`
	Edition string `placeholder:"NAME" complete:"25.10,0.7" help:"Edition of the reference: 25.10 or 0.7."`
}

// Run explains the case.
func (c showCmd) Run(p *process) error {
	picked, err := Selection{listed: true, Cases: []string{c.ID}, Edition: c.Edition}.pick()
	if err != nil {
		return err
	}
	edition, err := cases.ParseEdition(c.Edition)
	if err != nil {
		return err
	}
	table := requirements.Load()
	for _, k := range picked {
		fmt.Fprintf(p.stdout, "%s  %s\n\nRests on:  %s\n", k.ID, k.Title, k.Spec)
		if who := k.Only.Tested(); who != "" {
			fmt.Fprintf(p.stdout, "Tests:     %s only\n", who)
		}
		fmt.Fprintf(p.stdout, "Expected:  %s\n", telling.Expectation(k.Want, k.Close))
		if k.Needs != conform.Unneeded {
			fmt.Fprintf(p.stdout, "Needs:     %s\n", k.Needs.Wanted())
		}
		if len(k.Requirements) > 0 {
			fmt.Fprintln(p.stdout, "\nRequirements that it tests:")
		}
		for _, id := range k.Requirements {
			r, _ := table.ByID(id) // there is one, as a test sees to
			fmt.Fprintf(p.stdout, "  %s  %s (%s, %s)\n    %s\n", id, r.Level, r.Place(), r.Side, r.Text)
		}
		script := cases.Script(edition, k.ID)
		if len(script) > 0 {
			fmt.Fprintln(p.stdout, "\nWhat we send while nothing comes back (seconds, > frame, # remark):")
		}
		for _, line := range script {
			fmt.Fprintln(p.stdout, "  "+line)
		}
	}
	return nil
}

// needsWhat says in a few words what a case needs to be run.
func needsWhat(t conform.Trait) string {
	if t.OfTLS() {
		return "(needs " + string(t) + ")"
	}
	return "(needs a profile: " + string(t) + ")"
}
