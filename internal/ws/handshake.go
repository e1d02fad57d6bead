// SPDX-License-Identifier: Apache-2.0

package ws

import (
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Field is one line of an HTTP field section, name as spelled, value without
// the white space around it.
type Field struct{ Name, Value string }

// Fields is a field section in the order of the wire.
type Fields []Field

// Values returns the values of all lines with the name, compared without case.
func (f Fields) Values(name string) []string {
	var vs []string
	for _, l := range f {
		if EqualFold(l.Name, name) {
			vs = append(vs, l.Value)
		}
	}
	return vs
}

// Get returns the first value with the name, or the empty string.
func (f Fields) Get(name string) string {
	for _, l := range f {
		if EqualFold(l.Name, name) {
			return l.Value
		}
	}
	return ""
}

// Without returns the fields that do not have the name.
func (f Fields) Without(name string) Fields {
	return slices.DeleteFunc(slices.Clone(f), func(l Field) bool { return EqualFold(l.Name, name) })
}

// With returns the fields with another value for the name, in the place of the first
// line that has it, or at the end. Further lines with the name are left out.
func (f Fields) With(name, value string) Fields {
	i := slices.IndexFunc(f, func(l Field) bool { return EqualFold(l.Name, name) })
	if i < 0 {
		return append(slices.Clone(f), Field{name, value})
	}
	all := f.Without(name)
	return slices.Insert(all, i, Field{f[i].Name, value})
}

// HasToken reports whether the comma-separated lists under the name contain the
// token, compared without case, as Connection and Upgrade are (RFC 6455, 4.1).
func (f Fields) HasToken(name, token string) bool {
	for _, v := range f.Values(name) {
		for item := range strings.SplitSeq(v, ",") {
			if EqualFold(strings.Trim(item, " \t"), token) {
				return true
			}
		}
	}
	return false
}

func (f Fields) append(dst []byte) []byte {
	for _, l := range f {
		dst = append(dst, l.Name...)
		dst = append(dst, ": "...)
		dst = append(dst, l.Value...)
		dst = append(dst, "\r\n"...)
	}
	return append(dst, "\r\n"...)
}

// Request is the client's half of the opening handshake (RFC 6455, 4.1).
type Request struct {
	Method, Target, Proto string
	Fields                Fields
}

// Append appends the request as it goes onto the wire, empty line included.
func (r Request) Append(dst []byte) []byte {
	dst = append(dst, r.Method+" "+r.Target+" "+r.Proto+"\r\n"...)
	return r.Fields.append(dst)
}

// Response is the server's half of the opening handshake (RFC 6455, 4.2.2).
type Response struct {
	Proto  string
	Status int
	Reason string
	Fields Fields
}

// Append appends the response as it goes onto the wire, empty line included.
func (r Response) Append(dst []byte) []byte {
	dst = append(dst, r.Proto+" "+strconv.Itoa(r.Status)+" "+r.Reason+"\r\n"...)
	return r.Fields.append(dst)
}

// HeadEnd returns the length of the HTTP head at the start of b, empty line
// included, or 0 where its end has not come yet.
func HeadEnd(b []byte) int {
	if i := bytes.Index(b, []byte("\r\n\r\n")); i >= 0 {
		return i + 4
	}
	return 0
}

// ParseRequest reads a request head, which ends with its empty line. The error
// says which line is no HTTP.
func ParseRequest(head []byte) (Request, error) {
	start, fields, err := parseHead(head)
	if err != nil {
		return Request{}, fmt.Errorf("request: %w", err)
	}
	parts := strings.Split(start, " ")
	if len(parts) != 3 || parts[0] == "" || parts[1] == "" || !strings.HasPrefix(parts[2], "HTTP/") {
		return Request{}, fmt.Errorf("request line %s: want METHOD TARGET HTTP/1.1", quote(start))
	}
	return Request{Method: parts[0], Target: parts[1], Proto: parts[2], Fields: fields}, nil
}

// ParseResponse reads a response head, which ends with its empty line. The error
// says which line is no HTTP.
func ParseResponse(head []byte) (Response, error) {
	start, fields, err := parseHead(head)
	if err != nil {
		return Response{}, fmt.Errorf("response: %w", err)
	}
	proto, rest, _ := strings.Cut(start, " ")
	code, reason, _ := strings.Cut(rest, " ")
	status, err := strconv.Atoi(code)
	if err != nil || len(code) != 3 || status < 100 || !strings.HasPrefix(proto, "HTTP/") {
		return Response{}, fmt.Errorf("status line %s: want HTTP/1.1 and a status from 100 to 999", quote(start))
	}
	return Response{Proto: proto, Status: status, Reason: reason, Fields: fields}, nil
}

func parseHead(head []byte) (start string, fields Fields, err error) {
	text, ok := strings.CutSuffix(string(head), "\r\n\r\n")
	if !ok {
		return "", nil, fmt.Errorf("head does not end with an empty line")
	}
	start, rest, _ := strings.Cut(text, "\r\n")
	if rest == "" {
		return start, nil, nil
	}
	pseudo := ofSection(start)
	fields = make(Fields, 0, 8) // enough for most
	for line := range strings.SplitSeq(rest, "\r\n") {
		name, value, ok := cutField(line, pseudo)
		if !ok {
			return "", nil, fmt.Errorf("field line %s: want a name, a colon and a value", quote(line))
		}
		fields = append(fields, Field{name, strings.Trim(value, " \t")})
	}
	return start, fields, nil
}

// IsToken reports whether s is an HTTP token (RFC 9110, 5.6.2).
func IsToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		if l := lower(c); 'a' <= l && l <= 'z' || c == '-' {
			continue // most are
		}
		if c <= ' ' || c >= 0x7F || strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) >= 0 {
			return false
		}
	}
	return s != ""
}

// quote shows what a peer sent in an error message: escaped and of bounded length.
func quote(s string) string {
	const most = 80
	if len(s) > most {
		return strconv.QuoteToASCII(s[:most]) + " ..."
	}
	return strconv.QuoteToASCII(s)
}

// EqualFold compares in an "ASCII case-insensitive" manner (RFC 6455, 2.1): other
// letters than A to Z, of which Unicode folds two onto k and s, are themselves.
func EqualFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// GUID is what a server appends to the key (RFC 6455, 1.3).
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

// AcceptKey computes Sec-WebSocket-Accept from Sec-WebSocket-Key (RFC 6455, 4.2.2).
func AcceptKey(key string) string {
	sum := sha1.Sum([]byte(key + GUID))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// ValidKey reports whether key is the base64 form of 16 octets (RFC 6455, 4.1).
func ValidKey(key string) bool {
	b, err := base64.StdEncoding.DecodeString(key)
	return err == nil && len(b) == 16
}
