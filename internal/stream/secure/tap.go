// SPDX-License-Identifier: Apache-2.0

package secure

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"time"

	"github.com/wsspec/wsspec/internal/stream"
)

// tap is the stream below TLS. It sees whether TCP has ended, which crypto/tls tells as it
// tells a close_notify, counts records, and gathers several into one write.
type tap struct {
	stream.Stream
	eof atomic.Bool

	held    bool
	waiting []byte

	sealed uint64 // records of application data that have been written
	head   []byte // of a record whose header is not all there
	rest   int    // octets of the current one that are still to come
}

func (t *tap) Read(p []byte) (int, error) {
	n, err := t.Stream.Read(p)
	if errors.Is(err, io.EOF) {
		t.eof.Store(true)
	}
	return n, err
}

func (t *tap) ended() bool { return t.eof.Load() }

func (t *tap) Write(p []byte) (int, error) {
	t.count(p)
	if t.held {
		t.waiting = append(t.waiting, p...)
		return len(p), nil
	}
	return t.Stream.Write(p)
}

// hold gathers what is written, or with false writes it.
func (t *tap) hold(on bool) error {
	t.held = on
	if on || len(t.waiting) == 0 {
		return nil
	}
	_, err := t.Stream.Write(t.waiting)
	t.waiting = t.waiting[:0]
	return err
}

// count follows the records (RFC 8446, 5.1) that are written.
func (t *tap) count(p []byte) {
	for len(p) > 0 {
		if t.rest > 0 {
			n := min(t.rest, len(p))
			t.rest -= n
			p = p[n:]
			continue
		}
		n := min(recordHeader-len(t.head), len(p))
		t.head = append(t.head, p[:n]...)
		p = p[n:]
		if len(t.head) == recordHeader {
			if t.head[0] == applicationData {
				t.sealed++
			}
			t.rest = int(t.head[3])<<8 | int(t.head[4])
			t.head = t.head[:0]
		}
	}
}

// describe says of a certificate what one wants to know of it.
func describe(c *x509.Certificate, verified bool) string {
	names := c.DNSNames
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	var b strings.Builder
	fmt.Fprintf(&b, "for %s, until %s", strings.Join(names[:min(len(names), 5)], " "), c.NotAfter.UTC().Format(time.DateOnly))
	if c.Issuer.String() == c.Subject.String() {
		b.WriteString(", signed by itself")
	}
	if verified {
		b.WriteString(", verified")
	} else {
		b.WriteString(", not verified")
	}
	return b.String()
}
