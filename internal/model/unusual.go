// SPDX-License-Identifier: Apache-2.0

package model

import "slices"

// Unusual returns the requirements about what was unusual in the frames that we sent before a
// MUST was broken: what has to fail the connection, what may, and DEFLATE blocks with BFINAL.
// Whoever gets the unusual wrong may get wrong what comes behind it, too. It is asked for at
// the end of a connection only, as a message under way is inflated as far as it goes.
func (m *Model) Unusual() []string {
	all := slices.Clone(m.unusual)
	if a := &m.ours.assembly; a.inside && a.compressed {
		_, final, bad := m.inflateSoFar()
		if final {
			all = append(all, finalBlock)
		}
		if bad {
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
