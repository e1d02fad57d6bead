// SPDX-License-Identifier: Apache-2.0

package testee

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/ws"
)

// sendClose queues a Close frame. There is only one in a connection.
func (c *Conn) sendClose(payload []byte) {
	if c.closeSent {
		return
	}
	c.closeSent = true
	_ = c.sendControl(ws.Close, payload) // what a failed write means shows when TCP is closed
}

// end ends the connection for the reason that err gives, and returns what the
// owner of the connection has to know about it.
func (c *Conn) end(err error) error {
	defer c.release()
	var failed *ProtocolError
	switch {
	case errors.Is(err, errClosed):
		return c.closeTCP()
	case errors.As(err, &failed):
		payload, ok := ws.AppendClosePayload(nil, failed.Code, failed.Reason), true
		if c.faulty() {
			payload, ok = c.wrongFailure(failed)
		}
		if !ok {
			_ = c.flush() // the violation is the news
			_ = c.s.Close()
			return err
		}
		c.sendClose(payload)
		_ = c.closeTCP()
		return err
	case errors.Is(err, errDied), errors.Is(context.Cause(c.ctx), errDied):
		_ = c.die() // nothing can go wrong with what is lost anyway
		return errDied
	case errors.Is(err, errStopped):
		c.sendClose(ws.AppendClosePayload(nil, ws.GoingAway, "shutting down"))
		_ = c.closeTCP()
		return context.Cause(c.ctx)
	}
	_ = c.s.Close()
	return err
}

// closeTCP writes what waits and closes TCP: a server at once, a client when the
// server has or the timeout passes (RFC 6455, 7.1.1). Both read on until then,
// because closing with unread input would destroy what the peer has not read.
func (c *Conn) closeTCP() error {
	err := c.flush()
	if err != nil {
		_ = c.s.Close()
		return err
	}
	if done, err := c.wrongEnd(); done {
		return err
	}
	c.detach() // or a stop would cut the wait short
	if c.role == ws.Server {
		return stream.CloseGently(c.s, c.cfg.CloseTimeout)
	}
	if err := c.s.SetReadDeadline(time.Now().Add(c.cfg.CloseTimeout)); err == nil {
		_, _ = io.Copy(io.Discard, c.s) // whatever ends it, we close
	}
	return c.s.Close()
}
