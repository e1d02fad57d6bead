// SPDX-License-Identifier: Apache-2.0

package model_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// cited are the ids of requirements in the source of the model.
func cited(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	id := regexp.MustCompile(`"((6455|7692|9110|9112|6585|IANA)-[0-9.A-Z]+(-[0-9]+)?)"`)
	var ids []string
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range id.FindAllStringSubmatch(string(text), -1) {
			ids = append(ids, m[1])
		}
	}
	if len(ids) < 100 {
		t.Fatalf("only %d ids found", len(ids))
	}
	return ids
}
