// SPDX-License-Identifier: Apache-2.0

package fuzzclient

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/ws"
)

const (
	maxHeard = 16 << 10 // octets kept of what a server says in a probe
	// lastWords is how long what follows the head of a refusal may take.
	lastWords = 500 * time.Millisecond
)

// overheard is a stream that keeps the beginning of what was read. A Peer drops
// the connection as soon as the head of an answer is no 101; the reason often
// stands behind the head, so that reading goes on for a moment then.
type overheard struct {
	stream.Stream

	mu      sync.Mutex
	heard   []byte
	err     error // that ended reading, but for our own end of it
	dropped bool
	beside  bool // the head of an answer is no octets of the stream: all that comes is content
}

// Unwrap is the stream that is overheard.
func (o *overheard) Unwrap() stream.Stream { return o.Stream }

func (o *overheard) Read(p []byte) (int, error) {
	n, err := o.Stream.Read(p)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.heard = append(o.heard, p[:min(n, maxHeard-len(o.heard))]...)
	if err != nil && !o.dropped {
		o.err = err
	}
	if err == nil && o.dropped && !o.unfinished() {
		err = io.EOF
	}
	return n, err
}

// Close lets go of the connection, at once or after the last words.
func (o *overheard) Close() error { return o.drop(o.Stream.Close) }

// Reset lets go of the connection, at once or after the last words.
func (o *overheard) Reset() error { return o.drop(o.Stream.Reset) }

func (o *overheard) drop(now func() error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.dropped = true
	if o.err == nil && o.unfinished() {
		return o.Stream.SetReadDeadline(time.Now().Add(lastWords))
	}
	return now()
}

// unfinished reports whether more of a refusal can follow. The caller holds the lock.
func (o *overheard) unfinished() bool {
	if o.beside {
		return len(o.heard) < maxHeard
	}
	end := ws.HeadEnd(o.heard)
	if end == 0 || len(o.heard) == maxHeard {
		return false
	}
	if head, err := ws.ParseResponse(o.heard[:end]); err != nil || head.Status == 101 {
		return false
	}
	resp, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(o.heard)), nil)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	if resp.ContentLength < 0 && len(resp.TransferEncoding) == 0 {
		return true // it ends with the connection
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return err != nil
}

// said returns what was heard, and the error that ended it.
func (o *overheard) said() ([]byte, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.heard, o.err
}
