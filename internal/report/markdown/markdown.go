// SPDX-License-Identifier: Apache-2.0

// Package markdown writes a report as a job summary in GitHub's Markdown: what
// failed first, and never more than a summary may have. It knows nothing of files.
// Start at Write.
package markdown

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/baseline"
	"github.com/wsspec/wsspec/internal/report/score"
	"github.com/wsspec/wsspec/internal/report/telling"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/visible"
)

// Limit is the size GitHub allows a step's summary, less some room, in octets.
const Limit = 1<<20 - 16<<10

// mostAgents bounds the rows of the table of agents.
const mostAgents = 500

// Write writes the summary.
func Write(w io.Writer, rep *report.Report, v report.View) error {
	b := &summary{view: v}
	b.line("# %s", text(v.Heading()))
	b.line("")
	b.agents(rep)
	b.wrong(rep)
	b.changes(rep)
	b.kept(rep)
	b.flows(rep)
	b.failures(rep)
	b.flaky(rep)
	if b.left > 0 {
		b.WriteString(fmt.Sprintf("\n%d more are left out: the summary may not be longer.\n", b.left))
	}
	if v.Link != "" {
		b.WriteString(fmt.Sprintf("\n[The whole report](%s)\n", link(v.Link)))
	}
	if b.err != nil {
		return b.err
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write Markdown summary: %w", err)
	}
	return nil
}

type summary struct {
	strings.Builder
	view report.View
	left int   // failures that are not shown
	err  error // of reading a conversation
}

// line appends a line where there is room for it.
func (b *summary) line(format string, args ...any) {
	s := fmt.Sprintf(format, args...)
	if b.Len()+len(s) < Limit-1<<10 {
		b.WriteString(s + "\n")
	}
}

func (b *summary) agents(rep *report.Report) {
	if len(rep.Agents) == 0 {
		b.line("There are no results.")
		return
	}
	b.line("| Agent | Grade | Failed | Lax | Passed | Not judged | Not run | Why not better |")
	b.line("| :-- | :-: | --: | --: | --: | --: | --: | :-- |")
	for i, a := range rep.Agents {
		if i == mostAgents {
			b.line("\n%d more agents", len(rep.Agents)-i)
			return
		}
		card := score.Of(a)
		failed, lax := 0, 0
		for _, r := range a.Results {
			if b.view.Fails(r) {
				failed++
			} else if r.Judged() && !r.Passed() {
				lax++
			}
		}
		why := ""
		if len(card.Caps) > 0 {
			why = text(card.Caps[0].String())
		}
		grade := fmt.Sprintf("**%s**", card.Grade)
		if card.Grade == "" {
			grade, why = "none", text("No grade: "+card.Ungraded)
		}
		b.line("| %s | %s | %d | %d | %d | %d | %d | %s |", text(name(a.Name)), grade, failed, lax, card.Total-failed-lax-card.Unjudged, card.Unjudged, card.Missing, why)
	}
	b.line("")
	b.gaps(rep)
}

// gaps lists what the report is of, and what it does not say.
func (b *summary) gaps(rep *report.Report) {
	begun := false
	for _, a := range rep.Agents[:min(len(rep.Agents), mostAgents)] {
		for _, line := range slices.Concat(telling.Scope(a), telling.Gaps(a), telling.LeftOut(a)) {
			b.line("- %s: %s", text(name(a.Name)), text(line))
			begun = true
		}
	}
	if begun {
		b.line("")
	}
}

// mostWhole bounds the agents of which the sections that they keep are listed too:
// what failed is to have room.
const mostWhole = 20

// kept tells how far agents keep what each section of the specifications requires.
func (b *summary) kept(rep *report.Report) {
	for _, a := range rep.Agents[:min(len(rep.Agents), mostAgents)] {
		whole, rest := 0, 0
		var lines []string
		for _, k := range b.view.KeptBy(a) {
			line := fmt.Sprintf("- %s, %s", text(k.String()), text(k.Title))
			if len(k.Against) > 0 {
				rest++
				lines = append(lines, line+": "+text(telling.Ranges(k.Against)))
				continue
			}
			if whole++; len(rep.Agents) <= mostWhole {
				lines = append(lines, line)
			}
		}
		if whole == 0 && rest == 0 {
			continue
		}
		b.line("<details><summary>Requirements, %s: no case speaks against %d sections, some against %d</summary>\n", text(name(a.Name)), whole, rest)
		for _, line := range lines {
			b.line("%s", line)
		}
		b.line("\n</details>\n")
	}
}

// flows tells what moved in the compression cases.
func (b *summary) flows(rep *report.Report) {
	begun := false
	for i, a := range rep.Agents {
		if i == mostAgents {
			break
		}
		for _, f := range report.Flows(a) {
			if !begun {
				begun = true
				b.line("<details><summary>Compression, from and to the agent</summary>\n")
				b.line("| Agent | Cases | MB/s | Ratio | Compressed | Reach | Context |")
				b.line("| :-- | :-- | --: | --: | --: | --: | :-- |")
			}
			compressed, reach, context := "", "", ""
			if f.Watched() {
				share, _ := f.In.Share()
				compressed, reach, context = fmt.Sprintf("%.0f %%", 100*share), fmt.Sprint(f.Farthest), f.Takeover()
			}
			in, _ := f.In.Ratio()
			out, _ := f.Out.Ratio()
			b.line("| %s | %s.\\* | %.1f / %.1f | %.3f / %.3f | %s | %s | %s |", text(name(a.Name)), text(f.Section), f.In.Rate(f.Took), f.Out.Rate(f.Took), in, out, compressed, reach, context)
		}
	}
	if begun {
		b.line("\n%s", telling.FlowNote)
		b.line("\n</details>\n")
	}
}

