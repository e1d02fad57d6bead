// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/wsspec/wsspec/internal/stream/memnet"
)

// A cable is the way of one worker to the server. It can be cut.
type cable struct {
	hub   *Hub
	mu    sync.Mutex
	whole chan struct{} // closed while it is not cut
	slow  time.Duration // for each piece of output
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

func (c *cable) state() (whole <-chan struct{}, slow time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.whole, c.slow
}

// InProcessConn is a connection to the server by this cable.
func (c *cable) InProcessConn() (net.Conn, error) {
	whole, _ := c.state()
	select {
	case <-whole:
	default:
		return nil, errors.New("the cable is cut")
	}
	theirs, err := c.hub.server.InProcessConn()
	if err != nil {
		return nil, err
	}
	ours, far := memnet.Pipe(0)
	e := &end{Conn: ours, cable: c, closed: make(chan struct{})}
	go func() {
		_, _ = io.Copy(far, theirs)
		_ = far.CloseWrite()
	}()
	go func() {
		_, _ = io.Copy(theirs, &late{far, e})
		_ = theirs.Close()
	}()
	return e, nil
}

// An end of a cable that is cut gives nothing, and what it takes goes nowhere. Writing does
// not block, as the kernel would have room for it.
type end struct {
	net.Conn
	cable  *cable
	once   sync.Once
	closed chan struct{}
}

// wait waits while the cable is cut.
func (e *end) wait() error {
	whole, _ := e.cable.state()
	select {
	case <-whole:
		return nil
	case <-e.closed:
		return net.ErrClosed
	}
}

func (e *end) Read(p []byte) (int, error) {
	n, err := e.Conn.Read(p)
	return n, errors.Join(err, e.wait())
}

func (e *end) Close() error {
	e.once.Do(func() { close(e.closed) })
	return e.Conn.Close()
}

// late is what an end has written, when it has come through the cable.
type late struct {
	io.Reader
	*end
}

func (l *late) Read(p []byte) (int, error) {
	n, err := l.Reader.Read(p)
	if _, slow := l.cable.state(); slow > 0 {
		time.Sleep(slow)
	}
	return n, errors.Join(err, l.wait())
}

// virtual has a test of a hub, with workers of these names, in virtual time: nobody is lost
// whose cable is not cut, however busy this machine is.
func virtual(t *testing.T, test func(r *rig), workers ...string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(newRig(t, workers...)) })
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
	hub, err := NewHub(HubConfig{Token: "secret", Dir: t.TempDir(), Inside: true})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{
		t: t, hub: hub, cables: map[string]*cable{}, stops: map[string]context.CancelFunc{},
		halves: make(chan string, 100), pass: make(chan struct{}), events: make(chan Event, 10_000),
	}
	for _, w := range workers {
		r.start(w)
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
func (r *rig) start(name string) {
	c := &cable{hub: r.hub, whole: make(chan struct{})}
	c.mend()
	r.cables[name] = c
	bus, err := Connect(r.t.Context(), Address{URL: "nats://127.0.0.1", Token: "secret", Extra: []nats.Option{nats.InProcessServer(c)}})
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	r.stops[name] = stop
	w := &Worker{Bus: bus, Name: name, Version: "test", Runners: map[string]Runner{"count": func(ctx context.Context, p Part) error { return r.count(ctx, name, p) }}}
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
	c := &Controller{Bus: bus, Job: j, New: newTotal, Name: "controller", Tell: func(e Event) { r.events <- e }}
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
	late := time.After(time.Hour)
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
