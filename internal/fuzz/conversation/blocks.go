// SPDX-License-Identifier: Apache-2.0

package conversation

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/wsspec/wsspec/internal/deflate"
)

// Blocks are DEFLATE data as a list of what they are made of, right or wrong, in the
// words of [deflate.Handmade]:
//
//	fixed "Hello" end tail           a block with the fixed codes, and the end of a message
//	fixed "a" copy 258 1 end tail    a copy of 258 octets from 1 back; copy 258 1 *40: 40 of them
//	stored "Hello" tail              a block without compression
//	final fixed "Hello" end tail     BFINAL is set
//	dynamic "abba" "abba" end tail   codes for these octets, and then the octets
//	storedas 5 5 "Hello"             LEN and NLEN as given
//	symbol 286, distance 30 0        symbols that do not exist
//	reserved                         a block of type 3
//	bits 5 3, octets 0x0000ffff      anything else
//	cut 1                            an octet less
type Blocks []Op

// Op is one word of Blocks with its arguments.
type Op struct {
	Word string // empty: literals
	Args []int
	Text string // what literals, stored, storedas, dynamic and octets are about
}

// Bounds of hand-made data, which may come from a file.
const (
	maxOps    = 1000
	maxCopies = 100_000 // 25 MB in 65 KB
)

// arity is how many numbers a word takes, and whether octets follow them.
func arity(word string) (numbers int, octets, known bool) {
	switch word {
	case "fixed", "reserved", "final", "end", "tail":
		return 0, false, true
	case "stored", "dynamic", "octets":
		return 0, true, true
	case "storedas":
		return 2, true, true
	case "copy", "distance", "bits":
		return 2, false, true
	case "symbol", "cut":
		return 1, false, true
	}
	return 0, false, false
}

// Octets writes the data. The error says which word cannot be written where it stands.
func (b Blocks) Octets() (octets []byte, err error) {
	at := 0
	defer func() {
		if why := recover(); why != nil {
			err = fmt.Errorf("deflate{...}: %v: %v", b[at], why)
		}
	}()
	h := deflate.Blocks()
	for at = range b {
		b[at].write(h)
	}
	return h.Bytes(), nil
}

func (op Op) write(h *deflate.Handmade) {
	switch op.Word {
	case "":
		h.Literals(op.Text)
	case "fixed":
		h.Fixed()
	case "reserved":
		h.Reserved()
	case "final":
		h.Final()
	case "end":
		h.End()
	case "tail":
		h.Tail()
	case "stored":
		h.Stored(op.Text)
	case "dynamic":
		h.Dynamic(deflate.CodesFor(op.Text))
	case "octets":
		h.Octets(op.Text)
	case "storedas":
		h.StoredAs(uint16(op.Args[0]), uint16(op.Args[1]), op.Text)
	case "copy":
		op.copies(h)
	case "symbol":
		h.Symbol(op.Args[0])
	case "distance":
		h.Distance(op.Args[0], uint64(op.Args[1]))
	case "bits":
		h.Bits(uint64(op.Args[0]), min(op.Args[1], 64))
	case "cut":
		h.Cut(op.Args[0])
	}
}

// copies writes a copy as often as it says. Those of the longest length from nearby are
// written as symbols: nobody asks what megabytes of them inflate to.
func (op Op) copies(h *deflate.Handmade) {
	const longest, longestSymbol, direct = 258, 285, 4
	length, distance, times := op.Args[0], op.Args[1], op.times()
	for range times {
		if length == longest && distance >= 1 && distance <= direct {
			h.Symbol(longestSymbol).Distance(distance-1, 0)
		} else {
			h.Copy(length, distance)
		}
	}
}

// times is how often a copy is written.
func (op Op) times() int {
	if len(op.Args) > 2 {
		return op.Args[2]
	}
	return 1
}

