// SPDX-License-Identifier: Apache-2.0

package fuzz

import (
	"fmt"
	"testing"

	"github.com/wsspec/wsspec/internal/fuzz/conversation"
	"github.com/wsspec/wsspec/internal/fuzz/player"
	"github.com/wsspec/wsspec/internal/ws"
)

// What later conversations are drawn from does not depend on the order in which the
// conversations of a round come to their end.
func TestOrderDoesNotMatter(t *testing.T) {
	drawn := func(backwards bool) string {
		const rounds = 2*ahead + 3
		g := newGuide(rounds * roundSize)
		text := ""
		for range rounds {
			var cs [roundSize]*conversation.Conversation
			for i := range cs {
				n, known, ok := g.take()
				if !ok {
					t.Fatal("nothing left")
				}
				cs[i] = &conversation.Conversation{Note: conversation.Note{Found: fmt.Sprint(n)}}
				text += fmt.Sprint(n, len(known), " ")
				for _, k := range known {
					text += k.Found + " "
				}
			}
			for i := range cs {
				if backwards {
					i = roundSize - 1 - i
				}
				g.played(uint64(i)+g.done*roundSize, cs[i], []player.Mark{player.Mark(i / 7), player.Mark(g.done)}, nil)
			}
		}
		if _, _, ok := g.take(); ok {
			t.Error("more than was asked for")
		}
		return text
	}
	if a, b := drawn(false), drawn(true); a != b {
		t.Errorf("%s\nand then\n%s", a, b)
	}
}

// A conversation that has reached new counters of the endpoint is drawn from more often, and
// even if it has shown nothing new otherwise.
func TestCountersSteer(t *testing.T) {
	g := newGuide(0)
	c := [2]*conversation.Conversation{{}, {}}
	for i := range uint64((ahead + 2) * roundSize) {
		n, known, _ := g.take()
		switch {
		case n == 7:
			g.played(n, c[0], nil, []player.Mark{1})
		case n == 8:
			g.played(n, c[1], []player.Mark{2}, nil)
		default:
			g.played(n, &conversation.Conversation{}, nil, nil)
		}
		if i < (ahead+1)*roundSize {
			continue
		}
		times := map[*conversation.Conversation]int{}
		for _, k := range known {
			times[k]++
		}
		if len(times) != 2 || times[c[0]] != counterWeight || times[c[1]] != 1 {
			t.Fatalf("conversation %d: %v", n, times)
		}
	}
}

// What shows nothing new is not gone on with, and neither is what would be slow.
func TestWorthKeeping(t *testing.T) {
	long := conversation.NewFrame(ws.Client, ws.Binary, "x")
	long.Repeat = 1 << 20
	c := &conversation.Conversation{Steps: []conversation.Step{{Frame: long}}}
	if worthKeeping(c) || !worthKeeping(&conversation.Conversation{}) {
		t.Error("worthKeeping")
	}
}
