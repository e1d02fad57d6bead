// SPDX-License-Identifier: Apache-2.0

// Package docs_test writes the documents that can be derived from the program, and
// holds the others to it: commands, flags, links and code. It knows nothing of their
// style. Start at any test.
package docs_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/golden"
	"github.com/wsspec/wsspec/internal/report/telling"
	"github.com/wsspec/wsspec/internal/ws"
)

// written stands at the head of each document that a test writes.
const written = "<!-- Written by: go test ./docs -update -->\n\n"

func TestCatalogueIsFresh(t *testing.T) {
	byCategory := map[string][]conform.Case{}
	for _, c := range cases.Full(cases.Current) {
		id := conform.Category(c.ID)
		byCategory[id] = append(byCategory[id], c)
	}
	var index bytes.Buffer
	fmt.Fprintf(&index, "%s# The cases\n\nWhat `wsspec cases show ID` prints, a page a category. Cases with the tag beyond are not\namong the 517 of the reference; what they send depends on what comes back, so that there is no script here.\n\n| category | cases | is about |\n| --- | ---: | --- |\n", written)
	want := []string{"README.md"}
	sections := cases.Sections()
	for _, s := range sections {
		of := byCategory[s.ID]
		if len(of) == 0 {
			continue
		}
		page := fmt.Sprintf("%02s.md", s.ID)
		want = append(want, page)
		fmt.Fprintf(&index, "| [%s.*](%s) | %d | %s |\n", s.ID, page, len(of), s.Title)
		golden.Check(t, "../cases/"+page, categoryPage(s, of, sections))
		delete(byCategory, s.ID)
	}
	for id := range byCategory {
		t.Errorf("category %s has no title in cases.Sections, and so no page", id)
	}
	golden.Check(t, "../cases/README.md", index.Bytes())
	if pages, err := filepath.Glob("cases/*"); err != nil || len(pages) != len(want) {
		t.Errorf("there are %q (%v), want %q", pages, err, want)
	}
}

// categoryPage has a paragraph for each case.
func categoryPage(s conform.Section, of []conform.Case, sections []conform.Section) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s# %s. %s\n\n%d cases. [All categories](README.md) · [the notation](../wire-log.md)\n", written, s.ID, s.Title, len(of))
	inside := ""
	for _, c := range of {
		if sub := conform.Subcategory(c.ID); sub != s.ID && sub != inside {
			inside = sub
			i := slices.IndexFunc(sections, func(s conform.Section) bool { return s.ID == sub })
			fmt.Fprintf(&b, "\n## %s %s\n", sub, sections[i].Title)
		}
		fmt.Fprintf(&b, "\n### %s %s\n\nRests on %s.", c.ID, markdownText(c.Title), linked(c.Spec))
		if who := c.Only.Tested(); who != "" {
			fmt.Fprintf(&b, " Tests %s only.", who)
		}
		for i, tag := range c.Tags {
			fmt.Fprintf(&b, "%s %s", []string{" Tags:", ","}[min(i, 1)], tag)
		}
		fmt.Fprintf(&b, "\n\nExpected: %s\n", markdownText(telling.Expectation(c.Want, c.Close)))
		if len(c.Requirements) > 0 {
			fmt.Fprintf(&b, "\nTests the [requirements](../coverage.md) %s.\n", strings.Join(c.Requirements, ", "))
		}
		b.WriteString(scriptOf(c))
	}
	return b.Bytes()
}

// scriptOf is what we offer and send in the case. The cases with the log off
// send too much for a page; their titles say what.
func scriptOf(c conform.Case) string {
	var b strings.Builder
	if len(c.Open.Offers) > 0 {
		var offers []ws.Extension
		for _, o := range c.Open.Offers {
			offers = append(offers, o.Extension())
		}
		fmt.Fprintf(&b, "\nAs a client we offer:\n\n    %s\n", strings.ReplaceAll(ws.FormatExtensions(offers), ", ", ",\n    "))
	}
	script := cases.Script(cases.Current, c.ID)
	if len(script) == 0 || slices.ContainsFunc(script, func(line string) bool { return strings.HasSuffix(line, " # log off") }) {
		return b.String()
	}
	b.WriteString("\nWe send, as long as nothing comes back:\n\n")
	for _, line := range script {
		fmt.Fprintf(&b, "    %s\n", line)
	}
	return b.String()
}

