// SPDX-License-Identifier: Apache-2.0

package html_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/golden"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/archive"
	pages "github.com/wsspec/wsspec/internal/report/html"
	"github.com/wsspec/wsspec/internal/report/reporttest"
	"github.com/wsspec/wsspec/internal/verdict"
)

// What the pages of three seed reports of the reference showed, ours show too.
func TestFactsOfTheReference(t *testing.T) {
	rep, err := archive.Load("../archive/testdata/reference")
	if _, lost := errors.AsType[*archive.LostError](err); !lost { // the index names one case file more
		t.Error(err)
	}
	common := []string{
		"isServer", "closedByMe", "failedByMe", "droppedByMe", "wasClean", "wasNotCleanReason", "wasServerConnectionDropTimeout",
		"wasOpenHandshakeTimeout", "wasCloseHandshakeTimeout", "localCloseCode", "localCloseReason", "remoteCloseCode", "remoteCloseReason",
		"Octets received by size of read", "Octets sent by size of write", "Frames received by opcode", "Frames sent by opcode", "Opening handshake", "Wire log",
	}
	for id, want := range map[string][]string{
		"5.2": {
			"WebSocket++ 0.2.0dev · Case 5.2", "✓ Pass", "1 ms", "2012-10-12T12:13:31.000Z", "A pong in two fragments.", "control frames are never fragmented",
			"Actual events match at least one expected.", "Expected nothing Received nothing", "Connection was properly closed",
			"User-Agent: AutobahnTestSuite/0.5.2-0.5.8", "Sec-WebSocket-Accept: 7/TdcFldF7OZV4bmI1CQTRy4Gos=",
			"isServer no", "closedByMe no", "failedByMe no", "droppedByMe no", "wasClean yes", "wasNotCleanReason –", "localCloseCode 1000", "remoteCloseCode 1002",
			"remoteCloseReason Fragmented control message",
			"30 1 30", "159 1 159", "Total 2 189", "15 2 30", "196 1 196", "Total 4 234", "8 close 1", "0 continuation 1", "10 pong 1", "Total 3",
			`> pong more mask=07ec5f17 "fragment1"`, ">> 15 0a8907ec5f17619e3e706a89316336", `> continuation mask=3efa13c0 "fragment2"`, "# fail after 1s",
			`code 1002, reason "Fragmented control message"`, "# dropped by peer",
		},
		"2.2": {
			"Microsoft-HTTPAPI/2.0 · Case 2.2", "1.02 s", "closing UNCLEAN", "2021-01-02T08:45:17.502Z", `1 pong "Hello, world!"`,
			"The spec requires the connection to be failed cleanly here", "closedByMe yes", "droppedByMe yes", "wasClean no",
			"wasNotCleanReason server did not drop TCP connection (in time)", "wasServerConnectionDropTimeout yes", "remoteCloseCode –",
			"Total 3 214", "Total 3 267", "8 close 1", "10 pong 1", "9 ping 1",
			`> ping mask=aaeb0471 "Hello, world!"`, "MASK 1 length 13 masking key aaeb0471", "<< 2 8800", "# dropped by me", "the server under test",
		},
		"3.4": {
			"Mint · Case 3.4", "16 ms", "GET /runCase?case=31&agent=Mint HTTP/1.1", "X-Powered-By: AutobahnPython/0.10.9", "isServer yes",
			"or, NON-STRICT", "Total 3 230", "1 32 32", "Total 34 242", "1 text 2", `> text rsv=4 chop=1 "Hello, world!"`, ">> 1 81", "26 writes, 26 octets", "in writes of 1 octet",
			"< text mask=0e39aed9", "code 1002", "the client under test", "wsspec serve --cases 3.4",
		},
	} {
		for _, a := range rep.Agents {
			for _, r := range a.Results {
				if r.ID != id {
					continue
				}
				text := strings.ReplaceAll(textOf(parse(t, casePage(t, r))), " . ", " ")
				for _, w := range append(want, common...) {
					if !strings.Contains(text, strings.TrimPrefix(w, "1 pong ")) {
						t.Errorf("%s: %q is not in the page", id, w)
					}
				}
			}
		}
	}
}

