// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"
)

// All begin at one moment, each with a part of its own, and the totals are exact; a slow
// network changes nothing.
func TestTogether(t *testing.T) { virtual(t, together, "a", "b", "c") }

func together(r *rig) {
	r.cables["c"].delay(2 * time.Millisecond)
	ended := r.control(r.t.Context(), r.connect(), Job{ID: "together", Parts: 3, Together: true, Spec: []byte("gate")})
	who := r.half(3)
	if who[0] == who[1] || who[1] == who[2] || who[0] == who[2] {
		r.t.Errorf("parts are with %v", who)
	}
	close(r.pass)
	result := r.whole(ended)
	if time.Since(result.Begun) > time.Minute || result.Interrupted {
		r.t.Errorf("%+v", result)
	}
	// Nothing is left of it.
	bus := r.connect()
	if s, err := bus.status(r.t.Context(), "together"); s != nil || err != nil {
		r.t.Errorf("%+v, %v", s, err)
	}
	for _, name := range []string{workStream, newsStream} {
		s, err := bus.js.Stream(r.t.Context(), name)
		if err != nil {
			r.t.Fatal(err)
		}
		if info, err := s.Info(r.t.Context()); err != nil || info.State.Msgs != 0 {
			r.t.Errorf("%s: %+v, %v", name, info, err)
		}
	}
}

// One is killed in the middle. Others take over what it held, from the beginning, and the total is that of the plan.
func TestKilled(t *testing.T) { virtual(t, killed, "a", "b", "c") }

func killed(r *rig) {
	ended := r.control(r.t.Context(), r.connect(), Job{ID: "killed", Parts: 3, Together: true, Takeover: true})
	who := r.half(3)
	victim := who[1]
	r.cables[victim].cut() // and never mended
	lost := r.await(Lost)
	if lost.Part != 1 || lost.Worker != victim || lost.Sum.(*total).n > reports/2*2 {
		r.t.Errorf("%+v", lost)
	}
	if taken := r.await(Taken); taken.Part != 1 || taken.Worker == victim || taken.Attempt < 2 {
		r.t.Errorf("%+v", taken)
	}
	close(r.pass)
	if p := r.whole(ended).Parts[1]; p.Worker == victim {
		r.t.Errorf("%+v", p)
	}
	r.cables[victim].mend() // so that it can end
}

// One is cut off, somebody takes over, and it comes back: what it says then counts for nothing.
func TestCutOffAndReplaced(t *testing.T) { virtual(t, cutOffAndReplaced, "a", "b") }

func cutOffAndReplaced(r *rig) {
	ended := r.control(r.t.Context(), r.connect(), Job{ID: "replaced", Parts: 2, Together: true, Takeover: true})
	who := r.half(2)
	r.cables[who[0]].cut()
	r.await(Taken)
	r.cables[who[0]].mend()
	close(r.pass)
	if p := r.whole(ended).Parts[0]; p.Worker != who[1] {
		r.t.Errorf("%+v", p)
	}
}

// One is cut off for a while, and nobody may take over: it goes on where it was.
func TestCutOffAndBack(t *testing.T) { virtual(t, cutOffAndBack, "a", "b") }

func cutOffAndBack(r *rig) {
	ended := r.control(r.t.Context(), r.connect(), Job{ID: "back", Parts: 2, Together: true})
	who := r.half(2)
	r.cables[who[0]].cut()
	if lost := r.await(Lost); lost.Part != 0 {
		r.t.Errorf("%+v", lost)
	}
	r.cables[who[0]].mend()
	if found := r.await(Found); found.Part != 0 || found.Worker != who[0] {
		r.t.Errorf("%+v", found)
	}
	close(r.pass)
	r.whole(ended)
}

// One is lost for ever, and nobody may take over: the job ends with what there is.
func TestLostForEver(t *testing.T) { virtual(t, lostForEver, "a", "b") }