// linked makes a link of "RFC 6455, 5.4".
func linked(spec string) string {
	rule := regexp.MustCompile(`^RFC (\d+), ([\d.]+)$`)
	return rule.ReplaceAllString(spec, "[$0](https://www.rfc-editor.org/rfc/rfc$1#section-$2)")
}

// markdownText keeps a text from being read as Markdown.
func markdownText(s string) string {
	return regexp.MustCompile("[\\\\`*_<>\\[\\]|~]").ReplaceAllString(s, `\$0`)
}

// helps are the texts of --help by command line: "wsspec test", "wstest". A test
// of the program writes the file they come from.
func helps(t *testing.T) (order []string, texts map[string]string) {
	t.Helper()
	b, err := os.ReadFile("../cmd/wsspec/testdata/help.txt")
	if err != nil {
		t.Fatal(err)
	}
	texts = map[string]string{}
	for _, part := range strings.Split("\n"+string(b), "\n$ ")[1:] {
		call, text, _ := strings.Cut(part, " --help\n")
		order = append(order, call)
		texts[call] = strings.TrimSpace(text) + "\n"
	}
	return order, texts
}

func TestCommandReferenceIsFresh(t *testing.T) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s# The command line\n\nWhat `--help` says. Exit statuses are in the [README](../README.md). `wstest` is the same program under another name, or with `-m`.\n", written)
	order, texts := helps(t)
	for _, call := range order {
		fmt.Fprintf(&b, "\n## %s\n\n```text\n%s```\n", call, texts[call])
	}
	golden.Check(t, "../cli.md", b.Bytes())
}

// Each command in the documents and examples is one that the program has, with
// flags that it has.
func TestDocumentedCommandsExist(t *testing.T) {
	_, texts := helps(t)
	seen := 0
	for _, root := range []string{".", "../examples", "../README.md", "../CONTRIBUTING.md", "../action.yml"} {
		err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(name) == ".go" {
				return err
			}
			text, err := os.ReadFile(name)
			prose := filepath.Ext(name) == ".md"
			for line := range strings.Lines(string(text)) {
				if words := invocation(line, prose); len(words) > 1 {
					seen++
					if err := check(texts, words); err != nil {
						t.Errorf("%s: %s: %v", filepath.ToSlash(name), strings.TrimSpace(line), err)
					}
				}
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	if seen < 40 {
		t.Errorf("only %d commands found", seen)
	}
}

// invocation returns the words of a call of the program in a line, up to a
// comment or the next command: at the start of a line of a script, or of a code
// block in prose, and in a cell of a table.
func invocation(line string, prose bool) []string {
	start := `^\s*(?:- |run: )?`
	if prose {
		start = "^(?: {4}|.*\\| `)"
	}
	call := regexp.MustCompile(start + "((?:wsspec|wstest) [^`]+)").FindStringSubmatch(line)
	if call == nil {
		return nil
	}
	words := strings.Fields(call[1])
	if i := slices.IndexFunc(words, func(w string) bool {
		return slices.Contains([]string{"#", "|", "||", "&", "&&", ";", ">", ">>"}, w)
	}); i >= 0 {
		words = words[:i]
	}
	return words
}

// check looks a command and its flags up in the texts of --help.
func check(texts map[string]string, words []string) error {
	call := words[0]
	for n := min(3, len(words)); n > 1; n-- {
		if _, ok := texts[strings.Join(words[:n], " ")]; ok {
			call = strings.Join(words[:n], " ")
			break
		}
	}
	if call == "wsspec" && !strings.HasPrefix(words[1], "-") {
		if words[1] != "cases" || len(words) != 3 { // "cases list" may be called "cases"
			return fmt.Errorf("there is no command %q", words[1])
		}
		call = "wsspec cases list"
	}
	for _, w := range words {
		flag := regexp.MustCompile(`^--?[a-z][a-z0-9-]*`).FindString(w)
		if flag == "" || flag == "--help" {
			continue
		}
		if !regexp.MustCompile(`(^|[ ,])` + flag + `([ =,]|$)`).MatchString(strings.ReplaceAll(texts[call], "\n", " ")) {
			return fmt.Errorf("%s has no flag %s", call, flag)
		}
	}
	return nil
}
