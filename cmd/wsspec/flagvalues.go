// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"regexp"
	"strings"
)

// negative has numbers below zero belong to the flag before them, "--workers -3" as "--workers=-3": no flag of ours is a digit,
// so that it is told what is wrong with the number rather than with the dash.
func negative(args []string) []string {
	number := regexp.MustCompile(`^-\.?[0-9]`)
	var all []string
	for i, arg := range args {
		if arg == "--" || i == 0 && arg == completeCommand {
			return append(all, args[i:]...)
		}
		last := len(all) - 1
		if i > 0 && number.MatchString(arg) && strings.HasPrefix(args[i-1], "-") && !strings.Contains(args[i-1], "=") && !number.MatchString(args[i-1]) {
			if strings.HasPrefix(all[last], "--") {
				all[last] += "="
			}
			all[last] += arg
			continue
		}
		all = append(all, arg)
	}
	return all
}

// plainly says in our words that a value is of the wrong type, which the library says in those of Go.
func plainly(err error) error {
	text := err.Error()
	for _, r := range []struct{ of, to string }{
		{`expected a valid \d+ bit int but got ("(?:[^"\\]|\\.)*")`, `want a whole number, and none too large, not $1`},
		{`expected a valid \d+ bit uint but got ("(?:[^"\\]|\\.)*")`, `want a whole number from 0 on, and none too large, not $1`},
		{`expected a float but got ("(?:[^"\\]|\\.)*") \(\w+\)`, `want a number, not $1`},
		{`expected (?:int|uint|float) value but got ("(?:[^"\\]|\\.)*") \(.*`, `want a number, not $1`},
		{`expected \w+ value but got ("(?:[^"\\]|\\.)*") \(short flag[^)]*\); perhaps try (--[^=]+)=.*`, `$1 is no value but a flag: one that begins with a dash is given as $2=…`},
	} {
		text = regexp.MustCompile(r.of).ReplaceAllString(text, r.to)
	}
	if text == err.Error() {
		return err
	}
	return errors.New(text)
}
