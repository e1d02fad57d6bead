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
