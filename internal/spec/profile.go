// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/ws"
)

// Bounds of what a profile may say.
const (
	leastLimit       = 16        // octets: a case begins with a message, which has to come through
	mostLimit        = 256 << 20 // octets
	mostIdle         = 10 * time.Minute
	mostKeepalive    = time.Minute // cases wait for several Pings
	mostSubprotocols = 100
	mostText         = 2000 // octets
)

// trait is a key of a profile. set takes its value and returns what is allowed, as in
// "want true or false", where it is none of that.
type trait struct {
	key string
	set func(p *peer.Profile, value json.RawMessage) (allowed string)
}

// traits are all keys there are.
func traits() []trait {
	return []trait{
		{"browser", func(p *peer.Profile, v json.RawMessage) string { return truth(v, &p.Browser) }},
		{"forbidden-origin", func(p *peer.Profile, v json.RawMessage) string {
			return line(v, &p.ForbiddenOrigin, "an origin such as \"https://other.example\"", func(s string) bool { return s != "" })
		}},
		{"frame-limit", func(p *peer.Profile, v json.RawMessage) string { return octets(v, &p.FrameLimit) }},
		{"idle", func(p *peer.Profile, v json.RawMessage) string { return seconds(v, &p.Idle, mostIdle) }},
		{"keepalive", func(p *peer.Profile, v json.RawMessage) string { return seconds(v, &p.Keepalive, mostKeepalive) }},
		{"message-limit", func(p *peer.Profile, v json.RawMessage) string { return octets(v, &p.MessageLimit) }},
		{"protected-path", func(p *peer.Profile, v json.RawMessage) string {
			return line(v, &p.ProtectedPath, "a path such as \"/private\", without blanks and #", func(s string) bool {
				return strings.HasPrefix(s, "/") && !strings.ContainsAny(s, " #")
			})
		}},
		{"subprotocols", func(p *peer.Profile, v json.RawMessage) string { return tokens(v, &p.Subprotocols) }},
		{"text-only", func(p *peer.Profile, v json.RawMessage) string { return truth(v, &p.TextOnly) }},
	}
}

// ReadProfile reads a file that says what a peer under test is meant to do. The error
// names the file and the place in it.
func ReadProfile(path string) (peer.Profile, error) {
	b, err := readFile(path)
	if err != nil {
		return peer.Profile{}, fmt.Errorf("read profile: %w", err)
	}
	p, err := ParseProfile(b)
	if err != nil {
		return peer.Profile{}, fmt.Errorf("%s: %w", path, err)
	}
	return p, nil
}

// ParseProfile reads a profile: a JSON object, all of whose keys may be missing.
//
//	{"message-limit": 65536, "text-only": true, "subprotocols": ["chat"]}
//
// Unlike in specifications, a key that is not known is an error: what it was to say would
// be lost unseen. Errors say at which line and column.
func ParseProfile(b []byte) (peer.Profile, error) {
	b, err := plainText(b)
	if err != nil {
		return peer.Profile{}, err
	}
	at := func(offset int64) string { return "line " + position(b, offset) + ": " } // offsets from 1
	var p peer.Profile
	var object map[string]json.RawMessage
	if err := json.Unmarshal(b, &object); err != nil {
		var typ *json.UnmarshalTypeError
		if errors.As(err, &typ) {
			return p, fmt.Errorf("%sthe profile is %s: want an object", at(1), article(typ.Value))
		}
		return p, place(b, err)
	}
	if object == nil {
		return p, errors.New(at(1) + "the profile is null: want an object")
	}
	d := json.NewDecoder(bytes.NewReader(b))
	_, _ = d.Token() // the brace: what it is has been seen
	var had []string
	for d.More() {
		before := d.InputOffset()
		here := at(before + int64(bytes.IndexByte(b[before:], '"')) + 1)
		token, err := d.Token()
		key, isKey := token.(string)
		var value json.RawMessage
		if err != nil || !isKey || d.Decode(&value) != nil {
			return p, fmt.Errorf("%sthis is no JSON", here)
		}
		if slices.Contains(had, key) {
			return p, fmt.Errorf("%s%s is given twice", here, key)
		}
		had = append(had, key)
		if err := setTrait(&p, key, value); err != nil {
			return p, fmt.Errorf("%s%w", here, err)
		}
	}
	return p, nil
}

