// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"
)

// A Worker takes parts of jobs and carries them out.
type Worker struct {
	Bus     *Bus
	Name    string            // for people, such as host[pid]
	Version string            // of the program
	Runners map[string]Runner // by kind
	Times   Times
	Once    bool                             // end when the first part is done
	Tell    func(format string, args ...any) // what people who look at the worker may read; may be nil

	id string

	mu       sync.Mutex
	holding  int  // parts
	carrying int  // of them, those that have come; another may be asked for
	did      bool // one
	enough   context.CancelFunc
	together int // of them, those of jobs that have begun together
	changed  chan struct{}
}

// mostTakenOver is how many parts of others a worker takes beside its own.
const mostTakenOver = 3

// Run works until the context ends. It then has the Runners end, and hands over what
// they have.
func (w *Worker) Run(ctx context.Context) error {
	w.id, w.changed = nuid.Next(), make(chan struct{}, 1)
	w.Times = w.Times.orDefaults()
	if w.Tell == nil {
		w.Tell = func(string, ...any) {}
	}
	alive, stop := context.WithCancel(context.WithoutCancel(ctx)) // until the last part has been handed over
	defer stop()
	go w.beat(alive)
	var all sync.WaitGroup
	defer all.Wait()
	ctx, w.enough = context.WithCancel(ctx)
	defer w.enough()
	queue, err := w.Bus.queue(ctx, slices.Sorted(maps.Keys(w.Runners)), w.Version, w.Times.Lease)
	if err != nil {
		return fmt.Errorf("queue: %w", err)
	}
	w.take(ctx, queue, &all)
	return nil
}

// beat says that we are alive.
func (w *Worker) beat(ctx context.Context) {
	b, err := json.Marshal(beat{w.id, w.Name, w.Version})
	if err != nil {
		panic(err) // strings and nothing else
	}
	t := time.NewTicker(w.Times.Beat)
	defer t.Stop()
	for {
		if w.Bus.nc.IsConnected() { // what is said later would be no sign of life now
			_ = w.Bus.nc.Publish(beats, b) // the next may come through
		}
		select {
		case <-t.C:
		case <-ctx.Done():
			return
		}
	}
}

// fetchPatience is how long the server waits for a part before it says that there is none.
const fetchPatience = 2 * time.Second

// take takes parts from the queue, one at a time, whenever we may have another.
func (w *Worker) take(ctx context.Context, queue jetstream.Consumer, all *sync.WaitGroup) {
	for ctx.Err() == nil {
		if !w.reserve() {
			select {
			case <-w.changed:
			case <-ctx.Done():
			}
			continue
		}
		m := w.next(ctx, queue)
		if m == nil {
			w.release(false)
			continue
		}
		if ctx.Err() != nil {
			_ = m.Nak() // it comes back by itself, too
			w.release(false)
			break
		}
		w.mu.Lock()
		w.carrying++
		w.mu.Unlock()
		all.Go(func() {
			l := &lease{w: w, msg: m}
			l.carryOut(ctx)
			w.release(l.together)
			w.once(l.done)
		})
	}
}

// next waits a while for a part.
func (w *Worker) next(ctx context.Context, queue jetstream.Consumer) jetstream.Msg {
	try, cancel := context.WithTimeout(ctx, fetchPatience)
	defer cancel()
	late, over := context.WithTimeout(ctx, 2*fetchPatience)
	defer over()
	batch, err := queue.Fetch(1, jetstream.FetchContext(try))
	if err == nil {
		select {
		case m, ok := <-batch.Messages():
			if ok {
				return m
			}
			err = batch.Error()
		case <-late.Done(): // the library waits for ever for a server that is gone
		}
	}
	if err != nil && !errors.Is(err, jetstream.ErrNoMessages) && !errors.Is(err, context.DeadlineExceeded) {
		select {
		case <-time.After(retryPause):
		case <-ctx.Done():
		}
	}
	return nil
}

// reserve reports whether we may have another part, and counts it. While nothing but
// parts of jobs that have begun together are being carried out, that is one taken over.
func (w *Worker) reserve() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.holding > 0 && (w.holding > w.together || w.holding > mostTakenOver) {
		return false
	}
	w.holding++
	return true
}

// release is the end of a part.
func (w *Worker) release(together bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.holding--
	if together {
		w.together--
	}
	w.signal()
}

// once ends a worker that is for one part.
func (w *Worker) once(done bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.carrying--
	w.did = w.did || done
	if w.Once && w.did && w.carrying == 0 {
		w.enough()
	}
}

// begunTogether notes that a part has begun together with the others of its job.
func (w *Worker) begunTogether() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.together++
	w.signal()
}

func (w *Worker) signal() {
	select {
	case w.changed <- struct{}{}:
	default:
	}
}
