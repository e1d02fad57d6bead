// SPDX-License-Identifier: Apache-2.0

// Package wamp is the messages of WAMP v2's basic profile as values: how they are laid
// out, and how they look in JSON and in MessagePack. It serves those who test serializers, and
// knows nothing of connections, routers or WebSocket. Start at Samples, Write and Check.
package wamp

import (
	"encoding/json"
	"fmt"
	"strings"
)

// A Message is the list that a WAMP message is: its type code, then its fields.
type Message []any

// kind is what a field may be.
type kind byte

const (
	id    kind = iota // a whole number from 0 to 2^53
	uri               // a string that is not empty
	dict              // an object
	list              // an array
	mtype             // the code of a message that has an answer
)

// layout is a type of message: its code, its name and its fields. The last optional ones
// may be left out.
type layout struct {
	code     int
	name     string
	fields   []field
	optional int
}

type field struct {
	name string
	kind kind
}

// layouts are the types of the basic profile, and those of the advanced profile that
// callers and sessions need, in the order of their codes.
func layouts() []layout {
	arguments := []field{{"Arguments", list}, {"ArgumentsKw", dict}}
	carrying := func(fields ...field) []field { return append(fields, arguments...) }
	request, details, options := field{"Request", id}, field{"Details", dict}, field{"Options", dict}
	return []layout{
		{1, "HELLO", []field{{"Realm", uri}, details}, 0},
		{2, "WELCOME", []field{{"Session", id}, details}, 0},
		{3, "ABORT", carrying(details, field{"Reason", uri}), 2},
		{4, "CHALLENGE", []field{{"AuthMethod", uri}, {"Extra", dict}}, 0},
		{5, "AUTHENTICATE", []field{{"Signature", uri}, {"Extra", dict}}, 0},
		{6, "GOODBYE", carrying(details, field{"Reason", uri}), 2},
		{8, "ERROR", carrying(field{"RequestType", mtype}, request, details, field{"Error", uri}), 2},
		{16, "PUBLISH", carrying(request, options, field{"Topic", uri}), 2},
		{17, "PUBLISHED", []field{request, {"Publication", id}}, 0},
		{32, "SUBSCRIBE", []field{request, options, {"Topic", uri}}, 0},
		{33, "SUBSCRIBED", []field{request, {"Subscription", id}}, 0},
		{34, "UNSUBSCRIBE", []field{request, {"Subscription", id}}, 0},
		{35, "UNSUBSCRIBED", []field{request, details}, 1},
		{36, "EVENT", carrying(field{"Subscription", id}, field{"Publication", id}, details), 2},
		{48, "CALL", carrying(request, options, field{"Procedure", uri}), 2},
		{49, "CANCEL", []field{request, options}, 0},
		{50, "RESULT", carrying(request, details), 2},
		{64, "REGISTER", []field{request, options, {"Procedure", uri}}, 0},
		{65, "REGISTERED", []field{request, {"Registration", id}}, 0},
		{66, "UNREGISTER", []field{request, {"Registration", id}}, 0},
		{67, "UNREGISTERED", []field{request, details}, 1},
		{68, "INVOCATION", carrying(request, field{"Registration", id}, details), 2},
		{69, "INTERRUPT", []field{request, options}, 0},
		{70, "YIELD", carrying(request, options), 2},
	}
}

// find returns the layout of a message by its code.
func find(code any) (layout, bool) {
	n, ok := whole(code)
	for _, l := range layouts() {
		if ok && l.code == int(n) {
			return l, true
		}
	}
	return layout{}, false
}

// String prints the name of the message and its fields under WAMP's names.
func (m Message) String() string {
	if len(m) == 0 {
		return "no message"
	}
	l, known := find(m[0])
	if !known {
		return fmt.Sprintf("message of unknown type %.40s", compact(m[0]))
	}
	var b strings.Builder
	b.WriteString(l.name + "(")
	for i, v := range m[1:] {
		if i > 0 {
			b.WriteString(", ")
		}
		if i < len(l.fields) {
			b.WriteString(l.fields[i].name + "=")
		}
		if s, isText := v.(string); isText {
			b.WriteString(s)
		} else {
			b.WriteString(compact(v))
		}
	}
	return b.String() + ")"
}

// compact is a value in JSON without blanks, keys sorted, nothing escaped that need not be.
func compact(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return fmt.Sprint(v)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// Verify says what is wrong with the form of a message: its type, the number of its
// fields, or the type of one.
func (m Message) Verify() error {
	if len(m) == 0 {
		return fmt.Errorf("the list is empty: want the code of a type first")
	}
	l, known := find(m[0])
	if !known {
		return fmt.Errorf("%.40s is not the code of a type of message", compact(m[0]))
	}
	fields := m[1:]
	if least := len(l.fields) - l.optional; len(fields) < least || len(fields) > len(l.fields) {
		want := fmt.Sprint(least)
		if l.optional > 0 {
			want = fmt.Sprintf("%d to %d", least, len(l.fields))
		}
		return fmt.Errorf("%s has %d fields: want %s", l.name, len(fields), want)
	}
	for i, v := range fields {
		if want := l.fields[i].kind.refuses(v); want != "" {
			return fmt.Errorf("%s: %s is %.40s: want %s", l.name, l.fields[i].name, compact(v), want)
		}
	}
	return nil
}

// refuses says what a field should be, or nothing where it is that.
func (k kind) refuses(v any) (want string) {
	switch k {
	case id:
		if n, ok := whole(v); !ok || n < 0 || n > 1<<53 {
			return "an id, a whole number from 0 to 2^53"
		}
	case uri:
		if s, ok := v.(string); !ok || s == "" {
			return "a string that is not empty"
		}
	case dict:
		if _, ok := v.(map[string]any); !ok {
			return "an object"
		}
	case list:
		if _, ok := v.([]any); !ok {
			return "an array"
		}
	case mtype:
		if _, ok := find(v); !ok {
			return "the code of a type of message"
		}
	}
	return ""
}

// whole returns a value that is a whole number of int64.
func whole(v any) (int64, bool) {
	switch v := v.(type) {
	case int:
		return int64(v), true
	case int64:
		return v, true
	case uint64:
		return int64(v), v <= 1<<63-1
	case float64:
		return int64(v), v == float64(int64(v)) && v >= -1<<63 && v < 1<<63
	case json.Number:
		n, err := v.Int64()
		if err == nil {
			return n, true
		}
		f, err := v.Float64()
		if err != nil || f != float64(int64(f)) || f < -1<<63 || f >= 1<<63 {
			return 0, false
		}
		return int64(f), true
	}
	return 0, false
}
