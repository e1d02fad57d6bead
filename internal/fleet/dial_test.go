// SPDX-License-Identifier: Apache-2.0

package fleet_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/wsspec/wsspec/internal/fleet"
)

// Who waits for a server that takes connections and says nothing need not wait until patience
// is at its end.
func TestMuteServer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	signal := errors.New("a signal")
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		cancel(signal)
		_, _ = c.Read(make([]byte, 1)) // ends once they hang up
	}()
	_, err = fleet.Connect(ctx, fleet.Address{URL: "nats://" + l.Addr().String(), Extra: []nats.Option{nats.Timeout(24 * time.Hour)}})
	if !errors.Is(err, signal) {
		t.Errorf("%v: want %v", err, signal)
	}
}
