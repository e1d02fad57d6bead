// SPDX-License-Identifier: Apache-2.0

package testee

import (
	"bytes"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/wsspec/wsspec/internal/ws"
)

// Faults in handling text (RFC 6455, 8.1).
const (
	noUTF8Check          = "no-utf8-check"
	utf8AtFrameEnd       = "utf8-at-frame-end"
	utf8AtMessageEnd     = "utf8-at-message-end"
	acceptsSurrogates    = "accepts-surrogates"
	acceptsOverlong      = "accepts-overlong-utf8"
	acceptsBeyondUnicode = "accepts-beyond-10ffff"
	acceptsCutText       = "accepts-cut-text"
	acceptsCutFragments  = "accepts-cut-fragmented-text"
	refusesNonchars      = "refuses-noncharacters"
	refusesSupplementary = "refuses-supplementary-planes"
	checksBinary         = "checks-binary-as-text"
	replacesInvalid      = "replaces-invalid-utf8"
	keepsTextState       = "keeps-utf8-state-between-messages"
	pingResetsText       = "ping-resets-utf8-state"
	checksFragmentsAlone = "checks-utf8-of-each-fragment-alone"
	checksFirst1024      = "checks-utf8-of-first-1024-octets"
	checksFirst64        = "checks-utf8-of-first-64-octets"
	refusesCutBehindE0   = "refuses-characters-cut-behind-e0-or-f0"
)

func textFaults() []Fault {
	return []Fault{
		{Name: noUTF8Check, Title: "Does not check that text is UTF-8", Roles: InBoth},
		{Name: utf8AtFrameEnd, Title: "Checks text when a frame is complete", Roles: InBoth, Legal: true},
		{Name: utf8AtMessageEnd, Title: "Checks text when the message is complete", Roles: InBoth, Legal: true},
		{Name: acceptsSurrogates, Title: "Accepts encoded surrogates", Roles: InBoth},
		{Name: acceptsOverlong, Title: "Accepts overlong forms", Roles: InBoth},
		{Name: acceptsBeyondUnicode, Title: "Accepts code points above U+10FFFF", Roles: InBoth},
		{Name: acceptsCutText, Title: "Accepts a message of one frame that ends inside a character", Roles: InBoth},
		{Name: acceptsCutFragments, Title: "Accepts a fragmented message that ends inside a character", Roles: InBoth},
		{Name: refusesNonchars, Title: "Refuses noncharacters such as U+FFFE", Roles: InBoth},
		{Name: refusesSupplementary, Title: "Refuses characters of four octets", Roles: InBoth},
		{Name: checksBinary, Title: "Checks that binary messages are UTF-8", Roles: InBoth},
		{Name: replacesInvalid, Title: "Replaces what is not UTF-8 and delivers the rest", Roles: InBoth},
		{Name: keepsTextState, Title: "Lets the next message complete the last character of one", Roles: InBoth},
		{Name: pingResetsText, Title: "Forgets a begun character at a Ping between fragments", Roles: InBoth},
		{Name: checksFragmentsAlone, Title: "Wants each fragment of a text to be UTF-8 by itself", Roles: InBoth},
		{Name: checksFirst1024, Title: "Checks the first 1024 octets of a text", Roles: InBoth},
		{Name: checksFirst64, Title: "Checks the first 64 octets of a text", Roles: InBoth},
		{Name: refusesCutBehindE0, Title: "Refuses text where a read or fragment ends behind E0 or F0", Roles: InBoth},
	}
}

// laterCheck lists the faults that show when text is checked as a whole.
func laterCheck() []string {
	return []string{utf8AtMessageEnd, acceptsSurrogates, acceptsOverlong, acceptsBeyondUnicode,
		acceptsCutText, acceptsCutFragments, replacesInvalid}
}

// wrongSoFar judges text that has come as an endpoint with faults does: after
// each piece, or, with end set, after the last one of a frame.
func (c *Conn) wrongSoFar(p []byte, end bool) bool {
	m := &c.msg
	if m.opcode != ws.Text && !(c.has(checksBinary) && m.opcode == ws.Binary) || c.has(noUTF8Check) {
		return true
	}
	for _, name := range laterCheck() {
		if c.has(name) {
			return true
		}
	}
	switch {
	case c.has(utf8AtFrameEnd):
		return !end || m.text.Write(m.payload()[m.last:])
	case c.checksFirst() < len(m.payload()):
		m.text.Reset()
		return m.text.Write(m.payload()[:c.checksFirst()])
	case c.has(refusesCutBehindE0) && len(p) > 0 && (p[len(p)-1] == 0xE0 || p[len(p)-1] == 0xF0):
		return false
	case c.has(checksFragmentsAlone) && end && !m.text.Complete():
		return false
	}
	return end || m.text.Write(p)
}