func TestFolder(t *testing.T) {
	dir := t.TempDir()
	store, err := archive.Open(dir, true)
	do(t, err)
	for _, a := range reporttest.Mixed().Agents {
		for _, r := range a.Results {
			do(t, store.Put(r))
		}
	}
	do(t, store.Finish())
	rep, err := archive.Load(dir)
	do(t, err)
	rep.Add(report.Result{Agent: "gone", ID: "1.1.1", Log: reporttest.Result("gone", 1, "1.1.1").Log})
	write := func(name string, page func(io.Writer) error) {
		var b bytes.Buffer
		do(t, page(&b))
		do(t, os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o666))
	}
	for _, a := range rep.Agents {
		for _, r := range a.Results {
			if r.File != "" {
				write(pages.PageName(r), func(w io.Writer) error { return pages.WriteCase(w, r, report.View{}) })
			}
		}
	}
	write("index.html", func(w io.Writer) error { return pages.WriteIndex(w, rep, report.View{}) })
	b, err := os.ReadFile(filepath.Join(dir, "index.html"))
	do(t, err)
	links := 0
	each(parse(t, string(b)), "a", func(n *html.Node) {
		href := attr(n, "href")
		if href == "" {
			return
		}
		links++
		if info, err := os.Stat(filepath.Join(dir, href)); err != nil || info.Size() == 0 {
			t.Errorf("link to %s: %v", href, err)
		}
	})
	if links != 11 {
		t.Errorf("%d links, want one a result with a page, 11", links)
	}
	page, err := os.ReadFile(filepath.Join(dir, "poor_case_7_5_1.html"))
	do(t, err)
	if !strings.Contains(textOf(parse(t, string(page))), "poor · Case 7.5.1") {
		t.Error("the page tells of another case")
	}
}

// Readers count case_failed to learn whether anything failed.
func TestTable(t *testing.T) {
	good := table(t, reporttest.Catalogue(2, cases.All(cases.Current)), report.View{})
	if n := strings.Count(good, "case_failed"); n != 2 {
		t.Errorf("case_failed %d times though nothing failed, want 2: scripts take more for a failure", n)
	}
	rows := 0
	each(parse(t, good), "tr", func(n *html.Node) {
		if strings.HasPrefix(textOf(n), "Case ") && n.Parent.Data == "tbody" {
			rows++
		}
	})
	if rows != 517 {
		t.Errorf("%d rows, want one a case, 517", rows)
	}
	mixed := table(t, reporttest.Mixed(), report.View{})
	if n := strings.Count(mixed, "case_failed"); n != 7 {
		t.Errorf("case_failed %d times, want 2, and once for each of 5 cells that failed", n)
	}
	cells := map[string]string{}
	each(parse(t, mixed), "tr", func(tr *html.Node) {
		var row []string
		each(tr, "td", func(td *html.Node) { row = append(row, textOf(td)) })
		each(tr, "th", func(th *html.Node) {
			if id, ok := strings.CutPrefix(textOf(th), "Case "); ok {
				id, _, _ = strings.Cut(id, " ")
				cells[id] = strings.Join(row, " | ")
			}
		})
	})
	for id, want := range map[string]string{
		"1.1.1":  "Pass | 1000 | Fail | Fail",
		"2.1":    "Missing | Pass | Fail",
		"6.4.1":  "Non-Strict | 1000 | Missing",
		"7.1.1":  "Missing | Pass | Unclean",
		"7.5.1":  "Missing | Fail | 1000",
		"7.13.1": "Info | 1000 | Missing",
		"9.1.1":  "Pass 7 ms | 1000 | Pass 2.34 s | Fail",
		"12.1.1": "Unimplemented | 1000 | Pass 7 ms [0.051/0.044] | 1000",
	} {
		if cells[id] != want {
			t.Errorf("%s: %s, want %s", id, cells[id], want)
		}
	}
}

// Each word has the class of the reference, in both columns.
func TestClassesOfTheTable(t *testing.T) {
	words := []verdict.Grade{
		verdict.OK, verdict.NonStrict, verdict.Informational, verdict.Unimplemented, verdict.Failed, verdict.WrongCode, verdict.Unclean, verdict.FailedByClient,
	}
	rep := new(report.Report)
	for i, w := range words {
		r := reporttest.Simple("a", fmt.Sprintf("1.1.%d", i+1))
		r.Verdict.Behavior, r.Verdict.Close = w, w
		rep.Add(r)
	}
	var b strings.Builder
	each(parse(t, table(t, rep, report.View{})), "td", func(td *html.Node) {
		if class := attr(td, "class"); class != "" {
			b.WriteString(class + "\n")
		}
	})
	golden.Check(t, "classes.txt", []byte(b.String()))
}
