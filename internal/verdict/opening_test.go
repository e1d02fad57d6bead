// SPDX-License-Identifier: Apache-2.0

package verdict_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// What comes of an opening handshake that a server had to refuse, or to accept.
func TestRefusals(t *testing.T) {
	outcome := func(g verdict.Grade, lines ...string) verdict.Outcome {
		return verdict.Outcome{Grade: g, Events: events(t, lines...), AndMore: true}
	}
	refuse := verdict.Want{Whole: true, Outcomes: []verdict.Outcome{outcome(verdict.OK, "http 4"), outcome(verdict.NonStrict, "end|reset")}}
	silent := refuse
	silent.Outcomes = slices.Clone(refuse.Outcomes)
	silent.Outcomes[1].Unopened, silent.Outcomes[1].Why = true, "No answer."
	version := verdict.Want{Whole: true, Outcomes: []verdict.Outcome{outcome(verdict.OK, "http 4|5 Sec-WebSocket-Version: 13")}}
	login := verdict.Want{Whole: true, Outcomes: []verdict.Outcome{outcome(verdict.OK, "http 401 WWW-Authenticate: *")}}
	accept := verdict.Want{Whole: true, Outcomes: []verdict.Outcome{outcome(verdict.OK, `text "x"`)}}
	for _, c := range []struct {
		name     string
		want     verdict.Want
		response string
		opened   bool
		grade    verdict.Grade
		says     string
	}{
		{"refused", refuse, "400 No", false, verdict.OK, "http 400"},
		{"accepted", refuse, "101 Yes", true, verdict.Failed, "accepted with 101"},
		{"accepted over HTTP/3", refuse, "200 Yes", true, verdict.Failed, "accepted with 200"},
		{"answered otherwise", refuse, "200 OK", false, verdict.Failed, "no good"},
		{"ended", refuse, "", false, verdict.NonStrict, "end"},
		{"ended without an answer", silent, "", false, verdict.NonStrict, "No answer."},
		{"accepted and ended", silent, "101 Yes", true, verdict.Failed, "accepted with 101 but should have been refused. What came then: end"},
		{"the field is there", version, "426 No\r\nsec-websocket-version: 8, 13", false, verdict.OK, "http 426"},
		{"the field is not there", version, "400 No\r\nSec-WebSocket-Version: 113", false, verdict.Failed, "400 has no Sec-WebSocket-Version that lists 13"},
		{"some value is there", login, "401 No\r\nWWW-Authenticate: Basic", false, verdict.OK, "http 401"},
		{"no value is there", login, "401 No", false, verdict.Failed, "401 has no WWW-Authenticate"},
		{"another status", login, "403 No", false, verdict.Failed, "no good"},
		{"not accepted", accept, "403 No", false, verdict.Failed, "HTTP status 403: no good"},
	} {
		log := wirelog.New(ws.Client)
		log.Facts.Opened = c.opened
		if !c.opened {
			log.Refused = "no good"
		}
		if c.response != "" {
			log.Response = []byte("HTTP/1.1 " + c.response + "\r\n\r\n")
		}
		if c.opened && !strings.Contains(c.name, "ended") {
			log.Add(log.Start, wirelog.Record{Kind: wirelog.Event, Type: wirelog.TextEvent, Data: wirelog.Whole([]byte("x"))})
		}
		log.Add(log.Start.Add(time.Second), wirelog.Record{Kind: wirelog.DroppedByPeer})
		v := verdict.Judge(c.want, verdict.Closing{}, log)
		if v.Behavior != c.grade || !strings.Contains(strings.ToLower(v.Result), strings.ToLower(c.says)) {
			t.Errorf("%s: %+v, want %s and %q", c.name, v, c.grade, c.says)
		}
	}
}
