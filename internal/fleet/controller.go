// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"
)

// A Controller shares a job out, decides when it begins, and gathers what comes of it.
type Controller struct {
	Bus    *Bus
	Job    Job
	New    func() Sum  // an empty one
	Tell   func(Event) // called by the goroutine of Run alone
	Times  Times
	Name   string        // for people, such as host[pid]
	Ending time.Duration // how long parts may take to end when the job is stopped; 0 is ten seconds

	ledger *ledger
	status status
	begun  time.Time
}

// ErrOwned is why a job is not picked up: another controller has it.
var ErrOwned = errors.New("the job has a controller")

// Run carries out the job, or what an earlier controller has left of it. It returns
// when nothing more will come of any part. If the context ends, the job is stopped and the
// result says so.
func (c *Controller) Run(ctx context.Context) (*Result, error) {
	c.Times = c.Times.orDefaults()
	if c.Tell == nil {
		c.Tell = func(Event) {}
	}
	if c.Ending <= 0 {
		c.Ending = 10 * time.Second
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	c.ledger = newLedger(c.Job, c.Times, c.New, c.Tell)
	disown, err := c.own(ctx)
	if err != nil {
		return c.stoppedEarly(ctx, err)
	}
	defer disown()
	if err := c.open(ctx); err != nil {
		if ctx.Err() != nil {
			err = errors.Join(err, c.clear())
		}
		return c.stoppedEarly(ctx, err)
	}
	forget, err := c.Bus.tellTime(c.Job.ID)
	if err != nil {
		return nil, err
	}
	defer forget()
	r, err := c.gather(ctx)
	if err != nil {
		return nil, err
	}
	return r, c.clear()
}

// stoppedEarly is the result where the context ended before anything was shared out.
func (c *Controller) stoppedEarly(ctx context.Context, err error) (*Result, error) {
	if ctx.Err() != nil {
		return c.result(true), nil
	}
	return nil, err
}

func (c *Controller) check() error {
	switch j := c.Job; {
	case !validID(j.ID):
		return fmt.Errorf("job %.80q: want letters, digits and dashes, 64 at most", j.ID)
	case j.Parts < 1 || j.Parts > mostParts:
		return fmt.Errorf("%d parts: want 1 to %d", j.Parts, mostParts)
	case len(j.Spec) > c.Bus.fits()/2:
		return fmt.Errorf("the specification has %d octets: the server takes %d", len(j.Spec), c.Bus.fits()/2)
	}
	return nil
}

// own makes the job ours, unless another controller is alive. What it returns lets go
// of it.
func (c *Controller) own(ctx context.Context) (disown func(), err error) {
	key, me := ownerKey(c.Job.ID), []byte(c.Name+" "+nuid.Next())
	var last uint64
	e, err := c.Bus.jobs.Get(ctx, key)
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound):
		last, err = c.Bus.jobs.Create(ctx, key, me)
	case err == nil:
		before := e.Revision()
		select { // a controller that is alive says so meanwhile
		case <-time.After(c.Times.Lease):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if e, err = c.Bus.jobs.Get(ctx, key); err == nil && e.Revision() != before {
			name, _, _ := strings.Cut(string(e.Value()), " ")
			return nil, fmt.Errorf("%w: %.100s", ErrOwned, name)
		}
		last, err = c.Bus.jobs.Update(ctx, key, me, before)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOwned, err)
	}
	alive, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		t := time.NewTicker(c.Times.Beat)
		defer t.Stop()
		for {
			select {
			case <-t.C:
			case <-alive.Done():
				return
			}
			if next, err := c.Bus.jobs.Update(alive, key, me, last); err == nil {
				last = next
			}
		}
	}()
	return func() {
		stop()
		<-ended
		short, cancel := context.WithTimeout(context.WithoutCancel(ctx), publishPatience)
		defer cancel()
		_ = c.Bus.jobs.Purge(short, key) // it goes out of date by itself
	}, nil
}

