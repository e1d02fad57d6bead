// SPDX-License-Identifier: Apache-2.0

package html

import (
	"html/template"
	"slices"
	"strings"
	"time"

	"github.com/wsspec/wsspec/internal/diagnosis"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/baseline"
	"github.com/wsspec/wsspec/internal/report/score"
	"github.com/wsspec/wsspec/internal/report/telling"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/visible"
	"github.com/wsspec/wsspec/internal/ws"
)

// card is one agent at a glance: who it is, how it did, and what is wrong with it.
type card struct {
	Index             int
	Name, Full        string
	Role              string // of the agent
	URL               string // where it was found
	Software          string // what it calls itself, where that is another name
	Took              string // the whole run
	Began             string
	Cases             int
	Grade, GradeClass string
	Ungraded          string
	Gaps              []gap
	Summary           string
	Failed            int
	Shares            []share
	Diff              []share
	Caps              []cardCap
	Wrong             causes
	Sections          []score.Section
	Kept              []report.Kept
	Flows             template.HTML
}

// share is how many results have a status of the filter.
type share struct {
	Agent               int
	Status, Class, Word string
	N                   int
}

type cardCap struct {
	score.Cap
	Anchor template.URL // made of what Anchor escapes
	More   int
}

// FirstCaps are those that decide the grade, at most a few, and RestCaps the others.
func (c card) FirstCaps() []cardCap { return c.Caps[:c.firstCaps()] }

// RestCaps is described at FirstCaps.
func (c card) RestCaps() []cardCap { return c.Caps[c.firstCaps():] }

func (c card) firstCaps() int {
	const least, most = 3, 5
	n := 0
	for n < min(len(c.Caps), most) && (n < least || c.Caps[n].Grade == c.Caps[0].Grade) {
		n++
	}
	if n == len(c.Caps)-1 { // a fold for one hides what it could show
		n++
	}
	return n
}

// gap is something that a report does not say. The ids are in a list of their own where
// they are many.
type gap struct{ What, IDs string }

// longList is the length of a list of ids from which on it is folded.
const longList = 60

func cards(rep *report.Report, v report.View, ds []diagnosis.Diagnosis) []card {
	var cs []card
	changed := changesOf(rep, v)
	for i, a := range rep.Agents {
		s := score.Of(a)
		c := card{
			Index: i, Name: label(a.Name), Full: cut(visible.Text(a.Name), maxSentence), Cases: len(a.Results),
			Grade: s.Grade, Ungraded: s.Ungraded, Sections: s.Sections, Flows: flows(a, v), Kept: v.KeptBy(a),
		}
		c.identify(a, v)
		if s.Grade != "" {
			c.GradeClass = s.Grade[:1]
		}
		c.count(a, v, s.Missing, changed)
		for _, line := range slices.Concat(telling.Scope(a), telling.Gaps(a), telling.LeftOut(a)) {
			c.Gaps = append(c.Gaps, gapOf(line))
		}
		for _, k := range s.Caps {
			k.ID = sentence(k.ID)
			c.Caps = append(c.Caps, cardCap{k, template.URL(report.Anchor(a.Name, k.ID)), k.N - 1})
		}
		c.Wrong = causesOf(a, v, ds[i], c.Failed > 0)
		cs = append(cs, c)
	}
	return cs
}

// identify says who the agent is and how long the run took.
func (c *card) identify(a report.Agent, v report.View) {
	var first, last time.Time
	asked := false
	for _, r := range a.Results {
		if r.Log.Facts.Role == ws.Client {
			c.Role = "server"
		} else {
			c.Role = "client"
		}
		if c.URL == "" {
			c.URL = sentence(r.URL)
		}
		if !asked && r.Log.Facts.Opened {
			asked = true
			if whole, err := v.WholeOf(r); err == nil { // else the page says less
				c.Software = software(whole)
			}
		}
		if r.Started.IsZero() {
			continue
		}
		if first.IsZero() || r.Started.Before(first) {
			first = r.Started
		}
		if end := r.Started.Add(r.Took); end.After(last) {
			last = end
		}
	}
	if c.Software == c.Name {
		c.Software = ""
	}
	if !first.IsZero() {
		c.Began, c.Took = made(first), took(last.Sub(first))
	}
}

