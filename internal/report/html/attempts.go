// SPDX-License-Identifier: Apache-2.0

package html

import (
	"cmp"
	"fmt"
	"html/template"
	"slices"
	"strconv"
	"strings"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/wirelog"
)

// mostAttempts bounds the rows of a list of attempts.
const mostAttempts = 200

// attempt is a row of the list of a case's attempts: one of them, or a run of those
// that came to the same and have nothing to show.
type attempt struct {
	Numbers     string
	Class, Sign string
	Verdict     string
	Reason      template.HTML
	Took, Seed  string
	Counts      bool
	Note        string // why it does not count, or was repeated
	Explanation []string
	Log         template.HTML

	first, last int
	least, most report.Attempt // by the time they took
}

// attemptRows is the list of a result's attempts, or empty where there was one.
func attemptRows(r report.Result) []attempt {
	if len(r.Others) == 0 {
		return nil
	}
	counts := report.Attempt{Number: r.Attempt, Verdict: r.Verdict, Took: r.Took, Seed: r.Seed}
	all := append(slices.Clone(r.Others), counts)
	slices.SortStableFunc(all, func(a, b report.Attempt) int { return cmp.Compare(a.Number, b.Number) })
	var rows []attempt
	for _, a := range all {
		row := attemptRow(a, r)
		if n := len(rows) - 1; n >= 0 && rows[n].join(row) {
			continue
		}
		if len(rows) == mostAttempts {
			break
		}
		rows = append(rows, row)
	}
	for i := range rows {
		rows[i].label()
	}
	return rows
}

func attemptRow(a report.Attempt, r report.Result) attempt {
	face := behaviorFace(a.Verdict.Behavior)
	if face.Class == "ok" && !a.Verdict.Passed() {
		face = closingFace(a.Verdict.Close, wirelog.CloseFacts{})
	}
	row := attempt{
		Class: face.Class, Sign: face.Sign, Verdict: fmt.Sprintf("%s, closing %s", orMissing(a.Verdict.Behavior), orMissing(a.Verdict.Close)),
		Counts: a.Number == r.Attempt, first: a.Number, last: a.Number, least: a, most: a,
	}
	switch {
	case a.Verdict.Passed(): // there is nothing to say
	case report.Severity(a.Verdict.Close) > report.Severity(a.Verdict.Behavior):
		row.Reason = linked(a.Verdict.CloseResult)
	default:
		row.Reason = linked(a.Verdict.Result)
	}
	switch why := sentence(a.Why); {
	case a.Loaded && why != "":
		row.Note = why + ": does not count"
	case why != "":
		row.Note = "repeated as " + why
	}
	if !a.Verdict.Passed() && !row.Counts && len(a.Explanation) == 0 {
		row.Note = strings.TrimPrefix(row.Note+"; no more is kept of it", "; ")
	}
	if a.Seed != r.Seed && a.Seed != 0 {
		row.Seed = strconv.FormatUint(a.Seed, 10)
	}
	for _, line := range a.Explanation[:min(len(a.Explanation), mostEvents)] {
		row.Explanation = append(row.Explanation, sentence(line))
	}
	if len(a.Records) > 0 {
		row.Log = excerpt(a.Records, a.Left, r.Log.Extension != "")
	}
	return row
}

// join takes another attempt into the row, if it has nothing of its own to show.
func (a *attempt) join(b attempt) bool {
	showy := a.Counts || b.Counts || len(a.Explanation)+len(b.Explanation)+len(a.Log)+len(b.Log) > 0
	if showy || b.first != a.last+1 || a.Verdict != b.Verdict || a.Reason != b.Reason || a.Note != b.Note || a.Seed != b.Seed {
		return false
	}
	a.last = b.last
	if b.least.Took < a.least.Took {
		a.least = b.least
	}
	if b.most.Took > a.most.Took {
		a.most = b.most
	}
	return true
}

func (a *attempt) label() {
	a.Numbers, a.Took = strconv.Itoa(a.first), took(a.least.Took)
	if a.last > a.first {
		a.Numbers += "–" + strconv.Itoa(a.last)
	}
	if longest := took(a.most.Took); longest != a.Took {
		a.Took += " to " + longest
	}
}

// excerpt is a log of which the middle may not have been kept.
func excerpt(rs []wirelog.Record, left int, compressed bool) template.HTML {
	m := markup{compressed: compressed}
	times := timed(rs)
	m.tag("<ol class=wire start=0>")
	for i, r := range rs {
		switch {
		case i > logHead+logTail:
			continue // no report of ours has as many
		case left > 0 && i == report.AttemptHead:
			m.tag("<li class=gap>%d more records were not kept", left)
			m.record(r, times, fmt.Sprintf("value=%d ", i+left))
			continue
		}
		m.record(r, times, "")
	}
	m.tag("</ol>")
	return template.HTML(m.String())
}
