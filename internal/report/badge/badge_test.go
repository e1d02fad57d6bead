// SPDX-License-Identifier: Apache-2.0

package badge_test

import (
	"bytes"
	"encoding/xml"
	"io"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/golden"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/badge"
	"github.com/wsspec/wsspec/internal/report/reporttest"
)

func write(t *testing.T, rep *report.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := badge.Write(&b, rep, report.View{}); err != nil {
		t.Fatal(err)
	}
	d := xml.NewDecoder(bytes.NewReader(b.Bytes()))
	for {
		if _, err := d.Token(); err == io.EOF {
			return b.String()
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func TestWrite(t *testing.T) {
	golden.Check(t, "mixed.svg", []byte(write(t, reporttest.Mixed())))
	for want, rep := range map[string]*report.Report{
		">5/13<": reporttest.Mixed(), ">A+ · 517/517<": reporttest.Catalogue(1, cases.All(cases.Current)), ">no results<": {},
	} {
		if got := write(t, rep); !strings.Contains(got, want) {
			t.Errorf("%s is not in %s", want, got)
		}
	}
}
