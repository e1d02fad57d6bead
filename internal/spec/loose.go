// SPDX-License-Identifier: Apache-2.0

package spec

import "encoding/json"

// patterns is an array of patterns. The reference goes through whatever stands there, so
// the string "*" means what ["*"] does, and anything empty names nothing.
type patterns []string

// UnmarshalJSON reads an array, "*", or anything empty.
func (p *patterns) UnmarshalJSON(b []byte) error {
	switch {
	case string(b) == `"*"`:
		*p = patterns{"*"}
		return nil
	case empty(b):
		*p = patterns{}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(p))
}

// byAgent is an object of patterns, or anything empty.
type byAgent map[string][]string

// UnmarshalJSON reads an object, or anything empty.
func (m *byAgent) UnmarshalJSON(b []byte) error {
	if empty(b) {
		*m = nil
		return nil
	}
	var agents map[string]patterns
	if err := json.Unmarshal(b, &agents); err != nil {
		return err
	}
	*m = byAgent{}
	for agent, ids := range agents {
		(*m)[agent] = ids
	}
	return nil
}

// empty reports whether a value, without blanks around it, has nothing in it.
func empty(b []byte) bool {
	var v any
	if json.Unmarshal(b, &v) != nil {
		return false
	}
	switch v := v.(type) {
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}
