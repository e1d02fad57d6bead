// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// redrawn is how often the status line is renewed where nothing happens.
const redrawn = time.Second

// How much of a run must be done before the rest is estimated by it: the time that has
// passed, and the part of the whole.
const (
	estimatedAfter = 2 * time.Second
	estimatedPart  = 20
)

// live is what the status line tells of.
type live struct {
	total, done, failed int // cases
	repeat, plays       int // of each case, and so far
	started, drawn      time.Time
	last                time.Time                // when the last result came
	left                map[string]int           // category → cases to go
	order               []string                 // categories
	cost                map[string]time.Duration // of each case, about
	whole, spent        time.Duration            // what all cost, and those that are done
	playing             map[string]time.Time     // cases, since when
	stop                chan struct{}            // ends the clock
}

// Playing takes note that a case begins to be played, or has been.
func (s *Screen) Playing(id string, begins bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.playing == nil:
	case begins:
		s.playing[id] = time.Now()
	default:
		delete(s.playing, id)
	}
}

// keepTime renews the status line every now and then, until the run rests: a case may
// take minutes.
func (s *Screen) keepTime() {
	if !s.onScreen {
		return
	}
	stop := make(chan struct{})
	s.stop = stop
	go func() {
		tick := time.NewTicker(redrawn)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				s.mu.Lock()
				if s.stop == stop && time.Since(s.drawn) >= redrawn/2 {
					s.draw()
				}
				s.mu.Unlock()
			case <-stop:
				return
			}
		}
	}()
}

// rest ends what keepTime began.
func (s *Screen) rest() {
	if s.stop != nil {
		close(s.stop)
		s.stop = nil
	}
}

// draw renews the status line.
func (s *Screen) draw() {
	s.drawn = time.Now()
	var b strings.Builder
	fmt.Fprintf(&b, "%d/%d", s.done, s.total)
	if s.repeat > 1 {
		fmt.Fprintf(&b, ", %d/%d plays", s.plays, s.total*s.repeat)
	}
	if s.failed > 0 {
		fmt.Fprintf(&b, ", %d failed", s.failed)
	}
	if left, ok := s.estimate(); ok {
		fmt.Fprintf(&b, ", about %v left", left)
	}
	if id, since := s.longest(); id != "" {
		fmt.Fprintf(&b, ", now %s", id)
		if took := time.Since(since).Truncate(time.Second); took > 0 {
			fmt.Fprintf(&b, " for %v", took)
		}
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

// estimate is how long the rest will take, by what cases are known to cost and how long
// those that are done took here. It reports false as long as too little is done.
func (s *Screen) estimate() (time.Duration, bool) {
	passed, spent := s.last.Sub(s.started), s.spent
	if s.repeat > 1 && s.total > 0 {
		spent = s.whole * time.Duration(s.plays) / time.Duration(s.total*s.repeat)
	}
	if passed < estimatedAfter || spent < s.whole/estimatedPart || spent <= 0 {
		return 0, false
	}
	left := time.Duration(float64(passed)/float64(spent)*float64(s.whole-spent)) - time.Since(s.last)
	switch {
	case left < time.Second: // it is over already, or something takes longer than it should
		return 0, false
	case left > time.Minute:
		return left.Round(10 * time.Second), true
	}
	return left.Round(time.Second), true
}

// longest is the case that has been played longest, of those that are.
func (s *Screen) longest() (id string, since time.Time) {
	for k, t := range s.playing {
		if c := t.Compare(since); id == "" || c < 0 || c == 0 && cmp.Less(k, id) {
			id, since = k, t
		}
	}
	return id, since
}

// erase takes the status line away.
func (s *Screen) erase() {
	if s.onScreen {
		fmt.Fprint(s.err, "\r\x1b[K")
	}
}
