// SPDX-License-Identifier: Apache-2.0

package deflate

import "fmt"

// A Compressor compresses the messages of one direction of a connection. It keeps
// to the window and to the context takeover agreed.
//
// It is made for speed: it takes the first match it finds, and passes quickly over
// what has no repetition, which is then compressed by the frequency of its octets
// alone.
type Compressor struct {
	params  Params
	matcher matcher
	writer  blockWriter

	// history is the end of the earlier messages: up to a window of it can be
	// referred to.
	history []byte

	memo   *memo  // may be nil
	stream uint64 // the memo's key of the last message
}

// NewCompressor returns a compressor that works as p says.
func NewCompressor(p Params) *Compressor {
	if p.bits() < MinWindowBits || p.bits() > MaxWindowBits {
		panic(fmt.Sprintf("deflate: %d window bits", p.bits()))
	}
	c := new(Compressor)
	c.reset(p)
	return c
}

// reset makes c ready for another connection.
func (c *Compressor) reset(p Params) {
	c.params = p
	c.matcher.reset(p.Window())
	c.history = c.history[:0]
	c.stream = 0
}

// Compress compresses a message and appends it to dst, without the 00 00 ff ff at
// its end (RFC 7692, 7.2.1). The empty message becomes the octet 00.
func (c *Compressor) Compress(dst, msg []byte) []byte {
	if c.memo == nil {
		return c.compress(dst, msg)
	}
	c.stream = c.memo.key(c.stream, c.params, msg)
	if len(msg) < memoWorthy {
		return c.compress(dst, msg)
	}
	dst, compressed := c.memo.append(dst, c.stream, func(dst []byte) []byte { return c.compress(dst, msg) })
	if !compressed {
		c.remember(msg, c.extend(msg))
	}
	return dst
}

func (c *Compressor) compress(dst, msg []byte) []byte {
	w := &c.writer
	w.bitWriter = bitWriter{out: dst[:cap(dst)], n: len(dst)}
	early := c.extend(msg)
	blocks := (len(msg) + maxBlock - 1) / maxBlock
	for i := range blocks {
		from, to := len(msg)*i/blocks, len(msg)*(i+1)/blocks
		if from < early {
			offset := len(c.history) - early // of msg in history
			middle := min(early, to)
			c.matcher.find(c.history, offset+from, offset+middle)
			c.matcher.find(msg, middle, to)
		} else {
			c.matcher.find(msg, from, to)
		}
		w.block(msg[from:to], c.matcher.take())
	}
	c.remember(msg, early)

	w.reserve(2)
	w.write(0, 3) // the block without octets whose lengths are the tail
	w.align()
	dst, w.out = w.out[:w.n], nil
	return dst
}

// extend appends to history what of the message can refer to earlier ones, and
// returns how much that is: a window of it at most.
func (c *Compressor) extend(msg []byte) int {
	if len(c.history) == 0 {
		return 0
	}
	window := c.matcher.window
	n := min(len(msg), window)
	if len(c.history)+n > cap(c.history) {
		c.history = append(c.history[:0], c.history[len(c.history)-window:]...)
	}
	c.history = append(c.history, msg[:n]...)
	return n
}

// remember keeps what later messages can refer to. Some octets of the message are
// in history already.
func (c *Compressor) remember(msg []byte, early int) {
	if c.params.NoContextTakeover || early == len(msg) {
		return
	}
	window := c.matcher.window
	if c.history == nil {
		c.history = make([]byte, 0, 4*window)
	}
	c.history = append(c.history[:0], msg[max(0, len(msg)-window):]...)
}