// Profiles are the files that the specification names under "profile", of all servers
// and of each, where it names another; empty: none. The door of the reference passes the
// key over. Errors name the file and the key.
func (s *Spec) Profiles() (all string, each []string, err error) {
	read := func(otherwise string, b json.RawMessage, where string) (string, error) {
		if b == nil {
			return otherwise, nil
		}
		path, ok := given[string](b)
		if !ok || path == "" {
			return "", fmt.Errorf("%s: %s is %s: want the name of a file", s.File, where, shortened(b))
		}
		return path, nil
	}
	if all, err = read("", s.profiles[0], "profile"); err != nil {
		return "", nil, err
	}
	for i, b := range s.profiles[1:] {
		path, err := read(all, b, fmt.Sprintf("servers[%d].profile", i))
		if err != nil {
			return "", nil, err
		}
		each = append(each, path)
	}
	return all, each, nil
}

func setTrait(p *peer.Profile, key string, value json.RawMessage) error {
	known := traits()
	i := slices.IndexFunc(known, func(t trait) bool { return t.key == key })
	if i < 0 {
		var keys []string
		for _, t := range known {
			keys = append(keys, t.key)
		}
		return fmt.Errorf("there is no key %.60q: want one of %s", key, strings.Join(keys, ", "))
	}
	if allowed := known[i].set(p, value); allowed != "" {
		return fmt.Errorf("%s is %s: want %s", key, shortened(value), allowed)
	}
	return nil
}

// shortened is a value as it stands in the file, or the beginning of it.
func shortened(value json.RawMessage) string {
	const most = 60
	s := strings.Join(strings.Fields(strings.ToValidUTF8(string(value), "?")), " ")
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return s
}

// article is the kind of a JSON value with an article.
func article(kind string) string {
	if kind == "array" {
		return "an array"
	}
	kind, _, _ = strings.Cut(kind, " ")
	return "a " + kind
}

// given reads a value of a type; null is of none.
func given[T any](value json.RawMessage) (v T, ok bool) {
	return v, json.Unmarshal(value, &v) == nil && string(value) != "null"
}

func truth(value json.RawMessage, to *bool) string {
	v, ok := given[bool](value)
	if *to = v; !ok {
		return "true or false"
	}
	return ""
}

func octets(value json.RawMessage, to *int) string {
	v, ok := given[int](value)
	if *to = v; !ok || v < leastLimit || v > mostLimit {
		return fmt.Sprintf("a whole number of octets from %d to %d", leastLimit, mostLimit)
	}
	return ""
}

func seconds(value json.RawMessage, to *time.Duration, most time.Duration) string {
	v, ok := given[float64](value)
	if !ok || !(v > 0 && v <= most.Seconds()) {
		return fmt.Sprintf("seconds, more than 0 and at most %.0f", most.Seconds())
	}
	*to = time.Duration(v * float64(time.Second))
	return ""
}

// line is a text that goes into the head of a request.
func line(value json.RawMessage, to *string, allowed string, valid func(string) bool) string {
	v, ok := given[string](value)
	odd := func(r rune) bool { return r < ' ' || r == 0x7F }
	if *to = v; !ok || len(v) > mostText || strings.ContainsFunc(v, odd) || !valid(v) {
		return allowed
	}
	return ""
}

func tokens(value json.RawMessage, to *[]string) string {
	v, ok := given[[]string](value)
	if *to = v; !ok || len(v) == 0 || len(v) > mostSubprotocols || slices.ContainsFunc(v, func(s string) bool { return !ws.IsToken(s) || len(s) > mostText }) {
		return "an array of names such as [\"chat\"], which are tokens (RFC 6455, 4.1)"
	}
	return ""
}
