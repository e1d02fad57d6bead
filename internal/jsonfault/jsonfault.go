// SPDX-License-Identifier: Apache-2.0

// Package jsonfault says to people what is wrong with a file of JSON, and where: package
// encoding/json speaks of Go. It knows nothing of what the files are for. Start at Of.
package jsonfault

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/wsspec/wsspec/internal/visible"
)

// Of is the error of json.Unmarshal for b in other words: the line, the octet in it (both
// from 1), and what is there. Errors of other kinds stay as they are.
func Of(b []byte, err error) error {
	syntax, isSyntax := errors.AsType[*json.SyntaxError](err)
	mistyped, isMistyped := errors.AsType[*json.UnmarshalTypeError](err)
	text := bytes.TrimSpace(b)
	switch {
	case isMistyped:
		return fmt.Errorf("%s: %s is %s: want %s", place(b, mistyped.Offset), member(mistyped.Field), article(mistyped.Value), wanted(mistyped.Type))
	case !isSyntax:
		return err
	case len(text) == 0:
		return errors.New("the file is empty")
	case text[0] != '{' && text[0] != '[':
		return errors.New("this is no JSON: it begins neither with { nor with [")
	case syntax.Offset >= int64(len(b)) && strings.Contains(err.Error(), "unexpected end"):
		return fmt.Errorf("it breaks off at %s", place(b, syntax.Offset+1))
	case strings.Contains(err.Error(), "max depth"):
		return fmt.Errorf("%s: too many objects and arrays in one another", place(b, syntax.Offset))
	}
	return fmt.Errorf("%s: %s", place(b, syntax.Offset), strings.TrimPrefix(err.Error(), "json: "))
}

// place is where the octet with the number is, from 1.
func place(b []byte, offset int64) string {
	before := b[:min(max(offset-1, 0), int64(len(b)))]
	return fmt.Sprintf("line %d, octet %d", bytes.Count(before, []byte("\n"))+1, len(before)-bytes.LastIndexByte(before, '\n'))
}

func member(name string) string {
	if name == "" {
		return "the value"
	}
	return fmt.Sprintf("%.80s", visible.Text(name))
}

// article puts one before what JSON has; numbers come with their digits.
func article(value string) string {
	switch {
	case value == "array" || value == "object":
		return "an " + value
	case strings.HasPrefix(value, "number "):
		return fmt.Sprintf("%.40s", value)
	}
	return "a " + value
}

// wanted is what JSON calls values that a type can hold.
func wanted(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Struct, reflect.Map:
		return "an object"
	case reflect.Slice, reflect.Array:
		return "an array"
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a string"
	}
	return fmt.Sprintf("a number (%s)", t.Kind())
}