// open finds the job as it was left, or shares it out.
func (c *Controller) open(ctx context.Context) error {
	j := c.Job
	left, err := c.Bus.status(ctx, j.ID)
	if err != nil {
		return err
	}
	c.status = status{Kind: j.Kind, Version: j.Version, Spec: j.Spec, Parts: j.Parts, Together: j.Together, Takeover: j.Takeover, Phase: phaseSharing}
	if left != nil && left.Phase != phaseSharing && left.Phase != phaseStopping {
		if left.Kind != j.Kind || left.Version != j.Version || left.Parts != j.Parts || string(left.Spec) != string(j.Spec) {
			return fmt.Errorf("job %s is another one: choose another name, or wait until it has ended", j.ID)
		}
		c.status = *left
		for _, g := range left.Gates {
			c.ledger.gates[g.Name] = true
		}
		c.Tell(Event{Kind: Resumed})
		if left.Phase == phaseRunning && j.Together {
			c.begun = time.Unix(0, left.BeginNS)
			c.ledger.begin()
		}
		return nil
	}
	if err := c.clear(); err != nil {
		return err
	}
	if err := c.publish(ctx); err != nil {
		return err
	}
	for i := range j.Parts {
		b, err := json.Marshal(ticket{j.ID, i})
		if err != nil {
			return err
		}
		if _, err := c.Bus.js.Publish(ctx, workSubject(j.Kind, j.Version, j.ID), b); err != nil {
			return fmt.Errorf("share out part %d: %w", i, err)
		}
	}
	if c.status.Phase = phaseWaiting; !j.Together {
		c.status.Phase, c.status.BeginNS = phaseRunning, time.Now().UnixNano()
		c.begun = time.Now()
	}
	return c.publish(ctx)
}

// publish says to all how the job stands.
func (c *Controller) publish(ctx context.Context) error {
	b, err := json.Marshal(c.status)
	if err != nil {
		return err
	}
	for {
		try, cancel := context.WithTimeout(ctx, publishPatience)
		_, err = c.Bus.jobs.Put(try, jobKey(c.Job.ID), b)
		cancel()
		if err == nil || ctx.Err() != nil {
			return err
		}
		select {
		case <-time.After(retryPause):
		case <-ctx.Done():
			return err
		}
	}
}

// clear takes from the server all that there is of the job.
func (c *Controller) clear() error {
	ctx, cancel := context.WithTimeout(context.Background(), connectPatience)
	defer cancel()
	if err := c.Bus.jobs.Purge(ctx, jobKey(c.Job.ID)); err != nil {
		return err
	}
	for stream, subject := range map[string]string{
		workStream: workSubject(c.Job.Kind, c.Job.Version, c.Job.ID), newsStream: "wsspec.news." + c.Job.ID + ".>",
	} {
		s, err := c.Bus.js.Stream(ctx, stream)
		if err != nil {
			return err
		}
		if err := s.Purge(ctx, jetstream.WithPurgeSubject(subject)); err != nil {
			return err
		}
	}
	return nil
}

// listen has news and beats come in on channels until stop is called.
func (c *Controller) listen(ctx context.Context) (comes chan jetstream.Msg, alive chan *nats.Msg, stop func(), err error) {
	comes, alive = make(chan jetstream.Msg, 256), make(chan *nats.Msg, 1024)
	done := make(chan struct{})
	reader, err := c.Bus.js.OrderedConsumer(ctx, newsStream, jetstream.OrderedConsumerConfig{FilterSubjects: []string{"wsspec.news." + c.Job.ID + ".>"}, DeliverPolicy: jetstream.DeliverAllPolicy})
	if err != nil {
		return nil, nil, nil, err
	}
	reading, err := reader.Consume(func(m jetstream.Msg) {
		select {
		case comes <- m:
		case <-done:
		}
	})
	if err != nil {
		return nil, nil, nil, err
	}
	hearing, err := c.Bus.nc.ChanSubscribe(beats, alive)
	if err != nil {
		reading.Stop()
		return nil, nil, nil, err
	}
	return comes, alive, func() {
		close(done)
		reading.Stop()
		_ = hearing.Unsubscribe()
	}, nil
}

// partOf is the part that a subject of news names.
func partOf(subject string) int {
	n, err := strconv.Atoi(subject[strings.LastIndexByte(subject, '.')+1:])
	if err != nil {
		return -1
	}
	return n
}