// changes tells what is not as it was in the baseline.
func (b *summary) changes(rep *report.Report) {
	if b.view.Baseline == nil {
		return
	}
	n := map[baseline.Kind]int{}
	var worse []string
	for _, c := range baseline.Diff(b.view.Baseline, rep) {
		n[c.Kind]++
		if c.Kind == baseline.Regressed {
			worse = append(worse, fmt.Sprintf("- %s %s: %s, was %s", text(name(c.Agent)), text(c.ID), both(c.New), both(c.Old)))
		}
	}
	shortened := ""
	if s := n[baseline.Shortened]; s > 0 {
		shortened = fmt.Sprintf(", %d shortened", s)
	}
	b.line("Against the baseline: **%d worse**, %d better, %d changed otherwise, %d new, %d gone%s.", n[baseline.Regressed], n[baseline.Improved], n[baseline.Changed], n[baseline.Added], n[baseline.Removed], shortened)
	b.line("")
	for _, line := range worse[:min(len(worse), 100)] {
		b.line("%s", line)
	}
	if len(worse) > 0 {
		b.line("")
	}
}

func both(v verdict.Verdict) string {
	if v.Behavior == v.Close {
		return text(string(v.Behavior))
	}
	return text(fmt.Sprintf("%s, closing %s", v.Behavior, v.Close))
}

// failures tells of each that failed, in a block that unfolds.
func (b *summary) failures(rep *report.Report) {
	known := 0
	for _, a := range rep.Agents {
		begun := false
		for _, r := range a.Results {
			if !b.view.Fails(r) {
				continue
			}
			if _, is := b.view.KnownReason(r); is {
				known++
				continue
			}
			if !begun {
				b.line("## %s", text(name(a.Name)))
				b.line("")
				begun = true
			}
			b.failure(r)
		}
	}
	if known > 0 {
		b.line("Known failures, not listed: %d.", known)
	}
}

func (b *summary) failure(r report.Result) {
	if b.Len() >= Limit-1<<10 { // where nothing fits, nothing is read
		b.left++
		return
	}
	r, err := b.view.WholeOf(r)
	if err != nil {
		b.err = err
		return
	}
	story := strings.Join(telling.Explain(r), "\n")
	title := fmt.Sprintf("<b>%s</b> %s", text(r.ID), text(r.Title))
	if page := b.view.PageLink(r); page != "" {
		title = fmt.Sprintf(`<a href="%s">%s</a> %s`, link(page), text(r.ID), text(r.Title))
	}
	// The fence is longer than any run of tildes inside.
	outcome := both(r.Verdict)
	if tally := r.Flakiness(); tally != "" {
		outcome += ", flaky: " + tally
	}
	s := fmt.Sprintf("<details><summary>%s: %s</summary>\n\n%[3]s\n%[4]s\n\n$ %[5]s\n%[3]s\n\n</details>\n", title, outcome, fence(story), visible.Lines(story), visible.Text(telling.Command(r)))
	if b.Len()+len(s) > Limit-1<<10 {
		b.left++
		return
	}
	b.WriteString(s)
}

// mostFlaky bounds the list of flaky results.
const mostFlaky = 100

// flaky lists the results that do not fail each time, and do not count as failed.
func (b *summary) flaky(rep *report.Report) {
	var lines []string
	for _, a := range rep.Agents {
		for _, r := range a.Results {
			if tally := r.Flakiness(); tally != "" && !b.view.Fails(r) {
				lines = append(lines, fmt.Sprintf("- %s %s: %s", text(name(a.Name)), text(r.ID), tally))
			}
		}
	}
	if len(lines) == 0 {
		return
	}
	b.line("\n## Flaky\n")
	for _, line := range lines[:min(len(lines), mostFlaky)] {
		b.line("%s", line)
	}
	if rest := len(lines) - mostFlaky; rest > 0 {
		b.line("- and %d more", rest)
	}
}

func fence(s string) string {
	f := "~~~"
	for strings.Contains(s, f) {
		f += "~"
	}
	return f
}

func name(agent string) string {
	if agent == "" {
		return "(no name)"
	}
	return agent
}

// most bounds a piece of text, in characters.
const most = 300

// text escapes what Markdown, its tables and HTML would take as theirs.
func text(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range visible.Text(s) {
		if n++; n > most {
			b.WriteString("…")
			break
		}
		switch {
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '&':
			b.WriteString("&amp;")
		case r == '@': // would call somebody
			b.WriteString("&#64;")
		case r == '#': // would link an issue
			b.WriteString("&#35;")
		case strings.ContainsRune("\\`*_{}[]()!|~$", r):
			b.WriteString(`\` + string(r))
		default:
			b.WriteRune(r)
		}
	}
	// "http://…" would become a link, and "www." too.
	return strings.NewReplacer("://", ":&#47;/", "www.", "www&#46;").Replace(b.String())
}

// link is an address that cannot end the mark-up around it.
func link(s string) string {
	return strings.NewReplacer(`"`, "%22", "<", "%3C", ">", "%3E", "(", "%28", ")", "%29", " ", "%20", "\n", "", "\r", "", "&", "&amp;").Replace(s)
}
