// SPDX-License-Identifier: Apache-2.0

// Package scenario reads plans of load tests from files, JSON or YAML, so that each mistake
// is told with its line. Keys and their types are those of plan.schema.json. It knows
// nothing of what the keys mean. Start at Parse.
package scenario

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

//go:embed plan.schema.json
var schema string

// Schema is the JSON Schema of plans.
func Schema() string { return schema }

// MaxFile is the longest file that is read, in octets.
const MaxFile = 1 << 20

// An Entry is one key of a file with its value.
type Entry struct {
	Key    string
	Line   int      // from 1
	Values []string // one, or those of a list
}

// An Error says what is wrong in a file and where.
type Error struct {
	Name string
	Line int // from 1; 0 where it is about the whole file
	What string
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %s", e.Name, e.What)
	}
	return fmt.Sprintf("%s:%d: %s", e.Name, e.Line, e.What)
}

// property is what the schema says of a key.
type property struct {
	Type     any      `json:"type"`
	Format   string   `json:"format"`
	Enum     []string `json:"enum"`
	Commands []string `json:"x-commands"`
}

// properties are those of the schema.
func properties() map[string]property {
	var s struct {
		Properties map[string]property `json:"properties"`
	}
	if err := json.Unmarshal([]byte(schema), &s); err != nil {
		panic(err) // of our own file: a test reads it
	}
	return s.Properties
}

// Commands returns the commands that have a key, as the schema says; nil if there is no
// such key.
func Commands(key string) []string { return properties()[key].Commands }

// Keys are all there are, in order.
func Keys() []string { return slices.Sorted(maps.Keys(properties())) }

// Parse reads a plan. The name is that of the file, for messages. Entries come in the order
// of the file, each key once. The error is an *Error.
func Parse(name string, text []byte) ([]Entry, error) {
	root, err := document(name, text)
	if err != nil {
		return nil, err
	}
	known := properties()
	var entries []Entry
	lines := map[string]int{}
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		p, ok := known[key.Value]
		switch {
		case key.Kind != yaml.ScalarNode:
			return nil, &Error{name, key.Line, "a key has to be a word"}
		case !ok:
			return nil, &Error{name, key.Line, unknown(key.Value, known)}
		case lines[key.Value] > 0:
			return nil, &Error{name, key.Line, fmt.Sprintf("%s is there twice, first in line %d", key.Value, lines[key.Value])}
		}
		lines[key.Value] = key.Line
		values, wrong := read(p, value)
		if wrong != "" {
			return nil, &Error{name, value.Line, fmt.Sprintf("%s: %s", key.Value, wrong)}
		}
		entries = append(entries, Entry{key.Value, key.Line, values})
	}
	return entries, nil
}

// document reads the file as what it is, a mapping.
func document(name string, text []byte) (*yaml.Node, error) {
	if len(text) > MaxFile {
		return nil, &Error{name, 0, fmt.Sprintf("it has more than %d octets: no plan is as long", MaxFile)}
	}
	if begin := bytes.TrimLeft(text, " \t\r\n"); len(begin) > 0 && begin[0] == '{' {
		return parseJSON(name, text)
	}
	var doc, second yaml.Node
	d := yaml.NewDecoder(bytes.NewReader(text))
	if err := d.Decode(&doc); err != nil && err != io.EOF {
		return nil, yamlError(name, err)
	}
	switch err := d.Decode(&second); {
	case err == io.EOF:
	case err != nil:
		return nil, yamlError(name, err)
	default:
		return nil, &Error{name, second.Line, "a second document begins here: want one, so no line of ---"}
	}
	if len(doc.Content) == 0 {
		return nil, &Error{name, 0, "it is empty: want keys such as url and connections"}
	}
	root := doc.Content[0]
	if root.Kind != yaml.MappingNode {
		return nil, &Error{name, root.Line, "want keys with values, such as connections: 100"}
	}
	return root, nil
}

// yamlError takes the line out of an error of the library, "yaml: line 3: …".
func yamlError(name string, err error) error {
	what := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 0
	if rest, ok := strings.CutPrefix(what, "line "); ok {
		if number, after, ok := strings.Cut(rest, ": "); ok {
			if n, err := strconv.Atoi(number); err == nil {
				line, what = n, after
			}
		}
	}
	return &Error{name, line, "no valid YAML: " + what}
}

// unknown is what is said of a key that does not exist.
func unknown(key string, known map[string]property) string {
	// At most two letters, and one of three at that: with less to go by, every key is near.
	best, least := "", 1+min(len(key)/3, 2)
	for _, k := range slices.Sorted(maps.Keys(known)) {
		if d := distance(strings.ReplaceAll(key, "_", "-"), k); d < least {
			best, least = k, d
		}
	}
	if best != "" {
		return fmt.Sprintf("there is no key %.40q: did you mean %q?", key, best)
	}
	return fmt.Sprintf("there is no key %.40q: there are %s", key, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
}

// distance is how many letters have to be added, taken away or changed.
func distance(a, b string) int {
	if len(a) > 40 {
		return len(a)
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := before
			if a[i] != b[j] {
				cost++
			}
			before = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// read takes a value of the type that the schema wants.
func read(p property, n *yaml.Node) (values []string, wrong string) {
	if p.Type == "array" {
		items := []*yaml.Node{n} // one needs no list
		if n.Kind == yaml.SequenceNode {
			items = n.Content
		}
		for _, item := range items {
			if item.Kind != yaml.ScalarNode || item.Tag != "!!str" {
				return nil, "want a text, or a list of texts"
			}
			values = append(values, item.Value)
		}
		return values, ""
	}
	if n.Kind != yaml.ScalarNode {
		return nil, "want " + named(p)
	}
	text := n.Value
	fits := false
	switch n.Tag {
	case "!!str":
		fits = allows(p, "string")
	case "!!int":
		fits = allows(p, "integer") || allows(p, "number")
	case "!!float": // .nan and .inf are floats, to YAML
		v, err := strconv.ParseFloat(text, 64)
		fits = allows(p, "number") && err == nil && !math.IsNaN(v) && !math.IsInf(v, 0)
	case "!!bool":
		fits = allows(p, "boolean")
		text = strings.ToLower(text)
	}
	if !fits {
		return nil, fmt.Sprintf("want %s, not %.60q", named(p), n.Value)
	}
	if len(p.Enum) > 0 && !slices.Contains(p.Enum, text) {
		return nil, fmt.Sprintf("want one of %s, not %.60q", strings.Join(p.Enum, ", "), text)
	}
	if p.Format == "duration" {
		if _, err := time.ParseDuration(text); err != nil {
			return nil, fmt.Sprintf("want a duration with a unit, such as 500ms, 10s or 1m30s, not %.60q", text)
		}
	}
	return []string{text}, ""
}

// allows reports whether a property may have a type.
func allows(p property, kind string) bool {
	if list, ok := p.Type.([]any); ok {
		return slices.Contains(list, any(kind))
	}
	return p.Type == kind
}

// named says in words what a property has to be.
func named(p property) string {
	switch {
	case p.Format == "duration":
		return "a duration with a unit, such as 500ms, 10s or 1m30s"
	case len(p.Enum) > 0:
		return "one of " + strings.Join(p.Enum, ", ")
	case allows(p, "boolean"):
		return "true or false"
	case allows(p, "string"):
		return "a text"
	case allows(p, "integer"):
		return "a whole number"
	}
	return "a number"
}