func lostForEver(r *rig) {
	ended := r.control(r.t.Context(), r.connect(), Job{ID: "lost", Parts: 2, Together: true})
	who := r.half(2)
	for range reports { // of both, so that the total is known
		r.await(Reported)
	}
	r.cables[who[0]].cut()
	r.await(Lost)
	close(r.pass)
	result, ok := (<-ended).(*Result)
	if !ok || result.Whole() || result.Parts[0].State != Missing || result.Parts[1].State != Complete {
		r.t.Fatalf("%+v", result)
	}
	if n := result.Parts[0].Sum.(*total).n + result.Parts[1].Sum.(*total).n; n != reports/2+reports*2 {
		r.t.Errorf("total %d", n)
	}
	r.cables[who[0]].mend()
}

// Many parts, one after the other, with workers that come and go.
func TestQueue(t *testing.T) { virtual(t, queue, "a", "b") }

func queue(r *rig) {
	close(r.pass)
	ended := r.control(r.t.Context(), r.connect(), Job{ID: "queue", Parts: 20, Takeover: true})
	r.await(Done)
	r.stops["a"]()
	r.start("c")
	r.whole(ended)
}

// A controller dies, and another picks the job up.
func TestControllerDies(t *testing.T) { virtual(t, controllerDies, "a", "b") }

func controllerDies(r *rig) {
	job := Job{ID: "again", Parts: 2, Together: true}
	bus := r.connect()
	ended := r.control(r.t.Context(), bus, job)
	r.half(2)
	bus.Close()
	if err, ok := (<-ended).(error); !ok || !errors.Is(err, ErrServer) {
		r.t.Fatalf("%v", err)
	}
	close(r.pass) // while there is none
	ended = r.control(r.t.Context(), r.connect(), job)
	r.await(Resumed)
	r.whole(ended)
}

// A job has one controller.
func TestOneController(t *testing.T) { virtual(t, oneController, "a") }

func oneController(r *rig) {
	job := Job{ID: "mine", Parts: 1, Together: true}
	first := r.control(r.t.Context(), r.connect(), job)
	r.half(1)
	if err, ok := (<-r.control(r.t.Context(), r.connect(), job)).(error); !ok || !errors.Is(err, ErrOwned) || !strings.Contains(err.Error(), "controller") {
		r.t.Errorf("%v", err)
	}
	close(r.pass)
	r.whole(first)
}

// A signal stops the job, and what there is comes back.
func TestStopped(t *testing.T) { virtual(t, stopped, "a", "b") }

func stopped(r *rig) {
	ctx, stop := context.WithCancel(r.t.Context())
	ended := r.control(ctx, r.connect(), Job{ID: "stopped", Parts: 2, Together: true})
	r.half(2)
	stop()
	result, ok := (<-ended).(*Result)
	if !ok || !result.Interrupted || result.Whole() {
		r.t.Fatalf("%+v", result)
	}
	for i, p := range result.Parts {
		if p.State != Stopped || p.Sum.(*total).n != reports/2*(i+1) {
			r.t.Errorf("part %d: %+v, %+v", i, p, p.Sum)
		}
	}
	// The workers are there for the next.
	close(r.pass)
	r.whole(r.control(r.t.Context(), r.connect(), Job{ID: "next", Parts: 2, Together: true}))
}

func TestStoppedBeforeTheBeginning(t *testing.T) { virtual(t, stoppedBeforeTheBeginning, "a") }

func stoppedBeforeTheBeginning(r *rig) {
	ctx, stop := context.WithCancel(r.t.Context())
	ended := r.control(ctx, r.connect(), Job{ID: "early", Parts: 2, Together: true})
	r.await(Ready)
	stop()
	if result, ok := (<-ended).(*Result); !ok || !result.Interrupted || result.Parts[0].State == Complete {
		r.t.Errorf("%+v", result)
	}
}

// What a Runner says is wrong is told once, and a panic does not end the worker.
func TestFailures(t *testing.T) { virtual(t, failures, "a") }

func failures(r *rig) {
	for spec, want := range map[string]string{"fail": "this makes no sense", "panic": "fault in wsspec: oh"} {
		result, ok := (<-r.control(r.t.Context(), r.connect(), Job{ID: spec, Parts: 1, Together: true, Takeover: true, Spec: []byte(spec)})).(*Result)
		if !ok || result.Parts[0].State != Broken || result.Parts[0].Text != want {
			r.t.Errorf("%s: %+v", spec, result)
		}
	}
}

