// SPDX-License-Identifier: Apache-2.0

// Package results writes and reads a report as one JSON file: results.json, for
// programs. schema.json (JSON Schema, draft 2020-12) describes its form, which has a
// version: what a version has stays as it is, and new keys may come. It knows nothing
// of report folders, see report/archive. Start at Write and Read.
package results

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/diagnosis"
	"github.com/wsspec/wsspec/internal/jsonfault"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/score"
	"github.com/wsspec/wsspec/internal/report/telling"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// Version is that of the form. Version 1, which is read too, knew only attempts
// that load may have spoilt.
const Version = 2

type file struct {
	Version int     `json:"version"`
	Title   string  `json:"title,omitempty"`
	Made    string  `json:"made,omitempty"` // RFC 3339
	Strict  bool    `json:"strict"`
	Agents  []agent `json:"agents"`
}

type agent struct {
	Name     string                `json:"name"`
	Grade    string                `json:"grade"`
	Ungraded string                `json:"ungraded,omitempty"`
	Caps     []grading             `json:"caps"`
	Verdicts map[verdict.Grade]int `json:"verdicts"`
	Closings map[verdict.Grade]int `json:"closings"`
	Failed   int                   `json:"failed"`
	Unjudged int                   `json:"notJudged"`
	Missing  []missing             `json:"missing"`
	Suites   []string              `json:"suites,omitempty"`
	Short    []string              `json:"shortened,omitempty"`
	Why      string                `json:"whyMissing,omitempty"`
	Untold   []untold              `json:"needProfile,omitempty"`
	Unfit    []untold              `json:"needHTTP,omitempty"`
	InClear  []untold              `json:"needTLS,omitempty"`
	Beside   *beside               `json:"failedOnlyBesideOthers,omitempty"`
	Flows    []flow                `json:"flows,omitempty"`
	Kept     []kept                `json:"requirements,omitempty"`
	Causes   []Cause               `json:"causes,omitempty"` // what explains most first
	Left     []string              `json:"unexplained,omitempty"`
	Results  []result              `json:"results"`
}

// kept is a report.Kept.
type kept struct {
	Place    string   `json:"section"`
	Title    string   `json:"title"`
	OK       int      `json:"ok"`
	Of       int      `json:"of"`
	Unjudged int      `json:"notJudged"`
	NotRun   int      `json:"notRun"`
	Against  []string `json:"against,omitempty"`
}

// missing is a case that was planned and has no result.
type missing struct {
	Case  string `json:"case"`
	Title string `json:"title,omitempty"`
}

// untold is a case that was left out because it needs a profile that says more, or
// another version of HTTP.
type untold struct {
	Case  string `json:"case"`
	Title string `json:"title,omitempty"`
	Needs string `json:"needs"`
}

// beside are the cases that failed beside others only: see report.Agent.Besides.
type beside struct {
	Failed []string `json:"cases"`
	Wrong  []string `json:"wrong"`
}

// flow is a report.Flow. In is what the agent sent.
type flow struct {
	Section  string   `json:"section"`
	Cases    int      `json:"cases"`
	Duration float64  `json:"duration"` // milliseconds
	MBIn     float64  `json:"mbPerSecondIn"`
	MBOut    float64  `json:"mbPerSecondOut"`
	RatioIn  *float64 `json:"ratioIn"`
	RatioOut *float64 `json:"ratioOut"`
	Deflated *float64 `json:"shareCompressed"` // of the agent's messages
	Window   int      `json:"window,omitempty"`
	Farthest int      `json:"farthest,omitempty"`
	Context  *bool    `json:"contextKept"`
}

type grading struct {
	Grade  string `json:"grade"`
	Reason string `json:"reason"`
	Case   string `json:"case"`
	Spec   string `json:"spec"`
	Count  int    `json:"count"`
}

type result struct {
	Case          string        `json:"case"`
	Number        int           `json:"number,omitempty"`
	Title         string        `json:"title"`
	Spec          string        `json:"spec"`
	Tags          []conform.Tag `json:"tags,omitempty"`
	Behavior      verdict.Grade `json:"behavior"`
	BehaviorClose verdict.Grade `json:"behaviorClose"`
	Result        string        `json:"result"`
	ResultClose   string        `json:"resultClose"`
	Failed        bool          `json:"failed"`
	Known         string        `json:"known,omitempty"`
	Role          string        `json:"role"` // ours: client or server
	Started       string        `json:"started,omitempty"`
	Duration      float64       `json:"duration"` // milliseconds
	Seed          string        `json:"seed,omitempty"`
	URL           string        `json:"url,omitempty"`
	Flags         []string      `json:"flags,omitempty"`
	Expectation   string        `json:"expectation"`
	Expected      []outcome     `json:"expected,omitempty"`
	Received      []string      `json:"received,omitempty"`
	CloseCode     *int          `json:"remoteCloseCode"`
	CloseReason   string        `json:"remoteCloseReason,omitempty"`
	RatioIn       *float64      `json:"ratioIn,omitempty"`
	RatioOut      *float64      `json:"ratioOut,omitempty"`
	Attempt       int           `json:"attempt,omitempty"`
	Attempts      []attempt     `json:"attempts,omitempty"`
	Flaky         bool          `json:"flaky,omitempty"`
	Caveat        string        `json:"caveat,omitempty"`
	Played        *played       `json:"played,omitempty"`
	Explanation   []string      `json:"explanation,omitempty"` // of what is not as it should be
	Command       string        `json:"command"`
	File          string        `json:"file,omitempty"`
}

