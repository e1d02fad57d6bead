// SPDX-License-Identifier: Apache-2.0

package drive

import (
	"time"

	"golang.org/x/sys/unix"
)

// punctual has the kernel wake this thread when it is to be woken, and not up to 50 µs later to save power.
func punctual() { _ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0) }

// nap waits, to within microseconds. A signal ends it early, such as those with which the
// runtime interrupts goroutines.
func nap(d time.Duration) {
	t := unix.NsecToTimespec(int64(d))
	_ = unix.Nanosleep(&t, nil)
}
