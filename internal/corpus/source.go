// SPDX-License-Identifier: Apache-2.0

package corpus

import "math/rand/v2"

// A source makes the choices of a generator. It relies on nothing but the
// specified output of PCG, and generators on nothing but integers, so that the
// data is the same with each version of Go and on each machine.
type source struct {
	pcg *rand.PCG
}

func newSource(seed uint64) source { return source{rand.NewPCG(seed, 7692)} }

// below returns a number from 0 to n-1.
func (s source) below(n int) int { return int(s.pcg.Uint64() >> 32 * uint64(n) >> 32) }

// pick returns one of the words, each as likely as the others.
func (s source) pick(words []string) string { return words[s.below(len(words))] }

// favour returns one of the words, early ones more often, as language does.
func (s source) favour(words []string) string {
	return words[min(s.below(len(words)), s.below(len(words)))]
}
