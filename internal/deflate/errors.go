// SPDX-License-Identifier: Apache-2.0

package deflate

import (
	"errors"
	"fmt"
)

// What may be wrong with a compressed message; errors of [Inflater.Inflate]
// wrap one of these.
var (
	// ErrWindow: a back-reference goes beyond the agreed window.
	ErrWindow = errors.New("distance beyond the agreed window")
	// ErrContext: a back-reference goes into an earlier message although the
	// sender had agreed to no_context_takeover.
	ErrContext = errors.New("distance into an earlier message without context takeover")
	// ErrCorrupt: the message is not valid DEFLATE data (RFC 1951).
	ErrCorrupt = errors.New("invalid DEFLATE data")
	// ErrTruncated: the message ends within a block. It is an ErrCorrupt.
	ErrTruncated = fmt.Errorf("%w, cut short", ErrCorrupt)
	// ErrTail: the message ends with a block, and the 00 00 ff ff that the
	// receiver appends cannot continue it: the sender did not remove that tail,
	// or did not add the octet 00 after a final block (RFC 7692, 7.2.1 and
	// 7.2.3.4). The message was inflated completely.
	ErrTail = errors.New("message does not end where 00 00 ff ff can follow")
	// ErrLimit: the message inflates to more than the caller would take.
	ErrLimit = errors.New("message inflates to more octets than the limit")
)

// A DataError says what is wrong with a compressed message, where, and which rule
// that breaks.
type DataError struct {
	Kind    error  // ErrWindow, ErrContext, ErrCorrupt or ErrTail
	Bit     int    // of the message, from 0, at which begins what is wrong; 8 times its length where that is the end
	Section string // such as "RFC 1951, 3.2.4"
	What    string // in words; empty where Kind says all
}

// Error says what is wrong and at which octet, counted from 0.
func (e *DataError) Error() string {
	if e.What == "" {
		return fmt.Sprintf("octet %d: %v", e.Bit/8, e.Kind)
	}
	return fmt.Sprintf("octet %d: %v: %s", e.Bit/8, e.Kind, e.What)
}

// Unwrap returns the kind.
func (e *DataError) Unwrap() error { return e.Kind }

// truncated is the error for a message that ends too early.
func (f *Inflater) truncated() error {
	return &DataError{ErrTruncated, 8 * f.msgLen, "RFC 7692, 7.2.1", "message ends within a block"}
}

// corrupt is the error for what was read from a bit on, unless that was not input at all.
func (f *Inflater) corrupt(bit int, section, format string, args ...any) error {
	return f.fail(ErrCorrupt, bit, section, format, args...)
}

func (f *Inflater) fail(kind error, bit int, section, format string, args ...any) error {
	if f.overrun() {
		return f.truncated()
	}
	return &DataError{kind, min(bit, 8*f.msgLen), section, fmt.Sprintf(format, args...)}
}

// before returns at which bit a symbol began that was the last to be read. The
// table it is from is indexed with so many bits.
func (f *Inflater) before(e uint32, indexBits int) int {
	at := f.bitPos() - int(e&63)
	if e&entrySub != 0 {
		at -= indexBits
	}
	return at
}
