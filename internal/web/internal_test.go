// SPDX-License-Identifier: Apache-2.0

package web

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/wsspec/wsspec/internal/verdict"
)

// place is a report folder without a store.
type place struct{ dir string }

func (p place) Dir() string                                   { return p.dir }
func (p place) FileName(string, string) string                { return "" }
func (p place) Behavior(string, string) (verdict.Grade, bool) { return "", false }

// The report folder is guarded where its files are opened, whoever asks.
func TestOpenReport(t *testing.T) {
	above := t.TempDir()
	dir := filepath.Join(above, "report")
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"index.json", ".hidden.json", `a\b.json`, "a:b.json"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o666); err != nil {
			t.Logf("no test of %s: %v", name, err)
		}
	}
	s := &Site{Config: Config{Results: place{dir}}}
	f, _, err := s.openReport("index.json")
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	for _, name := range []string{"", ".", "..", ".hidden.json", "./index.json", "../report/index.json", "x/../index.json", dir + "/index.json", `a\b.json`, "a:b.json", "index.json\x00", "\x00.json"} {
		if f, _, err := s.openReport(name); err == nil {
			f.Close()
			t.Errorf("%q is opened", name)
		}
	}
}
