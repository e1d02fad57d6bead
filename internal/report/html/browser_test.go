// SPDX-License-Identifier: Apache-2.0

package html_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/reporttest"
)

// browse opens a page from disk in Chromium and returns what became of it.
func browse(t *testing.T, page, anchor string) *html.Node {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil || testing.Short() {
		t.Skip("needs Chromium")
	}
	file := filepath.Join(t.TempDir(), "report.html")
	do(t, os.WriteFile(file, []byte(page), 0o666))
	cmd := exec.Command(path, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--virtual-time-budget=5000",
		"--user-data-dir="+t.TempDir(), "--dump-dom", "file://"+file+"#"+anchor)
	out, err := cmd.Output()
	do(t, err)
	return parse(t, string(out))
}

func find(root *html.Node, id string) (found *html.Node) {
	each(root, "", func(n *html.Node) {
		if attr(n, "id") == id {
			found = n
		}
	})
	return found
}

// The page draws its grid, filters it as the address says, and tells a story.
func TestInBrowser(t *testing.T) {
	rep := reporttest.Mixed()
	root := browse(t, onePage(t, rep, report.View{}), "q=s:failed%20!7.5&"+report.Anchor("poor", "2.1"))
	var rows []string
	each(find(root, "grid"), "tr", func(tr *html.Node) { rows = append(rows, textOf(tr)) })
	want := []string{
		"Case good poor",
		"▾ 1 (1) 1 ✗ 1", "▾ 1.1 (1) 1 ✗ 1", "1.1.1 Text in two fragments, one octet at a time ✓ 1000 ✗ end",
		"▾ 2 (1) – ✗ 1", "2.1 Text in two fragments, one octet at a time · ✗ end",
		"▾ 7 (1) – ✗ 1", "▾ 7.1 (1) – ✗ 1", "7.1.1 Text in two fragments, one octet at a time · ≈ unclean",
		"▾ 9 (1) 1 ✗ 1", "▾ 9.1 (1) 1 ✗ 1", "9.1.1 Text in two fragments, one octet at a time ✓ 1000 7 ms ✗ end 1 of 3 2.3 s",
	}
	if strings.Join(rows, "\n") != strings.Join(want, "\n") {
		t.Errorf("rows\n%s\nwant\n%s", strings.Join(rows, "\n"), strings.Join(want, "\n"))
	}
	if text := textOf(find(root, "status")); text != "4 of 10 cases" {
		t.Errorf("status %q", text)
	}
	if text := textOf(find(root, "body")); !strings.Contains(text, "poor · Case 2.1") {
		t.Errorf("no story of 2.1: %.200q", text)
	}
}

// A page without conversations leads to those that have them.
func TestPagesOfAgentsInBrowser(t *testing.T) {
	v := report.View{Light: true, Pages: map[string]string{"poor": "r_agents/002.html"}}
	root := browse(t, onePage(t, reporttest.Mixed(), v), report.Anchor("poor", "2.1"))
	var link string
	each(find(root, "body"), "a", func(a *html.Node) { link = attr(a, "href") })
	if link != "r_agents/002.html#case=2.1&agent=poor" {
		t.Errorf("the story leads to %q", link)
	}
}

// A filter alone may stand behind the #, as somebody would write it.
func TestBareFilterInBrowser(t *testing.T) {
	root := browse(t, onePage(t, reporttest.Mixed(), report.View{}), "s:failed !7.5")
	if text := textOf(find(root, "status")); text != "4 of 10 cases" {
		t.Errorf("status %q", text)
	}
}

// Nothing that came from a peer runs.
func TestHostileInBrowser(t *testing.T) {
	rep := reporttest.Hostile()
	worst := rep.Agents[1] // the one whose name is markup
	if worst.Name != reporttest.Nasty {
		t.Fatalf("agent %.40q", worst.Name)
	}
	root := browse(t, onePage(t, rep, report.View{}), "q=s:failed&"+report.Anchor(worst.Name, worst.Results[0].ID))
	each(root, "body", func(n *html.Node) {
		if id := attr(n, "id"); id != "" {
			t.Errorf("a script of a peer has run: the id is %q", id)
		}
	})
	if text := textOf(find(root, "body")); !strings.Contains(text, reporttest.Executed) || !strings.Contains(text, "Wire log") {
		t.Errorf("no story: %.200q", text)
	}
	rows := 0
	each(find(root, "grid"), "tr", func(*html.Node) { rows++ })
	if rows < 3 {
		t.Errorf("%d rows: the grid was not drawn", rows)
	}
}
