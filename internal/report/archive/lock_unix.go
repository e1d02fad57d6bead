// SPDX-License-Identifier: Apache-2.0

//go:build unix

package archive

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// lockFile is held while results are written. It stays, so that nobody locks one that
// is about to go.
const lockFile = ".wsspec.lock"

// ErrBusy says that another process writes to the folder.
var ErrBusy = errors.New("another run of wsspec writes its report there")

// Lock keeps other processes from writing to the folder until unlock is called, or this
// one ends. The error wraps ErrBusy where another has it.
func Lock(dir string) (unlock func(), err error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("make report folder: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		return nil, fmt.Errorf("lock report folder: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("%s: %w", dir, ErrBusy)
		}
		return func() {}, nil // a file system without locks
	}
	return func() { _ = f.Close() }, nil // closing unlocks
}
