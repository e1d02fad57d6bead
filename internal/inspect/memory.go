// SPDX-License-Identifier: Apache-2.0

package inspect

// Memory is what all connections that share it may keep. It belongs to one goroutine.
type Memory struct {
	left            int
	unmasked, plain []byte // of a payload and of a compressed message, used again and again
}

// NewMemory returns room for so many octets, roughly, beside those of one message.
func NewMemory(octets int) *Memory { return &Memory{left: octets} }

// DefaultMemory is what connections have that do not share any.
const DefaultMemory = 256 << 20

// entryCost is charged for an entry beside what is in it.
const entryCost = 512

// take reserves memory for a connection, and reports whether there was enough.
func (c *Connection) take(octets int) bool {
	if c.opts.Memory.left < octets {
		return false
	}
	c.opts.Memory.left -= octets
	c.taken += octets
	return true
}

func (c *Connection) giveBack(octets int) {
	c.opts.Memory.left += octets
	c.taken -= octets
}

// Release gives back what the connection has taken; its result is not to be used any
// more.
func (c *Connection) Release() {
	c.giveBack(c.taken)
	c.Result = Result{}
}

// store appends to a buffer of at most so many octets. It reports false where there is
// no room for all.
func (c *Connection) store(buf, p []byte, most int) ([]byte, bool) {
	fits := len(buf)+len(p) <= most
	p = p[:max(0, min(len(p), most-len(buf)))]
	if need := len(buf) + len(p); need > cap(buf) {
		size := min(max(need, 2*cap(buf)), most)
		if !c.take(size - cap(buf)) {
			return buf, false
		}
		buf = append(make([]byte, 0, size), buf...)
	}
	return append(buf, p...), fits
}

// free gives the memory of a buffer back.
func (c *Connection) free(buf []byte) []byte {
	c.giveBack(cap(buf))
	return nil
}
