// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// A ledger is what a controller knows of a job. It is fed what comes, with the time,
// and has neither a clock nor a network of its own.
type ledger struct {
	job     Job
	times   Times
	newSum  func() Sum
	tell    func(Event)
	begun   bool
	parts   []part
	workers map[string]*worker // by id
	gates   map[string]bool    // that have been opened
}

type part struct {
	state   State
	attempt int
	holder  string // id of a worker
	name    string // of it
	seq     uint64 // of the last report
	sum     Sum
	at      map[string]bool // gates that it has come to
	text    string
	lost    time.Time
	left    bool // its worker has said that it does not go on
}

// over reports whether nothing more will come of a part.
func (p *part) over() bool { return p.state == Complete || p.state == Broken || p.state == Stopped }

type worker struct {
	name  string
	heard time.Time
	gone  bool
}

func newLedger(job Job, times Times, newSum func() Sum, tell func(Event)) *ledger {
	l := &ledger{job: job, times: times, newSum: newSum, tell: tell, workers: map[string]*worker{}, gates: map[string]bool{}, begun: !job.Together}
	for range job.Parts {
		l.parts = append(l.parts, part{sum: newSum(), at: map[string]bool{}})
	}
	return l
}

// mostWorkers bounds how many workers are told apart.
const mostWorkers = 10_000

// beat notes that a worker is alive.
func (l *ledger) beat(id, name string, now time.Time) {
	w := l.workers[id]
	if w == nil {
		if len(l.workers) >= mostWorkers {
			return
		}
		w = &worker{name: name, gone: true}
		l.workers[id] = w
	}
	w.heard = now
	if !w.gone {
		return
	}
	w.gone = false
	l.tell(Event{Kind: Joined, Worker: w.name})
	for i := range l.parts {
		if p := &l.parts[i]; p.state == Missing && p.holder == id && !p.left {
			p.state = l.atWork()
			l.tell(Event{Kind: Found, Worker: w.name, Part: i, Attempt: p.attempt, Sum: p.sum})
		}
	}
}

// atWork is the state of a part that somebody has.
func (l *ledger) atWork() State {
	if l.begun {
		return Running
	}
	return Taking
}

// news notes what a worker says about a part.
func (l *ledger) news(n news, now time.Time) {
	if n.Part < 0 || n.Part >= len(l.parts) || n.Attempt < 1 {
		l.tell(Event{Kind: Trouble, Worker: n.Name, Text: fmt.Sprintf("news of part %d, attempt %d: there is none", n.Part, n.Attempt)})
		return
	}
	l.beat(n.Worker, n.Name, now)
	p := &l.parts[n.Part]
	switch {
	case n.Attempt < p.attempt || p.over() || n.Attempt == p.attempt && n.Worker != p.holder:
		return // somebody else has the part now, or it is done
	case n.Attempt > p.attempt:
		l.take(n, p)
	}
	switch {
	case n.Seq <= p.seq:
		return // it has come twice
	case n.Seq > p.seq+1:
		l.tell(Event{Kind: Trouble, Worker: p.name, Part: n.Part, Text: fmt.Sprintf("%d reports are missing", n.Seq-p.seq-1)})
	}
	p.seq = n.Seq
	l.enter(n, p, now)
}

// take gives the part to the worker of a new attempt.
func (l *ledger) take(n news, p *part) {
	before := *p
	*p = part{state: l.atWork(), attempt: n.Attempt, holder: n.Worker, name: n.Name, sum: l.newSum(), at: map[string]bool{}}
	if l.begun && before.attempt > 0 {
		if before.state == Running { // the queue has noticed before us
			l.tell(Event{Kind: Lost, Worker: before.name, Part: n.Part, Attempt: before.attempt, Sum: before.sum})
		}
		l.tell(Event{Kind: Taken, Worker: n.Name, Part: n.Part, Attempt: n.Attempt, Sum: before.sum, Text: before.name})
	}
	taken := 0
	for i := range l.parts {
		if l.parts[i].attempt > 0 {
			taken++
		}
	}
	l.tell(Event{Kind: Ready, Worker: n.Name, Part: n.Part, Parts: taken, Attempt: n.Attempt, Offset: n.Offset, Within: n.Within})
}

