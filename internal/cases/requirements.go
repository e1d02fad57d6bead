// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"slices"
	"strconv"
	"strings"

	"github.com/wsspec/wsspec/internal/conform"
)

// tested says of cases which requirements they test: a peer that does not meet one
// of them can fail the case by it. It is there for the reference's cases; others name
// theirs themselves.
type tested struct {
	cases        string // pickers of ids, with blanks between them
	requirements string
}

// testedByReference is what the reference's cases test. What is true of every
// conversation, such as that the opening handshake is in order, stands at the
// plainest case, 1.1.1, so that a failure of another is not taken for a breach of it.
// Cases of 6 and 7 that follow from a list of texts or codes name theirs there.
func testedByReference() []tested {
	return []tested{
		{"1.1.1", "6455-3-2 6455-4.1-8 6455-4.1-9 6455-4.1-10 6455-4.1-11 6455-4.1-12 6455-4.1-13 6455-4.1-14 6455-4.1-15" +
			" 6455-4.1-18 6455-4.1-22 6455-4.1-27 6455-4.1-36"}, // the client's handshake, and what it reads
		{"1.1.1", "6455-4.2.1-6 6455-4.2.1-10 6455-4.2.1-11 6455-4.2.1-12 6455-4.2.2-8 6455-4.2.2-9 6455-4.2.2-10 6455-4.2.2-11" +
			" 6455-4.2.2-12 6455-4.2.2-13 6455-4.2.2-15"}, // the server's
		{"1.1.1", "6455-4.3-2 6455-5.2-17 6455-5.8-1 6455-7.1.7-4 6455-9-1 6455-9.1-5 6455-11.3.1-1 6455-11.3.3-1 6455-11.3.4-2 9110-7.8-2"},

		{"1.*.*", "6455-5.1-1 6455-5.1-4 6455-5.2-1 6455-5.2-13 6455-5.2-15 6455-5.2-18 6455-5.4-1 6455-6.1-2 6455-6.1-3 6455-6.1-4"},
		{"1.*.1-6", "6455-5.2-11"},
		{"1.*.2-8", "6455-5.3-4 6455-5.3-5 6455-5.6-4 6455-6.2-4"},
		{"1.*.3-5 1.*.7-8", "6455-5.2-10"}, // 65535 reads the same from both ends
		{"1.2.2-8", "6455-5.6-3"},
		{"1.*.8 2.6 2.11 5.4-5 5.7-8 5.20 9.5-6.*", "6455-5.2-19"},

		{"2.1-4 2.6 2.9-11", "6455-5.5-5 6455-5.5.2-2"},
		{"2.2-4 2.6", "6455-5.5.2-1"},
		{"2.2-4 2.6 2.9-11", "6455-5.5.3-1"},
		{"2.4 2.6 7.3.5", "6455-5.5-4"},
		{"2.5", "6455-5.5-1"},
		{"2.7-9", "6455-5.5.3-3"},
		{"2.10-11", "6455-5.2-16 6455-5.5.3-2 6455-6.2-5"},

		{"3.1-6", "6455-5.2-2"},
		{"3.4-6", "7692-6-4"},
		{"3.7", "6455-5.2-5"},
		{"4.1.*", "6455-5.2-6"},
		{"4.2.*", "6455-5.2-7"},

		{"5.1-2", "6455-5.4-5"},
		{"5.3-8 5.15 5.19-20", "6455-5.2-16 6455-5.4-2 6455-5.4-7 6455-5.4-12 6455-5.4-14"},
		{"5.6-8 5.19-20", "6455-5.4-4 6455-5.4-10 6455-5.5.2-3 6455-6.2-5"},
		{"5.9-17", "6455-5.4-3"},
		{"5.9-11 5.17", "6455-5.4-1"},
		{"5.18", "6455-5.4-8"},

		{"2.5 3.1-6 4.*.* 5.1-2 5.9-18", "6455-7.1.7-1"},
		{"3.2-4 4.*.3-5 5.9-17", "6455-7.1.7-3"},
		{"2.5 3.1-6 4.*.* 5.1-2 5.9-18 7.3.2 7.3.6 7.9.*", "6455-7.4.1-12"},

		{"6.1.2-3 6.2.3-4", "6455-5.4-11"},
		{"6.1.2-3 6.2.2-4", "6455-5.4-14"},
		{"6.1-2.*", "6455-5.6-4"},
		{"6.2.3-4", "6455-5.6-2"},
		{"6.3-4.*", notUTF8},
		{"6.4.*", "6455-8.1-5"},
		{"6.7.* 6.9.* 6.11.1-4 6.22-23.*", "6455-8.1-4"},

		{"7.1.1", "6455-5.5.1-3 6455-5.5.1-7 6455-5.5.1-11 6455-7.1.1-3 6455-7.1.4-1"},
		{"7.1.1 7.3.1 7.3.3-5 7.7.*", "6455-5.5.1-5 6455-5.5.1-10"},
		{"7.1.2", "6455-5.5.1-5"},
		{"7.1.3", "6455-5.5.2-5"},
		{"7.1.4", "6455-5.5.1-4"},
		{"7.1.5", "6455-5.4-16 6455-5.5.1-16"},
		{"7.1.6", "6455-5.5.1-8"},
		{"7.3.1", "6455-7.4.1-1"},
		{"7.3.2", "6455-5.5.1-1"},
		{"7.3.5", "6455-5.5-5"},
		{"7.3.6", "6455-5.5-3"},
		{"7.5.1", "6455-5.5.1-2"},
		{"7.13.*", "6455-7.4.2-5"},

		{"9.1-2.*", "6455-5.2-13 6455-5.3-4"},
		{"9.3-4.* 10.1.1", "6455-5.4-12 6455-5.4-14"},
		{"9.3-4.*", "6455-5.4-11"},
		{"9.1-2.* 9.7-8.*", "6455-5.6-4"},
		{"9.2.* 9.4.*", "6455-5.6-3"},
		{"9.4.*", "6455-5.4-13 6455-6.2-2"},
		{"9.7-8.*", "6455-5.1-6"},

		{"12-13.*.*", "6455-4.1-20 6455-9-2 7692-5-1 7692-5-4 7692-5-5 7692-6-1 7692-7.1.1.2-1 7692-7.1.2.2-1 7692-7.1.2.2-3 7692-7.2.1-1 7692-7.2.2-1"},
		{"12-13.*.8-10 12-13.*.15-18", "7692-7.2.1-2 7692-7.2.1-6"},
		{"12-13.*.11-18", "6455-6.2-3 7692-6-7 7692-7.2.1-5"},
		{"12.*.* 13.1.*", "7692-7.2.2-2"},
		{"12.*.8-10 12.*.15-18 13.1.8-10 13.1.15-18", "7692-7.2.2-3"},
		{"12.*.*", "7692-7.2.1-3"},
		{"12.2.* 12.5.*", "7692-7.2-4"},
		{"13.2.* 13.5-7.*", "7692-7.1.1.1-1 7692-7.1.1.2-2 7692-7.1.1.2-3 7692-7.2.1-7 7692-7.2.1-8"},
		{"13.2.* 13.5-6.*", "7692-7.1-1 7692-7.1.1.1-2 7692-7.1.1.1-4"},
		{"13.3-7.*", "7692-7.1.2.1-1"},
		{"13.3-6.*", "7692-7.1-2 7692-7.1.2.1-2"},
		{"13.3.* 13.5.*", "7692-7-4"},
		{"13.3.* 13.5.* 13.7.*", "7692-7.2.1-9 7692-7.2.1-10"},
		{"13.7.*", "7692-5-2"},
	}
}

