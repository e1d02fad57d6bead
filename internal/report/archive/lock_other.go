// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package archive

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// lockFile is open while results are written: such a file cannot be removed there.
const lockFile = ".wsspec.lock"

// ErrBusy says that another process writes to the folder.
var ErrBusy = errors.New("another run of wsspec writes its report there")

// Lock keeps other processes from writing to the folder until unlock is called, or this
// one ends. The error wraps ErrBusy where another has it.
func Lock(dir string) (unlock func(), err error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("make report folder: %w", err)
	}
	path := filepath.Join(dir, lockFile)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", dir, ErrBusy)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o666)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, ErrBusy)
	}
	return func() { _ = f.Close(); _ = os.Remove(path) }, nil
}
