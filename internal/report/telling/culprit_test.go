// SPDX-License-Identifier: Apache-2.0

package telling_test

import (
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/reporttest"
	"github.com/wsspec/wsspec/internal/report/telling"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// wants is a case whose best outcome is the events.
func wants(events ...verdict.Event) verdict.Want {
	return verdict.Want{Outcomes: []verdict.Outcome{{Grade: verdict.OK, Events: events}}}
}

// The culprit is the record that should not be there, or the place where something is
// missing.
func TestBlame(t *testing.T) {
	opened := func(lines string) *wirelog.Log {
		log := reporttest.Log(ws.Client, lines)
		log.Facts.Opened = true
		return log
	}
	refused := reporttest.Log(ws.Client, "0.1 << 4 48545450")
	refused.Facts.Opened = false
	refused.Refused = "status 404 Not Found, want 101"
	for name, c := range map[string]struct {
		r       report.Result
		want    string // the record, or "missing …" and the record before which that is
		nothing bool
	}{
		"broken rule": {
			r:    report.Result{Want: wants(pongEvent("a")), Log: opened("0.1 > ping \"a\"\n0.2 < ping more \"\"\n0.2 # violation \"RFC 6455, 5.5: a control frame must not be fragmented\"")},
			want: "1",
		},
		"other text": {
			r:    report.Result{Want: wants(textEvent("abc")), Log: opened("0.1 > text \"abc\"\n0.2 < text \"abx\"\n0.2 = text \"abx\"\n0.3 < pong \"\"\n0.3 = pong \"\"")},
			want: "1",
		},
		"the second of two": {
			r:    report.Result{Want: wants(textEvent("a"), textEvent("b")), Log: opened("0.2 < text \"a\"\n0.2 = text \"a\"\n0.2 < text \"c\"\n0.2 = text \"c\"")},
			want: "2",
		},
		"no answer": {
			r:    report.Result{Want: wants(textEvent("a"), textEvent("b")), Log: opened("0.2 < text \"a\"\n0.2 = text \"a\"\n1.2 # fail\n1.3 # dropped by me")},
			want: "missing 2",
		},
		"no handshake": {r: report.Result{Want: wants(textEvent("a")), Log: refused}, want: "0"},
		"all is well":  {r: report.Result{Want: wants(textEvent("a")), Log: opened("0.2 < text \"a\"\n0.2 = text \"a\"")}, nothing: true},
		"no record":    {r: report.Result{Want: wants(textEvent("a")), Log: opened("")}, nothing: true},
	} {
		r := reporttest.Judged(c.r)
		if c.nothing && len(r.Log.Records) > 0 {
			r.Verdict.Close = verdict.OK
		}
		got, ok := telling.Blame(r)
		if ok == c.nothing {
			t.Errorf("%s: culprit %+v %v, of %+v", name, got, ok, r.Verdict)
			continue
		}
		if !ok {
			continue
		}
		at := strings.TrimSpace(map[bool]string{true: "missing "}[got.Missing != ""] + string(rune('0'+got.At)))
		if at != c.want || got.Why == "" {
			t.Errorf("%s: %s (%+v), want %s", name, at, got, c.want)
		}
	}
}

// Blame points into any log, whatever stands in it, or behind its end.
func TestBlameHostile(t *testing.T) {
	for _, rep := range []*report.Report{reporttest.Hostile(), reporttest.Mixed()} {
		for _, a := range rep.Agents {
			for _, r := range a.Results {
				for _, v := range []verdict.Verdict{{Behavior: verdict.Failed, Close: verdict.OK}, {Behavior: verdict.OK, Close: verdict.Unclean}, {Behavior: verdict.OK, Close: verdict.WrongCode}, {Behavior: verdict.OK, Close: verdict.FailedByClient}} {
					r.Verdict.Behavior, r.Verdict.Close = v.Behavior, v.Close
					if c, ok := telling.Blame(r); ok && (c.At < 0 || c.At > len(r.Log.Records)) {
						t.Errorf("%.20q %s %v: %+v of %d records", a.Name, r.ID, v, c, len(r.Log.Records))
					}
				}
			}
		}
	}
}

func TestAround(t *testing.T) {
	of := func(want, got string) report.Result {
		log := reporttest.Log(ws.Client, "")
		log.Records = []wirelog.Record{{Kind: wirelog.Event, Type: wirelog.TextEvent, Data: wirelog.Whole([]byte(got))}}
		return reporttest.Judged(report.Result{Want: wants(textEvent(want)), Log: log})
	}
	long := strings.Repeat("0123456789", 10)
	for _, c := range []struct {
		want, got string
		from, at  int
		w, g      string
	}{
		{"Hello, world!", "Hello; world!", 0, 5, "Hello, world!", "Hello; world!"},
		{long, long[:50] + "x" + long[51:], 40, 50, long[40:72], long[40:50] + "x" + long[51:72]},
		{long, long[:50], 40, 50, long[40:72], long[40:50]},
		{"abc", "abcd", 0, 3, "abc", "abcd"},
		{"", "x", 0, 0, "", "x"},
	} {
		o, ok := telling.Around(of(c.want, c.got))
		if !ok || o.From != c.from || o.At != c.at || string(o.Want) != c.w || string(o.Got) != c.g || o.OfWant != len(c.want) || o.OfGot != len(c.got) {
			t.Errorf("%.20q %.20q: %v %+v %q %q", c.want, c.got, ok, o, o.Want, o.Got)
		}
	}
	for name, r := range map[string]report.Result{
		"the same": of("abc", "abc"),
		"nothing":  reporttest.Judged(report.Result{Want: wants(textEvent("abc")), Log: reporttest.Log(ws.Client, "")}),
		"a pong":   reporttest.Judged(report.Result{Want: wants(pongEvent("abc")), Log: of("", "abc").Log}),
	} {
		if o, ok := telling.Around(r); ok {
			t.Errorf("%s: %+v", name, o)
		}
	}
}
