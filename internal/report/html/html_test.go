// SPDX-License-Identifier: Apache-2.0

package html_test

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/report"
	pages "github.com/wsspec/wsspec/internal/report/html"
	"github.com/wsspec/wsspec/internal/report/reporttest"
)

func do(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

func onePage(tb testing.TB, rep *report.Report, v report.View) string {
	tb.Helper()
	var b bytes.Buffer
	do(tb, pages.Write(&b, rep, v))
	return b.String()
}

func table(tb testing.TB, rep *report.Report, v report.View) string {
	tb.Helper()
	var b bytes.Buffer
	do(tb, pages.WriteIndex(&b, rep, v))
	return b.String()
}

func casePage(tb testing.TB, r report.Result) string {
	tb.Helper()
	var b bytes.Buffer
	do(tb, pages.WriteCase(&b, r, report.View{}))
	return b.String()
}

// parse reads a page as a browser would.
func parse(tb testing.TB, page string) *html.Node {
	tb.Helper()
	root, err := html.Parse(strings.NewReader(page))
	do(tb, err)
	return root
}

// each calls f with all elements of the name, or with all where it is empty.
func each(root *html.Node, name string, f func(*html.Node)) {
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && (name == "" || n.Data == name) {
			f(n)
		}
	}
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func textOf(root *html.Node) string {
	var b strings.Builder
	for n := range root.Descendants() {
		if n.Type == html.TextNode && n.Parent.Data != "script" && n.Parent.Data != "style" {
			b.WriteString(n.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// stories unpacks the stories in a page: id of the chunk → id of the case → HTML.
func stories(tb testing.TB, root *html.Node) map[string]map[string]string {
	tb.Helper()
	all := map[string]map[string]string{}
	each(root, "script", func(n *html.Node) {
		if attr(n, "type") != "text/plain" {
			return
		}
		packed, err := base64.StdEncoding.DecodeString(n.FirstChild.Data)
		do(tb, err)
		plain, err := io.ReadAll(flate.NewReader(bytes.NewReader(packed)))
		do(tb, err)
		parts := strings.Split(string(plain), "\x00")
		var ids []string
		do(tb, json.Unmarshal([]byte(parts[0]), &ids))
		if len(ids) != len(parts)-1 {
			tb.Fatalf("%d ids and %d stories", len(ids), len(parts)-1)
		}
		told := map[string]string{}
		for i, id := range ids {
			told[id] = parts[i+1]
		}
		all[attr(n, "id")] = told
	})
	return all
}

// checkHarmless fails the test where a page has anything that runs or loads but
// our own script.
func checkHarmless(t *testing.T, root *html.Node, scripts int) {
	t.Helper()
	running := 0
	each(root, "", func(n *html.Node) {
		switch n.Data {
		case "script":
			if typ := attr(n, "type"); typ == "" {
				running++
				sum := sha256.Sum256([]byte(n.FirstChild.Data))
				each(root, "meta", func(m *html.Node) {
					if attr(m, "http-equiv") == "Content-Security-Policy" && !strings.Contains(attr(m, "content"), "script-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"';") {
						t.Errorf("the policy does not allow our script: %s", attr(m, "content"))
					}
				})
			} else if typ != "application/json" && typ != "text/plain" {
				t.Errorf("script of type %q", typ)
			}
		case "img", "iframe", "object", "embed", "base", "form", "video", "audio":
			if n.Data != "form" || attr(n, "method") != "dialog" {
				t.Errorf("element %s", n.Data)
			}
		}
		for _, a := range n.Attr {
			isURL := a.Key == "href" || a.Key == "src" || a.Key == "action" || a.Key == "xlink:href"
			scheme, _, _ := strings.Cut(a.Val, ":")
			isURL = isURL && scheme != a.Val && !strings.ContainsAny(scheme, "/?#%")
			switch {
			case strings.HasPrefix(a.Key, "on"):
				t.Errorf("handler %s in %s", a.Key, n.Data)
			case isURL && !strings.HasPrefix(a.Val, "https://www.rfc-editor.org/rfc/rfc") && !strings.HasPrefix(a.Val, "data:image/svg+xml,"):
				t.Errorf("%s=%q in %s", a.Key, a.Val, n.Data)
			}
		}
	})
	if running != scripts {
		t.Errorf("%d scripts run, want %d", running, scripts)
	}
}

func TestHostile(t *testing.T) {
	rep := reporttest.Hostile()
	v := report.View{Title: reporttest.Nasty, Baseline: reporttest.Mixed(), Known: func(r report.Result) (string, bool) { return reporttest.Nasty, r.Agent == "" }}
	root := parse(t, onePage(t, rep, v))
	checkHarmless(t, root, 1)
	n := 0
	for _, told := range stories(t, root) {
		for _, fragment := range told {
			n++
			checkStory(t, fragment)
		}
	}
	if n != 12 {
		t.Errorf("%d stories, want 12", n)
	}
	checkHarmless(t, parse(t, table(t, rep, v)), 1)
	for _, a := range rep.Agents {
		for _, r := range a.Results {
			page := casePage(t, r)
			checkHarmless(t, parse(t, page), 1)
			checkVisible(t, page)
		}
	}
}

// checkStory parses a story as innerHTML does.
func checkStory(t *testing.T, fragment string) {
	t.Helper()
	nodes, err := html.ParseFragment(strings.NewReader(fragment), parse(t, "").FirstChild.LastChild)
	do(t, err)
	holder := &html.Node{Type: html.ElementNode, Data: "div"}
	for _, n := range nodes {
		holder.AppendChild(n)
	}
	checkHarmless(t, holder, 0)
	checkVisible(t, fragment)
	articles := 0
	each(holder, "article", func(*html.Node) { articles++ })
	if articles != 1 || !strings.Contains(textOf(holder), reporttest.Executed) {
		t.Errorf("%d articles: %.200s", articles, fragment)
	}
}

// checkVisible fails the test where something changes how text is seen.
func checkVisible(t *testing.T, page string) {
	t.Helper()
	if i := strings.IndexAny(page, "\x00\x1b\u2028\u2029\u202e\r"); i >= 0 {
		t.Errorf("%q in %q", page[i:i+1], page[max(0, i-40):i+10])
	}
}

// gridData is what the grid is drawn from.
type gridData struct {
	Behaviors, Closings []struct{ Grade string }
	Standings, Changes  []string
	Sections            map[string]string
	Cases               [][]any
	Agents              []struct {
		Name    string
		Chunks  map[string]string
		Results [][]any
	}
}

// The data of the grid says of each result what the report says.
func TestSummary(t *testing.T) {
	rep := reporttest.Mixed()
	before := reporttest.Mixed()
	before.Add(reporttest.Result("poor", 1, "2.1"))
	root := parse(t, onePage(t, rep, report.View{Sections: cases.Sections(), Baseline: before, Known: func(r report.Result) (string, bool) { return "x", r.ID == "7.5.1" }}))
	var data gridData
	each(root, "script", func(n *html.Node) {
		if attr(n, "id") == "data" {
			do(t, json.Unmarshal([]byte(n.FirstChild.Data), &data))
		}
	})
	told := stories(t, root)
	var got []string
	for _, a := range data.Agents {
		for i, r := range a.Results {
			id := data.Cases[i][0].(string)
			if r == nil {
				got = append(got, fmt.Sprintf("%s %s: nothing", a.Name, id))
				continue
			}
			at := func(j int) int { return int(r[j].(float64)) }
			line := fmt.Sprintf("%s %s: %s, %s, %v, %v ms, %s", a.Name, id, data.Behaviors[at(0)].Grade, data.Closings[at(1)].Grade, r[2], r[3], data.Standings[at(4)])
			if len(r) > 6 {
				line += fmt.Sprintf(", ratio %v, change %q", r[6], data.Changes[at(7)])
			}
			if len(r) > 8 {
				line += fmt.Sprintf(", passed of attempts %v", r[8])
			}
			got = append(got, line)
			if story := told[a.Chunks[strings.Split(id, ".")[0]]][id]; !strings.Contains(story, "Case "+id) || !strings.Contains(story, a.Name) {
				t.Errorf("%s %s: story %.100q", a.Name, id, story)
			}
		}
	}
	want := []string{
		"good 1.1.1: OK, OK, 1000, 7 ms, pass",
		"good 2.1: nothing",
		"good 2.10: nothing",
		"good 2.11: nothing",
		"good 6.4.1: NON-STRICT, OK, 1000, 7 ms, soft",
		"good 7.1.1: nothing",
		"good 7.5.1: nothing",
		"good 7.13.1: INFORMATIONAL, INFORMATIONAL, 1000, 7 ms, pass",
		"good 9.1.1: OK, OK, 1000, 7 ms, pass",
		"good 12.1.1: UNIMPLEMENTED, OK, 1000, 7 ms, none",
		"poor 1.1.1: FAILED, FAILED, 1000, 7 ms, fail",
		`poor 2.1: OK, FAILED, 1000, 7 ms, fail, ratio , change "regressed"`,
		"poor 2.10: nothing",
		"poor 2.11: nothing",
		"poor 6.4.1: nothing",
		"poor 7.1.1: OK, UNCLEAN, 1000, 7 ms, fail",
		"poor 7.5.1: FAILED, WRONG CODE, 1000, 7 ms, known",
		"poor 7.13.1: nothing",
		`poor 9.1.1: OK, FAILED BY CLIENT, 1000, 2345 ms, fail, ratio , change "", passed of attempts [1 3]`,
		`poor 12.1.1: OK, OK, 1000, 7 ms, pass, ratio [0.051/0.044], change ""`,
	}
	if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
		t.Errorf("got\n%s\nwant\n%s", g, w)
	}
	if data.Sections["6.4"] == "" {
		t.Error("section 6.4 has no title")
	}
}

// A card says of each section how many cases speak for it, and where none could tell.
func TestKept(t *testing.T) {
	rep := new(report.Report)
	rep.Add(reporttest.Result("one", 1, "2.1"))
	page := onePage(t, rep, report.View{Kept: func(report.Agent) []report.Kept {
		return []report.Kept{
			{Place: "RFC 6455, 5.5.2", OK: 11, Of: 12, Against: []string{"2.1"}},
			{Place: "RFC 6455, 5.5.3", OK: 4, Of: 4, NotRun: 3},
			{Place: "RFC 6455, 7.3", Unjudged: 2},
		}
	}})
	text := textOf(parse(t, page))
	for _, want := range []string{"11 of 12", "4 of 4 3 not run", "not judged"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q on the card", want)
		}
	}
	if strings.Contains(text, "0 of 0") {
		t.Error("what was not judged has a number")
	}
}

func TestEmpty(t *testing.T) {
	root := parse(t, onePage(t, new(report.Report), report.View{}))
	if text := textOf(root); !strings.Contains(text, "There are no results in this report.") {
		t.Error(text)
	}
	checkHarmless(t, parse(t, table(t, new(report.Report), report.View{})), 1)
}

// The links of an agent's card lead to the story that they name.
func TestLinksOfCards(t *testing.T) {
	page := onePage(t, reporttest.Mixed(), report.View{})
	if want := `href="#case=1.1.1&amp;agent=poor"`; !strings.Contains(page, want) {
		t.Errorf("%s is not in the page", want)
	}
	for _, escaped := range []string{"#case%3d", "#case%3D"} {
		if strings.Contains(page, escaped) {
			t.Errorf("a link of the page leads to %s…", escaped)
		}
	}
}
