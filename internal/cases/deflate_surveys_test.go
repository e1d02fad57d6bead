// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"testing"

	"github.com/wsspec/wsspec/internal/survey"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// TestCompressedFrameSurveys is about 18.2.1 and 18.2.9: where RSV1 may be, and whether
// it may be at all.
func TestCompressedFrameSurveys(t *testing.T) {
	frame := func(op ws.Opcode, rsv uint8, fin bool) ws.Header { return ws.Header{Opcode: op, RSV: rsv, Fin: fin} }
	plain, packed := frame(ws.Text, 0, true), frame(ws.Text, 4, true)
	begin, more := frame(ws.Binary, 4, false), frame(ws.Continuation, 0, true)
	marked, ping, closing := frame(ws.Continuation, 4, true), frame(ws.Pong, 4, true), frame(ws.Close, 4, true)
	agreed := func(hs ...ws.Header) survey.Connection { return survey.Connection{Deflate: true, Frames: hs} }
	declined := func(offer string, hs ...ws.Header) survey.Connection {
		c := requestOf("\r\n\r\n", "\r\nSec-WebSocket-Extensions: "+offer+"\r\n\r\n")
		c.Frames = hs
		return c
	}
	const offer = "permessage-deflate; client_max_window_bits"
	told := declined(offer, packed)
	told.Told = true
	for name, c := range map[string]struct {
		first, ninth wirelog.Kind
		cs           []survey.Connection
	}{
		"nothing":                           {wirelog.NotJudged, wirelog.NotJudged, nil},
		"no extension":                      {wirelog.NotJudged, wirelog.NotJudged, []survey.Connection{declined("x", plain)}},
		"nothing compressed":                {wirelog.NotJudged, wirelog.NotJudged, []survey.Connection{agreed(plain, more)}},
		"compressed":                        {wirelog.Noted, wirelog.NotJudged, []survey.Connection{agreed(plain, packed, begin, more)}},
		"RSV1 on a continuation":            {wirelog.Violation, wirelog.NotJudged, []survey.Connection{agreed(packed), agreed(begin, marked)}},
		"RSV1 on a Pong":                    {wirelog.Violation, wirelog.NotJudged, []survey.Connection{agreed(packed, ping)}},
		"RSV1 on a Close":                   {wirelog.Violation, wirelog.NotJudged, []survey.Connection{agreed(closing)}},
		"offered, not agreed":               {wirelog.NotJudged, wirelog.Noted, []survey.Connection{declined(offer, plain), declined("x", plain)}},
		"offered, not agreed, no frame":     {wirelog.NotJudged, wirelog.NotJudged, []survey.Connection{declined(offer)}},
		"offered, not agreed, RSV1":         {wirelog.NotJudged, wirelog.Violation, []survey.Connection{declined(offer, plain, packed)}},
		"offered, not agreed, RSV1 on Pong": {wirelog.NotJudged, wirelog.Violation, []survey.Connection{declined(offer, ping)}},
		"not offered, RSV1":                 {wirelog.NotJudged, wirelog.Violation, []survey.Connection{declined("x", packed)}},
		"a void answer named it":            {wirelog.NotJudged, wirelog.NotJudged, []survey.Connection{told}},
	} {
		if got := found(t, "18.2.1", c.cs...); got.Kind != c.first {
			t.Errorf("18.2.1 of %s: kind %v, %q; want kind %v", name, got.Kind, got.Note, c.first)
		}
		if got := found(t, "18.2.9", c.cs...); got.Kind != c.ninth {
			t.Errorf("18.2.9 of %s: kind %v, %q; want kind %v", name, got.Kind, got.Note, c.ninth)
		}
	}
}

// TestCompressedMessageSurvey is about 18.2.2, which adds up what connections show and
// names everything that is wrong with one.
func TestCompressedMessageSurvey(t *testing.T) {
	fine := wirelog.Deflated{Messages: 3, Stored: 1, Fixed: 2, Dynamic: 3, Final: 1, Earlier: 2, Farthest: 700}
	for _, c := range []struct {
		kind wirelog.Kind
		note string
		ds   []wirelog.Deflated
	}{
		{wirelog.NotJudged, "the peer has sent nothing compressed", nil},
		{wirelog.NotJudged, "the peer has sent nothing compressed", []wirelog.Deflated{{}}},
		{wirelog.Noted, "6 compressed messages on 2 connections, of 2 stored blocks, 4 with fixed codes and 6 with dynamic ones; 2 messages with a final block, 4 that refer to earlier ones; the largest distance is 700",
			[]wirelog.Deflated{fine, {}, fine}},
		{wirelog.Violation, "RFC 7692, 7.2.3.6: 1 of 3 compressed messages of a connection are without an octet, and so without a block",
			[]wirelog.Deflated{fine, {Messages: 3, Empty: 1}}},
		{wirelog.Violation, "RFC 7692, 7.2.1: 2 of 4 compressed messages of a connection do not end where 00 00 ff ff can follow", []wirelog.Deflated{{Messages: 4, Unended: 2}}},
		{wirelog.Violation, "RFC 7692, 7.2.1: 1 of 1 compressed messages of a connection are not DEFLATE", []wirelog.Deflated{{Messages: 1, Corrupt: 1}}},
		{wirelog.Violation, "RFC 7692, 7.1.2: 1 of 2 compressed messages of a connection refer further back than the agreed window goes. " +
			"RFC 7692, 7.1.1: 1 of 2 compressed messages of a connection refer to earlier ones, against what was agreed",
			[]wirelog.Deflated{{Messages: 2, TooFar: 1, Kept: 1}}},
	} {
		var cs []survey.Connection
		for _, d := range c.ds {
			cs = append(cs, survey.Connection{Deflate: true, Compressed: d})
		}
		if got := found(t, "18.2.2", cs...); got.Kind != c.kind || got.Note != c.note {
			t.Errorf("of %+v: kind %v, %q", c.ds, got.Kind, got.Note)
		}
	}
}
