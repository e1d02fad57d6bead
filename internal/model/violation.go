// SPDX-License-Identifier: Apache-2.0

package model

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

// A Violation is a sentence of the specifications that an endpoint has broken.
type Violation struct {
	Requirement string // its id in package requirements: "6455-5.5.2-2"
	Level       Level
	What        string // what happened, in words, without the sentence
}

// Place is where the sentence stands: "RFC 6455, 5.5.2".
func (v Violation) Place() string { return "" }

// String is the violation in one line: what happened, and the sentence.
func (v Violation) String() string { return v.What }
