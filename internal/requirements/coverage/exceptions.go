// SPDX-License-Identifier: Apache-2.0

package coverage

import "github.com/wsspec/wsspec/internal/requirements"

// Exceptions are the requirements that could be tested and are not, by id, with the
// reason: those over transports for which there are no cases, and a few others.
func Exceptions(table requirements.Table) map[string]string {
	reasons := map[string]string{
		"6455-4.1-2":   "a client would have to be told to open two connections at once, and there is no command for that",
		"6455-4.1-3":   "it takes a proxy, which wsspec does not play",
		"6455-7.1.5-2": "what an application is told does not go over the wire, and there is no command that has the peer say it",
		"8441-3-3":     "that a setting has no effect does not show",
	}
	for _, r := range table.Requirements {
		switch {
		case r.Testable == requirements.No:
		case r.Over == "TLS":
			reasons[r.ID] = "the cases run over TLS too, and none is about TLS itself yet"
		}
	}
	return reasons
}
