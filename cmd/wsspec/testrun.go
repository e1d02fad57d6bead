// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/folder"
	"github.com/wsspec/wsspec/internal/fuzzclient"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/archive"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/terminal"
	"github.com/wsspec/wsspec/internal/testee"
)

// testRun is a test of several servers with one selection of cases.
type testRun struct {
	servers  []fuzzclient.Server
	profiles []profile // of the servers, in their order
	picked   []conform.Case
	said     *conversations // that are played in place of cases, nil for none
	parted   func([]conform.Case, peer.Profile) (played []conform.Case, left []report.Planned)
	plan     []runner.Planned // what of them is played of the server in turn: see planFor
	surveys  []runner.Planned
	untold   []report.Planned
	settings runner.Settings
	pace     runner.Pace
	out      string
	suites   []string // see report.Agent
	strict   bool
	force    bool                                               // see openFolder
	repeat   func(s fuzzclient.Server, profile string) []string // flags: see report.Result
	partial  bool                                               // what says nothing is let pass
	part     bool                                               // of the cases there are
	skip     func(agent, id string) bool
	outputs  []output
	known    *known
	outdated bool            // see terminal.Tally
	tested   []string        // agents
	results  []report.Result // of all, without their conversations
	process  *process
	machine  *process // the same, where reports may have standard output to themselves
	screen   *terminal.Screen
}

// builtIn starts the echo server that comes with the program.
func builtIn(ctx context.Context) (url string, stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, fmt.Errorf("start the built-in server: %w", err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = testee.Server{Config: testee.Config{Agent: "wsspec-echo"}}.Serve(ctx, l) // ends with the listener
	}()
	return "ws://" + l.Addr().String(), func() { cancel(); <-ended }, nil
}

// run tests the servers, writes the report and prints the summary.
func (t *testRun) run(ctx context.Context) error {
	store, err := t.process.openFolder(t.out, t.strict, t.force)
	if err != nil {
		return err
	}
	for _, o := range t.outputs {
		if err := o.check(); err != nil {
			return err
		}
	}
	store.View.Partial = t.partial
	store.View = t.known.in(store.View)
	store.Expect(archive.Plan{Of: t.expected, Suites: func(string) []string { return t.suites }, Part: t.part, Why: "the run was broken off"})
	status := exitOK
	for i := range t.servers {
		st, err := t.one(ctx, i, store)
		if err != nil {
			return errors.Join(err, store.Finish())
		}
		status = max(status, st)
		if ctx.Err() != nil {
			break
		}
	}
	if err := store.Finish(); err != nil {
		return err
	}
	if err := writeOutputs(t.machine, t.outputs, store); err != nil {
		return err
	}
	t.known.idle(t.process, t.results)
	t.process.reportAt(store)
	if ctx.Err() != nil {
		return statusError(exitInterrupted)
	}
	if status != exitOK {
		return statusError(status)
	}
	return nil
}

// one tests one server and returns the exit status it earns.
func (t *testRun) one(ctx context.Context, server int, store *folder.Folder) (int, error) {
	s := t.servers[server]
	endpoint, err := s.Resolve("wsspec/" + version())
	if err != nil {
		return 0, badUsage(err, "")
	}
	t.planFor(server)
	settings := t.settings
	settings.Options = s.Options
	tally := &terminal.Tally{Strict: t.strict, Partial: t.partial, Outdated: t.outdated, Whole: wholeIn(store)}
	if t.known != nil {
		tally.Standing = t.known.standing
	}
	pace := t.pace
	pace.Fails, pace.Played = tally.Regressed, func(report.Result) { t.screen.Played() }
	begun, flags := time.Now(), t.repeat(s, t.profiles[server].file)
	run := fuzzclient.Run{
		Server: endpoint, Plan: t.plan, Surveys: t.surveys, Conversations: t.said.all(), Settings: settings, Pace: pace, Skip: t.skip,
		Begin: func(agent string, n int) error {
			t.tested = append(t.tested, agent)
			tally.Plan(t.expected(agent), "")
			tally.From(t.suites...)
			t.screen.Begin(terminal.Plan{Agent: agent, URL: s.URL, IDs: t.ids(), Costs: t.costs(), Cases: n, Repeat: pace.Repeat, Seed: settings.Seed})
			return store.Begin(agent)
		},
		Playing: t.screen.Playing,
		Taken:   func(agent string) bool { return slices.Contains(t.tested, agent) },
		Keep: func(r report.Result) error {
			r.Flags = t.said.flags(r, flags)
			return store.Put(r)
		},
		Done: func(r report.Result) error {
			r.Flags = t.said.flags(r, flags)
			tally.Add(r)
			t.screen.Done(r, tally)
			return nil
		},
	}
	outcome, err := run.Do(ctx)
	if err := t.end(outcome, err, tally, store, time.Since(begun)); err != nil {
		return 0, err
	}
	status := t.process.earned(tally)
	faults, ours := errors.AsType[runner.Faults](err)
	if ours {
		t.process.faults(faults)
		status = exitFault
	}
	switch {
	case errors.Is(err, fuzzclient.ErrUnreachable):
		fmt.Fprintf(t.process.stderr, "wsspec: %v\nhint: %s\n", err, unreachableHint(err))
		return max(status, exitUnreachable), nil
	case err != nil && ctx.Err() != nil:
		fmt.Fprintf(t.process.stderr, "wsspec: %v\n", err)
		return exitInterrupted, nil
	case err != nil && !ours:
		return 0, err
	}
	return status, nil
}

