// SPDX-License-Identifier: Apache-2.0

package peer

import (
	"bytes"
	"testing"

	"github.com/wsspec/wsspec/internal/ws"
)

// rest skips the content of an answer that comes in pieces of so many octets, and
// returns what is left, and whether the content is at its end.
func rest(t *testing.T, head string, b []byte, piece int) (left []byte, done bool) {
	t.Helper()
	resp, err := ws.ParseResponse([]byte("HTTP/1.1 " + head + "\r\n\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	c := contentOf(resp)
	left, done = c.skip(nil)
	for len(b) > 0 {
		n := min(piece, len(b))
		if left = append(bytes.Clone(left), b[:n]...); !done {
			left, done = c.skip(left)
		}
		b = b[n:]
	}
	return left, done
}

// Content ends where RFC 9112, 6.3 says, in however many pieces it comes.
func TestContent(t *testing.T) {
	const chunked = "200 OK\r\nTransfer-Encoding: chunked"
	for _, c := range []struct {
		head, content, left string
		done                bool
	}{
		{"200 OK\r\nContent-Length: 3", "abcd", "d", true},
		{"200 OK\r\nContent-Length: 0", "d", "d", true},
		{"200 OK\r\nContent-Length: 5", "abcd", "", false},
		{"204 No Content", "d", "d", true},
		{"304 Not Modified\r\nContent-Length: 5", "d", "d", true},
		{"200 OK", "abcd", "", false},
		{"200 OK\r\nContent-Length: -1", "abcd", "", false},
		{"200 OK\r\nContent-Length: 99999999999999999999", "abcd", "", false},
		{chunked, "3\r\nabc\r\n0\r\n\r\nd", "d", true},
		{chunked, "A ; x=y\r\n0\r\n\r\n67890\r\n0\r\nX: y\r\n\r\nd", "d", true},
		{chunked, "0\r\n\r\n", "", true},
		{chunked, "0\r\n", "", false},
		{chunked, "no number\r\n0\r\n\r\nd", "", false},
		{chunked, "ffffffffffffffff\r\n0\r\n\r\nd", "", false},
	} {
		for piece := 1; piece <= len(c.content); piece++ {
			if left, done := rest(t, c.head, []byte(c.content), piece); string(left) != c.left || done != c.done {
				t.Errorf("%q %q, %d octets at a time: %q is left, done %v", c.head, c.content, piece, left, done)
			}
		}
	}
}

// FuzzContent has content of a hostile server: in pieces it ends where it ends in one,
// and little of it is kept.
func FuzzContent(f *testing.F) {
	f.Add("chunked", "", "3\r\nabc\r\n0\r\n\r\nd", byte(2))
	f.Add("", "3", "abcd", byte(1))
	f.Add("chunked", "3", "1;\r\na", byte(3))
	f.Fuzz(func(t *testing.T, coding, length, octets string, piece byte) {
		if bytes.ContainsAny([]byte(coding+length), "\r\n") {
			return
		}
		head := "200 OK\r\nTransfer-Encoding: " + coding + "\r\nContent-Length: " + length
		one, doneOne := rest(t, head, []byte(octets), len(octets)+1)
		many, doneMany := rest(t, head, []byte(octets), int(piece)+1)
		if doneOne != doneMany || doneOne && !bytes.Equal(one, many) {
			t.Errorf("%q %q: %q and %v, in pieces %q and %v", head, octets, one, doneOne, many, doneMany)
		}
	})
}
