// SPDX-License-Identifier: Apache-2.0

package ws

import "unicode/utf8"

// UTF8 validates UTF-8 (RFC 3629) that arrives in pieces cut anywhere, as text
// messages do (RFC 6455, 8.1). It notices a violation at the first octet that
// no continuation can repair. The zero value is ready to use.
type UTF8 struct {
	tail   [utf8.UTFMax]byte // an unfinished sequence
	n      int
	broken bool
}

// Write takes the next piece and reports whether everything so far may still be
// valid. Once it has returned false it always does.
func (u *UTF8) Write(p []byte) bool {
	for u.n > 0 && len(p) > 0 && !u.broken {
		u.tail[u.n] = p[0]
		u.n++
		p = p[1:]
		u.settle()
	}
	if u.broken {
		return false
	}
	if utf8.Valid(p) {
		return true
	}
	// Only the last three octets can begin a sequence that the next piece completes.
	cut := len(p)
	for i := 1; i < utf8.UTFMax && i <= len(p); i++ {
		if utf8.RuneStart(p[len(p)-i]) {
			if !utf8.FullRune(p[len(p)-i:]) {
				cut = len(p) - i
			}
			break
		}
	}
	if !utf8.Valid(p[:cut]) {
		u.broken = true
		return false
	}
	u.n = copy(u.tail[:], p[cut:])
	return true
}

// settle looks at the unfinished sequence after one more octet.
func (u *UTF8) settle() {
	if !utf8.FullRune(u.tail[:u.n]) {
		return
	}
	u.broken = !utf8.Valid(u.tail[:u.n])
	u.n = 0
}

// Complete reports whether all that was written is valid and ends at the end of
// a character.
func (u *UTF8) Complete() bool { return !u.broken && u.n == 0 }

// Reset makes u ready for the next message.
func (u *UTF8) Reset() { *u = UTF8{} }
