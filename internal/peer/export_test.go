// SPDX-License-Identifier: Apache-2.0

package peer

import (
	"time"

	"github.com/wsspec/wsspec/internal/resident"
)

// BeatingAt is a pulse that ran at these times, after the beginning, and is stopped.
func BeatingAt(start time.Time, beats ...time.Duration) *Pulse {
	p := &Pulse{last: start}
	for _, d := range beats {
		p.beat(start.Add(d))
	}
	return p
}

// TellMemory is toldMemory.
func TellMemory(p resident.Process, before, most, peak int64) string {
	return toldMemory(p, before, most, peak)
}
