// SPDX-License-Identifier: Apache-2.0

package main

import (
	"path/filepath"
	"testing"
)

// A link to the page leads there from where the report lies, or there is none.
func TestLinksLeadToThePage(t *testing.T) {
	dir := t.TempDir()
	page := filepath.Join(dir, "wsspec-report", "index.html")
	for path, want := range map[string]string{
		filepath.Join(dir, "summary.md"):                 "wsspec-report/index.html",
		filepath.Join(dir, "wsspec-report", "junit.xml"): "index.html",
		filepath.Join(t.TempDir(), "summary.md"):         "", // as $GITHUB_STEP_SUMMARY is
		filepath.Join(dir, "other", "summary.md"):        "",
		"-": "",
	} {
		if got := (output{path: path}).linkTo(page); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}
