// SPDX-License-Identifier: Apache-2.0

package peer

import (
	"bytes"
	"math"
	"strconv"
	"strings"

	"github.com/wsspec/wsspec/internal/ws"
)

// content is what is still to come of the content of an HTTP answer that we pass over
// (RFC 9112, 6.3). The zero value is none.
type content struct {
	octets  int  // to be thrown away
	chunked bool // then comes the line with the size of a chunk
	trailer bool // or a line of the trailer section, which an empty one ends
}

// toTheEnd is content that only the end of TCP ends.
const toTheEnd = math.MaxInt

// contentOf says how much content follows the head of an answer to a GET.
func contentOf(r ws.Response) content {
	length := r.Fields.Get("Content-Length")
	n, err := strconv.ParseUint(length, 10, 62)
	switch {
	case r.Status < 200 || r.Status == 204 || r.Status == 304:
		return content{}
	case r.Fields.HasToken("Transfer-Encoding", "chunked"):
		return content{chunked: true}
	case err != nil:
		return content{octets: toTheEnd}
	}
	return content{octets: int(n)}
}

// skip returns what is left of b behind the content, and whether all of that was there.
func (c *content) skip(b []byte) ([]byte, bool) {
	for {
		n := min(c.octets, len(b))
		b = b[n:]
		if c.octets != toTheEnd {
			c.octets -= n
		}
		switch {
		case c.octets > 0:
			return nil, false
		case !c.chunked:
			return b, true
		}
		line, rest, ok := bytes.Cut(b, []byte("\r\n"))
		if !ok {
			if len(b) > maxHead {
				c.octets = toTheEnd
			}
			return b, false
		}
		b = rest
		c.line(string(line))
	}
}

// line takes a line between chunks.
func (c *content) line(s string) {
	if c.trailer {
		c.chunked, c.trailer = s != "", s != ""
		return
	}
	digits, _, _ := strings.Cut(s, ";")
	n, err := strconv.ParseUint(strings.Trim(digits, " \t"), 16, 48)
	switch {
	case err != nil:
		c.octets = toTheEnd
	case n == 0:
		c.trailer = true
	default:
		c.octets = int(n) + len("\r\n")
	}
}
