// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"strings"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// That there was no HTTP response is said where there was none, and not of a server that
// answers 101 and then ends TCP.
func TestUnanswered(t *testing.T) {
	const claim = "without an HTTP response"
	said := map[bool]int{}
	for _, c := range Full(Current) {
		wants := []verdict.Want{c.Want}
		for i := range c.Turns {
			wants = append(wants, c.Turn(i).Want)
		}
		for _, want := range wants {
			for _, opened := range []bool{false, true} {
				log := wirelog.New(ws.Client)
				log.Facts.Opened = opened
				log.Add(log.Start.Add(time.Second), wirelog.Record{Kind: wirelog.DroppedByPeer})
				v := verdict.Judge(want, conform.Case{}.Close, log)
				if !strings.Contains(v.Result, claim) {
					continue
				}
				if said[opened]++; opened {
					t.Errorf("%s: %q after 101", c.ID, v.Result)
				}
			}
		}
	}
	if said[false] == 0 {
		t.Errorf("no case says %q", claim)
	}
}
