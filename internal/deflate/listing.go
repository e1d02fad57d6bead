// SPDX-License-Identifier: Apache-2.0

package deflate

import (
	"errors"
	"fmt"
	"strings"
)

// BlockType is how a block is compressed (RFC 1951, 3.2.3).
type BlockType uint8

// The types of blocks.
const (
	Stored   BlockType = iota // octets as they are
	Fixed                     // symbols in the codes that RFC 1951, 3.2.6 fixes
	Dynamic                   // symbols in codes that the block describes
	Reserved                  // an error
)

var blockTypes = [...]string{"stored", "fixed", "dynamic", "type 3"}

// String returns the word of the notation for the type.
func (t BlockType) String() string { return blockTypes[t&3] }

// A Listing is what a compressed message is made of, block by block and symbol by
// symbol. String prints it.
type Listing struct {
	Blocks []Block
	More   int   // blocks behind these
	Err    error // what [Inflater.List] returned, nil where all of the message could be read

	room int // for so many blocks and runs more there is room
	n    int // octets of output until now
}

// A Block is one block of a message.
type Block struct {
	Type   BlockType
	Final  bool // BFINAL is set
	Bit    int  // of the message, from 0, at which the block begins
	Stored int  // octets a stored block has
	Runs   []Run
	Rest   Rest // what is behind Runs
	Ended  bool // there is an end; not so in the last block of a broken message
	Tail   bool // the block without octets whose lengths are the 00 00 ff ff that the receiver appends

	// Of a dynamic block: how many code lengths it has for literals and lengths
	// (HLIT + 257), for distances (HDIST + 1), and for code lengths (HCLEN + 4).
	Lits, Dists, Codes int
}

// A Run is a number of literals, or one copy.
type Run struct {
	Literals         int
	Length, Distance int
}

// Rest counts the symbols of a block that are not listed.
type Rest struct{ Literals, Copies, Farthest int }

// List is Inflate that also says what the message is made of: it lists at most so
// many runs of literals, copies and blocks, and counts the others.
func (f *Inflater) List(dst, msg []byte, limit, most int) ([]byte, Stats, Listing) {
	l := Listing{room: most, n: len(dst)}
	f.listing = &l
	dst, stats, err := f.Inflate(dst, msg, limit)
	f.listing = nil
	l.Err = err
	return dst, stats, l
}

// The methods below are those of an inflater. They do nothing where no listing is
// wanted; n is how many octets of output there are.

func (l *Listing) begin(b Block, n int) {
	if l == nil {
		return
	}
	l.n = n
	if l.room <= 0 || l.More > 0 {
		l.More++
		return
	}
	l.room--
	l.Blocks = append(l.Blocks, b)
}

// block is the current block, or nil where it is not listed.
func (l *Listing) block() *Block {
	if l == nil || l.More > 0 || len(l.Blocks) == 0 {
		return nil
	}
	return &l.Blocks[len(l.Blocks)-1]
}

func (l *Listing) size(octets int) {
	if b := l.block(); b != nil {
		b.Stored = octets
	}
}

func (l *Listing) codes(lits, dists, codes int) {
	if b := l.block(); b != nil {
		b.Lits, b.Dists, b.Codes = lits, dists, codes
	}
}

// literals takes down those since the last copy.
func (l *Listing) literals(n int) {
	b := l.block()
	if b == nil || b.Type == Stored || n <= l.n {
		return
	}
	if run := (Run{Literals: n - l.n}); l.room > 0 {
		l.room--
		b.Runs = append(b.Runs, run)
	} else {
		b.Rest.Literals += run.Literals
	}
	l.n = n
}

func (l *Listing) copy(n, length, distance int) {
	l.literals(n)
	b := l.block()
	if b == nil {
		return
	}
	if l.room > 0 {
		l.room--
		b.Runs = append(b.Runs, Run{Length: length, Distance: distance})
	} else {
		b.Rest.Copies++
		b.Rest.Farthest = max(b.Rest.Farthest, distance)
	}
	l.n = n + length
}

func (l *Listing) end(n int) {
	l.literals(n)
	if b := l.block(); b != nil {
		b.Ended = true
	}
}

func (l *Listing) tail() {
	if b := l.block(); b != nil {
		b.Tail = true
	}
}

// stop takes down the end of the message.
func (l *Listing) stop(n int, err error) {
	if err != nil {
		l.literals(n)
	}
}

// String prints the listing in one line:
//
//	stored 5; fixed, 13 literals, copy 3 from 32768 back, end; tail
//
// Blocks are separated by semicolons. Those with codes of their own have the
// numbers of their code lengths (dynamic 270+19+14: for literals and lengths,
// distances, code lengths), those with BFINAL the word final before the type.
// Dots stand for what was not listed. The last block, whose lengths are not sent
// (RFC 7692, 7.2.1), is called tail. Where the message is broken, it says at which
// bit and against which section; with the other end of a [Listing], that the
// caller would take no more.
func (l Listing) String() string {
	var parts []string
	for _, b := range l.Blocks {
		parts = append(parts, b.String())
	}
	if l.More > 0 {
		parts = append(parts, "... "+count(l.More, "block", "blocks"))
	}
	if broken, ok := errors.AsType[*DataError](l.Err); ok {
		parts = append(parts, broken.place())
	} else if l.Err != nil {
		parts = append(parts, "stopped: "+l.Err.Error())
	}
	return strings.Join(parts, "; ")
}

// place says at which bit the message is broken.
func (e *DataError) place() string {
	what := e.What
	if !errors.Is(e.Kind, ErrCorrupt) || what == "" {
		what = strings.TrimSuffix(e.Kind.Error()+": "+e.What, ": ")
	}
	return fmt.Sprintf("broken at bit %d: %s (%s)", e.Bit, what, e.Section)
}

// String prints the block without what separates it from others.
func (b Block) String() string {
	words := b.Type.String()
	if b.Tail {
		words = "tail"
	}
	if b.Final {
		words = "final " + words
	}
	switch {
	case b.Tail:
		return words
	case b.Type == Stored:
		return fmt.Sprintf("%s %d", words, b.Stored)
	case b.Lits > 0:
		words = fmt.Sprintf("%s %d+%d+%d", words, b.Lits, b.Dists, b.Codes)
	}
	for _, r := range b.Runs {
		words += ", " + r.String()
	}
	if rest := b.Rest; rest != (Rest{}) {
		words += ", ... " + count(rest.Literals, "literal", "literals")
		if rest.Copies > 0 {
			words += fmt.Sprintf(" and %s up to %d back", count(rest.Copies, "copy", "copies"), rest.Farthest)
		}
	}
	if b.Ended {
		words += ", end"
	}
	return words
}

// String prints the run.
func (r Run) String() string {
	if r.Length > 0 {
		return fmt.Sprintf("copy %d from %d back", r.Length, r.Distance)
	}
	return count(r.Literals, "literal", "literals")
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