// wrongText judges a whole text as an endpoint with faults does.
func (c *Conn) wrongText() bool {
	m := &c.msg
	p := m.payload()
	switch {
	case m.opcode != ws.Text && !c.has(checksBinary), c.has(noUTF8Check), c.has(keepsTextState):
		return true
	case c.has(pingResetsText):
		return m.text.Complete()
	case c.has(replacesInvalid):
		m.buf = append(m.buf[:ws.MaxHeaderLen], bytes.ToValidUTF8(p, []byte("\uFFFD"))...)
		return true
	case c.has(refusesNonchars) && bytes.ContainsFunc(p, isNonchar),
		c.has(refusesSupplementary) && bytes.ContainsFunc(p, func(r rune) bool { return r > 0xFFFF }):
		return false
	case c.has(acceptsCutText) && m.frames == 1 && cutInside(p), c.has(acceptsCutFragments) && m.frames > 1 && cutInside(p):
		return true
	case c.checksFirst() < len(p):
		return true
	}
	return utf8.Valid(p) || utf8.Valid(c.lenient(p))
}

// cutInside reports whether text is valid but for an unfinished character at its end.
func cutInside(p []byte) bool {
	for cut := 1; cut < utf8.UTFMax && cut <= len(p); cut++ {
		if tail := p[len(p)-cut:]; utf8.Valid(p[:len(p)-cut]) && !utf8.FullRune(tail) {
			return true
		}
	}
	return false
}

// excusesInflated reports whether an endpoint with faults accepts compressed text
// that is not UTF-8.
func (c *Conn) excusesInflated(p []byte) bool {
	return c.has(skipsTextCheck) || c.has(noUTF8Check) || c.has(acceptsCutCompressed) && cutInside(p)
}

// checksFirst is how many octets of a text are checked.
func (c *Conn) checksFirst() int {
	switch {
	case c.has(checksFirst64):
		return 64
	case c.has(checksFirst1024):
		return 1024
	}
	return math.MaxInt
}

// composed returns text with the most usual of letters and accents, the letters of
// Korean, and two signs composed, as Unicode's normalization form NFC does it.
func composed(p []byte) []byte {
	pairs := []string{"\u212b", "\u00c5", "\u2126", "\u03a9"}
	for accent, letters := range map[string]string{
		"\u0300": "A\u00c0E\u00c8I\u00ccO\u00d2U\u00d9a\u00e0e\u00e8i\u00eco\u00f2u\u00f9",
		"\u0301": "A\u00c1E\u00c9I\u00cdO\u00d3U\u00daY\u00dda\u00e1e\u00e9i\u00edo\u00f3u\u00fay\u00fd",
		"\u0302": "A\u00c2E\u00caI\u00ceO\u00d4U\u00dba\u00e2e\u00eai\u00eeo\u00f4u\u00fb",
		"\u0303": "A\u00c3N\u00d1O\u00d5a\u00e3n\u00f1o\u00f5",
		"\u0308": "A\u00c4E\u00cbI\u00cfO\u00d6U\u00dca\u00e4e\u00ebi\u00efo\u00f6u\u00fcy\u00ff",
		"\u030a": "A\u00c5a\u00e5",
		"\u0327": "C\u00c7c\u00e7",
	} {
		for l := []rune(letters); len(l) > 0; l = l[2:] {
			pairs = append(pairs, string(l[0])+accent, string(l[1]))
		}
	}
	var out []rune
	for _, r := range strings.NewReplacer(pairs...).Replace(string(p)) {
		const lead, vowel, trail, syllables = 0x1100, 0x1161, 0x11A7, 0xAC00
		last := rune(0)
		if len(out) > 0 {
			last = out[len(out)-1]
		}
		switch {
		case r >= vowel && r < vowel+21 && last >= lead && last < lead+19:
			out[len(out)-1] = syllables + ((last-lead)*21+r-vowel)*28
		case r > trail && r < trail+28 && last >= syllables && last <= 0xD7A3 && (last-syllables)%28 == 0:
			out[len(out)-1] = last + r - trail
		default:
			out = append(out, r)
		}
	}
	return []byte(string(out))
}

func isNonchar(r rune) bool { return r >= 0xFDD0 && r <= 0xFDEF || r&0xFFFE == 0xFFFE }

// lenient returns text without the invalid sequences that an endpoint with
// faults accepts.
func (c *Conn) lenient(p []byte) []byte {
	valid := make([]byte, 0, len(p))
	for len(p) > 0 {
		r, n := looseRune(p)
		switch {
		case c.has(acceptsSurrogates) && n == 3 && r >= 0xD800 && r <= 0xDFFF,
			c.has(acceptsOverlong) && n > utf8.RuneLen(r) && utf8.RuneLen(r) > 0,
			c.has(acceptsBeyondUnicode) && n >= 4 && r > utf8.MaxRune:
			p = p[n:]
		default:
			valid = append(valid, p[0])
			p = p[1:]
		}
	}
	return valid
}

// looseRune decodes by the scheme of UTF-8 before its limits were drawn: up to six octets,
// any code point, any length. n is 1 where the octets do not follow the scheme.
func looseRune(p []byte) (r rune, n int) {
	n = 1
	for n < 7 && p[0]&(0x80>>n) != 0 {
		n++
	}
	if p[0] < 0xC0 || n > 6 || len(p) < n {
		return rune(p[0]), 1
	}
	r = rune(p[0] & (0x7F >> n))
	for _, b := range p[1:n] {
		if b&0xC0 != 0x80 {
			return rune(p[0]), 1
		}
		r = r<<6 | rune(b&0x3F)
	}
	return r, n
}
