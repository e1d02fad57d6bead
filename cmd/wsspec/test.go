// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/corpus"
	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/fuzzclient"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/spec"
	"github.com/wsspec/wsspec/internal/terminal"
	"github.com/wsspec/wsspec/internal/ws"
)

type testCmd struct {
	URLs []string `arg:"" optional:"" name:"url" help:"Servers: ws://host:port/path, wss://…, or name=ws://… to name one in the report. Without a URL, a built-in echo server is tested."`

	Selection `embed:""`

	Spec string `type:"existingfile" placeholder:"FILE" help:"Read servers, cases and options from a specification file (JSON, as for fuzzingclient)."`
	Out  string `default:"wsspec-report" placeholder:"DIR" complete:"dir" help:"Folder for the report (${default})."`

	Force bool `help:"Replace files in --out that are not part of a report."`

	Jobs           int     `placeholder:"N" help:"Cases to run at a time; by default up to 16, if the server can handle them."`
	Repeat         int     `default:"1" placeholder:"N" help:"Run each case N times, up to 100; the worst attempt counts."`
	Retries        int     `placeholder:"N" help:"Run a failed case again, up to N times (at most 100), until it passes: the last attempt counts, and the case is marked as flaky. Cannot be combined with --repeat."`
	TimeoutFactor  float64 `default:"1" placeholder:"F" help:"Multiply all timeouts by F, for slow machines."`
	FailByDrop     bool    `help:"Fail connections by closing TCP, without a Close frame."`
	Seed           *uint64 `placeholder:"N" help:"Use the masking keys of an earlier run: the seed it printed."`
	Baseline       string  `placeholder:"PATH" complete:"file" help:"An earlier report or an expectation file: failures recorded there do not count, unless they got worse."`
	StrictBaseline bool    `help:"Count a case that was expected to fail and does not as a failure."`
	OnlySection    string  `placeholder:"SECTION" complete:"section" help:"Only cases that test this section of an RFC, such as 5.4."`
	LastFailed     bool    `help:"Only cases that did not pass, were flaky or were not run, according to the report in --out."`
	DryRun         bool    `help:"List the cases that would be run, without running them."`
	AllowPartial   bool    `help:"Do not exit with status 1 because cases were not run."`
	Strict         bool    `help:"Count NON-STRICT as failed, and any closing that is not OK."`

	Handshake `embed:""`

	HTTPVersion `embed:"" group:"HTTP"`

	Quiet   bool `short:"q" group:"Output" help:"Print the summary only."`
	Verbose bool `short:"v" group:"Output" help:"Print a line for every case."`
	Wire    bool `group:"Output" help:"Print the wire log of failed cases."`

	Report []string `sep:"none" placeholder:"KIND=FILE" complete:"output" group:"Output" help:"Write another report: csv, html, junit, markdown, tap, github, json or badge; without =FILE, to standard output. Repeatable."`
}

// Selection picks cases.
type Selection struct {
	Cases   []string `placeholder:"ID" complete:"pattern" help:"Cases to run: ids, ranges such as 5.6-7, tags such as #utf8, and patterns such as 6.4.* or 13.*.1. By default, all."`
	Exclude []string `placeholder:"ID" complete:"pattern" help:"Cases to leave out."`
	Suite   string   `placeholder:"NAME" complete:"full,autobahn,quick" help:"Suite to choose from: full, all cases; autobahn, the 517 of the reference; or quick, without 9.* and with the cases of 12.* and 13.* shortened, as the report then says."`
	Edition string   `placeholder:"NAME" complete:"25.10,0.7" help:"Edition of the reference that decides which close codes 7.9 tests: 25.10 or 0.7."`
	asFile  bool     // the cases are those of a specification file, and mean what they do there
	listed  bool     // they are arguments, not flags
	Profile string   `type:"existingfile" placeholder:"FILE" help:"JSON file that says what the peer is meant to do: its limits, its subprotocols, an origin it refuses and so on. Without it, cases that need to know are left out."`
	Corpus  string   `type:"existingdir" placeholder:"DIR" help:"Folder with data for the compression cases, in files named as in the reference; where a file is missing, built-in data is used."`
}

// pick returns the selected cases.
func (s Selection) pick() ([]conform.Case, error) {
	edition, err := cases.ParseEdition(s.Edition)
	if err != nil {
		return nil, badUsage(err, "")
	}
	suite, err := cases.ParseSuite(s.Suite)
	if err != nil {
		return nil, badUsage(fmt.Errorf("--suite: %w", err), "")
	}
	include := s.Cases
	if len(include) == 0 {
		include = []string{"*"}
	}
	data := corpus.New()
	if s.Corpus != "" {
		if data, err = corpus.Load(s.Corpus); err != nil {
			return nil, badUsage(err, "")
		}
	}
	pick := conform.Pick
	if s.asFile {
		pick = conform.Select
	}
	all := suite.Of(edition, data)
	picked, err := pick(all, include, s.Exclude)
	if unknown, is := errors.AsType[*conform.UnknownCaseError](err); is && s.Suite != "" {
		err = fmt.Errorf("%w in the suite %s", unknown, suite)
	}
	if err != nil {
		return nil, badUsage(err, s.lister())
	}
	if !s.asFile && excludable(all, s.Exclude) != nil { // but a case of another suite may be excluded
		if err := excludable(cases.FullSuite.Of(edition, data), s.Exclude); err != nil {
			return nil, badUsage(err, `"wsspec cases" lists what there is; "9.*" is all of 9`)
		}
	}
	if len(picked) == 0 {
		return nil, badUsage(fmt.Errorf("no case is selected by %s", s.flags()), s.lister())
	}
	return picked, nil
}

