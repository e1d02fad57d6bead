// SPDX-License-Identifier: Apache-2.0

package html

import (
	"cmp"
	"fmt"
	"html/template"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/telling"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/visible"
	"github.com/wsspec/wsspec/internal/wirelog"
)

// caseView is all a case's story shows.
type caseView struct {
	Agent, ID, Title  string
	Spec              template.HTML
	Behavior, Closing face
	BehaviorWord      string // of the reference
	CloseWord         string
	Took, Started     string
	Seed              string
	Expectation       string
	Result            template.HTML
	Alone             bool // the verdict is one: the closing is judged with the case, or there is none
	Survey            bool
	Seen              []remark // what a survey noted
	ClosingOK         bool
	CloseResult       template.HTML
	Known             string // why its failure is no news
	Caveat            string
	Accepted          []accepted
	Received          []string
	MoreReceived      int
	Difference        string
	Octets            template.HTML   // around the first that differs
	Broken            []template.HTML // what the peer violated
	ClosingExpected   string
	ClosingLines      []string
	Command           string
	Issue             string // ready to paste into an issue tracker
	Sequence, WireLog template.HTML
	Turns             []turn
	OfTurns           int
	Request, Response string
	Refused           string
	Facts             template.HTML
	Statistics        template.HTML
	Extension         string
	Compression       template.HTML
	Attempts          []attempt
	Flakiness         string
	File              string
}

type accepted struct {
	Grade string
	Lines []string
}

// remark is something that a survey noted of the connections of a run.
type remark struct{ Class, Text string }

// turn is one of several connections of a case, or a run of them that came to the same.
type turn struct {
	Class, Sign, Verdict string
	Names                string
	Result               template.HTML
}

// mostEvents bounds the received events that a story lists.
const mostEvents = 100

func viewCase(r report.Result, v report.View) caseView {
	culprit, guilty := telling.Blame(r)
	if !guilty {
		culprit.At = -1
	}
	c := caseView{
		Agent: label(r.Agent), ID: sentence(r.ID), Title: sentence(r.Title), Spec: linked(r.Spec),
		Behavior: behaviorFace(r.Verdict.Behavior), Closing: closingFace(r.Verdict.Close, r.Log.Facts.Remote),
		BehaviorWord: orMissing(r.Verdict.Behavior), CloseWord: orMissing(r.Verdict.Close),
		Took: took(r.Took), Expectation: sentence(telling.Expected(r)), Caveat: sentence(r.Caveat),
		Alone: r.Want.Whole || r.Want.Survey, Survey: r.Want.Survey, ClosingOK: r.Verdict.Close == verdict.OK || r.Verdict.Close == verdict.Informational,
		Result: linked(r.Verdict.Result), CloseResult: linked(r.Verdict.CloseResult),
		Received: telling.ReceivedLines(r), Difference: sentence(telling.FirstDifference(r)),
		ClosingLines: telling.ClosingLines(r.Log), Command: telling.Command(r), Issue: issue(r),
		Request: head(r.Log.Request), Response: head(r.Log.Response), Refused: sentence(r.Log.Refused), Facts: facts(r.Log.Facts),
		Statistics: statistics(r), Turns: turnRows(r.Turns), OfTurns: len(r.Turns),
		Extension: sentence(r.Log.Extension), Compression: compression(r.Log), File: r.File,
	}
	if reason, known := v.KnownReason(r); known {
		c.Known = sentence(reason)
	}
	if !r.Started.IsZero() {
		c.Started = r.Started.UTC().Format("2006-01-02T15:04:05.000Z")
	}
	if r.Seed != 0 {
		c.Seed = strconv.FormatUint(r.Seed, 10)
	}
	if r.Want.Survey {
		if c.Seen = remarks(r.Log); len(c.Seen) == 1 && strings.TrimSuffix(sentence(r.Verdict.Result), ".") == c.Seen[0].Text {
			c.Seen = nil
		}
	} else {
		c.Sequence, c.WireLog = sequenceDiagram(r.Log, culprit), wireLog(r.Log, culprit.At)
	}
	c.compare(r)
	for _, b := range slices.Concat(r.Log.Violations(), r.Log.Compression.Broken) {
		if !r.Want.Survey && !strings.Contains(strings.ToLower(r.Verdict.Result), strings.ToLower(b)) { // else it says so
			c.Broken = append(c.Broken, linked(b))
		}
	}
	c.Attempts, c.Flakiness = attemptRows(r), r.Flakiness()
	return c
}

