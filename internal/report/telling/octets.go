// SPDX-License-Identifier: Apache-2.0

package telling

import (
	"github.com/wsspec/wsspec/internal/report"
)

// Octets are two payloads, beginning at the same offset, around the first octet that is
// not the same.
type Octets struct {
	From, At  int // offsets of the first octet of both, and of the one that differs
	Want, Got []byte
	OfWant    int // octets there should be
	OfGot     int // and are
}

// Around has whole rows of so many octets.
const (
	OctetsRow  = 8
	rowsBefore = 1
	rowsBehind = 2
)

// Around returns the octets around the first difference of the first event that is not
// as it should be. It reports false where another thing is wrong, or the log has not
// kept the place.
func Around(r report.Result) (Octets, bool) {
	at, _ := firstDifference(r)
	if at < 0 || at >= len(r.Want.Outcomes[0].Events) {
		return Octets{}, false
	}
	events := r.Want.Received(r.Log)
	if at >= len(events) {
		return Octets{}, false
	}
	want, got := r.Want.Outcomes[0].Events[at], events[at].Data
	c, ok := want.Contrast(events[at])
	if !ok {
		return Octets{}, false
	}
	o := Octets{At: c.At, From: max(c.At/OctetsRow-rowsBefore, 0) * OctetsRow, OfWant: want.Data.Len, OfGot: got.Len}
	end := (c.At/OctetsRow + 1 + rowsBehind) * OctetsRow
	o.Want = make([]byte, max(min(want.Data.Len, end)-o.From, 0))
	want.Data.Fill(o.Want, o.From)
	o.Got = got.Head[min(o.From, len(got.Head)):min(end, len(got.Head))]
	return o, true
}
