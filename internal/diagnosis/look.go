// SPDX-License-Identifier: Apache-2.0

package diagnosis

import (
	_ "embed"
	"path"
	"slices"
	"strings"
)

// looks says where in the code of an endpoint its faults are likely to be: in each line
// patterns of names of faults, or a topic, and behind a tab a clause. The first line
// that fits counts.
//
//go:embed look.txt
var looks string

// look is a line of looks.
type look struct {
	patterns []string // of path.Match
	topic    string
	text     string
}

func parseLooks() []look {
	var all []look
	for line := range strings.Lines(looks) {
		key, text, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		all = append(all, look{strings.Fields(key), key, text})
	}
	return all
}

// fits reports whether the line is about the fault.
func (l look) fits(f Fault) bool {
	return l.topic == f.Topic || slices.ContainsFunc(l.patterns, func(p string) bool {
		ok, err := path.Match(p, f.Name)
		return ok && err == nil
	})
}

// whereToLook says where a fault is likely to be, as a clause.
func whereToLook(all []look, f Fault) string {
	if i := slices.IndexFunc(all, func(l look) bool { return l.fits(f) }); i >= 0 {
		return all[i].text
	}
	return ""
}
