// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The programs that commands.md shows are those that the tests of interop play: each
// piece of a section stands in the file that the section names, in the same order.
func TestShownProgramsExist(t *testing.T) {
	text, err := os.ReadFile("commands.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, section := range []string{"Go", "Node", "Python"} {
		_, rest, _ := strings.Cut(string(text), "\n## In "+section+"\n")
		rest, _, _ = strings.Cut(rest, "\n## ")
		named := regexp.MustCompile(`\]\((\.\./interop/[^)]+)\)`).FindStringSubmatch(rest)
		pieces := regexp.MustCompile("(?s)\n```[a-z]+(\n.*?\n)```\n").FindAllStringSubmatch(rest, -1)
		if named == nil || len(pieces) < 3 {
			t.Errorf("the section on %s names no file, or shows only %d pieces of it", section, len(pieces))
			continue
		}
		program, err := os.ReadFile(filepath.FromSlash(named[1]))
		if err != nil {
			t.Error(err)
			continue
		}
		unseen := string(program)
		for _, piece := range pieces {
			_, after, ok := strings.Cut(unseen, piece[1])
			if !ok {
				t.Errorf("commands.md shows what is not in %s, or not there:\n%s", named[1], piece[1])
				continue
			}
			unseen = "\n" + after
		}
	}
}
