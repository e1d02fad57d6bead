// SPDX-License-Identifier: Apache-2.0

package wirelog_test

import (
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// What the peer let us see is made of frames and of how TCP ended.
func TestConversation(t *testing.T) {
	closing := func(k wirelog.Kind) wirelog.Record {
		return wirelog.Record{Kind: k, Frame: wirelog.Frame{Header: ws.Header{Opcode: ws.Close}, Payload: wirelog.Whole([]byte{0x03, 0xe8})}}
	}
	ours, theirs := closing(wirelog.SentFrame), closing(wirelog.ReceivedFrame)
	of := func(k wirelog.Kind) wirelog.Record { return wirelog.Record{Kind: k} }
	for _, c := range []struct {
		records []wirelog.Record
		want    string
	}{
		{[]wirelog.Record{ours, theirs, of(wirelog.DroppedByPeer)}, "close 1000, end"},
		{[]wirelog.Record{theirs, of(wirelog.ResetByPeer)}, "close 1000 unasked, reset"},
		{[]wirelog.Record{ours, theirs, of(wirelog.DroppedByMe)}, "close 1000, end"}, // as the server, whose part it is
		{[]wirelog.Record{ours, theirs, of(wirelog.StillOpen), of(wirelog.DroppedByMe)}, "close 1000, still open"},
	} {
		log := wirelog.New(ws.Server)
		log.Facts.WasClean, log.Records = true, c.records
		var words []string
		for _, r := range log.Conversation() {
			word := r.EventText()
			if r.Unasked {
				word += " unasked"
			}
			words = append(words, word)
		}
		if got := strings.Join(words, ", "); got != c.want {
			t.Errorf("%v: %s, want %s", c.records, got, c.want)
		}
	}
}

// A frame that broke a rule and came to no event is told with the rule, in its place.
func TestOffences(t *testing.T) {
	log := wirelog.New(ws.Client)
	var err error
	log.Records, err = wirelog.Parse(`0.1 < text "a"
0.1 = text "a"
0.2 < text 0x80
0.2 # violation "RFC 6455, 8.1: text that is not UTF-8"
0.3 < close 0x03ed
0.3 # violation "RFC 6455, 7.4.1: 1005 must not be sent"
0.3 # dropped by peer`)
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, r := range log.WithOffences(log.Conversation()) {
		if r.Kind == wirelog.ReceivedFrame {
			told = append(told, r.Frame.String()+": "+r.Note)
		} else {
			told = append(told, r.EventText())
		}
	}
	if got, want := strings.Join(told, ", "), `text "a", text 0x80: RFC 6455, 8.1: text that is not UTF-8, close, end`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
