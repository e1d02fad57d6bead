// SPDX-License-Identifier: Apache-2.0

package coverage

import "github.com/wsspec/wsspec/internal/requirements"

// Exceptions are the requirements that could be tested and are not, by id, with the
// reason: those over transports for which there are no cases, and a few others.
func Exceptions(table requirements.Table) map[string]string {
	reasons := map[string]string{
		"6455-4.1-3": "it takes a proxy, which wsspec does not play",
	}
	for _, r := range table.Requirements {
		if r.Over != "" && r.Testable != requirements.No {
			reasons[r.ID] = "there are no cases over " + r.Over + " yet"
		}
	}
	return reasons
}
