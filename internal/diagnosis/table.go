// SPDX-License-Identifier: Apache-2.0

package diagnosis

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// table is what the suite says of endpoints with one fault each. A test of package
// runner writes it and keeps it fresh.
//
//go:embed table.txt
var table string

// Fault is a mistake that an implementation can make, and how it shows.
type Fault struct {
	Name  string
	Title string             // what the endpoint does, in one line
	Topic string             // what it is about
	Legal bool               // the RFCs allow it, or only advise against it
	Look  string             // where in the code it is likely to be, as a clause
	Shows map[string]Outcome // by case; the others are as with a faultless endpoint
}

// Outcome is what a case came to.
type Outcome struct {
	Behavior, Close verdict.Grade
	Refused         bool // the opening handshake failed
}

// Load returns the faults of the table that an endpoint in the role can have.
func Load(role ws.Role) []Fault {
	faults, err := parse(table, role)
	if err != nil {
		panic("diagnosis: the embedded table: " + err.Error()) // a test has read it
	}
	all := parseLooks()
	for i := range faults {
		faults[i].Look = whereToLook(all, faults[i])
	}
	return faults
}

// refused stands behind the letters of an outcome where the handshake failed.
const refused = "!"

// letters stand for grades in the table: first that of the behavior, then that of the
// closing.
var letters = map[verdict.Grade]byte{
	verdict.OK: 'O', verdict.NonStrict: 'N', verdict.Informational: 'I', verdict.Unimplemented: '-', verdict.Failed: 'F',
	verdict.WrongCode: 'W', verdict.Unclean: 'U', verdict.FailedByClient: 'C',
}

// Line prints a fault of an endpoint in the role as a line of the table. The cases are
// listed in the order given.
func (f Fault) Line(role ws.Role, order []string) string {
	marker := ""
	if f.Legal {
		marker = "allowed"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%v\t%s\t%s\t%s\t%s\t", role, f.Name, marker, f.Topic, f.Title)
	for _, id := range order {
		if o, ok := f.Shows[id]; ok {
			mark := ""
			if o.Refused {
				mark = refused
			}
			fmt.Fprintf(&b, "%s=%c%c%s ", id, letters[o.Behavior], letters[o.Close], mark)
		}
	}
	return strings.TrimSuffix(b.String(), " ") + "\n"
}

// parse reads the lines of a table that are about the role. The error names the line.
func parse(text string, role ws.Role) ([]Fault, error) {
	var faults []Fault
	grades := map[byte]verdict.Grade{}
	for g, letter := range letters {
		grades[letter] = g
	}
	n := 0
	for line := range strings.Lines(text) {
		n++
		parts := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		switch {
		case len(parts) != 6:
			return nil, fmt.Errorf("line %d: %d fields, want 6", n, len(parts))
		case parts[0] == role.Other().String():
			continue
		case parts[0] != role.String():
			return nil, fmt.Errorf("line %d: role %.20q", n, parts[0])
		}
		f, err := parseFault(parts, grades)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		faults = append(faults, f)
	}
	return faults, nil
}

// parseFault reads the fields of a line behind the role.
func parseFault(parts []string, known map[byte]verdict.Grade) (Fault, error) {
	f := Fault{Name: parts[1], Legal: parts[2] != "", Topic: parts[3], Title: parts[4], Shows: map[string]Outcome{}}
	for word := range strings.FieldsSeq(parts[5]) {
		id, grades, _ := strings.Cut(word, "=")
		grades, unopened := strings.CutSuffix(grades, refused)
		if len(grades) != 2 {
			return f, fmt.Errorf("case %.40q: want an id and two letters", word)
		}
		behavior, closing := known[grades[0]], known[grades[1]]
		if behavior == "" || closing == "" {
			return f, fmt.Errorf("case %.40q: unknown letters", word)
		}
		f.Shows[id] = Outcome{behavior, closing, unopened}
	}
	return f, nil
}
