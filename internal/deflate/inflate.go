// SPDX-License-Identifier: Apache-2.0

package deflate

import "fmt"

// Stats tells what the sender made of DEFLATE in one message.
type Stats struct {
	Farthest int  // largest distance of a back-reference, in octets
	Earlier  bool // a back-reference went into an earlier message: context was kept
	Final    bool // a block had BFINAL set

	Stored, Fixed, Dynamic int // blocks by type; the one completed by 00 00 ff ff counts
}

// An Inflater decompresses the messages of one direction of a connection. It
// accepts no distance beyond the agreed window, even where the octet is still
// there, and none into earlier messages if context takeover was ruled out.
//
// A block with BFINAL set does not end the message, and the window lives on.
type Inflater struct {
	params  Params
	window  int
	history []byte // the last octets of earlier messages, window of them at least
	seen    bool   // there were earlier messages of at least one octet

	// Input. The octets are first those of the message; for the last of them and
	// the tail, in is pad, with zeros behind.
	in      []byte
	pos     int    // of the next octet that is not in bits
	bits    uint64 // the next nbits bits; those above are right or zero
	nbits   uint
	base    int // offset of in[0] in message and tail
	msgLen  int
	padding bool // in is pad
	pad     [64]byte

	// Output: from start to n.
	out   []byte
	start int
	n     int
	stop  int // up to this n there is room for a round of inflate
	limit int // up to this n the message is not too long
	near  int // distances up to this one need no look at where they lead

	stats   Stats
	listing *Listing // of the message, nil where none is wanted

	lit         *litTable // of the current block
	dist        *distTable
	dynamicLit  litTable
	dynamicDist distTable
}

// NewInflater returns an inflater for what is compressed as p says.
func NewInflater(p Params) *Inflater {
	f := new(Inflater)
	f.Reset(p)
	return f
}

// Reset makes f ready for another connection.
func (f *Inflater) Reset(p Params) {
	f.params = p
	f.window = p.Window()
	f.history = f.history[:0]
	f.seen = false
}

const (
	tailLen  = 4  // the 00 00 ff ff that a sender removes
	inSlack  = 16 // octets of input a round of inflate may look at
	padZeros = 24 // zeros behind the tail: 8 of look-ahead and inSlack

	// outSlack is how much a round of inflate may write: literals, a match of
	// 258 octets, and 7 octets that a copy by words writes in excess.
	outSlack = 280
)

// Inflate decompresses a message and appends it to dst. At most limit octets are
// appended and memory is bounded by that; a longer message is an [ErrLimit].
// Errors give the offset in msg, from 0. After an error other than [ErrTail]
// what was inflated until then is returned, and f has to be reset.
func (f *Inflater) Inflate(dst, msg []byte, limit int) ([]byte, Stats, error) {
	f.in, f.pos, f.bits, f.nbits = msg, 0, 0, 0
	f.base, f.msgLen, f.padding = 0, len(msg), false
	f.out, f.start, f.n = dst[:cap(dst)], len(dst), len(dst)
	f.limit = f.start + min(limit, maxMessage-f.start)
	f.stop = min(f.limit, len(f.out)-outSlack)
	f.stats = Stats{}
	f.near = f.window
	if f.listing != nil {
		f.near = 0 // every copy is to be seen
	}

	err := f.message()
	if f.n > f.limit {
		f.n, err = f.limit, ErrLimit
	}
	if err == ErrLimit {
		err = fmt.Errorf("%w of %d", err, f.limit-f.start)
	}
	f.listing.stop(f.n, err)
	dst = f.out[:f.n]
	f.remember(dst[f.start:])
	f.in, f.out = nil, nil
	return dst, f.stats, err
}

// maxMessage keeps sums of lengths from overflowing.
const maxMessage = 1 << 30

// message inflates block after block until message and tail are used up.
func (f *Inflater) message() error {
	for {
		if f.bitPos() == 8*f.msgLen {
			return &DataError{Kind: ErrTail, Bit: 8 * f.msgLen, Section: "RFC 7692, 7.2.1"}
		}
		stored, n := f.stats.Stored, f.n
		final, err := f.block()
		if err != nil {
			return err
		}
		if final {
			f.stats.Final = true
			f.align()
		}
		if f.bitPos() >= 8*(f.msgLen+tailLen) {
			if empty := f.stats.Stored > stored && f.n == n; f.overrun() || !empty {
				return f.truncated() // the tail went into data
			}
			f.listing.tail()
			return nil
		}
	}
}

