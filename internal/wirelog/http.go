// SPDX-License-Identifier: Apache-2.0

package wirelog

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wsspec/wsspec/internal/ws"
)

// HTTPFrame is a frame of HTTP/2 or HTTP/3, of the connection that a WebSocket stream
// belongs to, as far as a log keeps it. Its notation is that of String:
//
//	h2 headers stream=1 :method CONNECT :protocol websocket sec-websocket-version 13
//	h2 data stream=1 end_stream len=7
//	h2 settings ENABLE_CONNECT_PROTOCOL=1
type HTTPFrame struct {
	Proto  string // "h2" or "h3"
	Type   string // as the RFC names it, in small letters: "window_update"; unknown ones: "type0x2a"
	Stream int64  // -1: of the connection
	// Words are what else there is to say: each a word without blanks, or one made by
	// Quoted.
	Words  []string
	Fields ws.Fields // of a field section, in the order of the wire
}

// Bounds of what a log keeps of a field section.
const (
	KeepFields = 64    // fields
	KeepField  = 512   // octets of a name or a value
	MaxHTTP    = 2_000 // frames of the HTTP connection, so that there is room for the rest
)

// Quoted is a word of an HTTPFrame with a name and any octets.
func Quoted(name, value string) string {
	return name + "=" + strconv.QuoteToASCII(value[:min(len(value), KeepField)])
}

// Has reports whether the frame has the word.
func (f *HTTPFrame) Has(word string) bool { return slices.Contains(f.Words, word) }

// Value is what the frame has behind name=, and whether it is there.
func (f *HTTPFrame) Value(name string) (string, bool) {
	for _, w := range f.Words {
		if n, v, ok := strings.Cut(w, "="); ok && n == name {
			return v, true
		}
	}
	return "", false
}

// String prints a frame: HTTP version, type, stream, words, fields.
func (f *HTTPFrame) String() string {
	var b strings.Builder
	b.WriteString(f.Proto + " " + f.Type)
	if f.Stream >= 0 {
		fmt.Fprintf(&b, " stream=%d", f.Stream)
	}
	for _, w := range f.Words {
		b.WriteString(" " + w)
	}
	for i, l := range f.Fields {
		b.WriteByte(' ')
		// The first field is told from words by its colon or its quotes.
		b.WriteString(fieldWord(l.Name, i == 0 && !strings.HasPrefix(l.Name, ":")))
		b.WriteString(" " + fieldWord(l.Value, false))
	}
	return b.String()
}

// fieldWord prints a name or a value, in quotes where they are needed.
func fieldWord(s string, quoted bool) string {
	if quoted || s == "" || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7F || r == '"' || r == '\\' }) {
		return strconv.QuoteToASCII(s)
	}
	return s
}

// OfConnection stands in front of the error code of a whole connection of HTTP/2 or HTTP/3, where
// that is what an event of type ResetEvent tells.
const OfConnection = "connection "

// cause is the error code of a frame that ends a stream, or the whole connection, by force. It is
// empty for others.
func (f *HTTPFrame) cause() string {
	if len(f.Words) == 0 {
		return ""
	}
	switch f.Type {
	case "rst_stream", "reset_stream":
		return f.Words[0]
	case "goaway":
		if len(f.Words) > 1 && f.Words[1] != "NO_ERROR" {
			return OfConnection + f.Words[1]
		}
	case "connection_close":
		return OfConnection + f.Words[0]
	}
	return ""
}

// isHTTPFrame reports whether the text of a frame is one of HTTP/2 or HTTP/3.
func isHTTPFrame(s string) bool { return strings.HasPrefix(s, "h2 ") || strings.HasPrefix(s, "h3 ") }

