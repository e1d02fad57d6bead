// SPDX-License-Identifier: Apache-2.0

package csv_test

import (
	"bytes"
	gocsv "encoding/csv"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/golden"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/csv"
	"github.com/wsspec/wsspec/internal/report/reporttest"
)

func TestWrite(t *testing.T) {
	var b bytes.Buffer
	if err := csv.Write(&b, reporttest.Mixed(), report.View{}); err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "mixed.csv", b.Bytes())
}

// Nothing that came from a peer is a formula, or leaves its cell.
func TestHostile(t *testing.T) {
	rep := reporttest.Hostile()
	rep.Add(reporttest.Simple("=1+1", "1.1.1"))
	var b bytes.Buffer
	if err := csv.Write(&b, rep, report.View{}); err != nil {
		t.Fatal(err)
	}
	rows, err := gocsv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		for _, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@", rune(cell[0])) || strings.ContainsAny(cell, "\n\x1b") {
				t.Errorf("cell %.60q", cell)
			}
		}
	}
}
