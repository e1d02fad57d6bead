// SPDX-License-Identifier: Apache-2.0

package verdict_test

import (
	"testing"

	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// events parses expectations, or what came.
func events(t *testing.T, lines ...string) []verdict.Event {
	t.Helper()
	var es []verdict.Event
	for _, line := range lines {
		e, err := verdict.ParseEvent(line)
		if err != nil {
			t.Fatal(err)
		}
		es = append(es, e)
	}
	return es
}

// Whether to close, to wait or to give up is clear from what has come.
func TestFollower(t *testing.T) {
	want := func(outcomes ...[]string) verdict.Want {
		w := verdict.Want{Whole: true, ByRFC: true}
		for _, o := range outcomes {
			w.Outcomes = append(w.Outcomes, verdict.Outcome{Grade: verdict.OK, Events: events(t, o...)})
		}
		return w
	}
	comesBack := want([]string{`text "a"`, `maybe pong "p"`, "close * in reply", "end"})
	for _, c := range []struct {
		name               string
		want               verdict.Want
		came               []string
		complete, hopeless bool
	}{
		{"nothing yet", comesBack, nil, false, false},
		{"all but the end that we begin", comesBack, []string{`text "a"`}, true, false},
		{"what need not come", comesBack, []string{`text "a"`, `pong "p"`}, true, false},
		{"something else", comesBack, []string{`text "b"`}, false, true},
		{"something too much", comesBack, []string{`text "a"`, `text "a"`}, false, true},
		{"the peer is to close", want([]string{`text "a"`, "close 1002", "end"}), []string{`text "a"`}, false, false},
		{
			"an outcome that is out of reach does not count", want([]string{`text "a"`, "close 1009", "end"}, []string{`text "a"`, `text "b"`, "close * in reply", "end"}),
			[]string{`text "a"`, `text "b"`}, true, false,
		},
		{
			"an outcome hopes for more", want([]string{`text "a"`, "close * in reply", "end"}, []string{`text "a"`, `text "b"`}),
			[]string{`text "a"`}, false, false,
		},
	} {
		f := c.want.Follow()
		var came []wirelog.Record
		for _, e := range events(t, c.came...) {
			came = append(came, e.Record())
		}
		f.Next(came)
		if f.Complete() != c.complete || f.Hopeless() != c.hopeless {
			t.Errorf("%s: complete %v, hopeless %v", c.name, f.Complete(), f.Hopeless())
		}
	}
}

// A Close that comes of itself is no answer to ours.
func TestReply(t *testing.T) {
	w := verdict.Want{Whole: true, ByRFC: true, Outcomes: []verdict.Outcome{{Grade: verdict.OK, Events: events(t, "close 1000 in reply", "end")}}}
	ours := wirelog.Record{Kind: wirelog.SentFrame, Frame: wirelog.Frame{Header: ws.Header{Opcode: ws.Close}}}
	theirs := wirelog.Record{Kind: wirelog.ReceivedFrame, Frame: wirelog.Frame{Header: ws.Header{Opcode: ws.Close}, Payload: wirelog.Whole([]byte{0x03, 0xe8})}}
	end := wirelog.Record{Kind: wirelog.DroppedByPeer}
	for want, records := range map[verdict.Grade][]wirelog.Record{
		verdict.OK:     {ours, theirs, end},
		verdict.Failed: {theirs, ours, end},
	} {
		log := wirelog.New(ws.Client)
		log.Facts.Opened, log.Records = true, records
		if v := verdict.Judge(w, verdict.Closing{}, log); v.Behavior != want {
			t.Errorf("%+v, want %s", v, want)
		}
	}
}
