// SPDX-License-Identifier: Apache-2.0

package baseline

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/verdict"
)

// Expected is one line of an expectation file: results that need not be good, and
// why. In patterns "*" stands for anything, and everything else for itself.
type Expected struct {
	Agent, Case string        // patterns
	Allowed     verdict.Grade // results may be as bad as this
	Reason      string
	Until       time.Time // the last day it holds, in UTC; zero: for ever
	Line        int       // in the file, from 1
}

// Expectations are the lines of a file. Of several lines that fit a result, the
// first one counts.
type Expectations []Expected

// Bounds of an expectation file.
const (
	maxFile  = 4 << 20 // octets
	maxLines = 50_000
	dateForm = "2006-01-02"
)

// Parse reads an expectation file:
//
//	# agents        cases  allowed     reason, and the last day it holds
//	gorilla*        6.4.*  NON-STRICT  checks text at the end of a message
//	"My Server 2"   7.5.1  FAILED      issue 17 until 2027-01-31
//
// Words with blanks stand in quotes. The error names the line.
func Parse(r io.Reader) (Expectations, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read expectations: %w", err)
	}
	if len(b) > maxFile {
		return nil, fmt.Errorf("expectations: larger than %d octets", maxFile)
	}
	var es Expectations
	n := 0
	for line := range strings.Lines(string(bytes.TrimPrefix(b, []byte("\ufeff")))) {
		n++
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		if len(es) == maxLines {
			return nil, fmt.Errorf("line %d: more than %d expectations", n, maxLines)
		}
		e, err := parseLine(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		e.Line = n
		es = append(es, e)
	}
	return es, nil
}

var errShort = errors.New("want agent pattern, case pattern, allowed grade and a reason")

func parseLine(line string) (e Expected, err error) {
	words := make([]string, 3)
	for i := range words {
		if words[i], line, err = nextWord(line); err != nil {
			return e, err
		}
	}
	e.Agent, e.Case = words[0], words[1]
	if e.Allowed, err = parseGrade(words[2]); err != nil {
		return e, err
	}
	e.Reason = line
	if i := strings.LastIndex(" "+line, " until "); i >= 0 {
		date := strings.TrimSpace(line[i+len("until "):])
		day, err := time.Parse(dateForm, date)
		if err == nil {
			e.Reason, e.Until = strings.TrimSpace(line[:i]), day
		} else if looksLikeDate(date) {
			return e, fmt.Errorf("%.20q is no date: want one such as 2027-01-31", date)
		}
	}
	if e.Reason == "" {
		return e, errShort
	}
	return e, nil
}

// looksLikeDate tells a date with a mistake from a sentence with "until" in it.
func looksLikeDate(s string) bool {
	return s != "" && s[0] >= '0' && s[0] <= '9' && !strings.ContainsFunc(s, unicode.IsSpace)
}

// nextWord splits off a word, or a string in quotes.
func nextWord(line string) (word, rest string, err error) {
	if strings.HasPrefix(line, `"`) {
		quoted, err := strconv.QuotedPrefix(line)
		if err != nil {
			return "", "", fmt.Errorf("%.20q: the quotes are not closed", line)
		}
		if word, err = strconv.Unquote(quoted); err != nil {
			return "", "", fmt.Errorf("%.20q: %w", quoted, err)
		}
		rest = line[len(quoted):]
		if rest != "" && !strings.HasPrefix(rest, " ") && !strings.HasPrefix(rest, "\t") {
			return "", "", fmt.Errorf("%.20q: want a blank behind the quotes", line)
		}
	} else if i := strings.IndexAny(line, " \t"); i >= 0 {
		word, rest = line[:i], line[i:]
	} else {
		word = line
	}
	if rest = strings.TrimSpace(rest); rest == "" {
		return "", "", errShort
	}
	return word, rest, nil
}

// allowed are the grades that something may be allowed to have, with a hyphen for
// a blank so that they need no quotes.
var allowed = []verdict.Grade{verdict.Failed, verdict.NonStrict, verdict.Unimplemented, verdict.WrongCode, verdict.Unclean, verdict.FailedByClient}

func parseGrade(word string) (verdict.Grade, error) {
	var names []string
	for _, g := range allowed {
		name := gradeWord(g)
		if strings.EqualFold(word, name) || strings.EqualFold(word, string(g)) {
			return g, nil
		}
		names = append(names, name)
	}
	return "", fmt.Errorf("grade %.20q: want one of %s", word, strings.Join(names, ", "))
}

