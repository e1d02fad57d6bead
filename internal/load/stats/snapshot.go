// SPDX-License-Identifier: Apache-2.0

package stats

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"
)

// A Phase is what a latency is the latency of.
type Phase string

// The phases. Those of opening follow each other; Open is all of them together, from the
// beginning of the attempt that succeeded. First, Median and Last are of the receivers of a broadcast
// message, from the moment at which it was to be sent.
const (
	TCP     Phase = "tcp"
	TLS     Phase = "tls"
	Upgrade Phase = "upgrade"
	Open    Phase = "open"
	Message Phase = "message" // from the intended time of sending to the end of the answer
	Service Phase = "service" // from the actual time of sending: what a closed model would have shown
	Ping    Phase = "ping"
	First   Phase = "first"
	Median  Phase = "median"
	Last    Phase = "last"
)

// Phases are all there are, in order.
func Phases() []Phase {
	return []Phase{TCP, TLS, Upgrade, Open, Message, Service, Ping, First, Median, Last}
}

// Failure is what went wrong for one cause.
type Failure struct {
	Count   int64  `json:"count"`
	Example string `json:"example,omitempty"` // the first of them in words
}

// Counts are what is counted.
type Counts struct {
	Attempts int64 `json:"attempts"` // to open a connection, retries included
	Opened   int64 `json:"opened"`   // connections
	Failed   int64 `json:"failed"`   // connections not opened, after all retries
	Retries  int64 `json:"retries"`  // attempts after the first of each connection
	Held     int64 `json:"held"`     // open at the end of the hold, before we close any
	Lost     int64 `json:"lost"`     // opened, and ended by the peer or the network before we closed

	Sent     int64 `json:"sent"`     // messages
	Messages int64 `json:"messages"` // answered rightly (echo) or received (broadcast)
	Bytes    int64 `json:"bytes"`    // of the payloads of Messages
	Missing  int64 `json:"missing"`  // messages without the right answer, or not received by somebody who should have
	Wrong    int64 `json:"wrong"`    // what came and was not what was sent; messages that were answered so are missing, too
	Unsent   int64 `json:"unsent"`   // messages that the plan wanted sent, with no connection to send them on

	Pings int64 `json:"pings"`
	Pongs int64 `json:"pongs"`
}

func (c *Counts) each(o *Counts, do func(a, b *int64)) {
	for _, p := range [][2]*int64{
		{&c.Attempts, &o.Attempts}, {&c.Opened, &o.Opened}, {&c.Failed, &o.Failed}, {&c.Retries, &o.Retries}, {&c.Held, &o.Held}, {&c.Lost, &o.Lost},
		{&c.Sent, &o.Sent}, {&c.Messages, &o.Messages}, {&c.Bytes, &o.Bytes}, {&c.Missing, &o.Missing}, {&c.Wrong, &o.Wrong}, {&c.Unsent, &o.Unsent},
		{&c.Pings, &o.Pings}, {&c.Pongs, &o.Pongs},
	} {
		do(p[0], p[1])
	}
}

// A Snapshot is all that was counted and measured up to a moment. The zero Snapshot is
// empty, and ready to be merged into. It is not for several goroutines at a time.
type Snapshot struct {
	Counts
	Failures map[string]Failure   `json:"failures,omitempty"` // by cause: every attempt, whether another followed or not, and what was lost later
	Latency  map[Phase]*Histogram `json:"latency,omitempty"`
	Series   Series               `json:"series"`

	// Ramp is when the last connection was opened or given up, from the beginning.
	Ramp time.Duration `json:"ramp_ns"`
	// End is how long it all took.
	End time.Duration `json:"end_ns"`
}

// Record takes note of a latency.
func (s *Snapshot) Record(p Phase, d time.Duration) {
	h := s.Latency[p]
	if h == nil {
		if s.Latency == nil {
			s.Latency = map[Phase]*Histogram{}
		}
		h = NewHistogram()
		s.Latency[p] = h
	}
	h.Record(d)
}

// mostCounted is more than anybody counts, and far from what overflows when it is added up.
const mostCounted = math.MaxInt64 >> 16

// mostCauses bounds how many causes are told apart.
const mostCauses = 64

// OtherCauses is the cause of what goes beyond the number of causes that are told apart.
const OtherCauses = "other"

// Fail takes note that something went wrong for a cause, with an example in words.
func (s *Snapshot) Fail(cause string, n int64, example string) {
	if s.Failures == nil {
		s.Failures = map[string]Failure{}
	}
	f, known := s.Failures[cause]
	if !known && len(s.Failures) >= mostCauses {
		cause = OtherCauses
		f = s.Failures[cause]
	}
	f.Count += n
	if f.Example == "" {
		f.Example = example
	}
	s.Failures[cause] = f
}

// Merge adds what another snapshot has. Both begin at the same moment.
func (s *Snapshot) Merge(o *Snapshot) {
	s.each(&o.Counts, func(a, b *int64) { *a += *b })
	for _, cause := range slices.Sorted(maps.Keys(o.Failures)) {
		s.Fail(cause, o.Failures[cause].Count, o.Failures[cause].Example)
	}
	for p, h := range o.Latency {
		if h.Count() == 0 {
			continue
		}
		if s.Latency == nil {
			s.Latency = map[Phase]*Histogram{}
		}
		if s.Latency[p] == nil {
			s.Latency[p] = NewHistogram()
		}
		s.Latency[p].Merge(h)
	}
	s.Series.Merge(o.Series)
	s.Ramp, s.End = max(s.Ramp, o.Ramp), max(s.End, o.End)
}

// Clone is a copy of its own.
func (s *Snapshot) Clone() *Snapshot {
	c := new(Snapshot)
	c.Merge(s)
	return c
}

// Read reads what json.Marshal wrote of a snapshot, perhaps elsewhere: nothing in it is taken
// on trust.
func Read(b []byte) (*Snapshot, error) {
	s := new(Snapshot)
	if err := json.Unmarshal(b, s); err != nil {
		return nil, fmt.Errorf("snapshot: %w", err)
	}
	if err := s.Series.check(); err != nil {
		return nil, fmt.Errorf("snapshot: %w", err)
	}
	var err error
	s.each(&s.Counts, func(a, _ *int64) {
		if *a < 0 || *a > mostCounted {
			err = fmt.Errorf("snapshot: a count of %d", *a)
		}
	})
	for p, h := range s.Latency {
		if !slices.Contains(Phases(), p) || h == nil {
			return nil, fmt.Errorf("snapshot: there is no phase %q", p)
		}
	}
	return s, err
}
