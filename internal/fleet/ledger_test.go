// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"
)

// total is a Sum of numbers.
type total struct{ n, reports int }

func (s *total) Add(b []byte) error {
	n, err := strconv.Atoi(string(b))
	if err != nil {
		return errors.New("not a number")
	}
	s.n += n
	s.reports++
	return nil
}

func newTotal() Sum { return new(total) }

// book is a ledger that writes down what it tells.
type book struct {
	*ledger
	now time.Time
	log []string
}

func newBook(j Job) *book {
	b := &book{now: time.Unix(1000, 0)}
	b.ledger = newLedger(j, Defaults(), newTotal, func(e Event) {
		s := fmt.Sprintf("%s %s %d", []string{"joined", "gone", "ready", "begun", "reported", "done", "failed", "lost", "found", "taken", "resumed", "trouble"}[e.Kind], e.Worker, e.Part)
		if e.Sum != nil {
			s += fmt.Sprintf(" sum %d", e.Sum.(*total).n)
		}
		if e.Text != "" {
			s += ": " + e.Text
		}
		b.log = append(b.log, s)
	})
	return b
}

// hear has the ledger hear of news of a worker.
func (b *book) hear(worker string, part, attempt int, seq uint64, kind newsKind, data string) {
	b.news(news{Kind: kind, Part: part, Attempt: attempt, Seq: seq, Worker: worker, Name: worker, Data: []byte(data)}, b.now)
}

func (b *book) pass(d time.Duration, alive ...string) {
	for end := b.now.Add(d); b.now.Before(end); {
		b.now = b.now.Add(100 * time.Millisecond)
		for _, w := range alive {
			b.beat(w, w, b.now)
		}
		b.tick(b.now)
	}
}

func (b *book) expect(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(b.log, want) {
		t.Errorf("told %q\nwant %q", b.log, want)
	}
	b.log = nil
}

func TestWholeJob(t *testing.T) {
	b := newBook(Job{Parts: 2, Together: true})
	b.hear("a", 0, 1, 1, newsReady, "")
	if b.mayBegin() {
		t.Error("begins with one of two")
	}
	b.hear("b", 1, 1, 1, newsReady, "")
	b.expect(t, "joined a 0", "ready a 0", "joined b 0", "ready b 1")
	if !b.mayBegin() {
		t.Fatal("does not begin")
	}
	b.begin()
	b.hear("a", 0, 1, 2, newsReport, "5")
	b.hear("a", 0, 1, 2, newsReport, "5") // comes twice
	b.hear("b", 1, 1, 2, newsReport, "7")
	b.hear("a", 0, 1, 3, newsDone, "")
	if b.over(b.now) {
		t.Error("over with one of two")
	}
	b.hear("b", 1, 1, 3, newsReport, "1")
	b.hear("b", 1, 1, 4, newsDone, "")
	b.expect(t, "begun  0", "reported a 0 sum 5", "reported b 1 sum 7", "done a 0 sum 5", "reported b 1 sum 8", "done b 1 sum 8")
	if r := b.result(); !b.over(b.now) || !r.Whole() {
		t.Errorf("%+v", r)
	}
}

// A worker that is not heard of is lost within five seconds, and with it what it held. If nobody may
// take that over, its reports stand, and the job ends without it.
func TestLoss(t *testing.T) {
	b := newBook(Job{Parts: 2, Together: true})
	b.hear("a", 0, 1, 1, newsReady, "")
	b.hear("b", 1, 1, 1, newsReady, "")
	b.begin()
	b.hear("a", 0, 1, 2, newsReport, "5")
	b.log = nil
	at := b.now
	for len(b.log) == 0 {
		b.pass(100*time.Millisecond, "b")
	}
	if took := b.now.Sub(at); took > 4*time.Second {
		t.Errorf("noticed after %v", took)
	}
	b.expect(t, "gone a 0", "lost a 0 sum 5")
	b.hear("b", 1, 1, 2, newsDone, "")
	if r := b.result(); !b.over(b.now) || r.Whole() || r.Parts[0].State != Missing || r.Parts[0].Sum.(*total).n != 5 {
		t.Errorf("%+v", r)
	}
	// Who was cut off for a while goes on where it was.
	b.log = nil
	b.hear("a", 0, 1, 3, newsReport, "6")
	b.hear("a", 0, 1, 4, newsDone, "")
	b.expect(t, "joined a 0", "found a 0 sum 5", "reported a 0 sum 11", "done a 0 sum 11")
}

