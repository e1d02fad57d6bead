// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/ws"
)

// FaultFlags make our own endpoint do something wrong, so that users can see
// what a failure looks like and whether their pipeline stops at one.
type FaultFlags struct {
	Fault  []string `placeholder:"NAME" complete:"fault" help:"Do something wrong on purpose, to see whether a test finds it. Repeatable."`
	Faults bool     `help:"List the faults that --fault knows, and exit."`
}

// parse reads the names of the faults.
func (f FaultFlags) parse(command string) (testee.Faults, error) {
	faults, err := testee.ParseFaults(f.Fault...)
	if err == nil {
		return faults, nil
	}
	hint := fmt.Sprintf(`"wsspec %s --faults" lists them all`, command)
	if near := nearFaults(f.Fault); len(near) > 0 {
		hint = fmt.Sprintf("is it one of %s? %s", strings.Join(near, ", "), hint)
	}
	return nil, badUsage(fmt.Errorf("--fault: %w", err), hint)
}

// nearFaults are names that have a word in common with one of those given, which
// is none itself.
func nearFaults(given []string) []string {
	const most = 8
	var names, near []string
	for _, f := range testee.AllFaults() {
		names = append(names, f.Name)
	}
	for _, g := range given {
		if slices.Contains(names, g) {
			continue
		}
		for _, name := range names {
			if slices.ContainsFunc(strings.Split(g, "-"), func(word string) bool { return slices.Contains(strings.Split(name, "-"), word) }) {
				near = append(near, name)
			}
		}
	}
	return near[:min(len(near), most)]
}

// listFaults prints the faults that make a difference in the role.
func listFaults(p *process, role ws.Role) {
	for _, f := range testee.AllFaults() {
		if !f.Roles.Has(role) {
			continue
		}
		allowed := ""
		if f.Legal {
			allowed = " (allowed)"
		}
		fmt.Fprintf(p.stdout, "%-40s %s%s\n", f.Name, f.Title, allowed)
	}
}
