// SPDX-License-Identifier: Apache-2.0

package stats

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// How a series divides time: into slots of the narrowest width at first, and each time
// there would be more than most, into slots of twice the width.
const (
	narrowest = 100 * time.Millisecond
	mostSlots = 600

	slotDigits = 2 // of latency
)

// A Slot is what happened in a piece of time.
type Slot struct {
	Opened   int64 `json:"opened,omitempty"` // connections whose opening handshake succeeded
	Ended    int64 `json:"ended,omitempty"`  // of those opened, whoever ended them
	Failed   int64 `json:"failed,omitempty"` // connections and messages given up
	Retried  int64 `json:"retried,omitempty"`
	Sent     int64 `json:"sent,omitempty"`     // messages
	Messages int64 `json:"messages,omitempty"` // answered or received
	Bytes    int64 `json:"bytes,omitempty"`    // of their payloads

	latency *hdrhistogram.PackedHistogram // nil where nothing was measured
}

// Record takes note of a latency.
func (s *Slot) Record(d time.Duration) {
	if s.latency == nil {
		s.latency = newPacked()
	}
	_ = s.latency.RecordValue(int64(min(max(d, 0), longest))) // it is in range
}

func newPacked() *hdrhistogram.PackedHistogram {
	return hdrhistogram.NewPacked(int64(time.Microsecond), int64(longest), slotDigits)
}

// Measured is how many latencies were recorded.
func (s Slot) Measured() int64 {
	if s.latency == nil {
		return 0
	}
	return s.latency.TotalCount()
}

// Quantile is as that of Histogram, to a hundredth.
func (s Slot) Quantile(q float64) time.Duration {
	if s.Measured() == 0 {
		return 0
	}
	return time.Duration(s.latency.ValueAtPercentile(100 * q))
}

func (s *Slot) merge(o Slot) {
	s.Opened, s.Ended, s.Failed, s.Retried = s.Opened+o.Opened, s.Ended+o.Ended, s.Failed+o.Failed, s.Retried+o.Retried
	s.Sent, s.Messages, s.Bytes = s.Sent+o.Sent, s.Messages+o.Messages, s.Bytes+o.Bytes
	if o.latency != nil {
		if s.latency == nil {
			s.latency = newPacked()
		}
		s.latency.Merge(o.latency)
	}
}

// plainSlot has the fields of Slot and not its methods.
type plainSlot Slot

// encodedSlot is a slot with its latencies as they are: nanoseconds and how often, in turn.
// The format of HdrHistogram would cost a compressor for each of hundreds of slots.
type encodedSlot struct {
	plainSlot
	Latency []int64 `json:"latency,omitempty"`
}

// MarshalJSON writes the latencies beside the counts.
func (s Slot) MarshalJSON() ([]byte, error) {
	e := encodedSlot{plainSlot: plainSlot(s)}
	if s.latency != nil {
		for value, count := range s.latency.ForEachBucket {
			e.Latency = append(e.Latency, value, count)
		}
	}
	return json.Marshal(e)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (s *Slot) UnmarshalJSON(b []byte) error {
	var e encodedSlot
	if err := json.Unmarshal(b, &e); err != nil {
		return err
	}
	*s = Slot(e.plainSlot)
	s.latency = nil
	if len(e.Latency) == 0 {
		return nil
	}
	s.latency = newPacked()
	for pair := range slices.Chunk(e.Latency, 2) {
		if len(pair) < 2 || pair[1] < 1 || pair[1] > mostCounted || s.latency.RecordValues(pair[0], pair[1]) != nil {
			return fmt.Errorf("%w: %d in a slot", errHistogram, pair)
		}
	}
	return nil
}

// A Series is a run from its beginning, slot by slot. The zero Series is empty.
type Series struct {
	Width time.Duration // of each slot
	Slots []Slot
}

// At is the slot of a moment, counted from the beginning of the run. It is valid until the
// next call. A moment before the beginning is the beginning.
func (s *Series) At(t time.Duration) *Slot {
	if s.Width == 0 {
		s.Width = narrowest
	}
	i := int(max(t, 0) / s.Width)
	for i >= mostSlots {
		s.widen()
		i = int(t / s.Width)
	}
	for len(s.Slots) <= i {
		s.Slots = append(s.Slots, Slot{})
	}
	return &s.Slots[i]
}

// Last is what happened in the last whole slots of a duration before a moment, all together, and
// how long these slots are; a moment before the end of the first one has none.
func (s *Series) Last(d, until time.Duration) (sum Slot, length time.Duration) {
	if s.Width == 0 {
		return Slot{}, 0
	}
	end := min(int(until/s.Width), len(s.Slots))
	begin := max(end-max(int(d/s.Width), 1), 0)
	for _, slot := range s.Slots[begin:end] {
		sum.merge(slot)
	}
	return sum, time.Duration(end-begin) * s.Width
}

// Held is how many connections are open at the end.
func (s *Series) Held() int64 {
	n := int64(0)
	for _, slot := range s.Slots {
		n += slot.Opened - slot.Ended
	}
	return n
}

// widen makes one slot of each two.
func (s *Series) widen() {
	half := s.Slots[:0]
	for i := 0; i < len(s.Slots); i += 2 {
		joined := s.Slots[i]
		if i+1 < len(s.Slots) {
			joined.merge(s.Slots[i+1])
		}
		half = append(half, joined)
	}
	clear(s.Slots[len(half):])
	s.Slots, s.Width = half, 2*s.Width
}

// Merge adds a series with the same beginning.
func (s *Series) Merge(o Series) {
	if len(o.Slots) == 0 {
		return
	}
	if s.Width == 0 {
		s.Width = narrowest
	}
	for s.Width < o.Width {
		s.widen()
	}
	for i, slot := range o.Slots {
		if slot == (Slot{}) && i < len(o.Slots)-1 { // the last one says how long it is
			continue
		}
		s.At(time.Duration(i) * o.Width).merge(slot)
	}
}

// encodedSeries is a series without the empty slots at its beginning, of which one that was
// handed over in pieces has many.
type encodedSeries struct {
	Width time.Duration `json:"width_ns,omitempty"`
	First int           `json:"first,omitempty"` // where the first slot stands
	Slots []Slot        `json:"slots,omitempty"`
}

// MarshalJSON leaves out what is empty at the beginning.
func (s Series) MarshalJSON() ([]byte, error) {
	e := encodedSeries{s.Width, 0, s.Slots}
	for len(e.Slots) > 0 && e.Slots[0] == (Slot{}) {
		e.First, e.Slots = e.First+1, e.Slots[1:]
	}
	return json.Marshal(e)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (s *Series) UnmarshalJSON(b []byte) error {
	var e encodedSeries
	if err := json.Unmarshal(b, &e); err != nil {
		return err
	}
	if e.First < 0 || e.First > mostSlots {
		return fmt.Errorf("no series of ours: the first slot is number %d", e.First)
	}
	*s = Series{Width: e.Width, Slots: e.Slots}
	if e.First > 0 {
		s.Slots = append(make([]Slot, e.First, e.First+len(e.Slots)), e.Slots...)
	}
	return nil
}

// check finds what no series of ours is.
func (s Series) check() error {
	if len(s.Slots) == 0 {
		return nil
	}
	w := s.Width
	for w > narrowest && w%2 == 0 {
		w /= 2
	}
	if w != narrowest || len(s.Slots) > mostSlots {
		return fmt.Errorf("no series of ours: %d slots of %v", len(s.Slots), s.Width)
	}
	return nil
}
