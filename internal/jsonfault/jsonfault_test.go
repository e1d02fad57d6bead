// SPDX-License-Identifier: Apache-2.0

package jsonfault_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/jsonfault"
)

func TestOf(t *testing.T) {
	type inner struct {
		N  uint8           `json:"n"`
		On bool            `json:"on"`
		Is []string        `json:"is"`
		By map[string]bool `json:"by"`
	}
	type form struct {
		Name string `json:"name"`
		In   inner  `json:"in"`
	}
	for text, want := range map[string]string{
		"":                             "the file is empty",
		" \n\t":                        "the file is empty",
		"\x82\x00\x01{":                "this is no JSON: it begins neither with { nor with [",
		"<html>":                       "this is no JSON: it begins neither with { nor with [",
		"{":                            "it breaks off at line 1, octet 2",
		"{\n \"name\": \"a":            "it breaks off at line 2, octet 12",
		"{\n \"name\": \"a\" x}":       "line 2, octet 14: invalid character 'x' after object key:value pair",
		"{} {}":                        "line 1, octet 4: invalid character '{' after top-level value",
		strings.Repeat("[", 1_000_000): "line 1, octet 10001: too many objects and arrays in one another",
		"{\n\"name\": 5}":              "line 2, octet 9: name is a number: want a string",
		`{"name": {}}`:                 "line 1, octet 10: name is an object: want a string",
		`{"in": {"n": 300}}`:           "line 1, octet 16: in.n is number 300: want a number (uint8)",
		`{"in": {"on": "yes"}}`:        "line 1, octet 19: in.on is a string: want true or false",
		`{"in": {"is": {}}}`:           "line 1, octet 15: in.is is an object: want an array",
		`{"in": {"by": []}}`:           "line 1, octet 15: in.by is an array: want an object",
		"[]":                           "line 1, octet 1: the value is an array: want an object",
	} {
		if err := jsonfault.Of([]byte(text), json.Unmarshal([]byte(text), new(form))); err == nil || err.Error() != want {
			t.Errorf("%.40q: %v\nwant %s", text, err, want)
		}
	}
	other := errors.New("other")
	if got := jsonfault.Of(nil, other); got != other {
		t.Error(got)
	}
}

func FuzzOf(f *testing.F) {
	f.Add([]byte("{"))
	f.Add([]byte(`{"a": [1, {"b": nul}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var v struct{ A, B []map[string]int }
		if err := json.Unmarshal(b, &v); err != nil && jsonfault.Of(b, err).Error() == "" {
			t.Error("nothing is said")
		}
	})
}
