// SPDX-License-Identifier: Apache-2.0

package stream

import (
	"context"
	"errors"
	"net"
	"time"
)

// Accept waits for a connection. Errors that pass, such as having no file
// descriptor left, are sat out with growing pauses; any other is returned, and
// after the end of the context the next one, whatever it is.
func Accept(ctx context.Context, l net.Listener) (Stream, error) {
	const longest = time.Second
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, longest) {
		c, err := l.Accept()
		if err == nil {
			return Wrap(c), nil
		}
		if ctx.Err() != nil || !passes(err) {
			return nil, err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
}

// passes reports whether accepting may succeed again.
func passes(err error) bool {
	var e interface{ Temporary() bool }
	return errors.As(err, &e) && e.Temporary()
}