// notUTF8 is what texts test that are not valid UTF-8.
const notUTF8 = "6455-5.6-1 6455-7.4.1-9 6455-8.1-1 6455-8.1-2"

// naming has the reference's cases name what they test.
func naming(cs []conform.Case) []conform.Case {
	type row struct {
		pickers      []picker
		requirements []string
	}
	var rows []row
	for _, t := range testedByReference() {
		r := row{requirements: strings.Fields(t.requirements)}
		for _, s := range strings.Fields(t.cases) {
			r.pickers = append(r.pickers, parsePicker(s))
		}
		rows = append(rows, r)
	}
	for i := range cs {
		c, id := &cs[i], parsePicker(cs[i].ID)
		for _, r := range rows {
			if !slices.ContainsFunc(r.pickers, func(p picker) bool { return p.picks(id) }) {
				continue
			}
			for _, name := range r.requirements {
				if !slices.Contains(c.Requirements, name) {
					c.Requirements = append(c.Requirements, name)
				}
			}
		}
	}
	return cs
}

// A picker names cases by a number, a range or a * for each part of their ids:
// "5.3-8", "12-13.*.11-18". An id is a picker that picks one.
type picker []struct{ from, to int }

func parsePicker(s string) picker {
	var p picker
	for part := range strings.SplitSeq(s, ".") {
		from, to, isRange := strings.Cut(part, "-")
		if !isRange {
			to = from
		}
		first, err := strconv.Atoi(from)
		last, errTo := strconv.Atoi(to)
		if err != nil || errTo != nil { // a *
			first, last = 0, 1<<30
		}
		p = append(p, struct{ from, to int }{first, last})
	}
	return p
}

func (p picker) picks(id picker) bool {
	return slices.EqualFunc(p, id, func(want, have struct{ from, to int }) bool {
		return want.from <= have.from && have.to <= want.to
	})
}
