// SPDX-License-Identifier: Apache-2.0

package crew

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/wsspec/wsspec/internal/load/drive"
	"github.com/wsspec/wsspec/internal/load/stats"
)

// Work is a child: it does what the parent says on in, and says on out what it has measured. The
// end of in has it stop. The error is that the parent cannot be understood or is gone. dial
// is for tests, as in drive.Config.
func Work(ctx context.Context, in io.Reader, out io.Writer, locate drive.Locator, dial func(context.Context) (net.Conn, error)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w := &worker{out: out}
	orders := make(chan order)
	go func() {
		defer cancel() // the parent is gone
		defer close(orders)
		for d := json.NewDecoder(bufio.NewReader(in)); ; {
			var o order
			if d.Decode(&o) != nil || o.Stop {
				return
			}
			select {
			case orders <- o:
			case <-ctx.Done():
				return
			}
		}
	}()
	first, ok := <-orders
	if !ok || first.Job == nil {
		return errors.New("there is no job: this command is for wsspec itself")
	}
	j := first.Job
	j.Plan.ProxyPassword = j.ProxyPassword
	target, err := locate(ctx, j.Plan)
	if err != nil {
		return w.say(report{Error: err.Error()})
	}
	target.Sources = drive.SourcesOf(target, j.Part, j.Parts)
	if err := w.say(report{Ready: true}); err != nil {
		return err
	}
	start := <-orders
	if start.Begin == nil { // stopped
		return w.say(report{End: &drive.End{Interrupted: true}})
	}
	now := time.Now()
	end, err := drive.Run(ctx, drive.Config{
		Plan: j.Plan, Part: j.Part, Parts: j.Parts, Target: target, Dial: dial, Precise: dial == nil,
		Begin: now.Add(-now.Round(0).Sub(start.Begin.At)), // by the clock that never jumps
		From:  start.Begin.From, Every: j.Every, Emit: w.measured,
		Gate: func(ctx context.Context) time.Duration {
			_ = w.say(report{Ramped: true})
			select {
			case <-orders:
			case <-ctx.Done():
			}
			return 0
		},
	})
	if err != nil {
		return w.say(report{Error: err.Error()})
	}
	return w.say(report{End: &end})
}

type worker struct {
	mu  sync.Mutex
	out io.Writer
}

func (w *worker) say(r report) error {
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, err = w.out.Write(append(b, '\n')); err != nil {
		return fmt.Errorf("the process that has started this one is gone: %w", err)
	}
	return nil
}

func (w *worker) measured(s *stats.Snapshot) {
	b, err := json.Marshal(s)
	if err != nil {
		b = nil // what cannot be written is lost, and the totals show it
	}
	_ = w.say(report{Stats: b}) // who is gone is noticed by the end of its orders
}
