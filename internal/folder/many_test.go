// SPDX-License-Identifier: Apache-2.0

package folder

import (
	"flag"
	"testing"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/report"
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
	if err := reporttest.Many(97, all, f.Put); err != nil {
		t.Fatal(err)
	}
	if err := f.Finish(); err != nil {
		t.Fatal(err)
	}
}