func TestBadJobs(t *testing.T) {
	virtual(t, func(r *rig) {
		for _, j := range []Job{{ID: "a b", Parts: 1}, {ID: "a", Parts: 0}, {ID: "a", Parts: 1 << 20}, {ID: "a", Parts: 1, Spec: make([]byte, mostPayload)}} {
			if err, ok := (<-r.control(r.t.Context(), r.connect(), j)).(error); !ok {
				r.t.Errorf("%+v: %v", j, err)
			}
		}
	})
}

// A hub is reached by the URLs that it tells, and without its token by nobody.
func TestAddresses(t *testing.T) {
	for _, url := range []string{"", "http://x", "nats://", "host:4222", "nats://x:99999", "nats://x:0"} {
		if _, err := Connect(t.Context(), Address{URL: url}); !errors.Is(err, ErrAddress) {
			t.Errorf("%s: %v", url, err)
		}
	}
	hub, err := NewHub(HubConfig{Token: "secret", Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer hub.Close()
	url := hub.URLs()[0]
	bus, err := Connect(t.Context(), Address{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	bus.Close()
	if _, err := Connect(t.Context(), Address{URL: strings.Replace(url, "secret", "wrong", 1)}); !errors.Is(err, ErrServer) || strings.Contains(err.Error(), "wrong@") {
		t.Errorf("%v", err)
	}
}

// A report that does not fit into a message goes in pieces.
func TestPieces(t *testing.T) {
	whole := []byte(strings.Repeat("0123456789", 10))
	for _, fits := range []int{1, 7, 99, 100, 1000} {
		var all pieces
		n := news{Kind: newsReport, Attempt: 1, Seq: 3, Worker: "w", Name: "W", Data: whole}
		messages := n.messages("s", "job", fits)
		for i, m := range slices.Concat(messages, messages[len(messages)-1:]) { // the last comes twice
			p, more, last, err := parseNews(0, m.Header, m.Data)
			if err != nil || last != (i >= len(messages)-1) {
				t.Fatalf("%d of %d: last %v, %v", i, len(messages), last, err)
			}
			got, done, err := all.join(p, more, last)
			if done != (i == len(messages)-1 || len(messages) == 1) || err != nil || done && string(got.Data) != string(whole) {
				t.Fatalf("%d of %d at %d: %v, %v, %q", i, len(messages), fits, done, err, got.Data)
			}
		}
		if len(all.open) != 0 {
			t.Errorf("%d are left", len(all.open))
		}
	}
}

func FuzzMessages(f *testing.F) {
	f.Add("report", "1", "2", "w", "W", "1 2", "-1", []byte("x"))
	f.Add("ready", "1", "2", "w", "W", "1 2", "0", []byte(`{"phase":"running","parts":1,"job":"a"}`))
	f.Fuzz(func(t *testing.T, kind, attempt, seq, worker, name, clock, more string, data []byte) {
		h := map[string][]string{headKind: {kind}, headAttempt: {attempt}, headSeq: {seq}, headWorker: {worker}, headName: {name}, headClock: {clock}, headMore: {more}}
		var all pieces
		b := newBook(Job{Parts: 1, Together: true})
		if n, more, last, err := parseNews(0, h, data); err == nil {
			if n, last, err = all.join(n, more, last); err == nil && last {
				b.news(n, b.now)
			}
		}
		_, _ = parseBeat(data)
		if s, err := parseStatus(data); err == nil && s.Parts < 1 {
			t.Errorf("%+v", s)
		}
		if k, err := parseTicket(data); err == nil && !validID(k.Job) {
			t.Errorf("%+v", k)
		}
	})
}

// What is wrong with a server is said in a sentence.
func TestServersInVain(t *testing.T) {
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	strange, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer strange.Close()
	go func() {
		for {
			c, err := strange.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(c, "SSH-2.0-OpenSSH_9.9\r\n")
			c.Close()
		}
	}()
	for l, want := range map[net.Listener]string{gone: "nobody listens there", strange: "what answers there is no NATS server"} {
		url := "nats://" + l.Addr().String()
		if _, err := Connect(t.Context(), Address{URL: url}); !errors.Is(err, ErrServer) || err.Error() != ErrServer.Error()+": "+url+": "+want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
