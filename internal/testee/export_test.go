// SPDX-License-Identifier: Apache-2.0

package testee

// Catalogue returns rows of an id and the names of faults.
func Catalogue() [][]string { return catalogue() }
