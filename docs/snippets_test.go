// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// prose lists the documents that people write.
func prose(t *testing.T) []string {
	t.Helper()
	var pages []string
	for _, pattern := range []string{"*.md", "../*.md", "../interop/*.md"} {
		more, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, more...)
	}
	if len(pages) < 10 {
		t.Errorf("only %d documents found", len(pages))
	}
	return pages
}

// around is what the Go code of the documents leaves to the reader.
const around = `package snippet

import (
	"context"
	"net/http"
	"testing"

	"github.com/wsspec/wsspec"
)

var echoHandler http.Handler

func connectAndEcho(context.Context, string) error { return nil }

`

// Each piece of Go code compiles. The compiler sees it in folders that are not there.
func TestGoCodeCompiles(t *testing.T) {
	dir := t.TempDir()
	overlay := map[string]map[string]string{"Replace": {}}
	args := []string{"build", "-overlay", filepath.Join(dir, "overlay.json")}
	for _, page := range prose(t) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		// A program is code of other libraries: we do not have them.
		program := regexp.MustCompile(`(?m)^    package main\n(?:(?:    .*)?\n)+`)
		text = program.ReplaceAllFunc(text, func(b []byte) []byte { return bytes.Repeat([]byte("\n"), bytes.Count(b, []byte("\n"))) })
		for _, at := range regexp.MustCompile(`(?m)^    func .*\n(?:    .*\n)+`).FindAllIndex(text, -1) {
			name := fmt.Sprintf("snippet%d", len(args))
			line := fmt.Sprintf("//line %s:%d\n", filepath.Base(page), 1+bytes.Count(text[:at[0]], []byte("\n")))
			file := filepath.Join(dir, name+".go")
			if err := os.WriteFile(file, slices.Concat([]byte(around+line), text[at[0]:at[1]]), 0o600); err != nil {
				t.Fatal(err)
			}
			path, err := filepath.Abs(filepath.Join(name, "snippet.go"))
			if err != nil {
				t.Fatal(err)
			}
			overlay["Replace"][path] = file
			args = append(args, "./"+name)
		}
	}
	if len(overlay["Replace"]) < 3 {
		t.Errorf("only %d pieces of Go code found", len(overlay["Replace"]))
	}
	b, err := json.Marshal(overlay)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "overlay.json"), b, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// The case that CONTRIBUTING.md shows is one there is.
func TestShownCaseExists(t *testing.T) {
	text, err := os.ReadFile("../CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := regexp.MustCompile(`(?s)\n    \{\n(.*?)\n    \},\n`).FindSubmatch(text)
	if shown == nil {
		t.Fatal("there is none")
	}
	source, err := os.ReadFile("../internal/cases/s02_pings.go")
	if err != nil {
		t.Fatal(err)
	}
	words := func(b []byte) string { return strings.Join(strings.Fields(string(b)), " ") }
	if !strings.Contains(words(source), words(shown[1])) {
		t.Errorf("there is no such case:\n%s", shown[1])
	}
}

// Flags that are named in the middle of a text exist.
func TestFlagsInTextExist(t *testing.T) {
	_, texts := helps(t)
	all := strings.Join(slices.Collect(maps.Values(texts)), "\n")
	seen := 0
	for _, page := range prose(t) {
		if strings.Contains(page, "interop") {
			continue // programs of their own
		}
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile("`(--[a-z0-9-]+)").FindAllStringSubmatch(string(text), -1) {
			seen++
			if !regexp.MustCompile(m[1]+`\b`).MatchString(all) && m[1] != "--user" { // docker's
				t.Errorf("%s: there is no flag %s", page, m[1])
			}
		}
	}
	if seen < 20 {
		t.Errorf("only %d flags found", seen)
	}
}

// The inputs of the action are those that the document on CI explains.
func TestActionInputsAreExplained(t *testing.T) {
	action, err := os.ReadFile("../action.yml")
	if err != nil {
		t.Fatal(err)
	}
	_, inputs, _ := strings.Cut(string(action), "\ninputs:\n")
	inputs, _, _ = strings.Cut(inputs, "\noutputs:\n")
	var has []string
	for _, m := range regexp.MustCompile(`(?m)^  (\w+):$`).FindAllStringSubmatch(inputs, -1) {
		has = append(has, m[1])
	}
	page, err := os.ReadFile("ci.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "\n| input | is |\n")
	table, _, _ = strings.Cut(table, "\n\n")
	var told []string
	for line := range strings.Lines(table) {
		names, _, _ := strings.Cut(strings.TrimPrefix(line, "|"), "|")
		for _, m := range regexp.MustCompile("`(\\w+)`").FindAllStringSubmatch(names, -1) {
			told = append(told, m[1])
		}
	}
	slices.Sort(has)
	slices.Sort(told)
	if !slices.Equal(has, told) || len(has) == 0 {
		t.Errorf("the action has %q, the document explains %q", has, told)
	}
}

// Links between documents lead somewhere, to the heading too.
func TestLinksLeadSomewhere(t *testing.T) {
	links := 0
	for _, page := range prose(t) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\]\(([^)#:]*)(#[^)]*)?\)`).FindAllStringSubmatch(string(text), -1) {
			links++
			target := page
			if m[1] != "" {
				target = filepath.Join(filepath.Dir(page), m[1])
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s: %v", page, err)
			} else if m[2] != "" && !slices.Contains(anchors(t, target), m[2]) {
				t.Errorf("%s: %s has no heading %s", page, target, m[2])
			}
		}
	}
	if links < 10 {
		t.Errorf("only %d links found", links)
	}
}

// anchors are those that GitHub makes of the headings of a page.
func anchors(t *testing.T, page string) []string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, m := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(string(text), -1) {
		plain := regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(strings.ToLower(m[1]), "")
		found = append(found, "#"+strings.ReplaceAll(plain, " ", "-"))
	}
	return found
}
