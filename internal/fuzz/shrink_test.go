// SPDX-License-Identifier: Apache-2.0

package fuzz

import (
	"strings"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/fuzz/conversation"
	"github.com/wsspec/wsspec/internal/ws"
)

// What is not needed goes: other connections and frames, chops, keys, edits, and octets.
func TestShrink(t *testing.T) {
	for _, c := range []struct{ script, needs, want string }{
		{
			"connection 1\noffer \"permessage-deflate\"\nhead with \"Connection: upgrade\"\n> text \"a\"\nconnection 2\n> ping mask=00000000 chop=3 rsv=5 \"hello\"\npause 10ms\n> text repeat=70000 \"b\"\n",
			"ping rsv", "> ping rsv=4 \"\"\n",
		},
		{"> text \"abc\"\n> binary form=64 \"xyzzy\"\n> close \"\"\n", "zy", "> text \"zy\"\n"},
		{"> text rsv=4 deflate{fixed \"Hello\" copy 5 5 *40 symbol 257 distance 30 0 end tail}\n", "distance", "> text deflate{fixed distance 30 0}\n"},
		{"> text more rsv=4 deflate{fixed \"Hello\" end tail}[0:3]\n> continuation deflate{fixed \"Hello\" end tail}[3:7]\n", "continuation", "> continuation \"\"\n"},
		{">> 6 810548656c6c\nend writing\n", ">> ", ">> 1 81\n"},
		{"> ping times=1100 \"x\"\n", "ping times", "> ping times=2 \"\"\n"},
		{"> text repeat=70000 \"x\"\n", "repeat", "> text repeat=2 \"x\"\n"},
	} {
		whole, err := conversation.Parse("x", "conversation 1\nrole: client\n\n"+c.script)
		if err != nil {
			t.Fatal(err)
		}
		plays := 0
		small := shrink(whole, 3000, time.Minute, func(d *conversation.Conversation) bool {
			plays++
			return strings.Contains(d.Script(), c.needs)
		})
		if got := small.Script(); got != c.want || plays > 200 {
			t.Errorf("%q in %d plays, want %q", got, plays, c.want)
		}
	}
}

// What nobody sees again is not made smaller, and time is not spent without end.
func TestShrinkGivesUp(t *testing.T) {
	f := conversation.NewFrame(ws.Client, ws.Text, strings.Repeat("ab", 500))
	c := &conversation.Conversation{Openings: []conversation.Opening{{}}, Steps: []conversation.Step{{Frame: f}}}
	plays := 0
	small := shrink(c, 7, time.Minute, func(*conversation.Conversation) bool { plays++; return false })
	if plays > 7 || small.Script() != c.Script() {
		t.Errorf("%d plays: %s", plays, small.Script())
	}
}
