// SPDX-License-Identifier: Apache-2.0

// Package fleet shares work out to processes on any number of machines, over NATS with
// JetStream, and gathers what comes of it. It knows nothing of what the work is: that is a
// specification in octets, a Runner that carries out one part of it, and a Sum that what
// the parts report is added to. Start at Controller and Worker.
//
// Workers announce themselves, and take parts from a work queue, in which a part that is
// not renewed goes back. What a part reports is kept by the server until the controller has
// read it, so that a controller that dies can be started again. Each part is carried out in
// attempts, counted by the queue; only the latest attempt of a part counts, whatever a worker
// sends that was cut off meanwhile.
package fleet

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"
)

// A Job is work to be shared out.
type Job struct {
	// ID tells jobs apart on one server: letters, digits and dashes. A controller
	// with the ID of a job that has not ended picks it up.
	ID string
	// Kind names the Runner that a worker needs for it.
	Kind string
	// Version of the program: only workers of the same take part.
	Version string
	Spec    []byte
	Parts   int
	// Together has all parts begin at one moment, each with a worker of its own. Otherwise
	// a part begins when a worker is free for it.
	Together bool
	// Takeover has a part whose worker is lost carried out again, from its beginning, by
	// another worker.
	Takeover bool
}

// JobID is the same for the same work, so that a job is found again after its controller
// has died.
func JobID(kind, version string, parts int, spec []byte) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s %d ", version, parts)
	h.Write(spec)
	return fmt.Sprintf("%s-%x", kind, h.Sum(nil)[:8])
}

// A Part is one part of a job, as the Runner of a worker sees it.
type Part struct {
	Spec      []byte
	Index, Of int
	Attempt   int       // from 1
	Begin     time.Time // the agreed moment, by the clock of this machine
	// Emit hands over something that a Sum understands. It does not block.
	Emit func(report []byte)
	// Gate returns when all parts that are still at work have called it with this name, or
	// with the context.
	Gate func(ctx context.Context, name string)
	// Since reports for how long a gate has been open, by the clock of the controller, and whether it is.
	Since func(name string) (time.Duration, bool)
}

// A Runner carries out a part. When the context ends, it hands over what it has and
// returns. An error is what no other worker could do better, such as a specification that makes no
// sense.
type Runner func(ctx context.Context, p Part) error

// A Sum is what the reports of one attempt add up to. The reports come from another
// machine: nothing in them is to be trusted.
type Sum interface{ Add(report []byte) error }

// Times are how soon what is noticed. The zero value of each field has that of Defaults.
type Times struct {
	Beat  time.Duration // how often a worker says that it is alive, and renews its lease
	Lease time.Duration // after which a part that is not renewed goes to another
	Dead  time.Duration // after which a worker that is not heard of is lost
	Lead  time.Duration // from the decision to begin until the beginning
	Idle  time.Duration // how long a worker keeps a part that does not begin, with no controller heard of
	Spare time.Duration // how long a part that was lost waits for somebody to take it over
}

// Defaults are times with which the loss of a worker is reported within five seconds, on
// networks and machines that are busy.
func Defaults() Times {
	return Times{Beat: 500 * time.Millisecond, Lease: 3 * time.Second, Dead: 3500 * time.Millisecond, Lead: time.Second, Idle: 30 * time.Second, Spare: 30 * time.Second}
}

func (t Times) orDefaults() Times {
	d := Defaults()
	for _, f := range []struct{ have, byDefault *time.Duration }{
		{&t.Beat, &d.Beat}, {&t.Lease, &d.Lease}, {&t.Dead, &d.Dead}, {&t.Lead, &d.Lead}, {&t.Idle, &d.Idle}, {&t.Spare, &d.Spare},
	} {
		if *f.have <= 0 {
			*f.have = *f.byDefault
		}
	}
	return t
}

// EventKind is what happened.
type EventKind int

// The kinds of events.
const (
	Joined   EventKind = iota // a worker was heard of
	Gone                      // a worker was not, for too long
	Ready                     // a worker has taken a part
	Begun                     // the moment to begin is fixed
	Reported                  // a part has reported something
	Done                      // a part is complete
	Failed                    // a part cannot be carried out: Text says why
	Lost                      // the worker of a part is gone; Sum is what it had reported
	Found                     // it is back, and the part goes on
	Taken                     // another worker has taken the part over; Sum, which no longer counts, is what the one before had reported
	Resumed                   // an earlier controller had begun the job
	Trouble                   // Text says what is wrong
)

// An Event is told to whoever runs a controller.
type Event struct {
	Kind    EventKind
	Worker  string // its name
	Part    int
	Parts   int // Ready: how many are taken by now
	Attempt int
	Sum     Sum
	Text    string
	Offset  time.Duration // Ready: how far the worker's clock is ahead of ours
	Within  time.Duration // Ready: how exactly that is known
}

// State is how far a part is.
type State int

// The states.
const (
	Waiting State = iota // nobody has taken it
	Taking               // a worker has, and waits for the beginning
	Running
	Complete
	Broken  // its Runner gave an error, or its reports cannot be read
	Missing // its worker is lost
	Stopped // before its end, as the job was
)

// A PartResult is what became of a part.
type PartResult struct {
	State   State
	Worker  string
	Attempt int
	Text    string // Broken: why
	Sum     Sum    // of the latest attempt; never nil
}

// A Result is what became of a job.
type Result struct {
	Parts       []PartResult
	Interrupted bool
	Begun       time.Time // the zero Time if never
}

// Whole reports whether all parts are complete.
func (r *Result) Whole() bool {
	for _, p := range r.Parts {
		if p.State != Complete {
			return false
		}
	}
	return true
}
