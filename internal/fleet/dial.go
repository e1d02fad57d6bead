// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"net"
	"sync"
)

// dialer opens the connections of a client of NATS, which has no contexts: until the first of
// them is ready, they end with one.
type dialer struct {
	ctx context.Context

	mu    sync.Mutex
	ready bool
	kept  []func() bool // have a connection outlive the context
}

// Dial is what the client calls, at first and whenever the connection was lost.
func (d *dialer) Dial(network, address string) (net.Conn, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	ctx := d.ctx
	if d.ready {
		ctx = context.Background()
	}
	conn, err := (&net.Dialer{Timeout: connectPatience}).DialContext(ctx, network, address)
	if err == nil && !d.ready {
		d.kept = append(d.kept, context.AfterFunc(ctx, func() { _ = conn.Close() }))
	}
	return conn, err
}

// done has connections outlive the context from now on.
func (d *dialer) done() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ready = true
	for _, keep := range d.kept {
		keep()
	}
	d.kept = nil
}
