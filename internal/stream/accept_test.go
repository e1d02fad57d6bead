// SPDX-License-Identifier: Apache-2.0

package stream_test

import (
	"context"
	"errors"
	"net"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/stream/memnet"
)

// script is a listener that returns what it is told to, in order.
type script struct {
	net.Listener
	errs []error // nil: a connection
}

func (s *script) Accept() (net.Conn, error) {
	err := s.errs[0]
	s.errs = s.errs[1:]
	if err != nil {
		return nil, err
	}
	c, _ := memnet.Pipe(0)
	return c, nil
}

func TestAcceptSitsOutWhatPasses(t *testing.T) {
	full := &net.OpError{Op: "accept", Err: syscall.EMFILE}
	gone := errors.New("gone")
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		s, err := stream.Accept(t.Context(), &script{errs: []error{full, full, full, nil}})
		if took := time.Since(begun); s == nil || err != nil || took != 35*time.Millisecond {
			t.Errorf("after %v: %v, %v", took, s, err)
		}
		begun = time.Now()
		if _, err := stream.Accept(t.Context(), &script{errs: []error{full, gone}}); err != gone || time.Since(begun) != 5*time.Millisecond {
			t.Errorf("after %v: %v", time.Since(begun), err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(2*time.Millisecond, cancel)
		begun = time.Now()
		if _, err := stream.Accept(ctx, &script{errs: []error{full, full}}); err != full || time.Since(begun) != 2*time.Millisecond {
			t.Errorf("after %v: %v", time.Since(begun), err)
		}
	})
}
