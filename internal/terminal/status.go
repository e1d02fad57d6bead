// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/wsspec/wsspec/internal/visible"
)

// Status is lines that are printed as they come, and below them, on a terminal, one that
// says how far things are. It may be used by several goroutines.
type Status struct {
	out, err io.Writer
	live     bool
	color    bool
	width    int

	mu    sync.Mutex
	shown bool
}

// NewStatus returns one on which nothing is shown yet.
func NewStatus(on Surroundings, quiet bool) *Status {
	s := &Status{out: on.Out, err: on.Err, width: plainWidth, color: on.color()}
	if on.Width > 0 {
		s.width, s.live = on.Width, !quiet && on.Getenv("TERM") != "dumb"
	}
	return s
}

// Show has the live line say something else.
func (s *Status) Show(text string) {
	if !s.live {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shown = true
	fmt.Fprintf(s.err, "\r\x1b[K%s", clip(visible.Text(text), s.width-1))
}

// Print prints lines above the live line.
func (s *Status) Print(lines ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shown {
		fmt.Fprint(s.err, "\r\x1b[K")
		s.shown = false
	}
	for _, line := range lines {
		fmt.Fprintln(s.out, line)
	}
}

// Keep shows what text returns, twice a second, until done is closed. It leaves no line.
func (s *Status) Keep(done <-chan struct{}, text func() string) {
	tick := time.NewTicker(redrawn / 2)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			s.Show(text())
		case <-done:
			s.Print()
			return
		}
	}
}

// Fold breaks a text into lines that fit, behind a mark of the first. Where a line has no blank
// it is broken anywhere, and nothing is lost.
func (s *Status) Fold(mark, text string) []string {
	const least = 20
	width := max(least, s.width-utf8.RuneCountInString(mark))
	var lines []string
	rest := []rune(text)
	for len(rest) > width {
		at, next := width, width
		for i := width; i > 0; i-- {
			if rest[i] == ' ' {
				at, next = i, i+1
				break
			}
		}
		lines = append(lines, mark+string(rest[:at]))
		rest = rest[next:]
		mark = strings.Repeat(" ", utf8.RuneCountInString(mark))
	}
	return append(lines, mark+string(rest))
}

// Paint is a word as that of a failure, or of a success, where there are colours.
func (s *Status) Paint(word string, failed, passed bool) string {
	if !s.color {
		return word
	}
	return paint(word, failed, passed)
}
