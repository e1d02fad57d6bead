// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/wsspec/wsspec/internal/load"
	"github.com/wsspec/wsspec/internal/load/scenario"
)

// A planFile is where the settings of a load test come from that are not on the command line.
type planFile struct {
	name  string
	lines map[string]int // of each key that counts
}

// readPlan gives the flags of the command that are not on the command line the values that a
// file has for them. It returns the URL in the file, if there is one.
func readPlan(ctx context.Context, name string, k *kong.Context) (f planFile, url string, err error) {
	f = planFile{name: name, lines: map[string]int{}}
	text, err := awaitPlan(ctx, name)
	if ctx.Err() != nil {
		return f, "", statusError(exitInterrupted)
	}
	if err != nil {
		return f, "", badUsage(fmt.Errorf("--plan: %w", err), "")
	}
	entries, err := scenario.Parse(name, text)
	if err != nil {
		return f, "", badUsage(err, "docs/load.md has examples; \"wsspec schema load-plan\" prints the schema")
	}
	command := k.Selected().Name
	for _, e := range entries {
		switch {
		case e.Key == "command":
			if e.Values[0] != command {
				return f, "", badUsage(fmt.Errorf("%s:%d: this is a plan for %s", name, e.Line, e.Values[0]), fmt.Sprintf("wsspec load %s --plan %s", e.Values[0], name))
			}
			continue
		case e.Key == "url":
			f.lines["url"], url = e.Line, e.Values[0]
			continue
		case !slices.Contains(scenario.Commands(e.Key), command):
			return f, "", badUsage(fmt.Errorf("%s:%d: %s is for %s, not for %s", name, e.Line, e.Key, strings.Join(scenario.Commands(e.Key), " and "), command), "")
		}
		flag := flagOf(k, e.Key)
		if flag == nil {
			return f, "", badUsage(fmt.Errorf("%s:%d: load %s has no setting %s", name, e.Line, command, e.Key), "")
		}
		if onCommandLine(k, flag) {
			continue
		}
		f.lines[flag.Name] = e.Line
		for _, v := range e.Values {
			if err := flag.Parse(kong.ScanAsType(kong.FlagValueToken, v), flag.Target); err != nil {
				return f, "", badUsage(fmt.Errorf("%s:%d: %w", name, e.Line, plainly(err)), "")
			}
		}
	}
	return f, url, nil
}

// awaitPlan reads a file that may be a pipe into which nobody writes: it waits no longer than the context.
func awaitPlan(ctx context.Context, name string) (text []byte, err error) {
	done := make(chan struct{})
	var read []byte
	var failed error
	go func() {
		defer close(done)
		read, failed = planText(name)
	}()
	select {
	case <-done:
		return read, failed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// planText reads a file, no further than it takes to see that it is too long for a plan.
func planText(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, scenario.MaxFile+1))
}

// flagOf finds the flag for a key.
func flagOf(k *kong.Context, key string) *kong.Flag {
	for _, f := range k.Flags() {
		if f.Name == key || slices.Contains(f.Aliases, key) {
			return f
		}
	}
	return nil
}

func onCommandLine(k *kong.Context, flag *kong.Flag) bool {
	return slices.ContainsFunc(k.Path, func(p *kong.Path) bool { return p.Flag == flag })
}

// bad is an error of the plan as a mistake on the command line, or in the file that it comes from.
func (f planFile) bad(err error) error {
	e, ok := errors.AsType[*load.FieldError](err)
	if !ok {
		return badUsage(err, "")
	}
	switch line := f.lines[e.Field]; {
	case line > 0:
		return badUsage(fmt.Errorf("%s:%d: %s: %w", f.name, line, e.Field, e.Err), e.Hint)
	case e.Field == "url":
		return badUsage(e.Err, e.Hint)
	}
	return badUsage(fmt.Errorf("--%s: %w", e.Field, e.Err), e.Hint)
}

// loadPlanCommand puts the command into a command line "load --plan FILE" that leaves
// it to the file. Mistakes in the file are told when it is read again, which is why it cannot be a pipe.
func loadPlanCommand(args []string) []string {
	if len(args) < 2 || args[0] != "load" || !strings.HasPrefix(args[1], "-") {
		return args
	}
	for i, arg := range args {
		name, joined := strings.CutPrefix(arg, "--plan=")
		if !joined && (arg != "--plan" || i+1 == len(args)) {
			continue
		}
		if !joined {
			name = args[i+1]
		}
		info, err := os.Stat(name)
		if err != nil || !info.Mode().IsRegular() {
			return slices.Insert(slices.Clone(args), 1, "connect")
		}
		text, err := planText(name)
		if err != nil {
			return slices.Insert(slices.Clone(args), 1, "connect")
		}
		entries, _ := scenario.Parse(name, text)
		command := "connect"
		for _, e := range entries {
			if e.Key == "command" {
				command = e.Values[0]
			}
		}
		return slices.Insert(slices.Clone(args), 1, cmp.Or(command, "connect"))
	}
	return args
}
