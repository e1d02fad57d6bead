// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// tickEvery is how often the controller looks who is still there.
func (t Times) tickEvery() time.Duration { return t.Beat / 2 }

// gather reads what comes, and decides, until nothing more does.
func (c *Controller) gather(ctx context.Context) (*Result, error) {
	within, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	comes, alive, stop, err := c.listen(within)
	if err != nil {
		return nil, err
	}
	defer stop()
	tick := time.NewTicker(c.Times.tickEvery())
	defer tick.Stop()
	told, interrupted := ctx.Done(), false
	var end <-chan time.Time
	pieces := &pieces{}
	for {
		select {
		case m := <-comes:
			c.news(pieces, m)
		case m := <-alive:
			if b, err := parseBeat(m.Data); err == nil && (b.Version == c.Job.Version) {
				c.ledger.beat(b.Worker, b.Name, time.Now())
			}
		case <-tick.C:
			if c.Bus.nc.IsClosed() {
				return nil, fmt.Errorf("%w: the connection was closed", ErrServer)
			}
			if c.Bus.nc.IsConnected() { // what we cannot hear is not silent
				c.ledger.tick(time.Now())
			} else {
				c.ledger.deaf(time.Now())
			}
		case <-told:
			told, interrupted = nil, true
			c.status.Phase = phaseStopping
			if err := c.publish(within); err != nil {
				return nil, err
			}
			end = time.After(c.Ending)
		case <-end:
			return c.result(true), nil
		}
		if err := c.decide(within, interrupted); err != nil {
			return nil, err
		}
		if c.ledger.over(time.Now()) || interrupted && c.ledger.idle() {
			return c.result(interrupted), nil
		}
	}
}

// decide begins the job once all parts are taken, and opens gates.
func (c *Controller) decide(ctx context.Context, interrupted bool) error {
	if interrupted {
		return nil
	}
	changed := false
	if c.ledger.mayBegin() {
		c.begun = time.Now().Add(c.Times.Lead)
		c.status.Phase, c.status.BeginNS = phaseRunning, c.begun.UnixNano()
		c.ledger.begin()
		changed = true
	}
	for _, name := range c.ledger.open() {
		c.status.Gates = append(c.status.Gates, gate{name, time.Now().UnixNano()})
		changed = true
	}
	if !changed {
		return nil
	}
	return c.publish(ctx)
}

func (c *Controller) result(interrupted bool) *Result {
	r := c.ledger.result()
	r.Interrupted, r.Begun = interrupted, c.begun
	return r
}

// news reads a message of a worker.
func (c *Controller) news(all *pieces, m jetstream.Msg) {
	n, more, last, err := parseNews(partOf(m.Subject()), m.Headers(), m.Data())
	if err == nil {
		n, last, err = all.join(n, more, last)
	}
	switch {
	case err != nil:
		c.Tell(Event{Kind: Trouble, Text: fmt.Sprintf("a message that makes no sense: %v", err)})
	case last:
		c.ledger.news(n, time.Now())
	}
}

// pieces are reports of which not all has come.
type pieces struct{ open []news }

// join adds a piece to those that came before.
func (p *pieces) join(n news, more int, last bool) (news, bool, error) {
	if more == 0 && last {
		return n, true, nil
	}
	same := func(o news) bool {
		return o.Part == n.Part && o.Attempt == n.Attempt && o.Worker == n.Worker && o.Seq == n.Seq
	}
	i := slices.IndexFunc(p.open, same)
	if more == 0 {
		if i >= 0 {
			p.open = slices.Delete(p.open, i, i+1) // it is sent once more
		}
		if len(p.open) >= mostOpen {
			p.open = p.open[1:] // of somebody who has gone
		}
		n.Offset, n.Data = 1, slices.Clip(n.Data) // one piece has come
		p.open = append(p.open, n)
		return n, false, nil
	}
	if i < 0 {
		return n, false, nil // its beginning was let go, or it has come twice
	}
	o := &p.open[i]
	switch {
	case int(o.Offset) != more:
		return n, false, nil // it has come twice
	case len(o.Data)+len(n.Data) > mostData:
		p.open = slices.Delete(p.open, i, i+1)
		return n, false, fmt.Errorf("a report of more than %d octets", mostData)
	}
	o.Data = append(o.Data, n.Data...)
	o.Offset++
	if !last {
		return n, false, nil
	}
	whole := *o
	whole.Offset = 0
	p.open = slices.Delete(p.open, i, i+1)
	return whole, true, nil
}

// mostOpen bounds the reports of which not all has come.
const mostOpen = 100