type outcome struct {
	Grade  verdict.Grade `json:"grade"`
	Events []string      `json:"events"`
}

// Write writes the report.
func Write(w io.Writer, rep *report.Report, v report.View) error {
	f := file{Version: Version, Title: v.Title, Strict: v.Strict, Agents: []agent{}}
	if !v.Made.IsZero() {
		f.Made = v.Made.UTC().Format(time.RFC3339)
	}
	const indent = " "
	var b bytes.Buffer
	encode := func(prefix string, what any) error {
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		e.SetIndent(prefix, indent)
		return e.Encode(what)
	}
	if err := encode("", f); err != nil {
		return fmt.Errorf("write results: %w", err)
	}
	// The agents come last, and are encoded one at a time: each may be some megabytes.
	end := "]\n}\n"
	b.Truncate(b.Len() - len(end))
	ds := telling.DiagnoseAll(rep)
	for i, a := range rep.Agents {
		one, err := agentOf(a, ds[i], v)
		if err != nil {
			return err
		}
		b.WriteString([...]string{"\n", ",\n"}[min(i, 1)] + indent + indent)
		if err := encode(indent+indent, one); err != nil {
			return fmt.Errorf("write results: %w", err)
		}
		b.Truncate(b.Len() - 1) // the end of the line
		if _, err := b.WriteTo(w); err != nil {
			return fmt.Errorf("write results: %w", err)
		}
	}
	if len(rep.Agents) > 0 {
		end = "\n" + indent + end
	}
	b.WriteString(end)
	if _, err := b.WriteTo(w); err != nil {
		return fmt.Errorf("write results: %w", err)
	}
	return nil
}

func agentOf(a report.Agent, d diagnosis.Diagnosis, v report.View) (agent, error) {
	card := score.Of(a)
	out := agent{Name: a.Name, Grade: card.Grade, Ungraded: card.Ungraded, Unjudged: card.Unjudged, Missing: []missing{}, Caps: []grading{}, Verdicts: map[verdict.Grade]int{}, Closings: map[verdict.Grade]int{}}
	out.Causes, out.Left = Causes(d), d.Left
	out.Suites, out.Short = a.Suites, a.Shortened()
	for _, p := range a.Missing() {
		out.Missing, out.Why = append(out.Missing, missing{p.ID, p.Title}), a.Why
	}
	for _, p := range a.Untold() {
		out.Untold = append(out.Untold, untold{p.ID, p.Title, p.Needs})
	}
	for _, p := range a.Unfit() {
		out.Unfit = append(out.Unfit, untold{p.ID, p.Title, p.Needs})
	}
	for _, p := range a.InClear() {
		out.InClear = append(out.InClear, untold{p.ID, p.Title, p.Needs})
	}
	if failed, wrong := a.Besides(); len(failed) > 0 {
		out.Beside = &beside{failed, append([]string{}, wrong...)}
	}
	for _, c := range card.Caps {
		out.Caps = append(out.Caps, grading{c.Grade, c.Reason, c.ID, c.Spec, c.N})
	}
	for _, c := range card.Verdicts {
		out.Verdicts[c.Grade] = c.N
	}
	for _, c := range card.Closings {
		out.Closings[c.Grade] = c.N
	}
	for _, f := range report.Flows(a) {
		out.Flows = append(out.Flows, flowOf(f))
	}
	for _, k := range v.KeptBy(a) {
		out.Kept = append(out.Kept, kept(k))
	}
	out.Results = make([]result, len(a.Results))
	err := v.EachWhole(a.Results, func(i int, r report.Result) { out.Results[i] = resultOf(r, v) })
	for _, x := range out.Results {
		if x.Failed {
			out.Failed++
		}
	}
	return out, err
}

func flowOf(f report.Flow) flow {
	x := flow{
		Section: f.Section, Cases: f.Cases, Duration: milliseconds(f.Took), MBIn: f.In.Rate(f.Took), MBOut: f.Out.Rate(f.Took),
		RatioIn: figure(f.In.Ratio()), RatioOut: figure(f.Out.Ratio()), Window: f.Window, Farthest: f.Farthest,
	}
	if f.Watched() {
		x.Deflated, x.Context = figure(f.In.Share()), &f.Context
	}
	return x
}

