// SPDX-License-Identifier: Apache-2.0

package runner

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// enough failed turns show what is wrong; the others are not played then.
const enough = 3

// togetherAtMost is how many connections of a case are open at a time; so many begin
// together.
const togetherAtMost = 100

// Connect plays a case, which has one connection, and judges it.
type Connect func(Planned) (report.Result, error)

// PlayAll plays the case with as many connections as it wants, a fresh one at the end
// included, and makes one result of them. The error is that of connect.
func PlayAll(c Planned, connect Connect) (report.Result, error) {
	if len(c.Turns) == 0 {
		r, err := connect(c)
		if err == nil && c.Fresh {
			afterwards(&r, c, connect)
		}
		return r, err
	}
	t := newTurns(c)
	err := t.play(connect)
	if !slices.Contains(t.played, true) {
		return report.Result{}, err
	}
	if c.Alike {
		t.compare()
	}
	r := t.result()
	var fault *Fault
	if c.Fresh && afterwards(&r, c, connect) && !errors.As(err, &fault) {
		return r, nil // that no connection came about any more is the finding
	}
	return r, err
}

// afterwards has a fresh connection echo, and notes it in the log where it does not:
// the peer has died of the case. It reports whether it has.
func afterwards(r *report.Result, c Planned, connect Connect) (died bool) {
	c.Case = conform.Case{
		ID: c.ID, Title: c.Title, Spec: c.Spec, Tags: []conform.Tag{conform.Beyond}, End: peer.GiveUp, Limit: freshLimit,
		Play: func(p *peer.Peer) { p.Send(peer.Frame{Opcode: ws.Text, Payload: []byte(freshText)}) },
		Want: freshWant(),
	}
	time.Sleep(dying)
	c.atOnce = true // it may be dead and started again
	fresh, err := connect(c)
	why := ""
	switch {
	case err != nil:
		why = err.Error()
	case fresh.Verdict.Behavior != verdict.OK:
		why = strings.TrimSuffix(fresh.Verdict.Result, ".")
	default:
		return false
	}
	r.Log.Add(r.Log.Start.Add(r.Took), wirelog.Record{Kind: wirelog.Dead, Note: why})
	r.Verdict = verdict.Judge(r.Want, r.Close, r.Log)
	return true
}

// turns collects the results of the connections of one case.
type turns struct {
	of Planned

	mu      sync.Mutex
	results []report.Result // by turn
	played  []bool
	last    int // the turn that was played last
}

func newTurns(c Planned) *turns {
	return &turns{of: c, results: make([]report.Result, len(c.Turns)), played: make([]bool, len(c.Turns))}
}

// Turns keeps the results of cases whose connections come one at a time, as those of
// a client do. Its methods may be called from several goroutines.
type Turns struct {
	mu     sync.Mutex
	byCase map[string]*turns
}

// Connection is the case as it is played on the connection with the number.
func (c Planned) Connection() Planned {
	if c.turn == 0 {
		return c
	}
	return c.connection(c.turn - 1)
}

// Add takes the result of a connection and returns that of its case so far.
func (t *Turns) Add(c Planned, r report.Result) report.Result {
	if c.turn == 0 {
		return r
	}
	t.mu.Lock()
	of := t.byCase[c.ID]
	if of == nil || of.isOver(c.turn-1) { // the client has begun anew
		of = newTurns(c)
	}
	if t.byCase == nil {
		t.byCase = map[string]*turns{}
	}
	t.byCase[c.ID] = of
	t.mu.Unlock()
	of.add(c.turn-1, r)
	return of.result()
}

// isOver reports whether the connection with the number has been played and another one
// since. A client that plays one again right away tries once more, as a retry does.
func (t *turns) isOver(i int) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.played[i] && t.last != i
}

func (t *turns) play(connect Connect) error {
	if t.of.Together {
		return t.atOnce(connect)
	}
	failed := 0
	for i := range t.of.Turns {
		r, err := connect(t.of.connection(i))
		if err != nil {
			return err
		}
		t.add(i, r)
		if r.Verdict.Behavior == verdict.Failed {
			if failed++; failed == enough {
				return nil
			}
		}
		if t.of.Turns[i].Command != "" && r.Verdict.Behavior == verdict.Unimplemented {
			return nil // a peer that does not do what it is told will not do the rest either
		}
	}
	return nil
}

// connection is the case as it is played on its i-th connection.
func (c Planned) connection(i int) Planned {
	c.Case = c.Turn(i)
	c.Fresh = false
	return c
}

