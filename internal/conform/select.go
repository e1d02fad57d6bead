// SPDX-License-Identifier: Apache-2.0

package conform

import (
	"fmt"
	"regexp"
	"strings"
)

// Pattern picks cases by id, or agents by name: a regular expression in which
// "." is literal and "*" stands for anything, as specification files have always
// been read ("6.4.*", "1[1-4].*").
type Pattern struct {
	text string
	re   *regexp.Regexp
}

// CompilePattern reads a pattern that is anchored at its start, and at its end too
// where whole is set.
func CompilePattern(text string, whole bool) (Pattern, error) {
	expr := "^(?:" + strings.ReplaceAll(strings.ReplaceAll(text, ".", `\.`), "*", ".*") + ")"
	if whole {
		expr += "$"
	}
	re, err := regexp.Compile(expr)
	if err != nil {
		return Pattern{}, fmt.Errorf("pattern %q: %w", text, err)
	}
	return Pattern{text, re}, nil
}

// Match reports whether the pattern fits.
func (p Pattern) Match(s string) bool { return p.re.MatchString(s) }

// UnknownCaseError says that a literal id names no case.
type UnknownCaseError struct{ ID string }

func (e *UnknownCaseError) Error() string { return fmt.Sprintf("there is no case %q", e.ID) }

// Select returns those of all, in their order, that one of include picks and none
// of exclude. An entry without "*" is taken literally. An id to include that
// names no case is an *UnknownCaseError; one to exclude is passed over.
func Select(all []Case, include, exclude []string) ([]Case, error) {
	in, err := compileSelection(all, include, true)
	if err != nil {
		return nil, err
	}
	out, err := compileSelection(all, exclude, false)
	if err != nil {
		return nil, err
	}
	var picked []Case
	for _, c := range all {
		if in(c.ID) && !out(c.ID) {
			picked = append(picked, c)
		}
	}
	return picked, nil
}

// compileSelection makes one predicate of a list of ids and patterns.
func compileSelection(all []Case, entries []string, mustExist bool) (func(id string) bool, error) {
	known := map[string]bool{}
	for _, c := range all {
		known[c.ID] = true
	}
	literal := map[string]bool{}
	var patterns []Pattern
	for _, e := range entries {
		if !strings.Contains(e, "*") {
			if mustExist && !known[e] {
				return nil, &UnknownCaseError{e}
			}
			literal[e] = true
			continue
		}
		p, err := CompilePattern(e, false)
		if err != nil {
			return nil, err
		}
		patterns = append(patterns, p)
	}
	return func(id string) bool {
		if literal[id] {
			return true
		}
		for _, p := range patterns {
			if p.Match(id) {
				return true
			}
		}
		return false
	}, nil
}
