// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// WriteOutput writes a file that the user has named. It is put in place whole or
// not at all, as by WriteFile, but a link stays one and its target is written, and
// what is no regular file, such as a pipe, is written to and not replaced.
func WriteOutput(path string, b []byte) error {
	target, special, err := outputTarget(path)
	switch {
	case err != nil:
		return unwritable(path, err)
	case !special:
		if err := replace(target, b, true); err != nil {
			return unwritable(path, err)
		}
		return nil
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err == nil {
		_, err = f.Write(b)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		return unwritable(path, err)
	}
	return nil
}

// CheckOutput says what will be in the way of WriteOutput, so that nobody learns
// of it only after a run. It makes the folder where that is missing.
func CheckOutput(path string) error {
	target, special, err := outputTarget(path)
	if err == nil && !special {
		err = os.MkdirAll(filepath.Dir(target), 0o777)
	}
	if err == nil && !special {
		var f *os.File
		if f, err = os.CreateTemp(filepath.Dir(target), temporary+"*"); err == nil {
			err = errors.Join(f.Close(), os.Remove(f.Name()))
		}
	}
	if err != nil {
		return unwritable(path, err)
	}
	return nil
}

// outputTarget follows links, and tells whether what is there is no regular file.
func outputTarget(path string) (target string, special bool, err error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return path, false, nil
	case err != nil:
		return "", false, err
	case info.IsDir():
		return "", false, syscall.EISDIR
	case !info.Mode().IsRegular():
		return path, true, nil
	}
	target, err = filepath.EvalSymlinks(path)
	return target, false, err
}

// unwritable names the file that was wanted, in place of the one under way to it.
func unwritable(path string, err error) error {
	var p *fs.PathError
	var l *os.LinkError
	switch {
	case errors.As(err, &p):
		err = p.Err
	case errors.As(err, &l):
		err = l.Err
	}
	return fmt.Errorf("write %s: %w", path, err)
}

// Reserved reports whether a file of this name in a report folder is taken for a
// part of the report.
func Reserved(path string) bool {
	name := filepath.Base(path)
	return name == indexFile || name == runsFile || isCaseFile(name)
}
