// SPDX-License-Identifier: Apache-2.0

package folder

import (
	"bytes"
	"fmt"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/archive"
	"github.com/wsspec/wsspec/internal/report/html"
	"github.com/wsspec/wsspec/internal/report/reporttest"
)

// fill puts results of all kinds into a folder, of peers and not of us who are
// hostile: ids and titles are ours.
func fill(t *testing.T, f *Folder) {
	t.Helper()
	for _, rep := range []*report.Report{reporttest.Mixed(), reporttest.Hostile()} {
		for _, a := range rep.Agents {
			for i, r := range a.Results {
				r.ID, r.Title = fmt.Sprintf("1.1.%d", i+1), "Text"
				if err := f.Put(r); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// The table of the reference's pages is what the files would make it, though
// they are not read again.
func TestTableIsThatOfTheFiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, err := Open(t.TempDir(), true, report.View{Sections: cases.Sections()})
		if err != nil {
			t.Fatal(err)
		}
		fill(t, f)
		if err := f.Begin(reporttest.Mixed().Agents[0].Name); err != nil {
			t.Fatal(err)
		}
		if err := f.Finish(); err != nil {
			t.Fatal(err)
		}
		rep, err := archive.Load(f.Dir())
		if err != nil || len(rep.Agents) == 0 {
			t.Fatal(rep, err)
		}
		view := f.View
		view.Made = time.Now()
		var want bytes.Buffer
		if err := html.WriteIndex(&want, rep, view); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(f.Page()); err != nil || !bytes.Equal(got, want.Bytes()) {
			t.Errorf("%v\n%s\nwant\n%s", err, got, &want)
		}
	})
}

// Clients that update the reports at the same time share the work; what came in
// between is shown, and a page that is gone is written again.
func TestPagesAreWrittenOnceForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, err := Open(t.TempDir(), false, report.View{Sections: cases.Sections()})
		if err != nil {
			t.Fatal(err)
		}
		fill(t, f)
		finish := func() {
			time.Sleep(time.Minute) // the page tells when it was made
			var clients sync.WaitGroup
			errs := make([]error, 4)
			for i := range errs {
				clients.Go(func() { errs[i] = f.Finish() })
			}
			clients.Wait()
			if s := fmt.Sprint(errs); s != "[<nil> <nil> <nil> <nil>]" {
				t.Fatal(s)
			}
		}
		page := func() string {
			b, err := os.ReadFile(f.Page())
			if err != nil {
				t.Fatal(err)
			}
			return string(b)
		}
		finish()
		first := page()
		if finish(); page() != first {
			t.Error("written again though nothing has changed")
		}
		if err := f.Put(reporttest.Result("another", 1, "1.1.1")); err != nil {
			t.Fatal(err)
		}
		finish()
		if page() == first {
			t.Error("a result that came is not shown")
		}
		if err := os.Remove(f.Page()); err != nil {
			t.Fatal(err)
		}
		finish()
		page()
	})
}
