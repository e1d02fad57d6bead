// SPDX-License-Identifier: Apache-2.0

package verdict_test

import (
	"strings"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// byRFC is a want that is judged by the RFCs alone.
func byRFC(w verdict.Want) verdict.Want { w.ByRFC = true; return w }

// TestByRFC has a row for each way in which the wsspec door differs from the
// reference, and what the reference says of the same conversation.
func TestByRFC(t *testing.T) {
	pongs := func(payloads ...string) verdict.Want {
		var es []verdict.Event
		for _, p := range payloads {
			es = append(es, verdict.Event{Type: wirelog.PongEvent, Data: ws.Literal([]byte(p))})
		}
		return ok(es...)
	}
	dropTimeout := func(clean bool) wirelog.Facts {
		f := weClosed()
		f.WasServerConnectionDropTimeout, f.DroppedByMe, f.WasClean = true, true, clean
		return f
	}
	returned := weClosed()
	returned.FailedByMe, returned.Local, returned.Remote = true, coded(1007), coded(1007)
	answered := weClosed()
	answered.Remote = coded(1012)
	foundFault := weClosed()
	foundFault.Remote = coded(1002)
	peerClosed := theyClosed()
	peerClosed.Remote = wirelog.CloseFacts{Sent: true, Coded: true, Code: 1007, Reason: "no"}
	var err error
	for name, c := range map[string]struct {
		want              verdict.Want
		closing           verdict.Closing
		log               string
		facts             wirelog.Facts
		behavior, close   verdict.Grade
		result, closeText string        // what the sentences have in them
		reference         verdict.Grade // the behavior
	}{
		"a Pong nobody asked for":              {ok(hello), byUs, "0 = unasked pong \"\"\n0 = text \"Hello\"", weClosed(), "OK", "OK", "", "", "FAILED"},
		"only the latest Pong":                 {pongs("a", "b"), byUs, "0 = pong \"b\"", weClosed(), "INFORMATIONAL", "OK", "5.5.3", "", "FAILED"},
		"only the first Pong":                  {pongs("a", "b"), byUs, "0 = pong \"a\"", weClosed(), "FAILED", "OK", "", "", "FAILED"},
		"another code in answer":               {ok(), byUs, "", answered, "OK", "OK", "", "1012", "OK"},
		"our Close found fault with":           {ok(), byUs, "", foundFault, "OK", "FAILED", "", "finds fault", "OK"},
		"our own code returned":                {ok(), byUs, "", returned, "OK", "FAILED", "", "returned", "OK"},
		"TCP left open":                        {ok(), byUs, "", dropTimeout(true), "OK", "FAILED BY CLIENT", "", "7.1.1", "OK"},
		"TCP left open, the other timer first": {ok(), byUs, "", dropTimeout(false), "OK", "FAILED BY CLIENT", "", "7.1.1", "OK"},
		"data behind the Close":                {ok(), byUs, "0 # violation \"RFC 6455, 5.5.1: a text frame\"", weClosed(), "OK", "FAILED", "", "5.5.1: a text frame", "OK"},
		"a limit of ours":                      {ok(), byUs, "0 # violation \"a message of more than 3 octets\"", weClosed(), "OK", "OK", "", "", "OK"},
		"closed by the peer instead": {
			verdict.Want{Echoes: 9, Within: time.Minute}, byUs, "", peerClosed, "FAILED", "FAILED", "The peer closed with 1007 \"no\", after 0 of 9", "it was up to us", "FAILED",
		},
		"TCP ended by the peer instead": {
			ok(hello), byUs, "0.038 # dropped by peer", wirelog.Facts{Opened: true}, "FAILED", "FAILED", "ended TCP without a Close, 38ms", "it was up to us", "FAILED",
		},
		"a Ping in place of the echo": {ok(hello), byUs, "0 < ping \"Hello\"", weClosed(), "FAILED", "OK", "Ping came instead: \"Hello\"", "", "FAILED"},
		"a handshake that failed":     {ok(), byThem, "", wirelog.Facts{}, "FAILED", "FAILED", "opening handshake failed", "", "OK"},
	} {
		log := logOf(t, "", c.facts)
		if log.Records, err = wirelog.Parse(c.log); err != nil {
			t.Fatal(err)
		}
		v := verdict.Judge(byRFC(c.want), c.closing, log)
		if v.Behavior != c.behavior || v.Close != c.close || !strings.Contains(v.Result, c.result) || !strings.Contains(v.CloseResult, c.closeText) {
			t.Errorf("%s: %+v", name, v)
		}
		if r := verdict.Judge(c.want, c.closing, log); r.Behavior != c.reference {
			t.Errorf("%s: as the reference %+v", name, r)
		}
	}
}
