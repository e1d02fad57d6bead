// SPDX-License-Identifier: Apache-2.0

package verdict_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// A wrong octet far behind what a log keeps is told with the octets around it, in the
// wsspec door; what the log keeps is told by who shows the log.
func TestAWrongOctetFarBehind(t *testing.T) {
	want := ok(verdict.Event{Type: wirelog.TextEvent, Data: ws.Pattern{Unit: []byte("*"), Len: 65535}})
	for at, told := range map[int]string{60000: "2a 2a 2a 2a [21] 2a 2a 2a 2a", 5: ""} {
		log := logOf(t, "", weClosed())
		sent := bytes.Repeat([]byte("*"), 65535)
		sent[at] = '!'
		log.Records = []wirelog.Record{{Kind: wirelog.Event, Type: wirelog.TextEvent, Data: wirelog.Whole(sent)}}
		log.Contrast = want.Contrast(log)
		log.Compact()
		v := verdict.Judge(byRFC(want), byUs, log)
		if v.Behavior != verdict.Failed || !strings.Contains(v.Result, told) || told == "" && v.Result != "Actual events match none of those expected." {
			t.Errorf("%d: %+v", at, v)
		}
		if v := verdict.Judge(want, byUs, log); v.Result != "Actual events match none of those expected." {
			t.Errorf("%d: as the reference %+v", at, v)
		}
	}
}

// A wrong echo is told with the octets around the first that is wrong.
func TestAWrongEcho(t *testing.T) {
	log := logOf(t, "", weClosed())
	log.Echo = wirelog.Echo{Sent: 1, Difference: "octet 1 of 2 of the echo is 0x61 and should be 0x62"}
	log.Contrast = `from octet 0 on expected 61 [62]  "ab"`
	v := verdict.Judge(byRFC(verdict.Want{Echoes: 1}), byUs, log)
	if want := `Octet 1 of 2 of the echo is 0x61 and should be 0x62: from octet 0 on expected 61 [62]  "ab".`; v.Result != want {
		t.Errorf("%s, want %s", v.Result, want)
	}
	if v := verdict.Judge(verdict.Want{Echoes: 1}, byUs, log); strings.Contains(v.Result, "from octet") {
		t.Errorf("as the reference: %s", v.Result)
	}
}

// In a conversation that is judged as a whole, other content is told so too.
func TestOtherContent(t *testing.T) {
	log := logOf(t, "text \"Hallo\"", weClosed())
	w := ok(verdict.Event{Type: wirelog.TextEvent, Data: ws.Literal([]byte("Hello"))})
	w.Whole = true
	if v := verdict.Judge(w, byUs, log); !strings.Contains(v.Result, `expected 48 [65] 6c 6c 6f  "Hello", received 48 [61] 6c 6c 6f  "Hallo"`) {
		t.Errorf("%+v", v)
	}
}

// W23: a peer that returns our invalid Close has broken a rule, and has not left TCP
// open: we ended it at once.
func TestAnInvalidCloseThatIsReturned(t *testing.T) {
	log := logOf(t, "", weClosed())
	log.Facts.Role, log.Facts.DroppedByMe = ws.Client, true
	var err error
	log.Records, err = wirelog.Parse(`0.1 > close "a"
0.2 < close "a"
0.2 # violation "RFC 6455, 5.5.1: Close with one octet of payload"
0.2 # dropped by me`)
	if err != nil {
		t.Fatal(err)
	}
	v := verdict.Judge(byRFC(ok()), byUs, log)
	if v.Close != verdict.Failed || !strings.HasPrefix(v.CloseResult, "RFC 6455, 5.5.1: Close with one octet of payload. What came: close in reply") {
		t.Errorf("%+v", v)
	}
}

// W26: invalid text that was echoed is said to have come, and our own code, returned, is
// said to be an answer.
func TestWhatCameIsTold(t *testing.T) {
	log := logOf(t, "", weClosed())
	log.Facts.Local, log.Facts.Remote, log.Facts.FailedByMe = coded(1007), coded(1007), true
	var err error
	log.Records, err = wirelog.Parse(`0.1 < text 0x80
0.1 # violation "RFC 6455, 8.1: text that is not UTF-8"
0.1 > close 0x03ef
0.2 < close 0x03ef
0.2 # dropped by peer`)
	if err != nil {
		t.Fatal(err)
	}
	v := verdict.Judge(byRFC(ok()), byThem, log)
	if want := `What came: text 0x80 (RFC 6455, 8.1: text that is not UTF-8), close 1007 in reply, end`; !strings.HasSuffix(v.CloseResult, want) {
		t.Errorf("%s, want %s", v.CloseResult, want)
	}
}
