// SPDX-License-Identifier: Apache-2.0

package cases_test

import (
	"bytes"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/golden"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// The scripts that reports and "wsspec cases show" print are what the cases really
// send.
func TestScriptsAreTrue(t *testing.T) {
	var all bytes.Buffer
	all.WriteString("What each case sends when the other side does everything right. Written by a test.\n")
	for _, c := range cases.All(cases.Current) {
		fmt.Fprintf(&all, "-- %s --\n", c.ID)
		synctest.Test(t, func(t *testing.T) {
			log := playCorrectly(t, c)
			for _, r := range log.Records {
				switch r.Kind {
				case wirelog.SentFrame:
					r.Frame.Masked = false
				case wirelog.WaitSet, wirelog.FailSet, wirelog.CloseSet, wirelog.Muted, wirelog.Unmuted:
				default:
					continue
				}
				fmt.Fprintf(&all, "%.3f %s\n", r.At.Seconds(), r.Text())
			}
		})
	}
	golden.Check(t, "../scripts.txtar", all.Bytes())
}

// playCorrectly conducts a case with us as the client against the correct echo server.
func playCorrectly(t *testing.T, c conform.Case) *wirelog.Log {
	ours, theirs := memnet.Pipe(0)
	ended := make(chan struct{})
	var cfg testee.Config
	if c.Has(conform.Deflate) {
		// These log no frames, so that a thousand echoes show no more than a first one that is wrong.
		cfg.Faults = testee.Faults{"swaps-type": true}
	}
	go func() {
		defer close(ended)
		_ = testee.Serve(t.Context(), theirs, cfg) // it ends when we are done with it
	}()
	p := peer.New(t.Context(), ours, configFor(c, ws.Client))
	if !p.Dial(peer.Request{Host: "localhost", Target: "/"}, c.Open) {
		t.Fatalf("%s: %s", c.ID, p.Log().Refused)
	}
	c.Play(p)
	p.Finish(c.Patience(), c.End)
	<-ended
	return p.Log()
}
