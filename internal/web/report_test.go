// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/diagnosis"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/html"
	"github.com/wsspec/wsspec/internal/report/reporttest"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// faulty is a report of a server with three faults, and one failure that nothing explains.
func faulty(agent string) *report.Report {
	rep := new(report.Report)
	outcomes := map[string]diagnosis.Outcome{"99.1.1": {Behavior: verdict.Failed, Close: verdict.OK}}
	for _, f := range diagnosis.Load(ws.Server) {
		for id, o := range f.Shows {
			switch f.Name {
			case "no-utf8-check", "ignores-rsv", "accepts-nested-fragments":
				outcomes[id] = o
			default:
				if _, had := outcomes[id]; !had {
					outcomes[id] = diagnosis.Outcome{Behavior: verdict.OK, Close: verdict.OK}
				}
			}
		}
	}
	for id, o := range outcomes {
		r := reporttest.Result(agent, 1, id)
		r.Verdict.Behavior, r.Verdict.Close = o.Behavior, o.Close
		rep.Add(r)
	}
	return rep
}

// pageOf writes a report as a page and returns its URL.
func pageOf(t *testing.T, rep *report.Report) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "report.html")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := html.Write(f, rep, report.View{Sections: cases.Sections()}); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return "file://" + filepath.ToSlash(file)
}

// outside lists what is wider than the page and not in something that scrolls.
const outside = `(() => {
	const wide = document.documentElement.clientWidth, scrolls = e => e && (['auto', 'scroll', 'hidden', 'clip'].includes(getComputedStyle(e).overflowX) || scrolls(e.parentElement));
	const found = document.documentElement.scrollWidth > wide ? ['the page itself'] : [];
	for (const e of document.querySelectorAll('body *')) {
		const r = e.getBoundingClientRect();
		if (r.width && r.height && (r.right > wide + 1 || r.left < -1) && !scrolls(e.parentElement)) found.push(e.tagName + '.' + e.className + ' ' + r.left + ' to ' + r.right);
	}
	return found.slice(0, 5).join('; ');
})()`

// On a narrow screen nothing is wider than the page, whatever an agent is called, with
// the story of a case or without.
func TestNarrowReport(t *testing.T) {
	ctx := browser(t)
	do(t, ctx, chromedp.EmulateViewport(400, 800, chromedp.EmulateMobile))
	long := strings.Repeat("An-agent-whose-name-has-no-end.", 4096/31+1)[:4096]
	for name, c := range map[string]struct {
		rep    *report.Report
		anchor string
	}{
		"faults":      {faulty("poor"), ""},
		"a story":     {faulty("poor"), "#" + report.Anchor("poor", "6.12.1")},
		"4 KiB":       {faulty(long), "#" + report.Anchor(long, "6.12.1")},
		"two":         {reporttest.Mixed(), "#" + report.Anchor("poor", "9.1.1")},
		"hostile":     {reporttest.Hostile(), "#" + report.Anchor(reporttest.Nasty, "1."+string(verdict.Failed))},
		"only a name": {faulty(reporttest.Nasty), ""},
	} {
		do(t, ctx, chromedp.Navigate("about:blank"))
		do(t, ctx, chromedp.Navigate(pageOf(t, c.rep)+c.anchor))
		do(t, ctx, chromedp.WaitReady("#grid tr"))
		if c.anchor != "" {
			do(t, ctx, chromedp.WaitReady(".story h2"))
		}
		do(t, ctx, chromedp.Evaluate[chromedp.Void]("for (const d of document.querySelectorAll('details')) d.open = true"))
		if wide := do(t, ctx, chromedp.Evaluate[string](outside)); wide != "" {
			t.Errorf("%s: %s", name, wide)
		}
		if id := do(t, ctx, chromedp.Evaluate[string]("document.body.id")); id != "" && id != "body" {
			t.Errorf("%s: a script of a peer has run: the id is %q", name, id)
		}
	}
}

// The link at a cause shows the cases that it explains and no others, in the grid.
func TestLinksOfCauses(t *testing.T) {
	ctx := browser(t)
	do(t, ctx, chromedp.Navigate(pageOf(t, faulty("poor"))))
	do(t, ctx, chromedp.WaitReady("#grid tr"))
	all := text(t, ctx, "#status")
	n := do(t, ctx, chromedp.Evaluate[int]("document.querySelectorAll('.cause .fit a').length"))
	if n != 3 {
		t.Fatalf("%d causes with links, want 3", n)
	}
	seen := map[string]bool{}
	for i := range n {
		do(t, ctx, chromedp.Evaluate[chromedp.Void](fmt.Sprintf("document.querySelectorAll('.cause .fit a')[%d].click()", i)))
		for seen[text(t, ctx, "#status")] || text(t, ctx, "#status") == all { // the filter follows the address
		}
		said := text(t, ctx, "#status")
		seen[said] = true
		var shown, total int
		if _, err := fmt.Sscanf(said, "%d of %d cases", &shown, &total); err != nil {
			t.Fatalf("%q: %v", said, err)
		}
		explains := do(t, ctx, chromedp.Evaluate[int](fmt.Sprintf(`(c => data.agents[0].causes[%d].cases.length)()`, i)))
		if shown != explains || shown == 0 || shown == total {
			t.Errorf("cause %d: %q, it explains %d", i+1, said, explains)
		}
	}
}
