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

// W18: what ended a conversation of which the log is muted is told first, with when.
func TestWhatEndedAMutedConversation(t *testing.T) {
	log := logOf(t, "", theyClosed())
	log.Facts.Remote = wirelog.CloseFacts{Sent: true, Coded: true, Code: ws.PolicyViolation, Reason: "too many fragments"}
	var err error
	log.Records, err = wirelog.Parse(`0.001 # log off
0.038 < close 0x03f0746f6f206d616e7920667261676d656e7473
0.039 # dropped by peer`)
	if err != nil {
		t.Fatal(err)
	}
	v := verdict.Judge(byRFC(verdict.Want{Echoes: 1, Within: 100 * time.Second}), byUs, log)
	if want := `The peer closed with 1008 "too many fragments", 38ms after the beginning, after 0 of 1 messages had come back.`; v.Result != want {
		t.Errorf("%s, want %s", v.Result, want)
	}
}

// W10: where there is no wrong answer, what came is told and nobody blamed.
func TestNoWrongAnswer(t *testing.T) {
	log := logOf(t, "text \"a\"\ntext \"b\"", weClosed())
	v := verdict.Judge(byRFC(verdict.Want{Informational: true}), byUs, log)
	if v.Behavior != verdict.Informational || v.Result != `There is no wrong answer. What came: text "a", text "b".` || v.CloseResult != "" {
		t.Errorf("%+v", v)
	}
}

// W43: a client's compressed data broke what was agreed, we failed the connection, and the
// client returned our code: FAILED as in the reference, and the cause in the wsspec door.
func TestBrokenAgreementInTheClosing(t *testing.T) {
	facts := weClosed()
	facts.FailedByMe, facts.Local, facts.Remote = true, coded(1002), coded(1002)
	log := logOf(t, "", facts)
	log.Extension, log.Compression.Broken = "permessage-deflate", []string{"RFC 7692, 7.1.1.1: a reference to the message before"}
	w := verdict.Want{Echoes: 1000, NeedsDeflate: true}
	if v := verdict.Judge(w, byUs, log); v.Close != verdict.Failed || strings.Contains(v.CloseResult, "7692") {
		t.Errorf("as the reference: %+v", v)
	}
	if v := verdict.Judge(byRFC(w), byUs, log); v.Behavior != verdict.Failed || !strings.Contains(v.Result, "7.1.1.1") || v.Close == verdict.WrongCode {
		t.Errorf("by the RFCs: %+v", v)
	}
}
