// SPDX-License-Identifier: Apache-2.0

package cases

import "strings"

// Pickers are those of the table of what the reference's cases test.
func Pickers() []string {
	var all []string
	for _, t := range testedByReference() {
		all = append(all, strings.Fields(t.cases)...)
	}
	return all
}

// Picks reports whether a picker picks the case.
func Picks(entry, id string) bool { return parsePicker(entry).picks(parsePicker(id)) }
