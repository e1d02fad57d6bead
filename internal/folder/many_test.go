// SPDX-License-Identifier: Apache-2.0

package folder

import (
	"flag"
	"testing"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/archive"
	"github.com/wsspec/wsspec/internal/report/reporttest"
)

var manyDir = flag.String("many", "", "write a report of 97 agents on all cases of the reference to this folder, to measure commands with")

func TestMany(t *testing.T) {
	if *manyDir == "" {
		t.Skip("-many names no folder")
	}
	f, err := Open(*manyDir, false, report.View{Sections: cases.Sections()})
	if err != nil {
		t.Fatal(err)
	}
	all := cases.All(cases.Current)
	f.Expect(archive.Plan{Of: func(string) (planned []report.Planned) {
		for _, c := range all {
			planned = append(planned, report.Planned{ID: c.ID, Title: c.Title})
		}
		return planned
	}})
	last := ""
	put := func(r report.Result) error {
		if r.Agent != last {
			if last = r.Agent; f.Begin(last) != nil {
				t.Fatal("cannot begin")
			}
		}
		return f.Put(r)
	}
	if err := reporttest.Many(97, all, put); err != nil {
		t.Fatal(err)
	}
	if err := f.Finish(); err != nil {
		t.Fatal(err)
	}
}
