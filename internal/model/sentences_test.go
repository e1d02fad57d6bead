// SPDX-License-Identifier: Apache-2.0

package model_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/model"
	"github.com/wsspec/wsspec/internal/requirements"
)

// source is that of the model, without its tests.
func source(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}

// matches are the submatches of an expression in the source of the model, at least so many.
func matches(t *testing.T, least int, expression string) []string {
	t.Helper()
	var ids []string
	for _, m := range regexp.MustCompile(expression).FindAllStringSubmatch(source(t), -1) {
		ids = append(ids, m[1])
	}
	if len(ids) < least {
		t.Fatalf("only %d matches of %s", len(ids), expression)
	}
	return ids
}

// Each sentence that the model may cite exists; its place is that of the table.
func TestSentences(t *testing.T) {
	table := requirements.Load()
	for _, id := range matches(t, 150, `"((?:6455|7692|9110|9112|6585|IANA)-[0-9.A-Z]+(?:-[0-9]+)?)"`) {
		r, ok := table.ByID(id)
		if !ok {
			t.Errorf("%s is cited and is no requirement", id)
			continue
		}
		v := model.Violation{Requirement: id}
		if v.Place() != r.Place() || v.Sentence() != r.Text {
			t.Errorf("%s stands in %s, and the model says %s: %s", id, r.Place(), v.Place(), v.Sentence())
		}
	}
}

// Whoever is said to have broken a MUST has: the sentence is none with SHOULD.
func TestLevels(t *testing.T) {
	table := requirements.Load()
	for _, id := range matches(t, 30, `(?:find\(|due\{)Must, "([^"]+)"`) {
		if r, _ := table.ByID(id); r.Level == requirements.Should || r.Level == requirements.ShouldNot {
			t.Errorf("%s is cited as a MUST and is a %s", id, r.Level)
		}
	}
}