// software is what an endpoint calls itself in its opening handshake.
func software(r report.Result) string {
	if r.Log.Facts.Role == ws.Client {
		if resp, err := ws.ParseResponse(r.Log.Response); err == nil {
			return cut(visible.Text(resp.Fields.Get("Server")), maxName)
		}
		return ""
	}
	if req, err := ws.ParseRequest(r.Log.Request); err == nil {
		return cut(visible.Text(req.Fields.Get("User-Agent")), maxName)
	}
	return ""
}

// count says how many results are of which kind.
func (c *card) count(a report.Agent, v report.View, missing int, changed map[[2]string]baseline.Kind) {
	n, diff, flaky := map[string]int{}, map[baseline.Kind]int{}, 0
	for _, r := range a.Results {
		n[v.Standing(r)]++
		diff[changed[[2]string{a.Name, r.ID}]]++
		if r.Flaky() {
			flaky++
		}
	}
	i := c.Index
	c.Failed = n["fail"]
	for _, sh := range []share{
		{i, "failed", "fail", "failed", n["fail"]}, {i, "known", "known", "known", n["known"]},
		{i, "soft", "soft", "lax", n["soft"]}, {i, "pass", "ok", "passed", n["pass"]},
		{i, "unimplemented", "none", "not judged", n["none"]}, {i, "missing", "none", "not run", missing},
	} {
		if sh.N > 0 {
			c.Shares = append(c.Shares, sh)
			c.Summary += count(sh.N, "result") + " " + sh.Word + ". "
		}
	}
	for _, sh := range []share{
		{i, "flaky", "soft", "flaky", flaky}, {i, "regressed", "fail", "worse than before", diff[baseline.Regressed]}, {i, "improved", "ok", "better", diff[baseline.Improved]},
		{i, "added", "info", "new", diff[baseline.Added]},
	} {
		if sh.N > 0 {
			c.Diff = append(c.Diff, sh)
		}
	}
}

// gapOf takes the ids out of a line where they are many.
func gapOf(line string) gap {
	i := strings.LastIndexAny(line, "(:")
	if i < 0 || len(line)-i < longList || strings.Trim(line[i+1:], "0123456789.–, )") != "" {
		return gap{What: sentence(line)}
	}
	return gap{strings.TrimRight(line[:i], " :("), sentence(strings.Trim(line[i+1:], " )"))}
}

// causes are what is wrong with an agent.
type causes struct {
	Any     bool // something is not as it should be
	Heading string
	Named   []cause
	Left    []leftover // cases that nothing explains, those that failed first
	More    int        // that are not listed
	AllLeft int
	Filter  template.URL // shows them all

	Unjudged       int // cases that fail for their end alone, which no diagnosis looks at
	UnjudgedFilter template.URL
}

type cause struct {
	Number    int
	Name      string
	Title     string
	Allowed   bool
	Seen, Of  int
	Explains  int
	Look      string
	Example   string
	Anchor    template.URL // of the example
	ShownIn   string       // its title
	Or        []string
	Filter    template.URL // shows the cases that it explains
	Reference string
}

type leftover struct {
	ID, Title, Class string
	Anchor           template.URL
	Perhaps          string // what it may be owed to
}

// Guesses are those of the cases listed of which there is a guess, and Unknown the others.
func (cs causes) Guesses() []leftover { return cs.leftovers(true) }

// Unknown is described at Guesses.
func (cs causes) Unknown() []leftover { return cs.leftovers(false) }

func (cs causes) leftovers(guessed bool) []leftover {
	return slices.DeleteFunc(slices.Clone(cs.Left), func(l leftover) bool { return (l.Perhaps != "") != guessed })
}

// mostLeft bounds the list of cases that nothing explains.
const mostLeft = 30

