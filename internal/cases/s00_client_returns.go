// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"time"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/rules"
	"github.com/wsspec/wsspec/internal/survey"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// clientReturns is 0.18.4: what a client does that comes again of its own accord after a
// connection has not come about. It "SHOULD use some form of backoff" (RFC 6455, 7.2.3).
func clientReturns() []conform.Case {
	return []conform.Case{{
		ID: "0.18.4", Title: "Look at when a client comes again whose connection has failed", Spec: "RFC 6455, 7.2.3", Only: conform.AsServer,
		Requirements: []string{"6455-7.2.3-1", "6455-7.2.3-2"}, Survey: backoff, Want: surveyed(),
	}}
}

// A storm is as many attempts for the same in as short a time.
const (
	stormAttempts = 4
	stormTime     = 5 * time.Second
)

func backoff(e survey.Evidence) []wirelog.Record {
	type attempt struct {
		target string
		at     time.Time
	}
	var row []attempt // for the same, all but the last in vain
	again := 0
	for _, c := range e.Connections {
		r, err := ws.ParseRequest(c.Request)
		if err != nil || c.At.IsZero() {
			continue
		}
		if len(row) > 0 && row[0].target == r.Target {
			again++
			row = append(row, attempt{r.Target, c.At})
		} else {
			row = []attempt{{r.Target, c.At}}
		}
		if n := len(row); n >= stormAttempts {
			if took := row[n-1].at.Sub(row[n-stormAttempts].at); took <= stormTime {
				return []wirelog.Record{lapsed("RFC 6455, 7.2.3: %d attempts within %v for %.80q, which had failed: an attempt should wait for a random time, and the next ones for longer", stormAttempts, took.Round(time.Millisecond), r.Target)}
			}
		}
		if opened(c, r) {
			row = nil
		}
	}
	if again == 0 {
		return []wirelog.Record{unseen("the client did not come again by itself after a connection had failed")}
	}
	return []wirelog.Record{seen("the client came again %d times, and not all at once", again)}
}

// opened reports whether our answer was such that the connection was open.
func opened(c survey.Connection, r ws.Request) bool {
	answer, err := ws.ParseResponse(c.Response)
	return err == nil && len(rules.Response(answer, rules.AskedIn(r.Fields))) == 0
}
