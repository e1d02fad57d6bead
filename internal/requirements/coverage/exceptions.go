// SPDX-License-Identifier: Apache-2.0

package coverage

// Exceptions are the requirements that could be tested and are not, by id, with the
// reason.
func Exceptions() map[string]string {
	return map[string]string{
		"6455-4.1-2":   "a client would have to be told to open two connections at once, and the commands are for one connection each",
		"6455-4.1-3":   "a client would have to be set up to use the suite as its proxy, and what it asks a proxy comes before the request that says which case it is about",
		"6455-7.1.5-2": "what an application is told does not go over the wire, and there is no command that has the peer say it",
		"8441-3-3":     "that a setting has no effect does not show",
	}
}
