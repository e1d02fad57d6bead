// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/fuzz"
	"github.com/wsspec/wsspec/internal/fuzz/conversation"
)

// A command that a signal ends while it waits for somebody has nothing to say about it.
func TestInterruptedWhileWaiting(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("interrupt signal received"))
	for _, args := range [][]string{
		{"fuzz", "ws://127.0.0.1:1", "-q", "--out", t.TempDir()},
		{"fuzz", "ws://127.0.0.1:1", "ws://127.0.0.1:1", "-q", "--out", t.TempDir()},
		{"worker", "nats://127.0.0.1:1"},
	} {
		var said strings.Builder
		p := &process{name: "wsspec", args: args, stdout: io.Discard, stderr: &said, getenv: func(string) string { return "" }, width: func() int { return 0 }}
		if got := p.run(ctx); got != exitInterrupted || said.Len() > 0 {
			t.Errorf("%s: status %d, %q", args[0], got, said.String())
		}
	}
	c := &fuzzCmd{Coverage: "http://127.0.0.1:1"}
	if err := c.counting(ctx, new(fuzz.Config)); !errors.Is(err, context.Cause(ctx)) {
		t.Errorf("--coverage: %v", err)
	}
}

// Files of conversations are regular ones, and not longer than one can be.
func TestReadConversations(t *testing.T) {
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "dir.wsspec"), 0o777); err != nil {
		t.Fatal(err)
	}
	fails := func(path, want string) {
		t.Helper()
		_, err := readConversations([]string{path})
		if usage := (*usageError)(nil); !errors.As(err, &usage) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: want %q", err, want)
		}
	}
	fails(os.DevNull, "it is no regular file")
	fails(folder, "there is no *.wsspec in it")
	write := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("good.wsspec", "conversation 1\nrole: client\n\n> text \"x\"\n")
	if all, err := readConversations([]string{folder}); err != nil || len(all) != 1 {
		t.Errorf("%d conversations: %v", len(all), err)
	}
	fails(write("long.wsspec", strings.Repeat("#", conversation.MaxText+1)), "longer than")
}
