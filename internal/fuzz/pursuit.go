// SPDX-License-Identifier: Apache-2.0

package fuzz

import (
	"fmt"
	"slices"
	"sync"

	"github.com/wsspec/wsspec/internal/model"
)

// pursuit is what is done with suspects.
type pursuit struct {
	mu      sync.Mutex
	changed *sync.Cond
	waiting []suspect
	going   int
	closed  bool
	keys    map[string]bool
	perRule map[string]int
	crowded map[string]model.Level // by their keys, suspects for which there was no room
	found   Collection

	absentees map[string]int // by sentence

	unconfirmed, left, leftBroken int
}

// Bounds: of suspects that wait; of those that are looked at for one sentence; and of those
// of them that are as if they had never been, as they did not come again.
const (
	maxWaiting = 64
	maxPerRule = 12
	maxGone    = 48
	maxAbsent  = 100
)

func (p *pursuit) init() {
	p.changed = sync.NewCond(&p.mu)
	p.keys, p.perRule, p.crowded = map[string]bool{}, map[string]int{}, map[string]model.Level{}
	p.absentees = map[string]int{}
}

// add takes a suspect, unless one like it was taken.
func (p *pursuit) add(s suspect) {
	key, most := s.key(), maxPerRule
	if s.gone { // which of several it was is to be found out
		key, most, s.violation.Requirement = fmt.Sprintf("gone %p", s.c), maxGone, goneRule
	} else if s.restless {
		key, s.violation.Requirement = fmt.Sprintf("restless %p", s.c), restlessRule
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.keys[key] || p.perRule[s.violation.Requirement] == most:
		return
	case len(p.waiting) == maxWaiting:
		p.crowded[key] = s.violation.Level // until it comes again
		return
	}
	delete(p.crowded, key)
	p.keys[key] = true
	p.perRule[s.violation.Requirement]++
	p.waiting = append(p.waiting, s)
	p.changed.Signal()
}

// next waits for a suspect, the worst first. ok is false where none will come.
func (p *pursuit) next() (s suspect, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.waiting) == 0 && !p.closed {
		p.changed.Wait()
	}
	if len(p.waiting) == 0 {
		return suspect{}, false
	}
	i := 0
	for j := range p.waiting {
		if p.waiting[j].violation.Level < p.waiting[i].violation.Level {
			i = j
		}
	}
	s = p.waiting[i]
	p.waiting = slices.Delete(p.waiting, i, i+1)
	p.going++
	return s, true
}

func (p *pursuit) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.changed.Broadcast()
}

func (p *pursuit) counts() (findings, pursued int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.found.Findings), len(p.waiting) + p.going
}

func (p *pursuit) summary(s *Summary) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range p.crowded {
		p.count(l)
	}
	clear(p.crowded)
	s.Findings = slices.Clone(p.found.Findings)
	SortFindings(s.Findings)
	s.Unconfirmed, s.Repeated, s.Behind, s.Left, s.LeftBroken = p.unconfirmed, p.found.Repeated, p.found.Behind, p.left, p.leftBroken
}

// leave counts a suspicion for which there is no time.
func (p *pursuit) leave(l model.Level) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.count(l)
}

// count is leave while p.mu is held.
func (p *pursuit) count(l model.Level) {
	if p.left++; l != model.Should {
		p.leftBroken++
	}
}

// knows reports whether a finding says the same sentence to be broken.
func (p *pursuit) knows(v model.Violation) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.ContainsFunc(p.found.Findings, func(f Finding) bool {
		return f.Violation.Requirement == v.Requirement && f.Violation.Level == v.Level
	})
}

// absent counts a suspicion that has not come again. One like it may be better founded, such as
// where the first owes itself to a moment in which the machine was busy.
func (p *pursuit) absent(s suspect) {
	if s.gone { // it was one of several
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.unconfirmed++
	rule := s.violation.Requirement
	if p.absentees[rule]++; p.absentees[rule] <= maxAbsent {
		delete(p.keys, s.key())
		p.perRule[rule]--
	}
}
