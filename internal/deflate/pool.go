// SPDX-License-Identifier: Apache-2.0

package deflate

import "sync"

// A Pool keeps compressors and inflaters for the next connection. The zero value
// is an empty one. It may be used by several goroutines.
type Pool struct {
	memo        *memo                        // may be nil
	compressors [MaxWindowBits + 1]sync.Pool // by window bits
	inflaters   sync.Pool
}

// NewPool returns a pool whose compressors do not compress again what another one
// did lately, if the messages before were the same too. It holds 12 MiB for that.
func NewPool() *Pool { return &Pool{memo: newMemo()} }

// Compressor returns a compressor for a new connection.
func (p *Pool) Compressor(params Params) *Compressor {
	c, ok := p.compressors[params.bits()].Get().(*Compressor)
	if ok {
		c.reset(params)
	} else {
		c = NewCompressor(params)
	}
	c.memo = p.memo
	return c
}

// PutCompressor takes back a compressor that is no longer in use.
func (p *Pool) PutCompressor(c *Compressor) { p.compressors[c.params.bits()].Put(c) }

// Inflater returns an inflater for a new connection.
func (p *Pool) Inflater(params Params) *Inflater {
	f, ok := p.inflaters.Get().(*Inflater)
	if !ok {
		return NewInflater(params)
	}
	f.Reset(params)
	return f
}

// PutInflater takes back an inflater that is no longer in use.
func (p *Pool) PutInflater(f *Inflater) { p.inflaters.Put(f) }
