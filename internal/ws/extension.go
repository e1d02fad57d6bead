// SPDX-License-Identifier: Apache-2.0

package ws

import (
	"errors"
	"fmt"
	"strings"
)

// An Extension is one element of a Sec-WebSocket-Extensions header: an offer
// when a client sent it, an answer when a server did (RFC 6455, 9.1). Whether
// the name is known and the parameters make sense is not its business.
type Extension struct {
	Name   string
	Params []Param // in the order of the header, repeated ones included
}

// A Param is one parameter of an [Extension].
type Param struct {
	Name     string
	Value    string // without quotes and escapes; always a token if HasValue
	HasValue bool   // "name=value", as opposed to "name" alone
	Quoted   bool   // the value came, or is to go, as a quoted-string
}

// String returns the extension in the form of the header.
// [ParseExtensions] reads it back as the same value.
func (x Extension) String() string {
	var b strings.Builder
	b.WriteString(x.Name)
	for _, p := range x.Params {
		b.WriteString("; ")
		b.WriteString(p.String())
	}
	return b.String()
}

// String returns the parameter in the form of the header, without separator.
func (p Param) String() string {
	switch {
	case !p.HasValue:
		return p.Name
	case p.Quoted:
		return p.Name + `="` + p.Value + `"`
	}
	return p.Name + "=" + p.Value
}

// FormatExtensions returns one field value that lists all of xs in order.
func FormatExtensions(xs []Extension) string {
	var b strings.Builder
	for i, x := range xs {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(x.String())
	}
	return b.String()
}

// ParseExtensions reads the values of all Sec-WebSocket-Extensions fields of
// one handshake, which together are one list (RFC 6455, 9.1). Empty list
// elements are skipped, as the #rule of RFC 2616, 2.1 wants, but a header that
// lists nothing at all is an error. The error names the field (where there are
// several), the octet within it, counted from 1, and what is wrong there.
func ParseExtensions(fields []string) ([]Extension, error) {
	var all []Extension
	for i, field := range fields {
		s := extensionScanner{text: field}
		xs, err := s.list()
		if err != nil {
			where := fmt.Sprintf("octet %d", s.pos+1)
			if len(fields) > 1 {
				where = fmt.Sprintf("field %d, octet %d", i+1, s.pos+1)
			}
			return nil, fmt.Errorf("Sec-WebSocket-Extensions, %s: %w", where, err)
		}
		all = append(all, xs...)
	}
	if len(fields) > 0 && len(all) == 0 {
		return nil, errors.New("Sec-WebSocket-Extensions: the header names no extension")
	}
	return all, nil
}

// An extensionScanner reads one field value. After an error pos is the octet
// the error is about.
type extensionScanner struct {
	text string
	pos  int
}

func (s *extensionScanner) list() ([]Extension, error) {
	var xs []Extension
	for {
		s.skipBlanks()
		if s.pos == len(s.text) {
			return xs, nil
		}
		if s.take(',') {
			continue
		}
		x, err := s.extension()
		if err != nil {
			return nil, err
		}
		xs = append(xs, x)
		if s.pos < len(s.text) && !s.take(',') {
			return nil, fmt.Errorf("%s where ',' or ';' should be", s.found())
		}
	}
}

func (s *extensionScanner) extension() (Extension, error) {
	name, err := s.token("the name of an extension")
	if err != nil {
		return Extension{}, err
	}
	x := Extension{Name: name}
	for s.take(';') {
		p, err := s.param()
		if err != nil {
			return Extension{}, err
		}
		x.Params = append(x.Params, p)
	}
	return x, nil
}

func (s *extensionScanner) param() (Param, error) {
	s.skipBlanks()
	name, err := s.token("the name of a parameter")
	if err != nil {
		return Param{}, err
	}
	p := Param{Name: name}
	if !s.take('=') {
		return p, nil
	}
	p.HasValue = true
	s.skipBlanks()
	if s.pos < len(s.text) && s.text[s.pos] == '"' {
		p.Quoted = true
		p.Value, err = s.quoted()
	} else {
		p.Value, err = s.token("the value of a parameter")
	}
	return p, err
}

// token reads a token and the blanks after it; want says what it stands for.
func (s *extensionScanner) token(want string) (string, error) {
	start := s.pos
	for s.atToken() {
		s.pos++
	}
	if s.pos == start {
		return "", fmt.Errorf("%s where %s should be", s.found(), want)
	}
	t := s.text[start:s.pos]
	s.skipBlanks()
	return t, nil
}

// quoted reads a quoted-string and the blanks after it. "When using the
// quoted-string syntax variant, the value after quoted-string unescaping MUST
// conform to the 'token' ABNF" (RFC 6455, 9.1).
func (s *extensionScanner) quoted() (string, error) {
	var value []byte
	open := s.pos
	for s.pos++; s.pos < len(s.text); s.pos++ {
		if s.text[s.pos] == '"' {
			if len(value) == 0 {
				s.pos = open
				return "", errors.New("quoted value is empty, so it is not a token")
			}
			s.pos++
			s.skipBlanks()
			return string(value), nil
		}
		if s.text[s.pos] == '\\' && s.pos+1 < len(s.text) {
			s.pos++
		}
		if !s.atToken() {
			return "", fmt.Errorf("%s in a quoted value, which has to be a token", s.found())
		}
		value = append(value, s.text[s.pos])
	}
	s.pos = open
	return "", errors.New("quoted value has no end")
}

// atToken reports whether the octet at pos may stand in a token.
func (s *extensionScanner) atToken() bool {
	return s.pos < len(s.text) && IsToken(s.text[s.pos:s.pos+1])
}

// take consumes c, which is a separator, if it is next.
func (s *extensionScanner) take(c byte) bool {
	if s.pos == len(s.text) || s.text[s.pos] != c {
		return false
	}
	s.pos++
	return true
}

func (s *extensionScanner) skipBlanks() {
	for s.pos < len(s.text) && (s.text[s.pos] == ' ' || s.text[s.pos] == '\t') {
		s.pos++
	}
}

// found describes the octet at pos.
func (s *extensionScanner) found() string {
	if s.pos == len(s.text) {
		return "end of field"
	}
	return fmt.Sprintf("%q", s.text[s.pos:s.pos+1])
}