func (t *turns) atOnce(connect Connect) error {
	slots := make(chan struct{}, togetherAtMost)
	meet := newMeeting(min(len(t.of.Turns), togetherAtMost))
	errs := make([]error, len(t.of.Turns))
	var all sync.WaitGroup
	for i := range t.of.Turns {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			c := t.of.connection(i)
			c.meeting = meet
			r, err := connect(c)
			if errs[i] = err; err == nil {
				t.add(i, r)
			} else {
				meet.arrive() // or the others wait for it
			}
		})
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// compare puts it down to the later of two turns that their requests were answered in
// different ways.
func (t *turns) compare() {
	first := ""
	for i := range t.results {
		if !t.played[i] {
			continue // there is no log: the server was not there any more
		}
		r := &t.results[i]
		answer := answerOf(r.Log)
		switch {
		case answer == first:
		case first == "":
			first = answer
		default:
			r.Log.Add(r.Log.Start.Add(r.Took), wirelog.Record{Kind: wirelog.Violation, Note: fmt.Sprintf(
				"%s: equivalent requests were answered differently: %s, and not %s", r.Spec, answer, first)})
			r.Verdict = verdict.Judge(r.Want, r.Close, r.Log)
		}
	}
}

// answerOf says how an opening handshake was answered.
func answerOf(log *wirelog.Log) string {
	resp, err := ws.ParseResponse(log.Response)
	switch {
	case log.Extension != "":
		return "101 with " + log.Extension
	case err != nil:
		return "not at all"
	}
	return fmt.Sprint(resp.Status)
}

func (t *turns) add(i int, r report.Result) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.results[i], t.played[i], t.last = r, true, i
}

// result is that of the worst connection, with what became of the others. Where some
// were not played, those that were do not make it OK.
func (t *turns) result() report.Result {
	t.mu.Lock()
	defer t.mu.Unlock()
	worst := t.worst()
	r := t.results[worst]
	r.Turns = nil
	var alike []string // turns with a verdict like the worst
	left := 0
	for i, other := range t.results {
		r.Turns = append(r.Turns, report.Turn{Name: t.of.Turns[i].Name, Verdict: other.Verdict, Took: other.Took})
		if !t.played[i] {
			left++
			continue
		}
		r.Took = max(r.Took, other.Started.Add(other.Took).Sub(r.Started))
		if badness(other.Verdict) == badness(r.Verdict) {
			alike = append(alike, t.of.Turns[i].Name)
		}
	}
	all, bad := len(t.results), badness(r.Verdict)
	switch {
	case bad == 0 && left > 0:
		r.Verdict.Result = fmt.Sprintf("Only %d of %d connections were played, which were as they should be.", all-left, all)
	case bad == 0:
		r.Verdict.Result = fmt.Sprintf("%d connections, all as they should be.", all)
	default:
		r.Verdict.Result = fmt.Sprintf("%s In %d of %d connections: %s.", r.Verdict.Result, len(alike), all, shortList(alike))
		if left > 0 {
			r.Verdict.Result += fmt.Sprintf(" Not played: %d.", left)
		}
	}
	if left > 0 && bad <= unjudged {
		r.Verdict.Behavior = verdict.Unimplemented
	}
	return r
}

// worst is the turn with the worst verdict of those that were played.
func (t *turns) worst() int {
	worst := -1
	for i, r := range t.results {
		if t.played[i] && (worst < 0 || badness(r.Verdict) > badness(t.results[worst].Verdict)) {
			worst = i
		}
	}
	return worst
}

// unjudged is the badness of what says nothing for or against the peer.
const unjudged = 1

// badness orders verdicts; 0 is as it should be.
func badness(v verdict.Verdict) int {
	switch {
	case v.Behavior == verdict.Failed:
		return 5
	case v.Failed():
		return 4
	case v.Behavior == verdict.NonStrict:
		return 3
	case v.Close == verdict.WrongCode:
		return 2
	case v.Behavior == verdict.Unimplemented, v.Behavior == verdict.Informational:
		return unjudged
	}
	return 0
}

func shortList(names []string) string {
	const most = 5
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
}

// What a fresh connection is tried with.
const (
	freshText  = "still there?"
	freshLimit = 5 * time.Second
	dying      = 20 * time.Millisecond // a peer that dies of a case takes a moment
)

// freshWant is the echo of it.
func freshWant() verdict.Want {
	return verdict.Want{Whole: true, Outcomes: []verdict.Outcome{{
		Grade: verdict.OK, AndMore: true,
		Events: []verdict.Event{{Type: wirelog.TextEvent, Data: ws.Literal([]byte(freshText))}},
	}}}
}
