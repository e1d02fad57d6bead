// SPDX-License-Identifier: Apache-2.0

package coverage

import "github.com/wsspec/wsspec/internal/requirements"

// Exceptions are the requirements that could be tested and are not, by id, with the
// reason: a few. RFC 8441 and RFC 9113, which are about HTTP/2, are left out as a whole.
func Exceptions(table requirements.Table) map[string]string {
	reasons := map[string]string{
		"6455-4.1-2":   "a client would have to be told to open two connections at once, and there is no command for that",
		"6455-4.1-3":   "it takes a proxy, which wsspec does not play",
		"6455-7.1.5-2": "what an application is told does not go over the wire, and there is no command that has the peer say it",
	}
	whole := map[string]string{
		"RFC 8441": "RFC 8441 is left out as a whole: wsspec does not speak HTTP/2",
		"RFC 9113": "RFC 9113 is left out as a whole: wsspec does not speak HTTP/2",
	}
	for _, r := range table.Requirements {
		reason, is := whole[r.Spec]
		switch {
		case r.Testable == requirements.No:
		case is:
			reasons[r.ID] = reason
		}
	}
	return reasons
}
