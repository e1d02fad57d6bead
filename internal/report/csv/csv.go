// SPDX-License-Identifier: Apache-2.0

// Package csv writes a report as a table for spreadsheets: a row per case and agent, those
// that were planned and not run included (RFC 4180). It knows nothing of files. Start at
// Write.
package csv

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/visible"
)

// header are the columns. New ones come behind these.
var header = []string{"agent", "case", "title", "section", "behavior", "closing", "standing", "milliseconds", "close code", "flaky", "result", "closing result"}

// Write writes the table.
func Write(w io.Writer, rep *report.Report, v report.View) error {
	c := csv.NewWriter(w)
	rows := [][]string{header}
	for _, a := range rep.Agents {
		for _, r := range a.Results {
			code := ""
			if r.Log.Facts.Remote.Coded {
				code = strconv.Itoa(int(r.Log.Facts.Remote.Code))
			}
			rows = append(rows, cells(a.Name, r.ID, r.Title, r.Spec, string(r.Verdict.Behavior), string(r.Verdict.Close), v.Standing(r),
				strconv.FormatInt(r.Took.Milliseconds(), 10), code, r.Flakiness(), r.Verdict.Result, r.Verdict.CloseResult))
		}
		for _, p := range a.Missing() {
			rows = append(rows, cells(a.Name, p.ID, p.Title, "", "", "", "missing", "", "", "", a.NotRun(), ""))
		}
		for _, p := range a.LeftOut() {
			word := "needs profile"
			if p.OnlyOver() != "" || p.OfTLS() {
				word = "left out"
			}
			rows = append(rows, cells(a.Name, p.ID, p.Title, "", "", "", word, "", "", "", p.WhyLeftOut(), ""))
		}
	}
	if err := c.WriteAll(rows); err != nil {
		return fmt.Errorf("write CSV report: %w", err)
	}
	return nil
}

// most bounds a cell, in octets.
const most = 2000

// cells makes text visible, and keeps spreadsheets from taking what a peer has written
// for a formula.
func cells(texts ...string) []string {
	for i, s := range texts {
		if s = visible.Text(s); len(s) > most {
			s = strings.ToValidUTF8(s[:most], "") + "…"
		}
		if s != "" && strings.ContainsRune("=+-@", rune(s[0])) {
			s = "'" + s
		}
		texts[i] = s
	}
	return texts
}