// excludable is an error where an entry of --exclude names what is in no suite, and so
// leaves nothing out.
func excludable(full []conform.Case, exclude []string) error {
	for _, e := range exclude {
		if _, err := conform.Pick(full, []string{e}, nil); err != nil {
			return fmt.Errorf("--exclude %s: %w", e, err)
		}
	}
	return nil
}

// lister says what lists the cases there are to pick from.
func (s Selection) lister() string {
	if s.Suite != "" {
		return fmt.Sprintf("\"wsspec cases --suite %s\" lists them all", s.Suite)
	}
	return `"wsspec cases" lists them all`
}

// suites is the name of the suite that the cases are picked from.
func (s Selection) suites() []string { return []string{cmp.Or(s.Suite, string(cases.FullSuite))} }

// part reports whether the flags pick some of the cases there are.
func (s Selection) part() bool {
	return len(s.Exclude) > 0 || len(s.Cases) > 0 && !slices.Contains(s.Cases, "*")
}

// flags are those that picked the cases.
func (s Selection) flags() string {
	if s.listed {
		return strings.Join(s.Cases, " ")
	}
	text := "--cases " + strings.Join(s.Cases, ",")
	if len(s.Cases) == 0 {
		text = "--cases *"
	}
	if s.Suite != "" {
		text = "--suite " + s.Suite + " " + text
	}
	if len(s.Exclude) > 0 {
		text += " --exclude " + strings.Join(s.Exclude, ",")
	}
	return text
}

// Run tests the servers one after the other.
func (c *testCmd) Run(ctx context.Context, p *process) error {
	t, err := c.prepare(p)
	if err != nil {
		return err
	}
	if c.DryRun {
		t.list(p)
		return nil
	}
	t.machine = p
	p = p.beside(t.outputs)
	t.process, t.screen = p, p.screen(terminal.Detail{Quiet: c.Quiet, Verbose: c.Verbose, Wire: c.Wire})
	if len(t.servers) == 0 {
		url, stop, err := builtIn(ctx)
		if err != nil {
			return err
		}
		defer stop()
		fmt.Fprintf(p.stderr, "No URL given: testing the built-in echo server at %s\n", url)
		t.servers = []fuzzclient.Server{{URL: url, Agent: "wsspec echo"}}
	}
	return t.run(ctx)
}

// prepare reads everything the flags name, so that mistakes are found before
// anything is started.
func (c *testCmd) prepare(p *process) (*testRun, error) {
	t := &testRun{out: c.Out, force: c.Force, repeat: c.repeat, suites: c.suites(), strict: c.Strict, pace: runner.Pace{Jobs: c.Jobs, Repeat: c.Repeat, Retries: c.Retries}, settings: runner.Settings{Seed: rand.Uint64() >> 32, Factor: c.TimeoutFactor, Deflate: deflate.NewPool()}}
	if err := c.checkPace(); err != nil {
		return nil, err
	}
	if !(c.TimeoutFactor > 0 && c.TimeoutFactor <= 1000) {
		return nil, badUsage(fmt.Errorf("--timeout-factor is %v: want more than 0 and at most 1000", c.TimeoutFactor), "")
	}
	if c.Seed != nil {
		t.settings.Seed = *c.Seed
	}
	if c.Spec != "" {
		if err := c.readSpec(t); err != nil {
			return nil, err
		}
	}
	for _, arg := range c.URLs {
		name, url, named := strings.Cut(arg, "=")
		if !named || strings.Contains(name, "://") {
			name, url = "", arg
		}
		t.servers = append(t.servers, fuzzclient.Server{URL: url, Agent: name})
	}
	if err := c.dress(p, t.servers); err != nil {
		return nil, err
	}
	var err error
	if t.outputs, err = parseOutputs(c.Report); err != nil {
		return nil, err
	}
	if t.known, err = p.readKnown(c.Baseline); err != nil {
		return nil, err
	}
	if t.outdated = c.StrictBaseline; t.outdated && t.known == nil {
		return nil, badUsage(errors.New("--strict-baseline goes with --baseline"), "")
	}
	if err := c.choose(t); err != nil {
		return nil, err
	}
	if t.picked, err = p.narrow(t.picked, c.OnlySection, c.LastFailed, c.Out); err != nil {
		return nil, err
	}
	t.parted = func(picked []conform.Case, p peer.Profile) ([]conform.Case, []report.Planned) {
		return c.Selection.parted(picked, ws.Client, p, c.HTTPVersion.version())
	}
	t.part, t.partial = c.part() || t.said != nil || c.OnlySection != "" || c.LastFailed, c.AllowPartial
	if err := t.readProfiles(c.Profile); err != nil {
		return nil, err
	}
	for i := range t.profiles {
		if t.planFor(i); len(t.plan)+len(t.surveys) == 0 {
			return nil, c.nothingToPlay(t.untold, " are for clients under test alone", `"wsspec serve" tests clients`)
		}
	}
	return t, nil
}

