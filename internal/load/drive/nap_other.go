// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package drive

import "time"

func punctual() {}

// nap waits, as precisely as the runtime can.
func nap(d time.Duration) { time.Sleep(d) }
