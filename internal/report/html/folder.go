// SPDX-License-Identifier: Apache-2.0

package html

import (
	"cmp"
	"fmt"
	"io"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/visible"
)

// WriteCase writes the page of one case, which belongs under the name PageName.
func WriteCase(w io.Writer, r report.Result, v report.View) error {
	page := struct {
		frame
		Case caseView
	}{newFrame(v.Heading(), simpleScript, v.Standing(r) == "fail", v), viewCase(r, v)}
	if err := templates.ExecuteTemplate(w, "casepage", page); err != nil {
		return fmt.Errorf("write page of case %.40s: %w", r.ID, err)
	}
	return nil
}

// indexPage is the table of the reference: cases by category, a pair of columns
// an agent.
type indexPage struct {
	frame
	Agents []indexAgent
	Groups []indexGroup
}

type indexAgent struct{ Name, Full string }

// indexGroup is a category or subcategory with the cases right below it.
type indexGroup struct {
	ID, Title, Class string
	Tallies          []string
	Rows             []indexRow
}

type indexRow struct {
	ID, Title string
	Quiet     bool // nothing in it is worth a look
	Cells     []indexCell
}

type indexCell struct {
	Missing               bool
	Class, Word, Page     string
	Took, Ratios          string
	CloseClass, CloseWord string
}

// WriteIndex writes the table of the reference's index.html, which links to the
// pages of the cases. The class
// case_failed is in use only where something failed.
func WriteIndex(w io.Writer, rep *report.Report, v report.View) error {
	page := indexPage{frame: newFrame(v.Heading(), tableScript, anyFails(rep, v), v)}
	page.Seed = seed(rep)
	next := make([]int, len(rep.Agents)) // the first result of each that is not shown yet
	for _, a := range rep.Agents {
		page.Agents = append(page.Agents, indexAgent{label(a.Name), cut(visible.Text(a.Name), maxSentence)})
	}
	titles := conform.Titles(v.Sections)
	begin := func(id string, level int) {
		page.Groups = append(page.Groups, indexGroup{
			ID: sentence(id), Title: titles[id], Class: fmt.Sprintf("group level%d", level), Tallies: make([]string, len(rep.Agents)),
		})
	}
	list := listCases(rep)
	for i, c := range list {
		category, section := conform.Category(c.ID), conform.Subcategory(c.ID)
		if i == 0 || conform.Category(list[i-1].ID) != category {
			begin(category, 0)
			tallies(&page.Groups[len(page.Groups)-1], rep, category)
		}
		if section != category && (i == 0 || conform.Subcategory(list[i-1].ID) != section) {
			begin(section, 1)
		}
		row := indexRow{ID: sentence(c.ID), Title: sentence(c.Title), Quiet: true}
		for j, a := range rep.Agents {
			if next[j] == len(a.Results) || a.Results[next[j]].ID != c.ID {
				row.Cells = append(row.Cells, indexCell{Missing: true})
				continue
			}
			r := a.Results[next[j]]
			next[j]++
			row.Quiet = row.Quiet && r.Passed()
			row.Cells = append(row.Cells, cellOf(r))
		}
		g := &page.Groups[len(page.Groups)-1]
		g.Rows = append(g.Rows, row)
	}
	if err := templates.ExecuteTemplate(w, "index", page); err != nil {
		return fmt.Errorf("write index page: %w", err)
	}
	return nil
}

// tallies says of each agent how many cases of a category it passed.
func tallies(g *indexGroup, rep *report.Report, category string) {
	for i, a := range rep.Agents {
		passed, total := 0, 0
		for _, r := range a.Results {
			if conform.Category(r.ID) == category {
				total++
				if r.Passed() {
					passed++
				}
			}
		}
		if total > 0 {
			g.Tallies[i] = fmt.Sprintf("%d of %d", passed, total)
		}
	}
}

// cellClasses are the reference's, which scripts look for.
var cellClasses = map[verdict.Grade]string{
	verdict.OK: "case_ok", verdict.NonStrict: "case_non_strict", verdict.Informational: "case_info", verdict.Unimplemented: "case_unimplemented",
	verdict.Failed: "case_failed", "": "case_missing",
}

// closeClasses are those of the cells beside them.
var closeClasses = map[verdict.Grade]string{
	verdict.OK: "case_ok", verdict.FailedByClient: "case_almost", verdict.WrongCode: "case_non_strict", verdict.Informational: "case_info",
	verdict.Unclean: "case_failed", verdict.Failed: "case_failed", "": "case_missing",
}

func cellOf(r report.Result) indexCell {
	b, c := behaviorFace(r.Verdict.Behavior), closingFace(r.Verdict.Close, r.Log.Facts.Remote)
	cell := indexCell{
		Class: cmp.Or(cellClasses[r.Verdict.Behavior], "case_failed"), Word: b.Word,
		CloseClass: cmp.Or(closeClasses[r.Verdict.Close], "case_failed"), CloseWord: c.Word,
	}
	if r.File != "" {
		cell.Page = PageName(r)
	}
	if r.Timed {
		cell.Took = took(r.Took)
	}
	if r.Ratio {
		cell.Ratios = ratios(r.Log.Traffic)
	}
	return cell
}
