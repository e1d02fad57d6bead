// SPDX-License-Identifier: Apache-2.0

package html

import (
	"slices"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/diagnosis"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/baseline"
	"github.com/wsspec/wsspec/internal/report/telling"
	"github.com/wsspec/wsspec/internal/visible"
)

// summary is what the grid is drawn from. Results are rows of numbers and
// positions in the lists beside them: see grid.js.
type summary struct {
	Behaviors []shownGrade      `json:"behaviors"`
	Closings  []shownGrade      `json:"closings"`
	Standings []string          `json:"standings"`
	Changes   []baseline.Kind   `json:"changes"`
	Sections  map[string]string `json:"sections"`
	Cases     [][]any           `json:"cases"` // id, title, section of the RFC, tags
	Agents    []summaryAgent    `json:"agents"`
	Reasons   []string          `json:"reasons,omitempty"`
}

type shownGrade struct {
	Grade string `json:"grade"`
	Word  string `json:"word"`
	Class string `json:"class"`
	Sign  string `json:"sign"`
	Short string `json:"short"`
}

type summaryAgent struct {
	Name    string            `json:"name"`
	Label   string            `json:"label"`
	Page    string            `json:"page,omitempty"` // with its stories, where this page has none
	Chunks  map[string]string `json:"chunks"`         // category → id of the element with its stories
	Results [][]any           `json:"results"`        // in the order of cases; nil where there is none
	Causes  []summaryCause    `json:"causes"`         // what explains most first
	Left    []int             `json:"left"`           // positions of the cases that nothing explains
	Why     map[int]int       `json:"why,omitempty"`  // positions of cases that did not pass → of the reason, in a report of one agent
}

// summaryCause is a cause and the positions of the cases that it explains and no cause
// before it.
type summaryCause struct {
	Name    string `json:"name"`
	Title   string `json:"title"`
	Allowed bool   `json:"allowed,omitempty"`
	Cases   []int  `json:"cases"`
}

var (
	standings = []string{"pass", "soft", "fail", "known", "none"}
	changes   = []baseline.Kind{"", baseline.Regressed, baseline.Improved, baseline.Changed, baseline.Added}
)

func summarize(rep *report.Report, v report.View, chunks []*chunk, ds []diagnosis.Diagnosis) summary {
	s := summary{Standings: standings, Changes: changes, Sections: conform.Titles(v.Sections), Cases: [][]any{}, Agents: []summaryAgent{}}
	list := listCases(rep)
	places := make(map[string]int, len(list))
	for i, r := range list {
		s.Cases = append(s.Cases, []any{r.ID, sentence(r.Title), sentence(r.Spec), r.Tags})
		places[r.ID] = i
	}
	changed := changesOf(rep, v)
	for i, a := range rep.Agents {
		told := telling.Tell(ds[i])
		sum := summaryAgent{Name: a.Name, Label: label(a.Name), Page: v.Pages[a.Name], Chunks: map[string]string{}, Causes: []summaryCause{}, Left: placesOf(told.Left, places)}
		for _, c := range told.Causes {
			sum.Causes = append(sum.Causes, summaryCause{c.Name, telling.Title(c), c.Legal, placesOf(c.Explains, places)})
		}
		for _, c := range chunks {
			if c.agent == i {
				sum.Chunks[c.category] = c.id
			}
		}
		at := 0
		for _, c := range list {
			// Results are in the order of the list, with gaps.
			if at == len(a.Results) || a.Results[at].ID != c.ID {
				sum.Results = append(sum.Results, nil)
				continue
			}
			r := a.Results[at]
			if len(rep.Agents) == 1 && !r.Passed() {
				if sum.Why == nil {
					sum.Why = map[int]int{}
				}
				sum.Why[len(sum.Results)] = s.reason(r)
			}
			sum.Results = append(sum.Results, s.row(r, v, changed[[2]string{a.Name, r.ID}]))
			at++
		}
		s.Agents = append(s.Agents, sum)
	}
	return s
}

// reason is the place of why a result did not pass, in a line.
func (s *summary) reason(r report.Result) int {
	const most = 160
	why := r.Verdict.Result
	if report.Severity(r.Verdict.Behavior) == 0 {
		why = r.Verdict.CloseResult
	}
	return position(&s.Reasons, cut(visible.Text(telling.Briefly(why)), most))
}

func placesOf(ids []string, places map[string]int) []int {
	at := make([]int, len(ids))
	for i, id := range ids {
		at[i] = places[id]
	}
	return at
}

// listCases is one result of each case that any agent has, in order, if possible one that
// tells its title.
func listCases(rep *report.Report) []report.Result {
	var list []report.Result
	at := map[string]int{}
	add := func(id, title string, r *report.Result) {
		i, had := at[id]
		switch {
		case had && (list[i].Title != "" || title == ""):
			return
		case !had:
			i = len(list)
			at[id], list = i, append(list, report.Result{})
		}
		if list[i] = (report.Result{ID: id, Title: title}); r != nil {
			list[i] = *r
		}
	}
	for _, a := range rep.Agents {
		for i := range a.Results {
			add(a.Results[i].ID, a.Results[i].Title, &a.Results[i])
		}
		for _, p := range a.Missing() {
			add(p.ID, p.Title, nil)
		}
	}
	slices.SortFunc(list, func(a, b report.Result) int { return conform.CompareIDs(a.ID, b.ID) })
	return list
}

func changesOf(rep *report.Report, v report.View) map[[2]string]baseline.Kind {
	changed := map[[2]string]baseline.Kind{}
	if v.Baseline == nil {
		return changed
	}
	for _, c := range baseline.Diff(v.Baseline, rep) {
		changed[[2]string{c.Agent, c.ID}] = c.Kind
	}
	return changed
}

func (s *summary) row(r report.Result, v report.View, change baseline.Kind) []any {
	b, c := behaviorFace(r.Verdict.Behavior), closingFace(r.Verdict.Close, r.Log.Facts.Remote)
	behavior := shownGrade{orMissing(r.Verdict.Behavior), b.Word, b.Class, b.Sign, b.Word}
	closing := shownGrade{orMissing(r.Verdict.Close), orMissing(r.Verdict.Close), c.Class, c.Sign, shortClosing(orMissing(r.Verdict.Close))}
	var code any
	if r.Log.Facts.Remote.Coded {
		code = r.Log.Facts.Remote.Code
	}
	measured := 0
	if r.Timed {
		measured = 1
	}
	row := []any{
		position(&s.Behaviors, behavior), position(&s.Closings, closing), code, r.Took.Milliseconds(),
		slices.Index(standings, v.Standing(r)), measured,
	}
	shownRatio := ""
	if r.Ratio {
		shownRatio = ratios(r.Log.Traffic)
	}
	flaky := r.Flaky()
	if shownRatio != "" || change != "" || flaky {
		row = append(row, shownRatio, max(0, slices.Index(changes, change)))
	}
	if flaky {
		passed, of := r.Played()
		row = append(row, [2]int{passed, of})
	}
	return row
}

// shortClosing fits a cell.
func shortClosing(grade string) string {
	switch grade {
	case "WRONG CODE":
		return "code"
	case "UNCLEAN":
		return "unclean"
	case "FAILED", "FAILED BY CLIENT":
		return "end"
	}
	return grade
}

// position is where something stands in the list, which it joins.
func position[T comparable](list *[]T, g T) int {
	if i := slices.Index(*list, g); i >= 0 {
		return i
	}
	*list = append(*list, g)
	return len(*list) - 1
}
