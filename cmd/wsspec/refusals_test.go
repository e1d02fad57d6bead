// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/fuzzserver"
	"github.com/wsspec/wsspec/internal/terminal"
)

// lobby is a lounge with nobody in it, and what it prints.
func lobby(d terminal.Detail) (l *lounge, out, errs *bytes.Buffer) {
	out, errs = new(bytes.Buffer), new(bytes.Buffer)
	p := &process{stdout: out, stderr: errs, getenv: os.Getenv, width: func() int { return 0 }}
	return newLounge(p, d, terminal.Tally{}), out, errs
}

// Refused handshakes are told of as they come, each reason a few times, and counted at
// the end. Where no client ran a case, the status says that nothing was tested.
func TestRefusedClients(t *testing.T) {
	from := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 5000}
	l, out, errs := lobby(terminal.Detail{})
	for range 5 {
		l.event(fuzzserver.Event{Kind: fuzzserver.Refused, Remote: from, Status: 426, Err: errors.New("no Upgrade to websocket")})
	}
	l.event(fuzzserver.Event{Kind: fuzzserver.Refused, Remote: from, Status: 500, Agent: "a\n", Err: errors.New("case=\"9\x1b\"")})
	l.event(fuzzserver.Event{Kind: fuzzserver.Unheard, Remote: from, Err: fuzzserver.ErrTLS})
	want := strings.Repeat("Refused 127.0.0.1:5000: no Upgrade to websocket (HTTP status 426)\n", 3) +
		"Refused \"a\\n\" at 127.0.0.1:5000: case=\"9\\x1b\" (HTTP status 500)\n" +
		"Refused 127.0.0.1:5000: a TLS handshake came to a port that does not speak TLS\n" +
		"hint: --tls-cert and --tls-key, or --tls-self-signed, serve wss; otherwise the client's URL begins with ws:\n"
	if errs.String() != want {
		t.Errorf("got\n%s\nwant\n%s", errs, want)
	}
	l.summary()
	for _, line := range []string{"No client has run a case.\n", "     5  no Upgrade to websocket (HTTP status 426)\n", "     1  a TLS handshake came"} {
		if !strings.Contains(out.String(), line) {
			t.Errorf("%q is not in\n%s", line, out)
		}
	}
	if l.status() != exitUnreachable {
		t.Errorf("status %d, want %d", l.status(), exitUnreachable)
	}
}

// However many reasons there are, what is kept is bounded.
func TestReasonsAreBounded(t *testing.T) {
	l, out, errs := lobby(terminal.Detail{Quiet: true})
	for i := range 1000 {
		l.event(fuzzserver.Event{Kind: fuzzserver.Refused, Status: 400, Err: fmt.Errorf("reason %d", i)})
	}
	l.summary()
	if n := strings.Count(out.String(), "\n"); n != reasonsKept+4 || !strings.Contains(out.String(), "   950  other reasons\n") || errs.Len() > 0 {
		t.Errorf("%d lines:\n%s%s", n, out, errs)
	}
}

// Idleness counts from the last connection, refused ones among them, once there was
// one.
func TestIdleFromTheLastConnection(t *testing.T) {
	for name, kinds := range map[string][]fuzzserver.EventKind{
		"served": {fuzzserver.Connected, fuzzserver.Disconnected}, "refused": {fuzzserver.Refused}, "not heard": {fuzzserver.Unheard},
	} {
		synctest.Test(t, func(t *testing.T) {
			l, _, _ := lobby(terminal.Detail{Quiet: true})
			begun := time.Now()
			ended := make(chan struct{})
			go l.whenIdle(t.Context(), 10*time.Second, func() { close(ended) })
			for range 3 {
				time.Sleep(8 * time.Second)
				for _, kind := range kinds {
					l.event(fuzzserver.Event{Kind: kind, Err: errors.New("why")})
				}
			}
			<-ended
			if took := time.Since(begun); took != 34*time.Second {
				t.Errorf("%s: ended after %v", name, took)
			}
		})
	}
}
