// SPDX-License-Identifier: Apache-2.0

package ws

import (
	"fmt"
	"strconv"
	"strings"
)

// Contrast is the first place where a payload is not what it should be, with the
// octets around it.
type Contrast struct {
	At        int    // of the first octet that differs, or that only one of them has
	From      int    // of the first octet in Want and Got
	Want, Got []byte // what should be there and what is, a few octets before and behind
}

// around is how many octets a Contrast has on either side.
const around = 4

// Contrast compares octets with the pattern. It reports false where they are the same.
func (t Pattern) Contrast(got []byte) (Contrast, bool) {
	at := t.Differ(got)
	if at < 0 {
		return Contrast{}, false
	}
	c := Contrast{At: at, From: max(at-around, 0)}
	end := at + around + 1
	c.Want = make([]byte, max(min(t.Len, end)-c.From, 0))
	t.Fill(c.Want, c.From)
	c.Got = got[c.From:min(len(got), end)]
	return c, true
}

// Expected prints what should be there, in hex and as text, with the octet that
// differs in brackets.
func (c Contrast) Expected() string { return c.show(c.Want) }

// Received is Expected of what is there.
func (c Contrast) Received() string { return c.show(c.Got) }

func (c Contrast) show(b []byte) string {
	var s strings.Builder
	for i, octet := range b {
		if c.From+i == c.At {
			fmt.Fprintf(&s, "[%02x] ", octet)
		} else {
			fmt.Fprintf(&s, "%02x ", octet)
		}
	}
	if c.From+len(b) <= c.At {
		s.WriteString("[end] ")
	}
	return s.String() + " " + strconv.Quote(string(b))
}

// String is all of it in a clause.
func (c Contrast) String() string {
	return fmt.Sprintf("from octet %d on expected %s, received %s", c.From, c.Expected(), c.Received())
}
