// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"encoding/binary"

	"github.com/wsspec/wsspec/internal/wirelog"
)

// codec writes values, or reads them back: what names them, names them once for both. A
// text is written once; where it comes again, its number is.
type codec struct {
	b       []byte // written so far, or left to read
	reading bool
	bad     bool // what was read is nothing that was written

	texts map[string]uint64 // numbers, from 1
	known []string          // texts by number - 1

	logs      map[logKey]int // the same for logs
	knownLogs []*wirelog.Log
}

// codeNumber is a varint.
func codeNumber[T ~int | ~int64 | ~uint8 | ~uint16](c *codec, n *T) {
	if !c.reading {
		c.b = binary.AppendVarint(c.b, int64(*n))
		return
	}
	v, size := binary.Varint(c.b)
	c.advance(size)
	if *n = T(v); int64(*n) != v {
		c.bad = true
	}
}

func (c *codec) seed(n *uint64) {
	if !c.reading {
		c.b = binary.AppendUvarint(c.b, *n)
		return
	}
	var size int
	*n, size = binary.Uvarint(c.b)
	c.advance(size)
}

// advance goes on behind what was read; what is not positive is an error.
func (c *codec) advance(size int) {
	if size <= 0 || size > len(c.b) {
		c.bad, c.b = true, nil
		return
	}
	c.b = c.b[size:]
}

// flags are an octet, of which each is a bit, the first the lowest.
func (c *codec) flags(fs ...*bool) {
	var b byte
	if c.reading && len(c.b) > 0 {
		b = c.b[0]
	}
	for i, f := range fs {
		switch {
		case c.reading:
			*f = b>>i&1 != 0
		case *f:
			b |= 1 << i
		}
	}
	if c.reading {
		c.advance(1)
	} else {
		c.b = append(c.b, b)
	}
}

func (c *codec) text(s *string) { codeText(c, s) }

func codeText[T ~string](c *codec, s *T) {
	if !c.reading {
		c.write(string(*s))
		return
	}
	*s = T(c.read())
}

func (c *codec) write(s string) {
	if n, ok := c.texts[s]; ok {
		c.b = binary.AppendUvarint(c.b, n)
		return
	}
	c.texts[s] = uint64(len(c.texts) + 1)
	c.b = binary.AppendUvarint(c.b, 0)
	c.b = binary.AppendUvarint(c.b, uint64(len(s)))
	c.b = append(c.b, s...)
}

func (c *codec) read() string {
	n, size := binary.Uvarint(c.b)
	c.advance(size)
	if n > uint64(len(c.known)) {
		c.bad = true
	}
	if c.bad {
		return ""
	}
	if n > 0 {
		return c.known[n-1]
	}
	long, size := binary.Uvarint(c.b)
	c.advance(size)
	if c.bad || long > uint64(len(c.b)) {
		c.bad = true
		return ""
	}
	s := string(c.b[:long])
	c.b = c.b[long:]
	c.known = append(c.known, s)
	return s
}

// codeList is how many there are, and each of them. None is nil.
func codeList[T any](c *codec, l *[]T, each func(*T)) {
	n := len(*l)
	codeNumber(c, &n)
	if c.reading {
		*l = nil
		if n < 0 || n > len(c.b) { // each takes an octet at least
			c.bad = true
		}
		if c.bad || n == 0 {
			return
		}
		*l = make([]T, n)
	}
	for i := range *l {
		if c.bad {
			return
		}
		each(&(*l)[i])
	}
}
