// SPDX-License-Identifier: Apache-2.0

package peer

import (
	"fmt"
	"os"

	"github.com/wsspec/wsspec/internal/resident"
)

// WatchMemory begins to watch the memory of the process at the other end, where that is
// on this machine and the system tells. The function it returns says in a sentence, without
// its full stop, how much that has been since, or why it was not watched. Its memory at
// most is known since the process began, so that an earlier peak may hide one of ours.
func (p *Peer) WatchMemory() (since func() string) {
	unseen := func(why error) func() string {
		return func() string { return fmt.Sprintf("The memory of the peer was not watched: %v", why) }
	}
	process, err := resident.Find(os.DirFS("/proc"), p.s.LocalAddr(), p.s.RemoteAddr())
	if err != nil {
		return unseen(err)
	}
	before, most, err := process.Memory()
	if err != nil {
		return unseen(err)
	}
	return func() string {
		_, peak, err := process.Memory()
		if err != nil {
			return unseen(err)()
		}
		return toldMemory(process, before, most, peak)
	}
}

// toldMemory tells what a process had before, what it had had at most by then, and at most
// until now.
func toldMemory(process resident.Process, before, most, peak int64) string {
	const mib = 1 << 20
	told := fmt.Sprintf("The memory of the peer (process %d, %q) was %d MiB before and ", process.ID, process.Name, before/mib)
	if peak <= most {
		return told + fmt.Sprintf("has not gone beyond an earlier peak of %d MiB", most/mib)
	}
	return told + fmt.Sprintf("%d MiB at its peak", peak/mib)
}
