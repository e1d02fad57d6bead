// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"fmt"
	"strings"
	"time"
)

// draw renews the status line.
func (s *Screen) draw(t *Tally) {
	s.drawn = time.Now()
	var b strings.Builder
	fmt.Fprintf(&b, "%d/%d", t.done, s.total)
	done, all := t.done, s.total
	if s.repeat > 1 {
		done, all = s.plays, s.total*s.repeat
		fmt.Fprintf(&b, ", %d/%d plays", done, all)
	}
	if len(t.failed) > 0 {
		fmt.Fprintf(&b, ", %d failed", len(t.failed))
	}
	if spent := time.Since(s.started); done > 0 && spent > time.Second {
		fmt.Fprintf(&b, ", %v left", (spent / time.Duration(done) * time.Duration(all-done)).Round(time.Second))
	}
	b.WriteString(" │")
	for _, category := range s.order {
		if n := s.left[category]; n > 0 {
			fmt.Fprintf(&b, " %s:%d", category, n)
		} else {
			fmt.Fprintf(&b, " %s✓", category)
		}
	}
	fmt.Fprintf(s.err, "\r\x1b[K%s", clip(b.String(), s.width-1))
}

// erase takes the status line away.
func (s *Screen) erase() {
	if s.live {
		fmt.Fprint(s.err, "\r\x1b[K")
	}
}
