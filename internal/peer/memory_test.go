// SPDX-License-Identifier: Apache-2.0

package peer_test

import (
	"testing"

	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/resident"
	"github.com/wsspec/wsspec/internal/ws"
)

// What is no process on this machine is said not to be watched.
func TestMemoryThatIsNotWatched(t *testing.T) {
	told := ""
	conversation{
		script: func(p *peer.Peer) { told = p.WatchMemory()() },
		other:  func(o *other) { o.close(1000) },
		role:   ws.Client,
	}.run(t)
	if want := "The memory of the peer was not watched: " + resident.ErrElsewhere.Error(); told != want {
		t.Errorf("%q, want %q", told, want)
	}
}

func TestTellMemory(t *testing.T) {
	process := resident.Process{ID: 42, Name: "echo\x1b"}
	for peak, want := range map[int64]string{
		40 << 20: `The memory of the peer (process 42, "echo\x1b") was 12 MiB before and has not gone beyond an earlier peak of 40 MiB`,
		90 << 20: `The memory of the peer (process 42, "echo\x1b") was 12 MiB before and 90 MiB at its peak`,
	} {
		if got := peer.TellMemory(process, 12<<20, 40<<20, peak); got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
	}
}