// compare fills in what had to come and what came.
func (c *caseView) compare(r report.Result) {
	if r.Verdict.Behavior != verdict.Failed || r.Want.Whole {
		c.Difference = "" // else the result says it
	} else {
		c.Octets = octetTable(r)
	}
	for _, o := range r.Want.Outcomes {
		lines := telling.EventLines(o.Events)
		if o.AndMore {
			lines = append(lines, "(whatever comes then)")
		}
		if o.Unopened {
			lines = append(lines, "(no connection opened)")
		}
		c.Accepted = append(c.Accepted, accepted{orMissing(o.Grade), lines})
	}
	if n := r.Want.Echoes; n > 0 {
		c.Accepted = []accepted{{Lines: []string{count(n, "message") + " unchanged"}}}
		c.Received = []string{fmt.Sprintf("%d of %s unchanged", r.Log.Echo.Matched, count(r.Log.Echo.Sent, "message"))}
	}
	if len(r.Close.Codes) > 0 {
		c.ClosingExpected = telling.ClosingExpectation(r.Close)
	}
	if n := len(c.Received); n > mostEvents {
		c.Received, c.MoreReceived = c.Received[:mostEvents], n-mostEvents
	}
}

// remarks are what a survey noted, what is wrong first.
func remarks(log *wirelog.Log) []remark {
	var all []remark
	for _, kind := range []struct {
		k     wirelog.Kind
		class string
	}{{wirelog.Violation, "fail"}, {wirelog.Lapse, "soft"}, {wirelog.NotJudged, "none"}, {wirelog.Noted, "info"}} {
		for _, note := range log.Notes(kind.k) {
			if len(all) == mostEvents {
				return all
			}
			all = append(all, remark{kind.class, sentence(note)})
		}
	}
	return all
}

// turnRows are the connections of a case, those that came to the same in one row, and
// what is wrong first.
func turnRows(turns []report.Turn) []turn {
	type outcome struct{ behavior, closing, result string }
	var order []outcome
	by := map[outcome][]report.Turn{}
	for _, t := range turns {
		o := outcome{string(t.Verdict.Behavior), string(t.Verdict.Close), t.Verdict.Result}
		if by[o] == nil {
			order = append(order, o)
		}
		by[o] = append(by[o], t)
	}
	slices.SortStableFunc(order, func(a, b outcome) int {
		return report.Severity(report.Worst(by[b][0].Verdict)) - report.Severity(report.Worst(by[a][0].Verdict))
	})
	var rows []turn
	for _, o := range order[:min(len(order), mostEvents)] {
		v := by[o][0].Verdict
		face := behaviorFace(v.Behavior)
		row := turn{Class: face.Class, Sign: face.Sign, Verdict: orMissing(v.Behavior), Result: linked(v.Result)}
		if v.Close != verdict.OK {
			row.Verdict += ", closing " + orMissing(v.Close)
		}
		var names []string
		for _, t := range by[o] {
			names = append(names, cmp.Or(t.Name, "a plain one"))
		}
		row.Names = sentence(strings.Join(names, "; "))
		rows = append(rows, row)
	}
	return rows
}

func orMissing(g verdict.Grade) string {
	if g == "" {
		return "Missing"
	}
	return cut(visible.Text(string(g)), maxName)
}

// issue is a text for an issue tracker that reads Markdown.
func issue(r report.Result) string {
	lines := telling.Explain(r)
	return fmt.Sprintf("Case %s of wsspec: %s\n\n~~~\n%s\n\n$ %s\n~~~\n", visible.Text(r.ID), orMissing(report.Worst(r.Verdict)), strings.Join(lines, "\n"), telling.Command(r))
}

// head is an HTTP head as it is shown.
func head(b []byte) string {
	return visible.Lines(strings.TrimRight(strings.ReplaceAll(string(b), "\r\n", "\n"), "\n"))
}

// made is a point in time for the foot of a page.
func made(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04 UTC")
}
