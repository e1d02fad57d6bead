// SPDX-License-Identifier: Apache-2.0

package fuzzserver_test

import (
	"encoding/hex"
	"maps"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/fuzzserver"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// The requests of two published reports of the reference.
const lluvRequest = "GET /runCase?case=248&agent=lluv-websocket HTTP/1.1\r\nHost: 127.0.0.1:9001\r\nUpgrade: websocket\r\n" +
	"Connection: Upgrade\r\nSec-WebSocket-Key: AipEVATfab4G4i3ECNHxow==\r\nSec-WebSocket-Version: 13\r\n" +
	"Sec-WebSocket-Protocol: echo\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n"

const mintRequest = "GET /runCase?case=31&agent=Mint HTTP/1.1\r\nhost: localhost:9001\r\nuser-agent: mint/1.4.1\r\nupgrade: websocket\r\n" +
	"connection: upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: ZN8cnFSKYz48UGAEzsNaTQ==\r\n\r\n"

func octets(t *testing.T, s string) string {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A client of 2016 in an edition of that time: it answers our Close 2999 with its
// own, 1002 "Invalid status code".
func TestPublishedReportOfCase7_9_13(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := plan(t, cases.Old, "*")
		r := start(t, fuzzserver.Config{Plan: all, Settings: asReference(), Identity: ws.Fields{{Name: "Server", Value: "AutobahnTestSuite/0.7.1-0.10.0"}}})
		defer r.finish()
		c := r.ask(r.connect(), lluvRequest)
		if got := c.answer.Fields.Get("Sec-WebSocket-Accept"); got != "XA5AFZacc+LBgnPofjLQ2HZp7D8=" {
			t.Errorf("Sec-WebSocket-Accept %q", got)
		}
		c.exactly("Close", "\x88\x02\x0b\xb7")
		c.write(octets(t, "889500ccb83b0326f15576add45264eccb4f61b8cd4820afd75f65"))
		if more := c.rest(); more != "" {
			t.Errorf("after the Close came %q", more)
		}
		synctest.Wait()
		res := r.store.results["lluv-websocket"]["7.9.13"]
		if res.Number != 248 {
			t.Errorf("number %d", res.Number)
		}
		wantVerdict(t, res, verdict.Verdict{Behavior: verdict.OK, Close: verdict.OK})
		wantFacts(t, res, wirelog.Facts{
			Role: ws.Server, Opened: true, ClosedByMe: true, DroppedByMe: true, WasClean: true,
			Local:  wirelog.CloseFacts{Sent: true, Coded: true, Code: 2999},
			Remote: wirelog.CloseFacts{Sent: true, Coded: true, Code: 1002, Reason: "Invalid status code"},
		})
		wantStats(t, res, map[int]int{27: 1, 290: 1}, map[int]int{4: 1, 169: 1}, [16]int{8: 1}, [16]int{8: 1})
	})
}

// A client of 2022: it echoes the first message while ours, chopped into octets,
// is under way, and fails the connection at the reserved bit.
func TestPublishedReportOfCase3_4(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, fuzzserver.Config{Settings: asReference(), Identity: ws.Fields{
			{Name: "Server", Value: "AutobahnTestSuite/0.8.2-0.10.9"}, {Name: "X-Powered-By", Value: "AutobahnPython/0.10.9"},
		}})
		defer r.finish()
		c := r.ask(r.connect(), mintRequest)
		if got := c.answer.Fields.Get("Sec-WebSocket-Accept"); got != "t30CllgeNig2js4kYuMSZhuZ2KA=" {
			t.Errorf("Sec-WebSocket-Accept %q", got)
		}
		c.exactly("message", "\x81\x0dHello, world!\xc1\x0dHello, wor")
		c.write(octets(t, "818d0e39aed9465cc2b561158eae614bc2bd2f"))
		synctest.Wait()
		c.exactly("rest", "ld!\x89\x00")
		c.write(octets(t, "88822f5615012cbc"))
		if more := c.rest(); more != "\x88\x02\x03\xe8" {
			t.Errorf("answered %q", more)
		}
		synctest.Wait()
		res := r.store.results["Mint"]["3.4"]
		wantVerdict(t, res, verdict.Verdict{Behavior: verdict.OK, Close: verdict.OK})
		wantFacts(t, res, wirelog.Facts{
			Role: ws.Server, Opened: true, FailedByMe: false, DroppedByMe: true, WasClean: true,
			Local:  wirelog.CloseFacts{Sent: true, Coded: true, Code: 1000},
			Remote: wirelog.CloseFacts{Sent: true, Coded: true, Code: 1002},
		})
		wantStats(t, res, map[int]int{8: 1, 19: 1, 203: 1}, map[int]int{1: 32, 4: 1, 206: 1}, [16]int{1: 1, 8: 1}, [16]int{1: 2, 8: 1, 9: 1})
	})
}

func wantVerdict(t *testing.T, res report.Result, want verdict.Verdict) {
	t.Helper()
	if got := res.Verdict; got.Behavior != want.Behavior || got.Close != want.Close {
		t.Errorf("verdict %s / %s: %s %s", got.Behavior, got.Close, got.Result, got.CloseResult)
	}
	if res.Took > time.Second {
		t.Errorf("took %v", res.Took)
	}
}

func wantFacts(t *testing.T, res report.Result, want wirelog.Facts) {
	t.Helper()
	if got := res.Log.Facts; got != want {
		t.Errorf("facts\n%+v, want\n%+v", got, want)
	}
}

func wantStats(t *testing.T, res report.Result, received, sent map[int]int, framesIn, framesOut [16]int) {
	t.Helper()
	s := res.Log.Stats
	if !maps.Equal(s.ReceivedOctets, received) || !maps.Equal(s.SentOctets, sent) {
		t.Errorf("octets received %v, want %v; sent %v, want %v", s.ReceivedOctets, received, s.SentOctets, sent)
	}
	if s.ReceivedFrames != framesIn || s.SentFrames != framesOut {
		t.Errorf("frames received %v, want %v; sent %v, want %v", s.ReceivedFrames, framesIn, s.SentFrames, framesOut)
	}
}

// asReference are the settings of the wstest door, whose reports these are.
func asReference() runner.Settings {
	st := settings()
	st.Reference = true
	return st
}
