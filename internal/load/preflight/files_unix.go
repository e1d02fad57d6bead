// SPDX-License-Identifier: Apache-2.0

//go:build unix

package preflight

import (
	"math"

	"golang.org/x/sys/unix"
)

// files is how many this process may have open. The runtime has raised it as far as it may.
func files() int64 {
	var l unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &l) != nil {
		return 0
	}
	return int64(min(uint64(l.Cur), math.MaxInt32))
}