// ParseHTTPFrame reads what HTTPFrame.String printed.
func ParseHTTPFrame(s string) (*HTTPFrame, error) {
	words, err := httpWords(s)
	if err != nil {
		return nil, err
	}
	if len(words) < 2 || !isHTTPFrame(s) || words[1] == "" {
		return nil, fmt.Errorf("frame %.40q: want h2 or h3, and a type", s)
	}
	f := &HTTPFrame{Proto: words[0], Type: words[1], Stream: -1}
	words = words[2:]
	if len(words) > 0 {
		if id, ok := strings.CutPrefix(words[0], "stream="); ok {
			if f.Stream, err = strconv.ParseInt(id, 10, 64); err != nil || f.Stream < 0 {
				return nil, fmt.Errorf("stream %.20q: want a number", id)
			}
			words = words[1:]
		}
	}
	for len(words) > 0 && words[0][0] != ':' && words[0][0] != '"' {
		f.Words, words = append(f.Words, words[0]), words[1:]
	}
	for ; len(words) > 1; words = words[2:] {
		name, err := unquoteField(words[0])
		if err != nil {
			return nil, err
		}
		value, err := unquoteField(words[1])
		if err != nil {
			return nil, err
		}
		f.Fields = append(f.Fields, ws.Field{Name: name, Value: value})
	}
	if len(words) == 1 {
		return nil, fmt.Errorf("field %.40q has no value", words[0])
	}
	return f, nil
}

func unquoteField(w string) (string, error) {
	if w[0] != '"' {
		return w, nil
	}
	s, err := strconv.Unquote(w)
	if err != nil {
		return "", fmt.Errorf("field %.40q: %w", w, err)
	}
	return s, nil
}

var errNoWord = errors.New("want words with one blank between them")

// httpWords cuts at blanks, but for those in quotes.
func httpWords(s string) ([]string, error) {
	var words []string
	for {
		n := 0
		for n < len(s) && s[n] != ' ' {
			if s[n] == '"' {
				quoted, err := strconv.QuotedPrefix(s[n:])
				if err != nil {
					return nil, fmt.Errorf("%.40q: quotes without an end", s[n:])
				}
				n += len(quoted)
				continue
			}
			n++
		}
		if n == 0 {
			return nil, errNoWord
		}
		words = append(words, s[:n])
		if n == len(s) {
			return words, nil
		}
		s = s[n+1:]
	}
}

// kept is the frame as a log keeps it: the word "cut" says that some is left out.
func (f *HTTPFrame) kept() *HTTPFrame {
	long := func(l ws.Field) bool { return len(l.Name) > KeepField || len(l.Value) > KeepField }
	if len(f.Fields) <= KeepFields && !slices.ContainsFunc(f.Fields, long) {
		return f
	}
	k := *f
	k.Words = append(slices.Clone(f.Words), "cut")
	k.Fields = slices.Clone(f.Fields[:min(len(f.Fields), KeepFields)])
	for i, l := range k.Fields {
		k.Fields[i] = ws.Field{Name: l.Name[:min(len(l.Name), KeepField)], Value: l.Value[:min(len(l.Value), KeepField)]}
	}
	return &k
}

// AddHTTP adds a frame of the HTTP connection, which others than the owner of the log
// have seen: it comes to stand where its time belongs. What was before the log began
// stands at its beginning.
func (l *Log) AddHTTP(at time.Time, sent bool, f *HTTPFrame) {
	if at.Before(l.Start) {
		at = l.Start
	}
	if l.muted {
		return
	}
	switch l.frames++; {
	case l.frames > MaxHTTP+1:
		return
	case l.frames > MaxHTTP:
		f = &HTTPFrame{Proto: f.Proto, Type: "no_more_frames_kept", Stream: -1}
	}
	kind := ReceivedHTTP
	if sent {
		kind = SentHTTP
	}
	n := len(l.Records)
	l.Add(at, Record{Kind: kind, HTTP: f.kept()})
	if len(l.Records) != n+1 {
		return
	}
	r := l.Records[n]
	i := n
	for i > 0 && l.Records[i-1].At > r.At {
		i--
	}
	copy(l.Records[i+1:], l.Records[i:n])
	l.Records[i] = r
}
