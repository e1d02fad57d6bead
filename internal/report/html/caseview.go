// SPDX-License-Identifier: Apache-2.0

package html

import (
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
)

// caseView is all a case's story shows.
type caseView struct {
	Agent, ID, Title    string
	Spec                template.HTML
	Behavior, Closing   face
	BehaviorWord        string // of the reference
	CloseWord           string
	Took, Started       string
	Seed                string
	Expectation         string
	Result, CloseResult template.HTML
	Known               string // why its failure is no news
	Accepted            []accepted
	Received            []string
	MoreReceived        int
	Difference          string
	Broken              []template.HTML // what the peer violated
	ClosingExpected     string
	ClosingLines        []string
	Command             string
	Issue               string // ready to paste into an issue tracker
	Sequence, WireLog   template.HTML
	Request, Response   string
	Facts               template.HTML
	Statistics          template.HTML
	Extension           string
	Compression         template.HTML
	Attempts            []attempt
	Flakiness           string
	File                string
}

type accepted struct {
	Grade string
	Lines []string
}

// mostEvents bounds the received events that a story lists.
const mostEvents = 100

func viewCase(r report.Result, v report.View) caseView {
	c := caseView{
		Agent: label(r.Agent), ID: sentence(r.ID), Title: sentence(r.Title), Spec: linked(r.Spec),
		Behavior: behaviorFace(r.Verdict.Behavior), Closing: closingFace(r.Verdict.Close, r.Log.Facts.Remote),
		BehaviorWord: orMissing(r.Verdict.Behavior), CloseWord: orMissing(r.Verdict.Close),
		Took: took(r.Took), Expectation: sentence(telling.Expected(r)),
		Result: linked(r.Verdict.Result), CloseResult: linked(r.Verdict.CloseResult),
		Received: telling.ReceivedLines(r), Difference: sentence(telling.FirstDifference(r)),
		ClosingLines: telling.ClosingLines(r.Log), Command: telling.Command(r), Issue: issue(r),
		Sequence: sequenceDiagram(r.Log), WireLog: wireLog(r.Log.Records),
		Request: head(r.Log.Request), Response: head(r.Log.Response), Facts: facts(r.Log.Facts),
		Statistics: statistics(r),
		Extension:  sentence(r.Log.Extension), Compression: compression(r.Log), File: r.File,
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
	if r.Verdict.Behavior != verdict.Failed {
		c.Difference = ""
	}
	for _, o := range r.Want.Outcomes {
		c.Accepted = append(c.Accepted, accepted{orMissing(o.Grade), telling.EventLines(o.Events)})
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
	for _, b := range slices.Concat(r.Log.Violations(), r.Log.Compression.Broken) {
		c.Broken = append(c.Broken, linked(b))
	}
	c.Attempts, c.Flakiness = attemptRows(r), r.Flakiness()
	return c
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
