// SPDX-License-Identifier: Apache-2.0

package fuzzclient_test

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/fuzzclient"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// silence reads and says nothing.
func silence(s stream.Stream) { _, _ = io.Copy(io.Discard, s); _ = s.Close() }

// answered answers the opening handshake and goes on with then.
func answered(then func(s stream.Stream)) server {
	return func(_ context.Context, s stream.Stream) {
		defer s.Close()
		var head []byte
		for b := make([]byte, 1); ws.HeadEnd(head) <= 0; head = append(head, b...) {
			if _, err := io.ReadFull(s, b); err != nil {
				return
			}
		}
		req, err := ws.ParseRequest(head)
		if err != nil {
			return
		}
		_, _ = io.WriteString(s, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "+
			ws.AcceptKey(req.Fields.Get("Sec-WebSocket-Key"))+"\r\n\r\n")
		then(s)
	}
}

// flood writes the octets again and again, 320 KiB a second, reads
// whatever comes, and ends when the other side has gone. Without the pauses
// virtual time would stand still.
func flood(s stream.Stream, octets string) {
	go silence(s)
	for block := []byte(strings.Repeat(octets, 1+(32<<10)/len(octets))); ; time.Sleep(100 * time.Millisecond) {
		if _, err := s.Write(block); err != nil {
			return
		}
	}
}

// trickle writes the octets again and again, one a second.
func trickle(s stream.Stream, octets string) {
	go silence(s)
	for i := 0; ; i = (i + 1) % len(octets) {
		if _, err := s.Write([]byte{octets[i]}); err != nil {
			return
		}
		time.Sleep(time.Second)
	}
}

func hello(s stream.Stream, octets string) {
	_, _ = io.WriteString(s, octets)
	silence(s)
}

// hostile are servers that no case may outlast its own limits with.
func hostile() map[string]server {
	x125 := strings.Repeat("x", 125)
	raw := func(do func(stream.Stream)) server {
		return func(_ context.Context, s stream.Stream) { defer s.Close(); do(s) }
	}
	return map[string]server{
		"closes at once":             raw(func(s stream.Stream) {}),
		"resets at once":             raw(func(s stream.Stream) { _ = s.Reset() }),
		"says nothing":               raw(silence),
		"half a head":                raw(func(s stream.Stream) { hello(s, "HTTP/1.1 101 Switching") }),
		"a head without end":         raw(func(s stream.Stream) { flood(s, "X: y\r\n") }),
		"a head, an octet a second":  raw(func(s stream.Stream) { trickle(s, "HTTP/1.1 101 x\r\nX: y\r\n") }),
		"200":                        raw(func(s stream.Stream) { hello(s, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi") }),
		"garbage":                    raw(func(s stream.Stream) { flood(s, "\x00\xff\r\n\r\n") }),
		"101 and no more":            answered(silence),
		"101 and reset":              answered(func(s stream.Stream) { _ = s.Reset() }),
		"text without end":           answered(func(s stream.Stream) { flood(s, "\x81\x7d"+x125) }),
		"pings without end":          answered(func(s stream.Stream) { flood(s, "\x89\x7d"+x125) }),
		"pongs without end":          answered(func(s stream.Stream) { flood(s, "\x8a\x7d"+x125) }),
		"Close frames without end":   answered(func(s stream.Stream) { flood(s, "\x88\x7d\x03\xe8"+x125[2:]) }),
		"fragments without end":      answered(func(s stream.Stream) { _, _ = s.Write([]byte("\x01\x00")); flood(s, "\x00\x7d"+x125) }),
		"a frame of 2^62 octets":     answered(func(s stream.Stream) { hello(s, "\x82\x7f\x40\x00\x00\x00\x00\x00\x00\x00") }),
		"a frame, an octet a second": answered(func(s stream.Stream) { trickle(s, "\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00x") }),
		"pings, an octet a second":   answered(func(s stream.Stream) { trickle(s, "\x89\x00") }),
		"frames of garbage":          answered(func(s stream.Stream) { flood(s, "\xff\x7e\x00") }),
		"does not read": func(ctx context.Context, s stream.Stream) {
			answered(func(stream.Stream) { <-ctx.Done() })(ctx, s)
		},
	}
}

// limit is how long the case may have taken: its handshake, the waits and the
// patience that its own log tells of, and the end of the connection.
func limit(r report.Result) time.Duration {
	o := peer.DefaultOptions()
	d := o.OpenTimeout + o.CloseTimeout + o.DropTimeout
	for _, rec := range r.Log.Records {
		switch rec.Kind {
		case wirelog.WaitSet, wirelog.FailSet, wirelog.CloseSet:
			d += rec.Wait
		}
	}
	return d
}

// Whatever a server does, each case has a result, within the limits of the case,
// and the run goes on to its end.
func TestHostileServersCostCasesNotTheRun(t *testing.T) {
	for name, serve := range hostile() {
		t.Run(name, func(t *testing.T) { suffer(t, serve, false) })
	}
	for _, fault := range []string{"never-closes-tcp", "never-answers-close", "answers-close-after-1.5s", "echoes-twice"} {
		t.Run(fault, func(t *testing.T) {
			faults, err := testee.ParseFaults(fault)
			if err != nil {
				t.Fatal(err)
			}
			suffer(t, echoing(testee.Config{Faults: faults}), true)
		})
	}
}

func suffer(t *testing.T, serve server, echoes bool) {
	t.Helper()
	ids := []string{"1.1.1", "1.1.8", "2.10", "3.2", "5.19", "6.4.1", "6.2.4", "7.1.5", "7.7.1", "9.1.1", "10.1.1"}
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(serve)
		n.capacity = 256 << 10
		o := n.run(t, t.Context(), fuzzclient.Run{Server: n.resolved(t, "it"), Plan: plan(t, ids...), Pace: runner.Pace{Jobs: 1}, Settings: runner.Settings{Reference: true}})
		if o.err != nil || o.Done != len(ids) || o.Left != 0 {
			t.Fatalf("%+v, %v", o.Outcome, o.err)
		}
		var all time.Duration
		for _, r := range o.results {
			if r.Took > limit(r) {
				t.Errorf("%s took %v, more than %v\n%s", r.ID, r.Took, limit(r), lines(r.Log))
			}
			wants := r.Want.Echoes > 0 || len(r.Want.Outcomes) > 0 && len(r.Want.Outcomes[0].Events) > 0
			if r.Verdict.Behavior == verdict.OK && wants && !echoes {
				t.Errorf("%s is OK\n%s", r.ID, lines(r.Log))
			}
			all += r.Took
		}
		if o.took != all {
			t.Errorf("the run took %v, its cases %v", o.took, all)
		}
	})
}

// lines is the beginning of a log.
func lines(log *wirelog.Log) []byte {
	var b bytes.Buffer
	for _, r := range log.Records[:min(len(log.Records), 40)] {
		b.WriteString(r.String() + "\n")
	}
	return b.Bytes()
}
