// SPDX-License-Identifier: Apache-2.0

package stream

import "time"

// Budget bounds what costs us something and gets the other side nowhere, such as PING of HTTP/2. The
// zero value is full. It is for one goroutine at a time.
type Budget struct {
	left float64
	at   time.Time
}

// Of such things a peer may send so many at once, and so many a second.
const (
	burst   = 1000
	aSecond = 200
)

// Unanswered is what a request counts for that is cancelled before we have answered it.
const Unanswered = 10

// Spend takes some from the budget and reports whether there were as many.
func (b *Budget) Spend(n float64) bool {
	now := time.Now()
	if b.at.IsZero() {
		b.left = burst
	} else {
		b.left = min(burst, b.left+aSecond*now.Sub(b.at).Seconds())
	}
	b.at = now
	b.left -= n
	return b.left >= 0
}
