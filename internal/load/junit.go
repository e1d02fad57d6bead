// SPDX-License-Identifier: Apache-2.0

package load

import (
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/wsspec/wsspec/internal/visible"
)

// junitSuite is a file of JUnit XML with one suite.
type junitSuite struct {
	XMLName  xml.Name    `xml:"testsuites"`
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Time     string      `xml:"time,attr"`
	Suite    junitOfLoad `xml:"testsuite"`
}

type junitOfLoad struct {
	Name      string      `xml:"name,attr"`
	Tests     int         `xml:"tests,attr"`
	Failures  int         `xml:"failures,attr"`
	Errors    int         `xml:"errors,attr"`
	Time      string      `xml:"time,attr"`
	Timestamp string      `xml:"timestamp,attr"`
	Cases     []junitCase `xml:"testcase"`
	Out       string      `xml:"system-out,omitempty"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	Time    string        `xml:"time,attr"`
	Failure *junitMessage `xml:"failure"`
	Error   *junitMessage `xml:"error"`
}

type junitMessage struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
}

// WriteJUnit writes the conditions of the result as test cases, as build servers read them. What
// was not measured is an error, and so is a run that opened no connection or was stopped; that what it was for did not happen is a failure, and of a
// search, that the objective never holds.
func WriteJUnit(w io.Writer, r *Result) error {
	class := "load." + string(r.Kind)
	took := strconv.FormatFloat(r.DurationS, 'f', 3, 64)
	s := junitOfLoad{Name: "load " + string(r.Kind) + " " + visible.Text(r.URL), Time: took, Timestamp: r.Started.Format("2006-01-02T15:04:05")}
	run := junitCase{Name: "run", Class: class, Time: took}
	switch {
	case r.Interrupted != "":
		run.Error = &junitMessage{visible.Text(r.Cut()), "interrupted"}
	case r.Opened == 0 && r.Failed > 0:
		run.Error = &junitMessage{"no connection could be opened", "unreachable"}
	case r.Amiss != "":
		run.Failure = &junitMessage{visible.Text(r.Amiss), "amiss"}
	case r.Kind == Find && r.Best == nil:
		run.Failure = &junitMessage{"not even " + Decimal(r.Plan.From) + " holds " + visible.Text(strings.Join(r.Plan.SLO, ", ")), "objective"}
	}
	s.Cases = append(s.Cases, run)
	for _, v := range r.Thresholds {
		c := junitCase{Name: "fail if " + visible.Text(v.Text), Class: class, Time: "0"}
		switch {
		case v.OK:
		case v.Value == NotMeasured:
			c.Error = &junitMessage{v.Value, "not measured"}
		default:
			c.Failure = &junitMessage{"it is " + v.Value, "condition"}
		}
		s.Cases = append(s.Cases, c)
	}
	for _, c := range s.Cases {
		s.Tests++
		if c.Failure != nil {
			s.Failures++
		}
		if c.Error != nil {
			s.Errors++
		}
	}
	var out strings.Builder
	for _, f := range r.Failures {
		fmt.Fprintf(&out, "%s %s\n", Thousands(f.Count), visible.Text(f.Cause))
	}
	s.Out = out.String()
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(junitSuite{Name: s.Name, Tests: s.Tests, Failures: s.Failures, Errors: s.Errors, Time: took, Suite: s}); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}
