// SPDX-License-Identifier: Apache-2.0

package fuzz

import (
	"fmt"
	"testing"

	"github.com/wsspec/wsspec/internal/model"
)

// A suspicion that has not come again keeps no later one of its kind from being looked at, as
// long as there are not too many.
func TestAbsentIsForgotten(t *testing.T) {
	var p pursuit
	p.init()
	broken := suspect{violation: model.Violation{Requirement: "6455-8.1-1", What: "text"}}
	for i := range maxAbsent + 1 {
		p.add(broken)
		p.add(broken)
		if n := len(p.waiting); n != 1 {
			t.Fatalf("%d suspects wait behind %d that did not come again", n, i)
		}
		s, _ := p.next()
		p.absent(s)
	}
	if p.add(broken); len(p.waiting) > 0 {
		t.Error("there is no bound to those that do not come again")
	}
}

// Suspicions for which there is no room are counted, unless they come again later.
func TestCrowdedOut(t *testing.T) {
	var p pursuit
	p.init()
	broken := func(i int) suspect {
		return suspect{violation: model.Violation{Requirement: fmt.Sprintf("rule-%c%c", 'a'+i/26, 'a'+i%26)}}
	}
	for i := range maxWaiting + 2 {
		p.add(broken(i))
		p.add(broken(i))
	}
	_, _ = p.next()
	p.add(broken(maxWaiting))
	var s Summary
	if p.summary(&s); s.Left != 1 || s.LeftBroken != 1 {
		t.Errorf("%d are left, %d of them of a MUST: want 1", s.Left, s.LeftBroken)
	}
}