// block inflates one block.
func (f *Inflater) block() (final bool, err error) {
	at := f.bitPos()
	if err := f.refill(); err != nil {
		return false, err
	}
	final = f.take(1) == 1
	typ := BlockType(f.take(2))
	f.listing.begin(Block{Type: typ, Final: final, Bit: at}, f.n)
	switch typ {
	case Stored:
		f.stats.Stored++
		return final, f.stored()
	case Fixed:
		f.stats.Fixed++
		f.lit, f.dist = fixedLit, fixedDist
	case Dynamic:
		f.stats.Dynamic++
		if err := f.readCodes(); err != nil {
			return false, err
		}
		f.lit, f.dist = &f.dynamicLit, &f.dynamicDist
	default:
		return false, f.corrupt(at+1, "RFC 1951, 3.2.3", "block type 3")
	}
	for {
		done, err := f.symbols()
		if done || err != nil {
			return final, err
		}
		if err := f.makeRoom(); err != nil {
			return final, err
		}
	}
}

// stored copies a block without compression.
func (f *Inflater) stored() error {
	f.align()
	at := f.bitPos()
	if err := f.refill(); err != nil {
		return err
	}
	size, check := f.take(16), f.take(16)
	if f.overrun() {
		return f.truncated()
	}
	if size^check != 0xffff {
		return f.corrupt(at, "RFC 1951, 3.2.4", "lengths %#04x and %#04x of a stored block do not agree", size, check)
	}
	f.listing.size(int(size))
	f.unread()
	left := int(size)
	if f.n+left > len(f.out) {
		f.grow(left)
	}
	for left > 0 && f.n < f.limit {
		n := copy(f.out[f.n:min(f.n+left, f.limit)], f.in[f.pos:f.inEnd()])
		f.n += n
		f.pos += n
		left -= n
		if n == 0 {
			if f.padding {
				return f.truncated()
			}
			f.enterPad()
		}
	}
	if left > 0 {
		return ErrLimit
	}
	f.listing.end(f.n)
	return nil
}

// refill makes at least 56 bits available. Behind the tail they are zeros, which
// overrun finds out.
func (f *Inflater) refill() error {
	if f.pos+inSlack > len(f.in) {
		if f.padding {
			return f.truncated()
		}
		f.enterPad()
	}
	f.pos, f.bits, f.nbits = load(f.in, f.pos, f.bits, f.nbits)
	return nil
}

// take removes n of the bits that refill has made available.
func (f *Inflater) take(n uint) uint {
	v := uint(f.bits & (1<<(n&63) - 1))
	f.bits >>= n & 63
	f.nbits -= n
	return v
}

// align skips to the next whole octet.
func (f *Inflater) align() {
	f.take(f.nbits & 7)
}

// unread gives whole octets in bits back to the input.
func (f *Inflater) unread() {
	f.pos -= int(f.nbits >> 3)
	f.nbits &= 7
	f.bits &= 1<<f.nbits - 1
}

// enterPad continues the input in pad: the octets of the message that are left,
// the tail, and zeros, so that looking ahead needs no care.
func (f *Inflater) enterPad() {
	f.unread()
	n := copy(f.pad[:], f.in[f.pos:])
	n += copy(f.pad[n:], "\x00\x00\xff\xff")
	clear(f.pad[n:])
	f.base += f.pos
	f.in, f.pos, f.padding = f.pad[:n+padZeros], 0, true
}

// inEnd returns the end of the octets in f.in that are input.
func (f *Inflater) inEnd() int {
	if f.padding {
		return len(f.in) - padZeros
	}
	return len(f.in)
}

// bitPos returns how many bits of message and tail were used.
func (f *Inflater) bitPos() int { return 8*(f.base+f.pos) - int(f.nbits) }

// overrun reports whether bits behind the tail were used.
func (f *Inflater) overrun() bool { return f.bitPos() > 8*(f.msgLen+tailLen) }

// makeRoom lets symbols go on when it ran out of input or of room for output.
func (f *Inflater) makeRoom() error {
	if f.n > f.limit {
		return ErrLimit
	}
	if f.n > f.stop {
		f.grow(outSlack)
	}
	if f.pos+inSlack <= len(f.in) {
		return nil
	}
	if f.padding {
		return f.truncated()
	}
	f.enterPad()
	return nil
}

// grow makes room for n octets of output and a round of symbols, as far as the
// limit allows. It at least doubles the room, so that copying stays linear.
func (f *Inflater) grow(n int) {
	size := max(2*len(f.out), f.n+n, f.start+4*f.msgLen) + outSlack
	size = min(size, f.limit+outSlack)
	if size > len(f.out) {
		out := make([]byte, size)
		copy(out, f.out[:f.n])
		f.out = out
	}
	f.stop = min(f.limit, len(f.out)-outSlack)
}

// remember keeps what later messages may refer to.
func (f *Inflater) remember(p []byte) {
	f.seen = f.seen || len(p) > 0
	if f.params.NoContextTakeover {
		return
	}
	if f.history == nil {
		f.history = make([]byte, 0, 2<<MaxWindowBits)
	}
	if len(p) >= f.window {
		f.history = append(f.history[:0], p[len(p)-f.window:]...)
		return
	}
	if len(f.history)+len(p) > cap(f.history) {
		f.history = append(f.history[:0], f.history[len(f.history)-f.window:]...)
	}
	f.history = append(f.history, p...)
}
