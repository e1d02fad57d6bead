// SPDX-License-Identifier: Apache-2.0

package testee

import (
	"bytes"
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
	case c.has(checksFirst1024) && len(m.payload()) > 1024:
		m.text.Reset()
		return utf8.Valid(m.payload()[:1021])
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
	case c.has(replacesInvalid):
		m.buf = append(m.buf[:ws.MaxHeaderLen], bytes.ToValidUTF8(p, []byte("\uFFFD"))...)
		return true
	case c.has(refusesNonchars) && bytes.ContainsFunc(p, isNonchar),
		c.has(refusesSupplementary) && bytes.ContainsFunc(p, func(r rune) bool { return r > 0xFFFF }):
		return false
	case c.has(acceptsCutText) && m.frames == 1, c.has(acceptsCutFragments) && m.frames > 1:
		for cut := range min(len(p), utf8.UTFMax) {
			if tail := p[len(p)-cut:]; utf8.Valid(p[:len(p)-cut]) && !utf8.FullRune(tail) {
				return true
			}
		}
	case c.has(checksFirst1024) && len(p) > 1024:
		return true
	}
	return utf8.Valid(p) || utf8.Valid(c.lenient(p))
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
