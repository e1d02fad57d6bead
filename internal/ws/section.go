// SPDX-License-Identifier: Apache-2.0

package ws

import (
	"strconv"
	"strings"
)

// Versions of HTTP, as heads name them.
const (
	HTTP1 = "HTTP/1.1"
	HTTP2 = "HTTP/2"
	HTTP3 = "HTTP/3"
)

// Head writes a header section of HTTP/2 or HTTP/3 (RFC 9113, 8.1) the way people and logs
// write it, as the head of a message: what the pseudo-header fields :method and :path, or
// :status, say is its first line, and all other fields follow as they are.
// ParseRequest and ParseResponse read it. What would end a line is shown as "?".
func (f Fields) Head(version string) []byte {
	first, rest := "", Fields{}
	method, path := "", ""
	for _, l := range f {
		l = Field{oneLine(l.Name), oneLine(l.Value)}
		switch {
		case l.Name == ":status" && first == "":
			first = version + " " + l.Value + " "
		case l.Name == ":method" && method == "":
			method = l.Value
		case l.Name == ":path" && path == "":
			path = l.Value
		default:
			rest = append(rest, l)
		}
	}
	if first == "" {
		first = method + " " + path + " " + version
	}
	return rest.append([]byte(first + "\r\n"))
}

// oneLine leaves nothing in s that would be read as something else in a head.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F {
			return '?'
		}
		return r
	}, s)
}

// StatusOf is the status that a header section has, 0 where it has none that is one.
func (f Fields) StatusOf() int {
	n, err := strconv.Atoi(f.Get(":status"))
	if err != nil || n < 100 || n > 999 {
		return 0
	}
	return n
}

// ofSection reports whether a first line is that of a head which Fields.Head wrote, whose
// names may be those of pseudo-header fields.
func ofSection(start string) bool {
	for _, v := range []string{HTTP2, HTTP3} {
		if strings.HasSuffix(start, " "+v) || strings.HasPrefix(start, v+" ") {
			return true
		}
	}
	return false
}

// cutField cuts a field line into name and value. With pseudo the name may begin with a
// colon.
func cutField(line string, pseudo bool) (name, value string, ok bool) {
	colon := ""
	if pseudo && strings.HasPrefix(line, ":") {
		colon, line = ":", line[1:]
	}
	name, value, ok = strings.Cut(line, ":")
	return colon + name, value, ok && IsToken(name)
}