func resultOf(r report.Result, v report.View) result {
	f := r.Log.Facts
	x := result{
		Case: r.ID, Number: r.Number, Title: r.Title, Spec: r.Spec, Tags: r.Tags,
		Behavior: r.Verdict.Behavior, BehaviorClose: r.Verdict.Close, Result: r.Verdict.Result, ResultClose: r.Verdict.CloseResult,
		Failed: v.Fails(r), Role: f.Role.String(), Duration: milliseconds(r.Took), URL: r.URL, Flags: r.Flags,
		Expectation: telling.Expected(r), Received: telling.ReceivedLines(r), CloseReason: f.Remote.Reason,
		Command: telling.Command(r), File: r.File,
	}
	x.Known, _ = v.KnownReason(r)
	if !r.Started.IsZero() {
		x.Started = r.Started.UTC().Format(time.RFC3339Nano)
	}
	if r.Seed != 0 {
		x.Seed = fmt.Sprint(r.Seed) // a string: not every reader has 64-bit integers
	}
	for _, o := range r.Want.Outcomes {
		x.Expected = append(x.Expected, outcome{o.Grade, append([]string{}, telling.EventLines(o.Events)...)})
	}
	if f.Remote.Coded {
		code := int(f.Remote.Code)
		x.CloseCode = &code
	}
	if r.Ratio {
		x.RatioIn, x.RatioOut = figure(r.Log.Traffic.In.Ratio()), figure(r.Log.Traffic.Out.Ratio())
	}
	x.addAttempts(r)
	if !r.Passed() {
		x.Explanation = telling.Explain(r)
	}
	return x
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// figure is null where nothing was measured.
func figure(f float64, has bool) *float64 {
	if !has {
		return nil
	}
	return &f
}

// maxFile bounds a file that is read, in octets.
const maxFile = 256 << 20

// Read reads what Write wrote: verdicts and what belongs to them, though not the
// conversations, which are in the files of the cases.
func Read(r io.Reader) (*report.Report, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(b) > maxFile {
		return nil, fmt.Errorf("larger than %d octets", maxFile)
	}
	var f file
	if err := json.Unmarshal(b, &f); err != nil {
		return nil, jsonfault.Of(b, err)
	}
	switch {
	case f.Version == 0:
		return nil, errors.New("it has no version: this is no JSON report")
	case f.Version < 1 || f.Version > Version:
		return nil, fmt.Errorf("version %d, this program reads 1 to %d", f.Version, Version)
	}
	rep := new(report.Report)
	for _, a := range f.Agents {
		for _, m := range a.Missing {
			rep.Plan(a.Name, []report.Planned{{ID: m.Case, Title: m.Title}}, a.Why)
		}
		for _, u := range slices.Concat(a.Untold, a.Unfit, a.InClear) {
			rep.Plan(a.Name, []report.Planned{{ID: u.Case, Title: u.Title, Needs: cmp.Or(u.Needs, "more")}}, a.Why)
		}
		rep.From(a.Name, a.Suites...)
		for i, x := range a.Results {
			if x.Case == "" {
				return nil, fmt.Errorf("result %d of agent %.40q has no case", i+1, a.Name)
			}
			rep.Add(x.restore(a.Name, f.Version))
		}
	}
	return rep, nil
}

func (x result) restore(agent string, version int) report.Result {
	role := ws.Client
	if x.Role == ws.Server.String() {
		role = ws.Server
	}
	log := &wirelog.Log{Facts: wirelog.Facts{Role: role, Remote: wirelog.CloseFacts{Reason: x.CloseReason}}}
	if c := x.CloseCode; c != nil && *c >= 0 && *c <= math.MaxUint16 {
		log.Facts.Remote.Sent, log.Facts.Remote.Coded, log.Facts.Remote.Code = true, true, ws.CloseCode(*c)
	}
	log.Start, _ = time.Parse(time.RFC3339Nano, x.Started) // unknown stays zero
	r := report.Result{
		Agent: agent, ID: x.Case, Number: x.Number, Title: x.Title, Spec: x.Spec, Tags: x.Tags,
		Verdict: verdict.Verdict{Behavior: x.Behavior, Close: x.BehaviorClose, Result: x.Result, CloseResult: x.ResultClose},
		Started: log.Start, Took: duration(x.Duration), Log: log, File: x.File, URL: x.URL, Flags: x.Flags,
	}
	_, _ = fmt.Sscan(x.Seed, &r.Seed) // absent where there is none
	x.restoreAttempts(&r, version)
	return r
}

func duration(ms float64) time.Duration {
	if !(ms >= 0 && ms < 1e12) {
		return 0
	}
	return time.Duration(ms * float64(time.Millisecond))
}