func gradeWord(g verdict.Grade) string { return strings.ReplaceAll(string(g), " ", "-") }

// Standing is what an expectation makes of a result.
type Standing uint8

// Standings.
const (
	Fine       Standing = iota // it does not fail
	Known                      // it fails as expected
	Regression                 // it fails, and was not expected to, or not that badly
	Outdated                   // it was expected to fail, does not, and is better than allowed
)

// Of says how a result stands on a day. The expectation is the one that fits, if
// any does. fails tells what counts as failed: see report.View. What a shortened case
// does not fail proves no expectation outdated, as the whole case may.
func (es Expectations) Of(r report.Result, fails bool, day time.Time) (Standing, Expected) {
	e, found := es.find(r, day)
	severity, allowed := report.Severity(report.Worst(r.Verdict)), report.Severity(e.Allowed)
	switch {
	case !fails && found && severity < allowed && !r.Shortened():
		return Outdated, e
	case !fails:
		return Fine, e
	case found && severity <= allowed:
		return Known, e
	}
	return Regression, e
}

// Idle are the lines that hold no more on the day, and of the others those that fit none
// of the results.
func (es Expectations) Idle(results []report.Result, day time.Time) (expired, idle Expectations) {
	for _, e := range es {
		switch {
		case e.expired(day):
			expired = append(expired, e)
		case !slices.ContainsFunc(results, func(r report.Result) bool { return fits(e.Case, r.ID) && fits(e.Agent, r.Agent) }):
			idle = append(idle, e)
		}
	}
	return expired, idle
}

func (e Expected) expired(day time.Time) bool {
	return !e.Until.IsZero() && !day.UTC().Before(e.Until.AddDate(0, 0, 1))
}

func (es Expectations) find(r report.Result, day time.Time) (Expected, bool) {
	for _, e := range es {
		if !e.expired(day) && fits(e.Case, r.ID) && fits(e.Agent, r.Agent) {
			return e, true
		}
	}
	return Expected{}, false
}

// fits reports whether the pattern, in which * stands for anything, is all of s.
func fits(pattern, s string) bool {
	first, rest, wild := strings.Cut(pattern, "*")
	if !wild {
		return pattern == s
	}
	s, ok := strings.CutPrefix(s, first)
	if !ok {
		return false
	}
	parts := strings.Split(rest, "*")
	last := parts[len(parts)-1]
	for _, part := range parts[:len(parts)-1] {
		i := strings.Index(s, part)
		if i < 0 {
			return false
		}
		s = s[i+len(part):]
	}
	return strings.HasSuffix(s, last)
}

// FromReport makes an expectation of each result that fails: only what becomes
// worse is news.
func FromReport(rep *report.Report, v report.View, reason string) Expectations {
	var es Expectations
	for _, a := range rep.Agents {
		for _, r := range a.Results {
			if v.Fails(r) || !r.Judged() {
				es = append(es, Expected{Agent: r.Agent, Case: r.ID, Allowed: report.Worst(r.Verdict), Reason: reason})
			}
		}
	}
	return es
}

// Write prints expectations in the form that Parse reads, in columns.
func (es Expectations) Write(w io.Writer) error {
	agents, ids, grades := 0, 0, 0
	rows := make([][3]string, len(es))
	for i, e := range es {
		rows[i] = [3]string{word(e.Agent), word(e.Case), gradeWord(e.Allowed)}
		agents, ids, grades = max(agents, len(rows[i][0])), max(ids, len(rows[i][1])), max(grades, len(rows[i][2]))
	}
	var b bytes.Buffer
	b.WriteString("# agents, cases, allowed grade, reason [until YYYY-MM-DD]\n")
	for i, e := range es {
		fmt.Fprintf(&b, "%-*s %-*s %-*s %s", min(agents, 40), rows[i][0], ids, rows[i][1], grades, rows[i][2], oneLine(e.Reason))
		if !e.Until.IsZero() {
			b.WriteString(" until " + e.Until.Format(dateForm))
		}
		b.WriteByte('\n')
	}
	_, err := w.Write(b.Bytes())
	return err
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// word quotes what would not be read back as one word.
func word(s string) string {
	needs := s == "" || s[0] == '"' || s[0] == '#' || slices.ContainsFunc([]rune(s), func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) })
	if needs {
		return strconv.Quote(s)
	}
	return s
}