func causesOf(a report.Agent, v report.View, d diagnosis.Diagnosis, failed bool) causes {
	told := telling.Tell(d)
	cs := causes{Any: d.Wrong > 0, Heading: "What could be better, most important first", AllLeft: len(told.Left)}
	if failed {
		cs.Heading = "What is wrong, most important first"
	}
	cs.UnjudgedFilter = filterLink("c:unjudged", a.Name)
	for _, r := range a.Results {
		if r.Verdict.Behavior == verdict.Unimplemented && v.Standing(r) == "fail" {
			cs.Any = true
			cs.Unjudged++
		}
	}
	if d.Wrong == 0 {
		return cs
	}
	by := make(map[string]report.Result, len(a.Results))
	for _, r := range a.Results {
		by[r.ID] = r
	}
	for i, c := range told.Causes {
		x := cause{
			Number: i + 1, Name: c.Name, Title: telling.Title(c), Allowed: c.Legal, Seen: c.Seen, Of: c.Of, Explains: len(c.Explains),
			Look: telling.LookAt(c), Example: sentence(c.Example), Anchor: template.URL(report.Anchor(a.Name, c.Example)),
			ShownIn: sentence(by[c.Example].Title), Reference: sentence(by[c.Example].Spec), Filter: filterLink("c:"+c.Name, a.Name),
		}
		for _, f := range c.Or {
			x.Or = append(x.Or, f.Title)
		}
		cs.Named = append(cs.Named, x)
	}
	left := told.Left
	rank := func(id string) int {
		if v.Fails(by[id]) {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(left, func(x, y string) int { return rank(x) - rank(y) })
	for _, id := range left[:min(len(left), mostLeft)] {
		class := "soft"
		if rank(id) == 0 {
			class = "fail"
		}
		l := leftover{ID: sentence(id), Title: sentence(by[id].Title), Class: class, Anchor: template.URL(report.Anchor(a.Name, id))}
		if c, guessed := told.Guess[id]; guessed {
			l.Perhaps = telling.Perhaps(c)
		}
		cs.Left = append(cs.Left, l)
	}
	cs.More, cs.Filter = len(left)-len(cs.Left), filterLink("c:none", a.Name)
	return cs
}

// First are the causes that are told at once, and Rest are those that are folded.
func (cs causes) First() []cause { return cs.Named[:min(len(cs.Named), mostAtOnce)] }

// Rest is described at First.
func (cs causes) Rest() []cause { return cs.Named[min(len(cs.Named), mostAtOnce):] }

// mostAtOnce bounds the causes that are not folded.
const mostAtOnce = 6

// Top are the first causes, for a row of an overview.
func (cs causes) Top() []cause {
	const most = 2
	return cs.Named[:min(len(cs.Named), most)]
}

// Others is how many causes Top leaves out.
func (cs causes) Others() int { return len(cs.Named) - len(cs.Top()) }

// common is a cause that several agents share.
type common struct {
	Title   string
	Allowed bool
	N       int
	Agents  string // their names
	Filter  template.URL
}

// commonCauses are those that most agents share, at most a few.
func commonCauses(rep *report.Report, ds []diagnosis.Diagnosis) []common {
	const most, shown = 6, 6
	by := map[string]*common{}
	var all []*common
	for i, d := range ds {
		for _, c := range telling.Tell(d).Causes {
			k := by[c.Name]
			if k == nil {
				k = &common{Title: telling.Title(c), Allowed: c.Legal, Filter: filterLink("c:"+c.Name, "")}
				by[c.Name], all = k, append(all, k)
			}
			switch k.N++; {
			case k.N == 1:
				k.Agents = label(rep.Agents[i].Name)
			case k.N <= shown:
				k.Agents += ", " + label(rep.Agents[i].Name)
			case k.N == shown+1:
				k.Agents += ", …"
			}
		}
	}
	slices.SortStableFunc(all, func(a, b *common) int { return b.N - a.N })
	var cs []common
	for _, k := range all[:min(len(all), most)] {
		if k.N > 1 {
			cs = append(cs, *k)
		}
	}
	return cs
}

// filterLink is the address of the page with a filter, for one agent where it is named.
// The beginning of a name will do, as far as it can stand between quotes.
func filterLink(token, agent string) template.URL {
	const most = 80
	name, _, _ := strings.Cut(strings.ToLower(report.Stored(agent)), `"`)
	if runes := []rune(name); len(runes) > most {
		name = string(runes[:most])
	}
	if name != "" {
		token += ` a:"` + name + `"`
	}
	return template.URL("q=" + report.Percent(token))
}
