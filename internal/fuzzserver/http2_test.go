// SPDX-License-Identifier: Apache-2.0

package fuzzserver_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/fuzzserver"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/stream/h2"
	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// overHTTP2 connects to the server over HTTP/2.
func (r *rig) overHTTP2() stream.Stream {
	r.t.Helper()
	ours, theirs := memnet.Pipe(0)
	r.l.conns <- theirs
	s, err := h2.Dial(r.t.Context(), ours)
	if err != nil {
		r.t.Fatal(err)
	}
	return s
}

// The preface tells HTTP/2 from HTTP/1.1 on the same port, and what a client asks for is
// answered in the same way.
func TestHTTP2OnTheSamePort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, fuzzserver.Config{Settings: settings(), Plan: plan(t, "", "1.1.1", "1.1.2"), HTTP2: true})
		ask := func(target string) *peer.Peer {
			p := peer.New(t.Context(), r.overHTTP2(), peer.Config{Role: ws.Client, ReadOut: true})
			if !p.Dial(peer.Request{Host: "x", Target: target}, peer.Opening{}) {
				p.Hangup()
			}
			return p
		}
		count := ask("/getCaseCount")
		count.Finish(time.Second, peer.FailConnection)
		if log := count.Log(); !log.Facts.WasClean || count.Events() != 1 || string(count.Event(0).Data.Head) != "2" {
			t.Errorf("case count: %v", log.Records)
		}
		run := ask("/runCase?case=1&agent=a")
		run.Finish(2*time.Second, peer.FailConnection)
		synctest.Wait()
		if got := r.store.results["a"]["1.1.1"]; got.Verdict.Behavior != verdict.Failed || got.Log == nil || got.Log.Records[0].HTTP == nil {
			t.Errorf("a client that does not echo: %+v, log begins with %v", got.Verdict, got.Log.Records[:1])
		}
		no := ask("/runCase?case=3&agent=a")
		if log := no.Log(); !strings.HasPrefix(string(log.Response), "HTTP/2 500 ") || !strings.Contains(log.Refused, "status 500 instead of 200") {
			t.Errorf("a case that is not there: %q, %s", log.Response, log.Refused)
		}
		r.finish()
	})
}
