// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/report/archive"
	"github.com/wsspec/wsspec/internal/report/reporttest"
)

func TestLargeReportsAreSplit(t *testing.T) {
	dir := t.TempDir()
	s, err := archive.Open(filepath.Join(dir, "from"), false)
	if err != nil {
		t.Fatal(err)
	}
	agents := []string{"../../a", "b c"}
	for _, agent := range agents {
		for i, id := range []string{"6.4.1", "6.4.2"} {
			if err := s.Put(reporttest.Result(agent, i+1, id)); err != nil {
				t.Fatal(err)
			}
		}
	}
	var said bytes.Buffer
	p := &process{stdout: &said, stderr: &said}
	out := filepath.Join(dir, "my report.html")
	from, err := p.read(s.Dir())
	if err != nil {
		t.Fatal(err)
	}
	v := view()
	v.Whole = from.whole
	if done, err := p.splitPages(from, out, v, 4); done || err != nil {
		t.Errorf("four results where a page has room for four: split %v, %v", done, err)
	}
	if done, err := p.splitPages(from, out, v, 3); !done || err != nil {
		t.Fatalf("split %v, %v", done, err)
	}
	page := func(name string) string {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	const stories = "type=\"text/plain\""
	overview := page("my report.html")
	if strings.Contains(overview, stories) || strings.Contains(overview, "connect-src 'self'") {
		t.Error("the overview has conversations in it, or may ask a server for them")
	}
	for i, name := range []string{"my%20report_agents/001.html", "my%20report_agents/002.html"} {
		if !strings.Contains(overview, name) {
			t.Errorf("the overview does not lead to %s", name)
		}
		own := page(strings.ReplaceAll(name, "%20", " "))
		if !strings.Contains(own, stories) || !strings.Contains(own, agents[i]) || strings.Contains(own, `"name":"`+agents[1-i]) {
			t.Errorf("%s is no page of %q alone with its conversations", name, agents[i])
		}
	}
	if files, _ := os.ReadDir(dir); len(files) != 3 { // the report, the overview, the pages
		t.Errorf("%v", files)
	}
}
