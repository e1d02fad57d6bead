// SPDX-License-Identifier: Apache-2.0

package archive

import "bytes"

// branches are members of an object, or of each object in an array, by name: what nil
// stands for is cut off, of others branches of their own are.
type branches map[string]branches

// heavy is what lighten leaves out of a result: more than nine tenths of a case file.
func heavy() branches {
	return branches{
		"expectation": nil, "expected": nil, "httpRequest": nil, "received": nil, "rxOctetStats": nil, "txOctetStats": nil, "wirelog": nil,
		"wsspec": {"log": nil, "echo": nil, "contrast": nil, "want": {"outcomes": nil}, "attempts": {"log": nil, "explanation": nil}},
	}
}

// pruner copies a value of JSON without its branches and most white space, and checks all of it (RFC 8259), in a
// tenth of the time that package json takes. Where it does not get to the end, package json
// says why. It may be used again.
type pruner struct {
	b    []byte // the value
	i    int    // how far it has got
	out  []byte // the copy so far
	from int    // of b, what is not copied yet
	cut  int    // how many branches within one another are being cut off
}

// deepest is how many objects and arrays may be in one another, as in package json.
const deepest = 10000

// prune returns the copy, which is good until it is called again. What is cut off is null
// there.
func (p *pruner) prune(b []byte, off branches) (copied []byte, ok bool) {
	*p = pruner{b: b, out: p.out[:0]}
	if !p.value(off, 0) || p.next() != 0 || p.i < len(p.b) {
		return nil, false
	}
	return append(p.out, b[p.from:]...), true
}

// next is the octet behind white space, which is not passed; 0 at the end.
func (p *pruner) next() (c byte) {
	from := p.i
	for ; p.i < len(p.b); p.i++ {
		if c = p.b[p.i]; c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			break
		}
		c = 0
	}
	if p.i > from+1 && p.cut == 0 {
		p.copy(from)
	}
	return c
}

// copy copies up to the octet, and leaves out what is between it and where we are.
func (p *pruner) copy(end int) {
	p.out, p.from = append(p.out, p.b[p.from:end]...), p.i
}

// value passes a value, and reports whether it is one.
func (p *pruner) value(off branches, depth int) bool {
	switch c := p.next(); c {
	case '"':
		return p.text()
	case '{', '[':
		return depth < deepest && p.list(c+2, off, depth+1)
	case 't':
		return p.word("true")
	case 'f':
		return p.word("false")
	case 'n':
		return p.word("null")
	}
	return p.number()
}

// list passes an object or an array, up to the bracket that ends it.
func (p *pruner) list(end byte, off branches, depth int) bool {
	p.i++
	if p.next() == end {
		p.i++
		return true
	}
	for {
		below, is := off, false
		if end == '}' {
			from := p.i
			if p.next() != '"' || !p.text() {
				return false
			}
			name := bytes.TrimLeft(p.b[from:p.i], " \t\r\n")
			below, is = off[string(name[1:len(name)-1])]
			if p.next() != ':' {
				return false
			}
			p.i++
		}
		if !p.member(below, is && below == nil, depth) {
			return false
		}
		switch p.next() {
		case ',':
			p.i++
		case end:
			p.i++
			return true
		default:
			return false
		}
	}
}

// member passes the value of a member, which may be cut off.
func (p *pruner) member(below branches, off bool, depth int) bool {
	if !off || p.cut > 0 {
		return p.value(below, depth)
	}
	p.copy(p.i)
	p.out = append(p.out, "null"...)
	p.cut++
	ok := p.value(nil, depth)
	p.cut--
	p.from = p.i
	return ok
}

// text passes a string.
func (p *pruner) text() bool {
	for i := p.i + 1; i < len(p.b); i++ {
		switch c := p.b[i]; {
		case c == '"':
			p.i = i + 1
			return true
		case c == '\\':
			i++
			if i == len(p.b) || !escapes(p.b[i:]) {
				return false
			}
		case c < ' ':
			return false
		}
	}
	return false
}

// escapes reports whether a backslash may stand before it.
func escapes(b []byte) bool {
	if b[0] != 'u' {
		return bytes.IndexByte([]byte(`"\/bfnrt`), b[0]) >= 0
	}
	if len(b) < 5 {
		return false
	}
	for _, c := range b[1:5] {
		if (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'f') {
			return false
		}
	}
	return true
}

func (p *pruner) word(w string) bool {
	if !bytes.HasPrefix(p.b[p.i:], []byte(w)) {
		return false
	}
	p.i += len(w)
	return true
}

// number passes a number.
func (p *pruner) number() bool {
	p.skip('-')
	if !p.skip('0') && !p.digits() {
		return false
	}
	if p.skip('.') && !p.digits() {
		return false
	}
	if p.skip('e') || p.skip('E') {
		_ = p.skip('+') || p.skip('-')
		return p.digits()
	}
	return true
}

// skip passes the octet, if it is there.
func (p *pruner) skip(c byte) bool {
	if p.i < len(p.b) && p.b[p.i] == c {
		p.i++
		return true
	}
	return false
}

func (p *pruner) digits() bool {
	from := p.i
	for p.i < len(p.b) && p.b[p.i] >= '0' && p.b[p.i] <= '9' {
		p.i++
	}
	return p.i > from
}
