// SPDX-License-Identifier: Apache-2.0

package wire

// Buffers are borrowed while octets are in flight, and go back to the engine as soon as
// there are none. Large ones are left to the garbage collector: one long message must
// not cost as much memory for ever.
const (
	smallBuffer = 4 << 10
	largeBuffer = 64 << 10
)

// output is what waits to be sent on a connection.
type output struct {
	b       []byte
	sent    int // octets of b that are out
	waiting int // octets that are not, those that a writer has taken included
}

// output returns c.out, which it borrows if there is none. The caller holds the lock.
func (c *Conn) output() *output {
	if c.out == nil {
		o, ok := c.set.engine.outputs.Get().(*output)
		if !ok {
			o = &output{b: make([]byte, 0, smallBuffer)}
		}
		c.out = o
	}
	return c.out
}

// compact moves what is not sent to the beginning, once that is less than what is.
func (o *output) compact() {
	if o.sent > len(o.b)/2 {
		o.b = o.b[:copy(o.b, o.b[o.sent:])]
		o.sent = 0
	}
}

// emptied gives c.out back. The caller holds the lock.
func (c *Conn) emptied() {
	o := c.out
	c.out = nil
	if o == nil || cap(o.b) > largeBuffer {
		return
	}
	o.b, o.sent, o.waiting = o.b[:0], 0, 0
	c.set.engine.outputs.Put(o)
}

func (e *Engine) input() *input {
	in, ok := e.inputs.Get().(*input)
	if !ok {
		in = new(input)
	}
	return in
}

// release gives an input back.
func (e *Engine) release(in *input) {
	if cap(in.msg) > largeBuffer {
		return
	}
	*in = input{head: in.head[:0], ctl: in.ctl[:0], msg: in.msg[:0]}
	e.inputs.Put(in)
}

// buffer returns an empty buffer for the time of a call.
func (e *Engine) buffer() *[]byte {
	b, ok := e.buffers.Get().(*[]byte)
	if !ok {
		fresh := make([]byte, 0, smallBuffer)
		b = &fresh
	}
	return b
}

func (e *Engine) put(b *[]byte) {
	if cap(*b) > largeBuffer {
		return
	}
	*b = (*b)[:0]
	e.buffers.Put(b)
}
