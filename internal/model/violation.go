// SPDX-License-Identifier: Apache-2.0

package model

import (
	"fmt"
	"strings"

	"github.com/wsspec/wsspec/internal/requirements"
)

// Level says how bad a violation is.
type Level uint8

// Levels, the worst first.
const (
	// Must: a sentence with MUST or MUST NOT is broken, or a fact of the protocol.
	Must Level = iota
	// Contract: no RFC forbids it, but an endpoint that echoes has no reason for it, such
	// as to close with 1000 when a message is to be echoed.
	Contract
	// Should: a sentence with SHOULD is not followed, or an error is told in another way
	// than it should be (the wrong code, no Close).
	Should
)

func (l Level) String() string { return [...]string{"MUST", "echo", "SHOULD"}[l] }

// A Violation is a sentence of the specifications that an endpoint has broken.
type Violation struct {
	Requirement string // its id in package requirements: "6455-5.5.2-2"
	Level       Level
	What        string // what happened, in words, without the sentence
}

// Place is where the sentence stands: "RFC 6455, 5.5.2".
func (v Violation) Place() string {
	spec, rest, _ := strings.Cut(v.Requirement, "-")
	section, _, more := cutLast(rest, "-")
	switch {
	case !more && spec != "IANA":
		return "RFC " + spec + ", errata"
	case !more:
		return spec
	}
	return "RFC " + spec + ", " + section
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// Sentence is the sentence itself, in the words of package requirements. It reads their
// table, so that it is for those who print, not for those who count.
func (v Violation) Sentence() string {
	r, _ := requirements.Load().ByID(v.Requirement)
	return r.Text
}

// String is the violation in one line: where it stands, and what happened.
func (v Violation) String() string {
	return fmt.Sprintf("%s (%s, %s): %s", v.Place(), v.Requirement, v.Level, v.What)
}
