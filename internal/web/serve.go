// SPDX-License-Identifier: Apache-2.0

package web

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// Bounds that no visitor can move. The memory of the web side is bounded by
//
//	maxConns × 64 KiB + maxReaders × 8 MiB + maxStories × 8 × maxCaseFile
//
// beside what Site keeps of results: see live. A reader holds one snapshot, which
// comes to its 8 MiB only where every name in it is as long and odd as can be.
const (
	maxConns    = 256
	maxHead     = 16 << 10 // octets of a request's head
	maxReaders  = 32       // of events
	maxStories  = 2        // told at once
	maxCaseFile = 16 << 20 // octets of a case file whose story is told
)

// Times that no visitor can stretch.
const (
	headPatience  = 5 * time.Second
	idlePatience  = 30 * time.Second
	writePatience = 2 * time.Minute // for a whole file
	eventPatience = 10 * time.Second
	partPatience  = time.Second // for requests being answered when the server ends
)

// Serve answers requests on l until ctx ends or the listener fails. It closes l.
func Serve(ctx context.Context, l net.Listener, h http.Handler) error {
	var conns atomic.Int64
	server := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: headPatience, ReadTimeout: headPatience, IdleTimeout: idlePatience, WriteTimeout: writePatience,
		MaxHeaderBytes: maxHead,
		ErrorLog:       log.New(io.Discard, "", 0), // faults of visitors
		BaseContext:    func(net.Listener) context.Context { return ctx },
		ConnState: func(c net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				if conns.Add(1) > maxConns {
					_ = c.Close() // it is counted out as any other
				}
			case http.StateClosed, http.StateHijacked:
				conns.Add(-1)
			}
		},
	}
	ended := make(chan struct{})
	unhook := context.AfterFunc(ctx, func() {
		defer close(ended)
		patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), partPatience)
		defer cancel()
		if server.Shutdown(patience) != nil {
			_ = server.Close() // nobody can be told
		}
	})
	err := server.Serve(l)
	if unhook() {
		return errors.Join(err, server.Close())
	}
	<-ended
	return nil
}
