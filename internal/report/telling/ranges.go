// SPDX-License-Identifier: Apache-2.0

package telling

import (
	"fmt"
	"slices"
	"strings"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/visible"
)

// Ranges lists ids and joins those that follow one another: "6.4.1–4, 7.1.6".
func Ranges(ids []string) string {
	ids = slices.Clone(ids)
	slices.SortFunc(ids, conform.CompareIDs)
	var parts []string
	for i := 0; i < len(ids); {
		j := i + 1
		for j < len(ids) && follows(ids[j-1], ids[j]) {
			j++
		}
		part := ids[i]
		if j-i > 1 {
			part += "–" + ids[j-1][strings.LastIndexByte(ids[j-1], '.')+1:]
		}
		parts = append(parts, part)
		i = j
	}
	return strings.Join(parts, ", ")
}

// follows reports whether b is the next id after a in the same section.
func follows(a, b string) bool {
	section := conform.Subcategory(a)
	var m, n int
	_, errA := fmt.Sscanf(a[len(section):], ".%d", &m)
	_, errB := fmt.Sscanf(b[len(conform.Subcategory(b)):], ".%d", &n)
	return section == conform.Subcategory(b) && errA == nil && errB == nil && n == m+1
}

// everything is the suite of which nothing has to be said.
const everything = "full"

// Suites tells which suites an agent's cases were picked from, and is empty where that
// is all there are or not known.
func Suites(a report.Agent) string {
	if len(a.Suites) == 0 || len(a.Suites) == 1 && a.Suites[0] == everything {
		return ""
	}
	return "picked from the suite " + strings.Join(a.Suites, " and the suite ")
}

// Scope tells of what the results of an agent are, in a line each, where that is not the
// whole of all cases: the suites they were picked from, and which were shortened.
func Scope(a report.Agent) []string {
	var lines []string
	if suites := Suites(a); suites != "" {
		lines = append(lines, suites)
	}
	if ids := a.Shortened(); len(ids) > 0 {
		lines = append(lines, fmt.Sprintf("shortened, as their titles say: %d (%s)", len(ids), Ranges(ids)))
	}
	return lines
}

// Gaps tells what a report does not say of an agent, in a line each: what was planned
// and not run, what was run and says nothing, and what failed only beside other cases.
func Gaps(a report.Agent) []string { return append(Holes(a), Blanks(a)...) }

// Holes are the gaps that keep a run from being a success.
func Holes(a report.Agent) []string {
	var lines []string
	if missing := a.Missing(); len(missing) > 0 {
		ids := make([]string, len(missing))
		for i, p := range missing {
			ids[i] = p.ID
		}
		lines = append(lines, fmt.Sprintf("%d of %d cases were %s: %s", len(missing), len(a.Results)+len(missing), a.NotRun(), Ranges(ids)))
	}
	if ids := a.Partly(); len(ids) > 0 {
		lines = append(lines, fmt.Sprintf("run in part, with too few of their connections to be judged: %d (%s)", len(ids), Ranges(ids)))
	}
	if _, wrong := a.Besides(); len(wrong) > 0 {
		lines = append(lines, fmt.Sprintf("wrong only beside other cases, and not for lack of time: %d (%s)", len(wrong), Ranges(wrong)))
	}
	return lines
}

// Blanks are the gaps that do not: what the peer does not implement, and what may have been
// a matter of time.
func Blanks(a report.Agent) []string {
	var lines []string
	if ids := a.Unjudged(); len(ids) > 0 {
		lines = append(lines, fmt.Sprintf("run but not judged, because nothing shows how the peer behaves there: %d (%s)", len(ids), Ranges(ids)))
	}
	failed, wrong := a.Besides()
	if late := len(failed) - len(wrong); late > 0 {
		failed = slices.DeleteFunc(failed, func(id string) bool { return slices.Contains(wrong, id) })
		lines = append(lines, fmt.Sprintf("late only beside other cases: %d (%s)", late, Ranges(failed)))
	}
	return lines
}

// LeftOut tells in a line each which cases were left out for want of a profile of the agent
// or because they are about another version of HTTP or about TLS, which is the tester's choice and no
// gap.
func LeftOut(a report.Agent) []string {
	var lines []string
	if untold := a.Untold(); len(untold) > 0 {
		lines = append(lines, fmt.Sprintf("not run, as they need a profile of the peer (--profile): %d (%s)", len(untold), UntoldBy(untold)))
	}
	if unfit := a.Unfit(); len(unfit) > 0 {
		lines = append(lines, fmt.Sprintf("not run, as they are about another version of HTTP: %d (%s)", len(unfit), UntoldBy(unfit)))
	}
	if inClear := a.InClear(); len(inClear) > 0 {
		lines = append(lines, fmt.Sprintf("not run, as they are about TLS (wss:, or serve with --tls-authority): %d (%s)", len(inClear), UntoldBy(inClear)))
	}
	return lines
}

// UntoldBy lists cases that need a profile by what they need: "8.3.3 message-limit".
func UntoldBy(untold []report.Planned) string {
	var needs []string
	ids := map[string][]string{}
	for _, p := range untold {
		if ids[p.Needs] == nil {
			needs = append(needs, p.Needs)
		}
		ids[p.Needs] = append(ids[p.Needs], p.ID)
	}
	var parts []string
	for _, n := range needs {
		parts = append(parts, Ranges(ids[n])+" "+visible.Text(n))
	}
	return strings.Join(parts, ", ")
}
