// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"fmt"

	"github.com/wsspec/wsspec/internal/conform"
)

// Filter makes one predicate of exclude-agent-cases: whether an agent is to be spared a
// case. Errors name the file and the pattern.
func (s *Spec) Filter() (skip func(agent, id string) bool, err error) {
	type rule struct {
		agent conform.Pattern
		cases []conform.Pattern
	}
	var rules []rule
	for agent, ids := range s.ExcludeAgentCases {
		p, err := conform.CompilePattern(agent, true)
		if err != nil {
			return nil, fmt.Errorf("%s: exclude-agent-cases: %w", s.File, err)
		}
		r := rule{agent: p}
		for _, id := range ids {
			q, err := conform.CompilePattern(id, true)
			if err != nil {
				return nil, fmt.Errorf("%s: exclude-agent-cases[%q]: %w", s.File, agent, err)
			}
			r.cases = append(r.cases, q)
		}
		rules = append(rules, r)
	}
	return func(agent, id string) bool {
		for _, r := range rules {
			if !r.agent.Match(agent) {
				continue
			}
			for _, q := range r.cases {
				if q.Match(id) {
					return true
				}
			}
		}
		return false
	}, nil
}
