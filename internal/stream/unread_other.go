// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package stream

// Unread knows nothing: only Linux tells what has been read.
func (s netStream) Unread() (octets int, sure bool) { return 0, false }

// inquiry is what only Linux needs.
type inquiry struct{}

func (*inquiry) close() {}
