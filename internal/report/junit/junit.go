// SPDX-License-Identifier: Apache-2.0

// Package junit writes a report as JUnit XML, as build servers read it: one suite
// per agent. What failed is a failure, what was planned and not run an error; what is
// not implemented and what is known to fail is skipped. Failed attempts other than the
// one that counts are called what Surefire calls them: a rerunFailure if the case failed,
// otherwise a flakyFailure. It knows nothing of files. Start at Write.
package junit

import (
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/telling"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/visible"
)

// suites has no sum of what was skipped: schemas that build servers hold reports to
// allow it in a suite only.
type suites struct {
	XMLName  xml.Name `xml:"testsuites"`
	Name     string   `xml:"name,attr"`
	Tests    int      `xml:"tests,attr"`
	Failures int      `xml:"failures,attr"`
	Errors   int      `xml:"errors,attr"`
	Time     string   `xml:"time,attr"` // seconds
	Suites   []suite  `xml:"testsuite"`
}

type suite struct {
	Name      string `xml:"name,attr"`
	Tests     int    `xml:"tests,attr"`
	Failures  int    `xml:"failures,attr"`
	Errors    int    `xml:"errors,attr"`
	Skipped   int    `xml:"skipped,attr"`
	Time      string `xml:"time,attr"`
	Timestamp string `xml:"timestamp,attr,omitempty"`
	Cases     []test `xml:"testcase"`
}

type test struct {
	Name    string   `xml:"name,attr"`
	Class   string   `xml:"classname,attr"`
	Time    string   `xml:"time,attr"`
	Failure *failure `xml:"failure"`
	Error   *failure `xml:"error"`
	Reruns  []rerun  `xml:"rerunFailure"`
	Flakes  []rerun  `xml:"flakyFailure"`
	Skipped *skipped `xml:"skipped"`
	Out     *output  `xml:"system-out"`
}

type skipped struct {
	Message string `xml:"message,attr"`
}

type failure struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",cdata"`
}

// rerun is an attempt that failed.
type rerun struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Trace   output `xml:"stackTrace"`
}

type output struct {
	Text string `xml:",cdata"`
}

// Write writes the report.
func Write(w io.Writer, rep *report.Report, v report.View) error {
	all := suites{Name: clean(v.Heading())}
	var spent time.Duration
	for _, a := range rep.Agents {
		missing, untold := a.Missing(), a.LeftOut()
		s := suite{Name: clean(agentName(a.Name)), Tests: len(a.Results) + len(missing) + len(untold)}
		var took time.Duration
		for _, r := range a.Results {
			t, err := testOf(r, v)
			if err != nil {
				return err
			}
			switch {
			case t.Failure != nil:
				s.Failures++
			case t.Skipped != nil:
				s.Skipped++
			}
			if stamp := r.Started.UTC(); !r.Started.IsZero() && (s.Timestamp == "" || stamp.Format(stampForm) < s.Timestamp) {
				s.Timestamp = stamp.Format(stampForm)
			}
			took += r.Took
			s.Cases = append(s.Cases, t)
		}
		for _, p := range missing {
			t := notRun(a, p, v)
			if t.Error != nil {
				s.Errors++
			} else {
				s.Skipped++
			}
			s.Cases = append(s.Cases, t)
		}
		for _, p := range untold {
			t := unplayed(a, p)
			t.Skipped = &skipped{clean(p.WhyLeftOut())}
			s.Skipped++
			s.Cases = append(s.Cases, t)
		}
		s.Time = seconds(took)
		spent += took
		all.Tests += s.Tests
		all.Failures += s.Failures
		all.Errors += s.Errors
		all.Suites = append(all.Suites, s)
	}
	all.Time = seconds(spent)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return fmt.Errorf("write JUnit report: %w", err)
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(all); err != nil {
		return fmt.Errorf("write JUnit report: %w", err)
	}
	if _, err := io.WriteString(w, "\n"); err != nil {
		return fmt.Errorf("write JUnit report: %w", err)
	}
	return nil
}

const stampForm = "2006-01-02T15:04:05" // the schema has no zone: it is UTC

func testOf(r report.Result, v report.View) (t test, err error) {
	if v.Fails(r) || !r.Passed() || len(r.Others) > 0 { // else there is no story to it
		if r, err = v.WholeOf(r); err != nil {
			return t, err
		}
	}
	t = test{Name: clean(strings.TrimSpace(r.ID + " " + r.Title)), Class: clean(agentName(r.Agent)), Time: seconds(r.Took)}
	reason, known := v.KnownReason(r)
	switch {
	case known:
		t.Skipped = &skipped{clean("known failure: " + reason)}
		t.Out = &output{story(r, v)}
	case v.Fails(r):
		why := reasonOf(r.Verdict)
		if tally := r.Flakiness(); tally != "" {
			why = "flaky, " + tally + ": " + why
		}
		t.Failure = &failure{Message: clean(why), Type: clean(string(report.Worst(r.Verdict))), Text: story(r, v)}
		t.Reruns = failedAttempts(r, v)
	case r.Verdict.Behavior == verdict.Unimplemented:
		t.Skipped = &skipped{clean(r.Verdict.Result)}
	case !r.Passed():
		t.Out = &output{story(r, v)}
	}
	if t.Failure == nil && !known {
		t.Flakes = failedAttempts(r, v)
	}
	return t, nil
}

func unplayed(a report.Agent, p report.Planned) test {
	return test{Name: clean(strings.TrimSpace(p.ID + " " + p.Title)), Class: clean(agentName(a.Name)), Time: seconds(0)}
}

// notRun is a case that has no result: an error, unless that is let pass.
func notRun(a report.Agent, p report.Planned, v report.View) test {
	t := unplayed(a, p)
	why := clean(a.NotRun())
	if v.Partial {
		t.Skipped = &skipped{why}
	} else {
		t.Error = &failure{Message: why, Type: "NOT RUN", Text: why}
	}
	return t
}

// reasonOf is the half of a verdict that is worth a message.
func reasonOf(v verdict.Verdict) string {
	if v.Behavior != verdict.Failed && report.Severity(v.Close) >= report.Severity(v.Behavior) {
		return v.CloseResult
	}
	return v.Result
}

// failedAttempts are the attempts beside the one that counts which failed, but for
// those that load may have spoilt.
func failedAttempts(r report.Result, v report.View) []rerun {
	var failed []rerun
	for _, a := range r.Others {
		if a.Loaded || !v.Fails(report.Result{Verdict: a.Verdict}) {
			continue
		}
		failed = append(failed, rerun{
			Message: clean(fmt.Sprintf("attempt %d: %s", a.Number, reasonOf(a.Verdict))), Type: clean(string(report.Worst(a.Verdict))),
			Trace: output{clean("\n" + strings.Join(a.Explanation, "\n") + "\n")},
		})
	}
	return failed
}

// story is the explanation, how to repeat the case, and where its page is.
func story(r report.Result, v report.View) string {
	lines := append(telling.Explain(r), "", "$ "+telling.Command(r))
	if link := v.PageLink(r); link != "" {
		lines = append(lines, link)
	}
	return clean("\n" + strings.Join(lines, "\n") + "\n")
}

func agentName(name string) string {
	if name == "" {
		return "(no name)"
	}
	return name
}

func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 3, 64) }

// most bounds a text, in octets.
const most = 16 << 10

// clean leaves only what XML 1.0 can hold and people can see.
func clean(s string) string {
	if len(s) > most {
		s = s[:most] + "…"
	}
	return visible.Lines(s)
}
