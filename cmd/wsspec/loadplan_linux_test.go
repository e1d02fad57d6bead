// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// A pipe into which nobody writes can be left by a signal.
func TestAPlanThatNeverComes(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "plan")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := awaitPlan(ctx, pipe); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	both, err := os.OpenFile(pipe, os.O_RDWR, 0) // who still waits for it sees its end
	if err != nil {
		t.Fatal(err)
	}
	_ = both.Close()
}