// String prints the word as [ParseBlocks] reads it.
func (op Op) String() string {
	words := []string{}
	if op.Word != "" {
		words = append(words, op.Word)
	}
	for i, n := range op.Args {
		if i == 2 {
			words = append(words, "*"+strconv.Itoa(n))
			continue
		}
		words = append(words, strconv.Itoa(n))
	}
	if _, octets, _ := arity(op.Word); octets || op.Word == "" {
		words = append(words, quote([]byte(op.Text)))
	}
	return strings.Join(words, " ")
}

func (b Blocks) String() string {
	words := make([]string, len(b))
	for i, op := range b {
		words[i] = op.String()
	}
	return strings.Join(words, " ")
}

// quote shows octets as a string where they are UTF-8 and in hex where not.
func quote(b []byte) string {
	if utf8.Valid(b) {
		return strconv.Quote(string(b))
	}
	return "0x" + hex.EncodeToString(b)
}

// ParseBlocks reads what Blocks.String printed. The error names the word.
func ParseBlocks(s string) (Blocks, error) {
	var all Blocks
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		if len(all) == maxOps {
			return nil, fmt.Errorf("deflate{...} has more than %d words", maxOps)
		}
		op, rest, err := parseOp(s)
		if err != nil {
			return nil, err
		}
		all = append(all, op)
		s = rest
	}
	if _, err := all.Octets(); err != nil {
		return nil, err
	}
	return all, nil
}

func parseOp(s string) (op Op, rest string, err error) {
	if s[0] == '"' || strings.HasPrefix(s, "0x") {
		op.Text, rest, err = octetsAhead(s)
		return op, rest, err
	}
	op.Word, rest, _ = strings.Cut(s, " ")
	numbers, octets, known := arity(op.Word)
	if !known {
		return op, "", fmt.Errorf("deflate{...}: there is no %.20q: want fixed, dynamic, stored, final, copy, symbol, distance, end, tail, octets or a string", op.Word)
	}
	for range numbers {
		var word string
		word, rest, _ = strings.Cut(strings.TrimLeft(rest, " "), " ")
		n, err := strconv.ParseUint(word, 10, 31)
		if err != nil {
			return op, "", fmt.Errorf("deflate{...}: %s %.20q: want %d numbers", op.Word, word, numbers)
		}
		op.Args = append(op.Args, int(n))
	}
	if op.Word == "copy" && strings.HasPrefix(rest, "*") {
		var word string
		word, rest, _ = strings.Cut(rest[1:], " ")
		n, err := strconv.ParseUint(word, 10, 31)
		if err != nil || n > maxCopies || n == 0 {
			return op, "", fmt.Errorf("deflate{...}: copy *%.20s: want a number up to %d", word, maxCopies)
		}
		op.Args = append(op.Args, int(n))
	}
	if octets {
		op.Text, rest, err = octetsAhead(strings.TrimLeft(rest, " "))
	}
	return op, rest, err
}

// octetsAhead reads a quoted string or hex at the beginning of s.
func octetsAhead(s string) (octets, rest string, err error) {
	if h, ok := strings.CutPrefix(s, "0x"); ok {
		word, rest, _ := strings.Cut(h, " ")
		b, err := hex.DecodeString(word)
		if err != nil {
			return "", "", fmt.Errorf("0x%.20s: want an even number of hex digits", word)
		}
		return string(b), rest, nil
	}
	quoted, err := strconv.QuotedPrefix(s)
	if err != nil {
		return "", "", fmt.Errorf("%.20q: want a quoted string, or 0x and hex", s)
	}
	octets, err = strconv.Unquote(quoted)
	if err != nil {
		return "", "", fmt.Errorf("%.20s: %w", quoted, err)
	}
	return octets, s[len(quoted):], nil
}

// Equal reports whether both are the same words.
func (b Blocks) Equal(other Blocks) bool {
	return slices.EqualFunc(b, other, func(x, y Op) bool {
		return x.Word == y.Word && x.Text == y.Text && slices.Equal(x.Args, y.Args)
	})
}
