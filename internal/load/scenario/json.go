// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"gopkg.in/yaml.v3"
)

// parseJSON reads JSON as the nodes that YAML of the same meaning would have, with lines.
func parseJSON(name string, text []byte) (*yaml.Node, error) {
	r := &jsonReader{text: text, d: json.NewDecoder(bytes.NewReader(text))}
	r.d.UseNumber()
	n, err := r.value(0)
	if err == nil {
		if _, more := r.d.Token(); more != io.EOF {
			err = errors.New("something follows the closing brace")
		}
	}
	if err != nil {
		return nil, &Error{name, r.line(), "no valid JSON: " + err.Error()}
	}
	return n, nil
}

type jsonReader struct {
	text []byte
	d    *json.Decoder
}

// line is the one of what was read last.
func (r *jsonReader) line() int {
	return 1 + bytes.Count(r.text[:min(int(r.d.InputOffset()), len(r.text))], []byte("\n"))
}

// deepest is how deep values may be nested; no key has more than a list.
const deepest = 8

func (r *jsonReader) value(depth int) (*yaml.Node, error) {
	token, err := r.d.Token()
	if err != nil {
		if err == io.EOF {
			err = errors.New("the end is missing")
		}
		return nil, err
	}
	n := &yaml.Node{Kind: yaml.ScalarNode, Line: r.line()}
	switch v := token.(type) {
	case json.Delim:
		n.Kind = yaml.MappingNode
		if v == '[' {
			n.Kind = yaml.SequenceNode
		}
		if depth == deepest {
			return nil, errors.New("too many braces in braces")
		}
		for r.d.More() {
			item, err := r.value(depth + 1)
			if err != nil {
				return nil, err
			}
			n.Content = append(n.Content, item)
		}
		_, err = r.d.Token() // the closing one
		return n, err
	case string:
		n.Tag, n.Value = "!!str", v
	case json.Number:
		n.Tag, n.Value = "!!float", v.String()
		if _, err := v.Int64(); err == nil {
			n.Tag = "!!int"
		}
	case bool:
		n.Tag, n.Value = "!!bool", map[bool]string{true: "true", false: "false"}[v]
	default:
		n.Tag, n.Value = "!!null", "null"
	}
	return n, nil
}
