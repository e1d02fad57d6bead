// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
)

// soon are times at which tests do not take long, and that a busy machine keeps.
func soon() Times {
	return Times{Beat: 50 * time.Millisecond, Lease: 800 * time.Millisecond, Dead: time.Second, Lead: 50 * time.Millisecond, Idle: 20 * time.Second, Spare: 20 * time.Second}
}

// A cable is the way of one worker to the server. It can be cut.
type cable struct {
	mu    sync.Mutex
	whole chan struct{} // closed while it is not cut
	slow  time.Duration // for each piece of output
}

func newCable() *cable {
	c := &cable{whole: make(chan struct{})}
	close(c.whole)
	return c
}

func (c *cable) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.whole = make(chan struct{})
}

func (c *cable) mend() {
	c.mu.Lock()
	defer c.mu.Unlock()
	close(c.whole)
}

// delay makes it slow.
func (c *cable) delay(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.slow = d
}

func (c *cable) state() (whole <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.whole
}

func (c *cable) Dial(network, address string) (net.Conn, error) {
	select {
	case <-c.state():
	default:
		return nil, errors.New("the cable is cut")
	}
	conn, err := net.Dial(network, address)
	if err != nil {
		return nil, err
	}
	return &end{Conn: conn, cable: c, closed: make(chan struct{})}, nil
}

// An end of a cable that is cut neither gives nor takes, like a network that loses everything.
type end struct {
	net.Conn
	cable  *cable
	once   sync.Once
	closed chan struct{}
}

func (e *end) wait() error {
	select {
	case <-e.cable.state():
		return nil
	case <-e.closed:
		return net.ErrClosed
	}
}

func (e *end) Read(p []byte) (int, error) {
	n, err := e.Conn.Read(p)
	return n, errors.Join(err, e.wait())
}

func (e *end) Write(p []byte) (int, error) {
	if err := e.wait(); err != nil {
		return 0, err
	}
	e.cable.mu.Lock()
	slow := e.cable.slow
	e.cable.mu.Unlock()
	if slow > 0 {
		<-time.After(slow)
	}
	return e.Conn.Write(p)
}

func (e *end) Close() error {
	e.once.Do(func() { close(e.closed) })
	return e.Conn.Close()
}

// A rig is a hub with workers, and a Runner that a test has in its hand.
type rig struct {
	t      *testing.T
	hub    *Hub
	cables map[string]*cable
	stops  map[string]context.CancelFunc
	halves chan string   // "worker part attempt" when half of the reports are out
	pass   chan struct{} // closed when the other half may follow
	all    sync.WaitGroup
	events chan Event
}

const reports = 100 // of each part, of the number of the part + 1

func newRig(t *testing.T, workers ...string) *rig {
	t.Helper()
	hub, err := NewHub(HubConfig{Token: "secret", Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{
		t: t, hub: hub, cables: map[string]*cable{}, stops: map[string]context.CancelFunc{},
		halves: make(chan string, 100), pass: make(chan struct{}), events: make(chan Event, 10_000),
	}
	for _, w := range workers {
		r.cables[w] = newCable()
		r.start(w, r.cables[w])
	}
	t.Cleanup(func() {
		for _, stop := range r.stops {
			stop()
		}
		r.all.Wait()
		hub.Close()
	})
	return r
}

// start starts a worker.
func (r *rig) start(name string, c *cable) {
	bus, err := Connect(r.t.Context(), Address{URL: r.hub.URLs()[0], Extra: []nats.Option{nats.SetCustomDialer(c), nats.PingInterval(100 * time.Millisecond), nats.ReconnectWait(20 * time.Millisecond)}})
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	r.stops[name] = stop
	w := &Worker{Bus: bus, Name: name, Version: "test", Times: soon(), Runners: map[string]Runner{"count": func(ctx context.Context, p Part) error { return r.count(ctx, name, p) }}}
	r.all.Go(func() {
		defer bus.Close()
		if err := w.Run(ctx); err != nil {
			r.t.Errorf("worker %s: %v", name, err)
		}
	})
}

// count is the Runner.
func (r *rig) count(ctx context.Context, name string, p Part) error {
	if string(p.Spec) == "fail" {
		return errors.New("this makes no sense")
	}
	if string(p.Spec) == "panic" {
		panic("oh")
	}
	for i := range reports {
		if i == reports/2 {
			r.halves <- fmt.Sprintf("%s %d %d", name, p.Index, p.Attempt)
			select {
			case <-r.pass:
			case <-ctx.Done():
				return nil
			}
		}
		p.Emit(fmt.Append(nil, p.Index+1))
	}
	if string(p.Spec) == "gate" {
		p.Gate(ctx, "end")
	}
	return nil
}

// half waits for as many parts to be half done, and returns who has which.
func (r *rig) half(n int) map[int]string {
	r.t.Helper()
	who := map[int]string{}
	for range n {
		var name string
		var part, attempt int
		if _, err := fmt.Sscan(<-r.halves, &name, &part, &attempt); err != nil {
			r.t.Fatal(err)
		}
		who[part] = name
	}
	return who
}

func (r *rig) connect() *Bus {
	r.t.Helper()
	bus, err := r.hub.Connect(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(bus.Close)
	return bus
}

// control runs a controller. What it ends with is on the channel.
func (r *rig) control(ctx context.Context, bus *Bus, j Job) chan any {
	j.Kind, j.Version = "count", "test"
	c := &Controller{Bus: bus, Job: j, New: newTotal, Name: "controller", Times: soon(), Tell: func(e Event) { r.events <- e }}
	ended := make(chan any, 1)
	r.all.Go(func() {
		if result, err := c.Run(ctx); err != nil {
			ended <- err
		} else {
			ended <- result
		}
	})
	return ended
}

// await waits for an event of a kind, and returns it.
func (r *rig) await(kind EventKind) Event {
	r.t.Helper()
	late := time.After(30 * time.Second)
	for {
		select {
		case e := <-r.events:
			if e.Kind == kind {
				return e
			}
		case <-late:
			r.t.Fatalf("no event %d", kind)
		}
	}
}

// whole checks that every part is complete and adds up exactly.
func (r *rig) whole(ended chan any) *Result {
	r.t.Helper()
	result, ok := (<-ended).(*Result)
	if !ok || !result.Whole() {
		r.t.Fatalf("%+v", result)
	}
	for i, p := range result.Parts {
		if s := p.Sum.(*total); s.n != reports*(i+1) || s.reports != reports {
			r.t.Errorf("part %d: %+v, want %d", i, s, reports*(i+1))
		}
	}
	return result
}
