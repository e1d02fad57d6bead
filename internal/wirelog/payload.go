// SPDX-License-Identifier: Apache-2.0

package wirelog

import "crypto/sha256"

// Payload is a run of octets: all of them, or, where there were too many to
// keep, how many, the first of them, and for events their SHA-256.
type Payload struct {
	Len  int    // octets there were
	Head []byte // the first of them; all, where len(Head) == Len
	Sum  []byte // SHA-256 of all; nil where Head is all or nobody needs it
}

// Whole returns a Payload of all of b, without copying.
func Whole(b []byte) Payload { return Payload{Len: len(b), Head: b} }

// Beginning returns a Payload that keeps a copy of the first most octets of b.
func Beginning(b []byte, most int) Payload {
	return Payload{Len: len(b), Head: append([]byte(nil), b[:min(len(b), most)]...)}
}

// Complete reports whether Head is all there was.
func (p Payload) Complete() bool { return len(p.Head) == p.Len }

// Short returns what of p fits a line: its first 64 octets at most, and no digest.
func (p Payload) Short() Payload {
	const most = 64
	return Payload{Len: p.Len, Head: p.Head[:min(len(p.Head), most)]}
}

// Cut returns p with at most most octets kept and the digest of all of them.
func (p Payload) Cut(most int) Payload {
	if !p.Complete() || p.Len <= most {
		return p
	}
	sum := sha256.Sum256(p.Head)
	return Payload{Len: p.Len, Head: append([]byte(nil), p.Head[:most]...), Sum: sum[:]}
}
