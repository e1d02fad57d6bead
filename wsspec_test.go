// SPDX-License-Identifier: Apache-2.0

package wsspec_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/wsspec/wsspec"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/testee"
)

// echo upgrades with our own second implementation, on the connection that the
// HTTP server hands over.
func echo(faults ...string) http.Handler {
	f, err := testee.ParseFaults(faults...)
	if err != nil {
		panic(err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		head, err := httputil.DumpRequest(r, false)
		if err != nil {
			return
		}
		_ = testee.Serve(r.Context(), &replayed{stream.Wrap(conn), head}, testee.Config{Faults: f}) // the test judges
	})
}

// replayed is a connection whose first octets somebody has read already.
type replayed struct {
	stream.Stream
	read []byte
}

func (r *replayed) Read(p []byte) (int, error) {
	if len(r.read) > 0 {
		n := copy(p, r.read)
		r.read = r.read[n:]
		return n, nil
	}
	return r.Stream.Read(p)
}

// patient is for peers who are right, over a real network: what they do does not depend on
// how fast this machine is.
func patient() wsspec.Option { return wsspec.TimeoutFactor(30) }

func TestServersOfOurOwn(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = testee.Server{}.Serve(ctx, l)
	}()
	t.Cleanup(func() { stop(); <-ended })
	wsspec.TestServer(t, "ws://"+l.Addr().String(), wsspec.Cases("1.*", "2.*", "5.*", "6.4.*", "9.7.2", "12.1.1"), patient())
}

func TestKnownFailuresAreSkipped(t *testing.T) {
	wsspec.TestHandler(t, echo("ignores-rsv"), wsspec.Cases("3.1", "3.5", "1.1.1"), patient(), wsspec.Known("3.*", "does not look at reserved bits"))
}

func TestClientsOfOurOwn(t *testing.T) {
	wsspec.TestClient(t, func(ctx context.Context, rawURL string) error {
		u, err := url.Parse(rawURL)
		if err != nil {
			return err
		}
		s, err := stream.Dial(ctx, stream.Target{Addr: u.Host})
		if err != nil {
			return err
		}
		return testee.Echo(ctx, s, u.Host, u.RequestURI(), testee.Config{})
	}, wsspec.Cases("1.*", "2.*", "3.*", "6.4.*", "7.*", "9.7.2"), patient())
}

// everyOther fails on every other connection, the second first.
func everyOther() http.Handler {
	var n atomic.Int64
	right, wrong := echo(), echo("echo-flips-last-octet")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n.Add(1)%2 == 1 { // the first connection looks whether there are any
			wrong.ServeHTTP(w, r)
		} else {
			right.ServeHTTP(w, r)
		}
	})
}

// What is NON-STRICT can be known too, as the example in the documentation has it.
func TestKnownNonStrict(t *testing.T) {
	wsspec.TestHandler(t, echo("utf8-at-message-end"), wsspec.Cases("6.4.1"), wsspec.Known("6.4.*", "checks text when the message is complete"))
}

// Attempts that fail at times are seen with Repeat, and let pass with Retries. The
// first attempt of 9.1.1, which runs with no other beside it, passes.
func TestAttempts(t *testing.T) {
	wsspec.TestHandler(t, everyOther(), wsspec.Cases("9.1.1"), patient())
	wsspec.TestHandler(t, everyOther(), wsspec.Cases("9.1.1"), patient(), wsspec.Repeat(2), wsspec.Known("9.1.1", "it fails every other time"))
	wsspec.TestHandler(t, everyOther(), wsspec.Cases("9.1.1", "9.1.2"), patient(), wsspec.Retries(1))
	wsspec.TestHandler(t, echo("echo-flips-last-octet"), wsspec.Cases("9.1.1"), patient(), wsspec.Retries(1), wsspec.Known("9.1.1", "it always fails"))
}