// enter notes what the holder of a part says.
func (l *ledger) enter(n news, p *part, now time.Time) {
	switch n.Kind {
	case newsReport:
		if err := p.sum.Add(n.Data); err != nil {
			p.state, p.text = Broken, err.Error()
			l.tell(Event{Kind: Failed, Worker: p.name, Part: n.Part, Attempt: p.attempt, Sum: p.sum, Text: p.text})
			return
		}
		l.tell(Event{Kind: Reported, Worker: p.name, Part: n.Part, Attempt: p.attempt, Sum: p.sum})
	case newsGate:
		if len(p.at) < mostGates {
			p.at[string(n.Data)] = true
		}
	case newsDone:
		p.state = Complete
		l.tell(Event{Kind: Done, Worker: p.name, Part: n.Part, Attempt: p.attempt, Sum: p.sum})
	case newsStopped:
		p.state = Stopped
		l.tell(Event{Kind: Done, Worker: p.name, Part: n.Part, Attempt: p.attempt, Sum: p.sum})
	case newsLeft:
		p.state, p.lost, p.left = Missing, now, true
		l.tell(Event{Kind: Lost, Worker: p.name, Part: n.Part, Attempt: p.attempt, Sum: p.sum, Text: "its worker was told to end"})
	case newsFailed:
		p.state, p.text = Broken, string(n.Data)
		l.tell(Event{Kind: Failed, Worker: p.name, Part: n.Part, Attempt: p.attempt, Sum: p.sum, Text: p.text})
	}
}

// mostGates bounds the gates of a part.
const mostGates = 100

// tick notes that time has passed: workers that were not heard of are gone.
func (l *ledger) tick(now time.Time) {
	for _, id := range slices.Sorted(maps.Keys(l.workers)) {
		w := l.workers[id]
		if w.gone || now.Sub(w.heard) < l.times.Dead {
			continue
		}
		w.gone = true
		l.tell(Event{Kind: Gone, Worker: w.name})
		for i := range l.parts {
			if p := &l.parts[i]; p.holder == id && (p.state == Taking || p.state == Running) {
				p.state, p.lost = Missing, now
				l.tell(Event{Kind: Lost, Worker: w.name, Part: i, Attempt: p.attempt, Sum: p.sum})
			}
		}
	}
}

// mayBegin reports whether all parts are taken, and none has begun.
func (l *ledger) mayBegin() bool {
	return !l.begun && !slices.ContainsFunc(l.parts, func(p part) bool { return p.state != Taking && !p.over() })
}

// begin notes that the moment is fixed.
func (l *ledger) begin() {
	l.begun = true
	for i := range l.parts {
		if p := &l.parts[i]; p.state == Taking {
			p.state = Running
		}
	}
	l.tell(Event{Kind: Begun})
}

// open returns the gates that all parts at work have come to, and that were not open yet.
func (l *ledger) open() (gates []string) {
	reached := map[string]bool{}
	for i := range l.parts {
		for name := range l.parts[i].at {
			reached[name] = !l.gates[name]
		}
	}
	for _, name := range slices.Sorted(maps.Keys(reached)) {
		waits := slices.ContainsFunc(l.parts, func(p part) bool { return !p.over() && p.state != Missing && !p.at[name] })
		if reached[name] && !waits && len(l.gates) < mostGates {
			l.gates[name] = true
			gates = append(gates, name)
		}
	}
	return gates
}

// over reports whether nothing more is to come. A part that is lost is waited for as long as
// somebody may take it over.
func (l *ledger) over(now time.Time) bool {
	for i := range l.parts {
		p := &l.parts[i]
		switch {
		case p.over():
		case p.state != Missing:
			return false
		case !l.begun:
			return false // it goes to another worker, as nothing of it has been done
		case l.job.Takeover && now.Sub(p.lost) < l.times.Spare && l.anybody():
			return false
		}
	}
	return true
}

// anybody reports whether a worker is alive.
func (l *ledger) anybody() bool {
	for _, w := range l.workers {
		if !w.gone {
			return true
		}
	}
	return false
}

// result is what is known of all parts.
func (l *ledger) result() *Result {
	r := new(Result)
	for i := range l.parts {
		p := &l.parts[i]
		r.Parts = append(r.Parts, PartResult{State: p.state, Worker: p.name, Attempt: p.attempt, Text: p.text, Sum: p.sum})
	}
	return r
}

// deaf notes that nobody can be heard, through no fault of theirs.
func (l *ledger) deaf(now time.Time) {
	for _, w := range l.workers {
		if !w.gone {
			w.heard = now
		}
	}
}

// idle reports whether no part is in anybody's hands.
func (l *ledger) idle() bool {
	return !slices.ContainsFunc(l.parts, func(p part) bool { return p.state == Taking || p.state == Running })
}
