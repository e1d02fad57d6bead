// SPDX-License-Identifier: Apache-2.0

package generator_test

import (
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/fuzz/conversation"
	"github.com/wsspec/wsspec/internal/fuzz/generator"
	"github.com/wsspec/wsspec/internal/ws"
)

// The same seed draws the same conversations, which read as they print, in both roles and
// out of known ones too.
func TestDrawIsAFunctionOfItsSeed(t *testing.T) {
	for _, role := range []ws.Role{ws.Client, ws.Server} {
		b := generator.New(generator.Base{Seed: 7, Role: role, Obeys: true})
		var known []*conversation.Conversation
		for n := range uint64(500) {
			c := b.Draw(n, known)
			text := c.String()
			if again := b.Draw(n, known).String(); again != text {
				t.Fatalf("%d: %s\nand then\n%s", n, text, again)
			}
			if len(text) > conversation.MaxText {
				continue
			}
			read, err := conversation.Parse("x", text)
			if err != nil {
				t.Fatalf("%d: %v\n%.2000s", n, err, text)
			}
			if read.String() != text {
				t.Fatalf("%d: %s\nreads as\n%s", n, text, read)
			}
			if n%20 == 0 && len(known) < 40 {
				known = append(known, c)
			}
		}
	}
}

// Seeds, and numbers, differ.
func TestSeedsDiffer(t *testing.T) {
	seen := map[string]bool{}
	for seed := range uint64(2) {
		g := generator.New(generator.Base{Seed: seed})
		for n := range uint64(300) {
			seen[g.Draw(n, nil).String()] = true
		}
	}
	if len(seen) < 550 {
		t.Errorf("%d different conversations of 600", len(seen))
	}
}

func BenchmarkDraw(b *testing.B) {
	g := generator.New(generator.Base{Seed: 1})
	for n := uint64(0); b.Loop(); n++ {
		g.Draw(n, nil)
	}
}

// A client that follows a redirect, as HTTP has it, does not come back to us: there it would
// be told nothing, and wait.
func TestRedirectsLeadAway(t *testing.T) {
	g, seen := generator.New(generator.Base{Seed: 1, Role: ws.Server}), 0
	for n := range uint64(5000) {
		for _, o := range g.Draw(n, nil).Openings {
			for _, e := range o.Edits {
				if !strings.HasPrefix(e.Text, "Location:") {
					continue
				}
				if seen++; !strings.Contains(e.Text, "//127.0.0.1:1/") {
					t.Fatal(e.Text)
				}
			}
		}
	}
	if seen == 0 {
		t.Error("there are no redirects")
	}
}
