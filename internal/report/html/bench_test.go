// SPDX-License-Identifier: Apache-2.0

package html_test

import (
	"bytes"
	"io"
	"testing"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/html"
	"github.com/wsspec/wsspec/internal/report/reporttest"
)

// BenchmarkWrite writes the page of ten agents on all cases.
func BenchmarkWrite(b *testing.B) {
	rep := reporttest.Catalogue(10, cases.All(cases.Current))
	var size bytes.Buffer
	if err := html.Write(&size, rep, report.View{}); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := html.Write(io.Discard, rep, report.View{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(size.Len())/1e6, "MB")
}

// BenchmarkWriteIndex writes the table of the reference for ten agents.
func BenchmarkWriteIndex(b *testing.B) {
	rep := reporttest.Catalogue(10, cases.All(cases.Current))
	for b.Loop() {
		if err := html.WriteIndex(io.Discard, rep, report.View{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkWriteCase writes one page.
func BenchmarkWriteCase(b *testing.B) {
	r := reporttest.Result("agent", 1, "1.1.1")
	for b.Loop() {
		if err := html.WriteCase(io.Discard, r, report.View{}); err != nil {
			b.Fatal(err)
		}
	}
}
