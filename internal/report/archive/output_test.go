// SPDX-License-Identifier: Apache-2.0

package archive_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/wsspec/wsspec/internal/report/archive"
)

// A link stays a link, and its target is what is written.
func TestOutputThroughLink(t *testing.T) {
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target"), filepath.Join(dir, "link")
	if err := os.WriteFile(target, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, link); err != nil {
		t.Skip(err)
	}
	if err := archive.WriteOutput(link, []byte("new")); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is %v, %v", info, err)
	}
	if b, err := os.ReadFile(target); err != nil || string(b) != "new" {
		t.Errorf("the target has %q, %v", b, err)
	}
}

// A pipe or a device is written to; a file in its place would be the end of it.
func TestOutputToPipe(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("pipes have no path")
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	path := filepath.Join(t.TempDir(), "pipe")
	if err := os.Symlink("/dev/fd/"+fmt.Sprint(w.Fd()), path); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(archive.CheckOutput(path), archive.WriteOutput(path, []byte("x")), w.Close()); err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(r); err != nil || string(b) != "x" {
		t.Errorf("%q came through the pipe, %v", b, err)
	}
}

// Errors name the file that the user named, and not the one under way to it.
func TestOutputErrors(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]error{dir: syscall.EISDIR, filepath.Join(file, "x"): syscall.ENOTDIR} {
		for name, err := range map[string]error{"check": archive.CheckOutput(path), "write": archive.WriteOutput(path, []byte("x"))} {
			if !errors.Is(err, want) && runtime.GOOS != "windows" || err == nil || !strings.HasPrefix(err.Error(), "write "+path+": ") {
				t.Errorf("%s %s: %v, want %v", name, path, err, want)
			}
		}
	}
	if err := archive.WriteFile(filepath.Join(dir, "no", "file"), nil); err == nil || strings.Contains(err.Error(), ".wsspec-") {
		t.Errorf("got %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".wsspec-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// The folder of an output is made, and found out to be of no use before a run.
func TestCheckOutputMakesFolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "b", "junit.xml")
	if err := errors.Join(archive.CheckOutput(path), archive.WriteOutput(path, []byte("x"))); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
	}
}
