// SPDX-License-Identifier: Apache-2.0

//go:build unix

package web_test

import (
	"net/http"
	"path/filepath"
	"syscall"
	"testing"
)

// A FIFO in the folder would hold whoever opens it for ever.
func TestSpecialFiles(t *testing.T) {
	site, dir := folder(t)
	if err := syscall.Mkfifo(filepath.Join(dir, "fifo.json"), 0o666); err != nil {
		t.Fatal(err)
	}
	if w := get(t, site, "/reports/fifo.json"); w.Code != http.StatusNotFound {
		t.Errorf("%d", w.Code)
	}
}
