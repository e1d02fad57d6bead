// SPDX-License-Identifier: Apache-2.0

package testee

// Faults is a set of faults by name.
type Faults map[string]bool

func (c *Conn) has(name string) bool { return c.cfg.Faults[name] }