// end tells what a server came to, and why not all was run, where that is so.
func (t *testRun) end(outcome fuzzclient.Outcome, cause error, tally *terminal.Tally, store *folder.Folder, took time.Duration) error {
	counts := []terminal.Count{{Name: "fault in wsspec", N: outcome.Faults}}
	if tally.Done() == 0 {
		counts = append(counts, terminal.Count{Name: "not run", N: outcome.Left})
	}
	if cause != nil {
		why, _, _ := strings.Cut(cause.Error(), "\n")
		tally.Plan(t.expected(outcome.Agent), why)
		if err := store.Ended(outcome.Agent, why); err != nil {
			return err
		}
	}
	t.screen.End(outcome.Agent, tally, took, counts...)
	for _, r := range tally.Results() {
		r.Agent = outcome.Agent
		t.results = append(t.results, r)
	}
	return nil
}

// earned is the exit status that a tally earns. What makes it one is on the screen, but
// for what it does not say.
func (p *process) earned(tally *terminal.Tally) int {
	switch gap := tally.Gap(); {
	case gap == terminal.Nothing && tally.Done() > 0:
		fmt.Fprint(p.stderr, "wsspec: no case could judge the peer\nhint: select others with --cases\n")
		return exitUnreachable
	case gap == terminal.Nothing:
		return exitUnreachable
	case gap == terminal.Some:
		fmt.Fprint(p.stderr, "wsspec: not all cases were run\nhint: leave cases out with --exclude, or accept this with --allow-partial\n")
		return exitVerdict
	case tally.Failed() > 0:
		return exitVerdict
	}
	return exitOK
}

// expected is what is to be played of the agent.
func (t *testRun) expected(agent string) []report.Planned {
	var planned []report.Planned
	for _, c := range slices.Concat(t.plan, t.surveys) {
		if t.skip == nil || !t.skip(agent, c.ID) {
			planned = append(planned, report.Planned{ID: c.ID, Title: c.Title})
		}
	}
	return append(planned, slices.DeleteFunc(slices.Clone(t.untold), func(p report.Planned) bool { return t.skip != nil && t.skip(agent, p.ID) })...)
}

// ids are those of the plan.
func (t *testRun) ids() []string {
	var ids []string
	for _, c := range slices.Concat(t.plan, t.surveys) {
		ids = append(ids, c.ID)
	}
	return ids
}

// costs is about what each of the ids takes.
func (t *testRun) costs() []time.Duration {
	var costs []time.Duration
	for _, c := range slices.Concat(t.plan, t.surveys) {
		costs = append(costs, runner.Cost(c.Case))
	}
	return costs
}

// faults tells of our own faults, with what we need to find them.
func (p *process) faults(fs runner.Faults) {
	for _, f := range fs {
		fmt.Fprintf(p.stderr, "wsspec: %v\n", f)
	}
	fmt.Fprintf(p.stderr, "hint: this is not the peer's fault. Please report it, with these lines:\n%s", fs[0].Stack)
}

// openFolder uses the folder of a report: see folder.Open. Nobody else may write to it
// until the process ends, and with force files in it are replaced whatever they are.
func (p *process) openFolder(dir string, strict, force bool) (*folder.Folder, error) {
	unlock, err := archive.Lock(dir)
	if err != nil {
		return nil, badUsage(fmt.Errorf("--out: %w", err), "choose another folder for the report, or wait until the other run ends")
	}
	p.later(unlock)
	if err := archive.Foreign(dir); err != nil && !force {
		return nil, badUsage(fmt.Errorf("--out: %w", err), "choose another folder for the report, or replace it with --force")
	}
	f, err := folder.Open(dir, false, report.View{Strict: strict, Sections: cases.Sections(), Kept: p.kept})
	if err != nil {
		return nil, badUsage(err, "choose another folder for the report")
	}
	if why := f.Rebuilt(); why != "" {
		p.note(why)
	}
	return f, nil
}

// wholeIn takes results from the folder, with their conversations.
func wholeIn(f *folder.Folder) func(report.Result) (report.Result, error) {
	return func(r report.Result) (report.Result, error) {
		return archive.LoadCase(f.Dir(), f.FileName(r.Agent, r.ID))
	}
}

// reportAt says where the report is.
func (p *process) reportAt(f *folder.Folder) { fmt.Fprintf(p.stdout, "\nReport: %s\n", f.Page()) }
