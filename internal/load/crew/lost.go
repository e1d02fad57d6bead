// SPDX-License-Identifier: Apache-2.0

package crew

import (
	"time"

	"github.com/wsspec/wsspec/internal/load/drive"
	"github.com/wsspec/wsspec/internal/load/stats"
)

// died is the cause of what went down with a process of ours.
const died = "process ended"

// lose counts what a child that has died was to do and has not handed over, so that all
// that the plan asks for is accounted for.
func (g *gang) lose(m *member, why error) {
	s, k := new(stats.Snapshot), m.known
	now := time.Since(g.Begin)
	example := why.Error()
	slot := s.Series.At(now)
	if open := k.Opened - k.Lost - k.Held; open > 0 && k.End == 0 {
		s.Lost, slot.Ended = open, open
		s.Fail("lost: "+died, open, example)
	}
	if n := int64(drive.Share(g.Plan.Connections, m.part, g.Processes)) - k.Opened - k.Failed; n > 0 {
		s.Failed, slot.Failed = n, n
		s.Fail(died, n, example)
	}
	if n := k.Sent - k.Messages - k.Missing; n > 0 {
		s.Missing = n
		slot.Failed += n
		s.Fail("no answer: "+died, n, example)
	}
	if n := drive.ToSend(g.Plan, m.part, g.Processes) - k.Sent - k.Unsent; n > 0 {
		s.Unsent = n
		slot.Failed += n
		s.Fail("not sent: "+died, n, example)
	}
	m.known.Merge(s)
	g.Emit(s)
	if g.Died != nil {
		g.Died(m.part, s.Lost, why)
	}
}