// What another worker takes over begins again; what the one before says later counts
// for nothing.
func TestTakeover(t *testing.T) {
	b := newBook(Job{Parts: 2, Together: true, Takeover: true})
	b.hear("a", 0, 1, 1, newsReady, "")
	b.hear("b", 1, 1, 1, newsReady, "")
	b.begin()
	b.hear("a", 0, 1, 2, newsReport, "5")
	b.pass(4*time.Second, "b")
	b.hear("b", 1, 1, 2, newsDone, "")
	if b.over(b.now) {
		t.Error("over while somebody may take the part over")
	}
	b.log = nil
	b.hear("b", 0, 2, 1, newsReady, "")
	b.expect(t, "taken b 0 sum 5: a", "ready b 0")
	b.hear("a", 0, 1, 3, newsReport, "100")
	b.hear("b", 0, 2, 2, newsReport, "7")
	b.hear("a", 0, 1, 4, newsDone, "")
	b.expect(t, "joined a 0", "reported b 0 sum 7")
	b.hear("b", 0, 2, 3, newsDone, "")
	if r := b.result(); !b.over(b.now) || !r.Whole() || r.Parts[0].Sum.(*total).n != 7 || r.Parts[0].Worker != "b" {
		t.Errorf("%+v", r)
	}
}

// A part that is lost before the beginning goes to another worker, whatever the job; and what is lost for ever
// is not waited for longer than that.
func TestLossBeforeTheBeginning(t *testing.T) {
	b := newBook(Job{Parts: 1, Together: true})
	b.hear("a", 0, 1, 1, newsReady, "")
	b.pass(4 * time.Second)
	if b.mayBegin() || b.over(b.now) {
		t.Error("begins, or is over, with nobody")
	}
	b.log = nil
	b.hear("c", 0, 2, 1, newsReady, "")
	b.expect(t, "joined c 0", "ready c 0")
	if !b.mayBegin() {
		t.Error("does not begin")
	}
	b = newBook(Job{Parts: 1, Takeover: true})
	b.hear("a", 0, 1, 1, newsReady, "")
	b.pass(5*time.Second, "b")
	if b.over(b.now) {
		t.Error("over while b may take it")
	}
	b.pass(Defaults().Spare, "b")
	if !b.over(b.now) {
		t.Error("b has had its time")
	}
}

func TestGates(t *testing.T) {
	b := newBook(Job{Parts: 3, Together: true})
	for i, w := range []string{"a", "b", "c"} {
		b.hear(w, i, 1, 1, newsReady, "")
	}
	b.begin()
	b.hear("a", 0, 1, 2, newsGate, "ramp")
	b.hear("b", 1, 1, 2, newsGate, "ramp")
	if got := b.open(); got != nil {
		t.Errorf("opens %q without c", got)
	}
	b.pass(4*time.Second, "a", "b") // c is lost
	if got := b.open(); !slices.Equal(got, []string{"ramp"}) {
		t.Errorf("opens %q", got)
	}
	if got := b.open(); got != nil {
		t.Errorf("opens %q twice", got)
	}
}

// Nothing that a worker sends is trusted.
func TestNonsense(t *testing.T) {
	b := newBook(Job{Parts: 1, Together: true})
	b.hear("a", 1, 1, 1, newsReady, "")
	b.hear("a", -1, 1, 1, newsReady, "")
	b.expect(t, "trouble a 0: news of part 1, attempt 1: there is none", "trouble a 0: news of part -1, attempt 1: there is none")
	b.hear("a", 0, 1, 1, newsReady, "")
	b.hear("z", 0, 1, 2, newsDone, "") // not its part
	b.begin()
	b.hear("a", 0, 1, 4, newsReport, "1")
	b.hear("a", 0, 1, 5, newsReport, "x")
	b.hear("a", 0, 1, 6, newsReport, "1")
	b.expect(t, "joined a 0", "ready a 0", "joined z 0", "begun  0", "trouble a 0: 2 reports are missing", "reported a 0 sum 1", "failed a 0 sum 1: not a number")
	if r := b.result(); !b.over(b.now) || r.Parts[0].State != Broken || r.Parts[0].Text != "not a number" {
		t.Errorf("%+v", r)
	}
}

// A worker that is told to end says so, and does not come back to the part.
func TestLeaving(t *testing.T) {
	b := newBook(Job{Parts: 2, Takeover: true})
	b.hear("a", 0, 1, 1, newsReady, "")
	b.hear("a", 0, 1, 2, newsReport, "3")
	b.hear("a", 0, 1, 3, newsLeft, "")
	b.beat("a", "a", b.now)
	b.expect(t, "joined a 0", "ready a 0", "reported a 0 sum 3", "lost a 0 sum 3: its worker was told to end")
	b.hear("b", 0, 2, 1, newsReady, "")
	b.hear("b", 1, 1, 1, newsReady, "")
	b.hear("b", 1, 1, 2, newsStopped, "")
	if b.idle() || b.result().Parts[1].State != Stopped {
		t.Errorf("%+v", b.result())
	}
}