func (c *testCmd) checkPace() error {
	switch {
	case c.Jobs < 0:
		return badUsage(fmt.Errorf("--jobs is %d: want at least 1", c.Jobs), "")
	case c.Repeat < 1 || c.Repeat > runner.MostTries:
		return badUsage(fmt.Errorf("--repeat is %d: want 1 to %d", c.Repeat, runner.MostTries), "")
	case c.Retries < 0 || c.Retries > runner.MostTries:
		return badUsage(fmt.Errorf("--retries is %d: want 0 to %d", c.Retries, runner.MostTries), "")
	case c.Repeat > 1 && c.Retries > 0:
		return badUsage(errors.New("--repeat and --retries exclude each other"), "--repeat finds what fails sometimes, --retries lets it pass")
	}
	return nil
}

// dress gives the servers what the flags say of them, and looks for mistakes.
func (c *testCmd) dress(p *process, servers []fuzzclient.Server) error {
	header, err := parseHeader(c.Header)
	if err != nil {
		return err
	}
	if err := c.connect(p, servers); err != nil {
		return err
	}
	if err := c.overHTTP(c.HTTPVersion); err != nil {
		return err
	}
	for i := range servers {
		s := &servers[i]
		s.Header = header
		if c.Origin != "" {
			s.Origin = c.Origin
		}
		if len(c.Subprotocol) > 0 {
			s.Protocols = c.Subprotocol
		}
		s.HTTP = c.HTTPVersion.version()
		s.Options.FailByDrop = s.Options.FailByDrop || c.FailByDrop
		if _, err := s.Resolve(""); err != nil {
			return badUsage(err, "")
		}
		if other := slices.IndexFunc(servers, func(o fuzzclient.Server) bool { return o.Agent == s.Agent }); s.Agent != "" && other < i {
			return badUsage(fmt.Errorf("two servers are called %q: %s and %s", s.Agent, servers[other].URL, s.URL), "give each a name of its own: name=ws://…")
		}
	}
	return nil
}

// narrow leaves of the cases those that --only-section and --last-failed ask for.
func (p *process) narrow(picked []conform.Case, wanted string, lastFailed bool, out string) ([]conform.Case, error) {
	failed := map[string]bool{}
	if lastFailed {
		rep, err := p.readSummary(out)
		if err != nil {
			return nil, err
		}
		for _, a := range rep.Agents {
			for _, r := range a.Results {
				beside, _ := r.OnlyBeside()
				failed[r.ID] = failed[r.ID] || !r.Passed() || r.Flaky() || beside
			}
			for _, m := range a.Missing() {
				failed[m.ID] = true
			}
		}
	}
	left := slices.DeleteFunc(picked, func(k conform.Case) bool {
		_, section, _ := strings.Cut(k.Spec, ", ")
		inside := section == wanted || strings.HasPrefix(section, wanted+".")
		return wanted != "" && !inside || lastFailed && !failed[k.ID]
	})
	if len(left) == 0 {
		return nil, badUsage(errors.New("no case is left to run"), `"wsspec cases" lists them with their sections`)
	}
	return left, nil
}

// readSpec takes from the file what the flags do not say.
func (c *testCmd) readSpec(t *testRun) error {
	s, err := spec.Read(c.Spec, spec.FuzzingClient)
	if err != nil {
		return badUsage(err, "")
	}
	if len(c.Cases) == 0 {
		c.Cases, c.asFile = s.Cases, true
	}
	c.Exclude = append(c.Exclude, s.ExcludeCases...)
	if c.Edition == "" {
		c.Edition = s.Edition
	}
	if t.servers = fuzzclient.Listed(s); len(t.servers)+len(c.URLs) == 0 {
		return badUsage(fmt.Errorf("%s: there are no servers in it", c.Spec), `add "servers": [{"url": "ws://…"}], or give a URL`)
	}
	all, each, err := s.Profiles()
	if err != nil {
		return badUsage(err, "")
	}
	if c.Profile == "" {
		c.Profile = all
		for _, file := range each {
			t.profiles = append(t.profiles, profile{file: file})
		}
	}
	if t.skip, err = s.Filter(); err != nil {
		return badUsage(err, "")
	}
	return nil
}

// parseHeader reads the values of --header.
func parseHeader(lines []string) (ws.Fields, error) {
	var fields ws.Fields
	for _, line := range lines {
		name, value, ok := strings.Cut(line, ":")
		if !ok || name == "" || strings.ContainsAny(line, "\r\n") {
			return nil, badUsage(fmt.Errorf("--header %q: want 'Name: value'", line), "")
		}
		fields = append(fields, ws.Field{Name: strings.TrimSpace(name), Value: strings.TrimSpace(value)})
	}
	return fields, nil
}
