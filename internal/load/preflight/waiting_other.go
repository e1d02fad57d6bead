// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package preflight

import "net/netip"

// waiting is not known here.
func waiting(netip.AddrPort) (int64, bool) { return 0, false }
