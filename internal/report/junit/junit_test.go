// SPDX-License-Identifier: Apache-2.0

package junit_test

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/golden"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/junit"
	"github.com/wsspec/wsspec/internal/report/reporttest"
)

func write(t *testing.T, rep *report.Report, v report.View) string {
	t.Helper()
	var b bytes.Buffer
	if err := junit.Write(&b, rep, v); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWrite(t *testing.T) {
	golden.Check(t, "mixed.xml", []byte(write(t, reporttest.Mixed(), report.View{Link: "https://example.com/report.html"})))
	golden.Check(t, "strict.xml", []byte(write(t, reporttest.Mixed(), report.View{
		Title: "Nightly", Strict: true, Known: func(r report.Result) (string, bool) { return "issue 17", r.ID == "7.5.1" },
	})))
}

// shape is what the schemas that build servers publish allow: attributes that must
// and may be there, and children in their order. Those of attempts are Surefire's.
var shape = map[string]struct{ must, may, children []string }{
	"testsuites": {nil, []string{"name", "time", "tests", "failures", "disabled", "errors"}, []string{"testsuite"}},
	"testsuite": {[]string{"name", "tests"}, []string{"failures", "errors", "time", "disabled", "skipped", "timestamp", "hostname", "id", "package"},
		[]string{"properties", "testcase", "system-out", "system-err"}},
	"testcase": {[]string{"name", "classname"}, []string{"assertions", "time", "status"},
		[]string{"failure", "rerunFailure", "flakyFailure", "skipped", "error", "system-out", "system-err"}},
	"failure":      {nil, []string{"type", "message"}, nil},
	"error":        {nil, []string{"type", "message"}, nil},
	"rerunFailure": {[]string{"type"}, []string{"message"}, []string{"stackTrace"}},
	"flakyFailure": {[]string{"type"}, []string{"message"}, []string{"stackTrace"}},
	"stackTrace":   {nil, nil, nil},
	"skipped":      {nil, []string{"message"}, nil},
	"system-out":   {nil, nil, nil},
}

// check reads the XML token by token, holds it against the shape and counts.
func check(t *testing.T, text string) map[string]int {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(text))
	counts, sums := map[string]int{}, map[string]int{}
	var open []string
	last := []int{-1}
	for {
		tok, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("no XML: %v", err)
		}
		switch e := tok.(type) {
		case xml.StartElement:
			name := e.Name.Local
			counts[name]++
			if len(open) > 0 {
				at := slices.Index(shape[open[len(open)-1]].children, name)
				if at < last[len(last)-1] || at < 0 {
					t.Errorf("%s in %s, or not in its place there", name, open[len(open)-1])
				}
				last[len(last)-1] = at
			}
			checkAttributes(t, e, sums)
			open, last = append(open, name), append(last, -1)
		case xml.EndElement:
			open, last = open[:len(open)-1], last[:len(last)-1]
		}
	}
	for _, name := range []string{"tests", "failures", "skipped"} {
		if sums["testsuites "+name] != sums["testsuite "+name] && name != "skipped" {
			t.Errorf("%s: %d in the suites, %d in their sum", name, sums["testsuite "+name], sums["testsuites "+name])
		}
		if element := map[string]string{"tests": "testcase", "failures": "failure", "skipped": "skipped"}[name]; sums["testsuite "+name] != counts[element] {
			t.Errorf("%s: %d, but there are %d %s", name, sums["testsuite "+name], counts[element], element)
		}
	}
	return counts
}

func checkAttributes(t *testing.T, e xml.StartElement, sums map[string]int) {
	t.Helper()
	s, known := shape[e.Name.Local]
	if !known {
		t.Errorf("element %s is not JUnit's", e.Name.Local)
	}
	var names []string
	for _, a := range e.Attr {
		names = append(names, a.Name.Local)
		if !slices.Contains(s.must, a.Name.Local) && !slices.Contains(s.may, a.Name.Local) {
			t.Errorf("attribute %s of %s is not JUnit's", a.Name.Local, e.Name.Local)
		}
		switch a.Name.Local {
		case "tests", "failures", "errors", "skipped":
			n, err := strconv.Atoi(a.Value)
			if err != nil {
				t.Errorf("%s=%q", a.Name.Local, a.Value)
			}
			sums[e.Name.Local+" "+a.Name.Local] += n
		case "time":
			if _, err := strconv.ParseFloat(a.Value, 64); err != nil {
				t.Errorf("time %q", a.Value)
			}
		}
	}
	for _, m := range s.must {
		if !slices.Contains(names, m) {
			t.Errorf("%s has no %s", e.Name.Local, m)
		}
	}
}

func TestShape(t *testing.T) {
	for name, want := range map[string]string{
		"mixed":   "2 14 5 2",
		"strict":  "2 14 5 3",
		"hostile": "4 12 4 0",
		"empty":   "0 0 0 0",
	} {
		rep, v := reporttest.Mixed(), report.View{}
		switch name {
		case "strict":
			v = report.View{Strict: true, Known: func(r report.Result) (string, bool) { return "x", r.ID == "7.5.1" }}
		case "hostile":
			rep = reporttest.Hostile()
		case "empty":
			rep = new(report.Report)
		}
		n := check(t, write(t, rep, v))
		if got := fmt.Sprint(n["testsuite"], n["testcase"], n["failure"], n["skipped"]); got != want {
			t.Errorf("%s: suites, cases, failures, skipped: %s, want %s", name, got, want)
		}
	}
}
