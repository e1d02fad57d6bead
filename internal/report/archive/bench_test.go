// SPDX-License-Identifier: Apache-2.0

package archive_test

import (
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/archive"
	"github.com/wsspec/wsspec/internal/report/reporttest"
)

// large is a folder of 5,170 results, and how long it takes to read it as a whole.
func large(b *testing.B) (dir string, whole time.Duration) {
	b.Helper()
	dir = b.TempDir()
	s, err := archive.Open(dir, false)
	if err == nil {
		err = reporttest.Many(10, cases.All(cases.Current), s.Put)
	}
	if err == nil {
		err = s.Finish()
	}
	begun := time.Now()
	if err == nil {
		_, err = archive.Load(dir)
	}
	if err != nil {
		b.Fatal(err)
	}
	return dir, time.Since(begun)
}

// BenchmarkLight says how many times as fast a report is read by its notes.
func BenchmarkLight(b *testing.B) {
	dir, whole := large(b)
	for b.Loop() {
		if _, err := archive.LoadLight(dir, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(whole)/float64(b.Elapsed()/time.Duration(b.N)), "times-as-fast")
}

// BenchmarkOneMore says how many times as fast as reading all of a report it is to open
// it, put one more result and tell of all.
func BenchmarkOneMore(b *testing.B) {
	dir, whole := large(b)
	for b.Loop() {
		s, err := archive.Open(dir, false)
		if err == nil {
			err = s.Put(reporttest.Result("newcomer", 1, "1.1.1"))
		}
		if err == nil {
			err = s.Finish()
		}
		if err != nil || len(s.Light().Agents) != 11 {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(whole)/float64(b.Elapsed()/time.Duration(b.N)), "times-as-fast")
}

// BenchmarkAdopt says how many times as fast as reading it a report is taken over.
func BenchmarkAdopt(b *testing.B) {
	dir, whole := large(b)
	rep, err := archive.LoadLight(dir, nil)
	if err != nil {
		b.Fatal(err)
	}
	into, n := b.TempDir(), 0
	for b.Loop() {
		n++
		s, err := archive.Open(filepath.Join(into, strconv.Itoa(n)), false)
		if err != nil {
			b.Fatal(err)
		}
		if err := adopt(s, dir, rep); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(whole)/float64(b.Elapsed()/time.Duration(b.N)), "times-as-fast")
}

func adopt(s *archive.Store, dir string, rep *report.Report) error {
	for _, a := range rep.Agents {
		if err := s.Adopt(dir, time.Now(), a.Results); err != nil {
			return err
		}
	}
	return s.Finish()
}
