// SPDX-License-Identifier: Apache-2.0

package model

import (
	"errors"
	"slices"

	"github.com/wsspec/wsspec/internal/deflate"
)

// Unusual returns the requirements about what was unusual in the frames that we sent before a
// MUST was broken: what has to fail the connection, what may, and DEFLATE blocks with BFINAL.
// Whoever gets the unusual wrong may get wrong what comes behind it, too. It is asked for at
// the end of a connection only, as a message under way is inflated as far as it goes.
func (m *Model) Unusual() []string {
	all := slices.Clone(m.unusual)
	s := &m.ours
	if s.assembly.inside && s.assembly.compressed {
		_, stats, err := s.inflater.Inflate(nil, s.deflated, mostInflated)
		if stats.Final {
			all = append(all, finalBlock)
		}
		if errors.Is(err, deflate.ErrCorrupt) && !errors.Is(err, deflate.ErrTruncated) || m.isBeyond(stats) {
			all = append(all, notInflated)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// noteUnusual takes note of what Unusual returns.
func (m *Model) noteUnusual(requirement string) {
	if !slices.Contains(m.unusual, requirement) {
		m.unusual = append(m.unusual, requirement)
	}
}
