// SPDX-License-Identifier: Apache-2.0

package player_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/wsspec/wsspec/internal/fuzz/conversation"
	"github.com/wsspec/wsspec/internal/fuzz/generator"
	"github.com/wsspec/wsspec/internal/fuzz/player"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/ws"
)

func parse(t testing.TB, role ws.Role, script string) *conversation.Conversation {
	t.Helper()
	c, err := conversation.Parse("script", "conversation 1\nrole: "+role.String()+"\n\n"+script+"\n")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// What is right is taken for right, and ends by itself.
func TestCorrectEndpoint(t *testing.T) {
	for _, script := range []string{
		``,
		`> text "Hello"`,
		"> text more \"a\"\n> ping \"p\"\n> continuation \"b\"\n> close \"\\x03\\xe8\"",
		"offer \"permessage-deflate\"\n> text rsv=4 deflate{fixed \"Hello\" end tail}\n> binary 0xff",
		`> text unmasked "x"`,
		"> text rsv=1 \"x\"\n> text \"behind\"",
		`> text 0xff`,
		">> 3 818100\nend writing",
		"> text chop=1 \"Hello\"\nawait\n> ping \"\"",
		"head together\n> text \"early\"",
		"head chop 7\n> text \"late\"",
		"> text \"x\"\nreset",
		"connection 1\n> text more \"a\"\nconnection 2\n> text \"b\"\nconnection 1\n> continuation \"c\"",
		"> ping times=200 \"x\"",
		"> binary repeat=300000 0x00ff",
		"head without \"Host\"\n> text \"x\"",
		"pause 1ms\n> text \"x\"",
	} {
		for _, role := range []ws.Role{ws.Client, ws.Server} {
			if role == ws.Server && (strings.Contains(script, "head") || strings.Contains(script, "unmasked") || strings.Contains(script, "offer") || strings.Contains(script, ">>")) {
				continue
			}
			synctest.Test(t, func(t *testing.T) {
				out := endpoint(t, role.Other()).Play(t.Context(), parse(t, role, script))
				if len(out.Violations) > 0 || out.Unreached != nil {
					t.Errorf("%v %q: %v %v\n%s", role, script, out.Violations, out.Unreached, strings.Join(player.Received(out.Records), "\n"))
				}
			})
		}
	}
}

// What is wrong is found.
func TestFaultyEndpoint(t *testing.T) {
	for _, c := range []struct{ fault, script, want string }{
		{"no-utf8-check", `> text 0xff`, "6455-8.1"},
		{"ignores-rsv", `> text rsv=1 "x"`, "6455-5.2"},
		{"never-answers-close", ``, "6455-5.5.1"},
		{"no-pong", `> ping "x"`, "6455-5.5.2"},
		{"echo-adds-octet", `> text "x"`, ""},
	} {
		synctest.Test(t, func(t *testing.T) {
			out := endpoint(t, ws.Server, c.fault).Play(t.Context(), parse(t, ws.Client, c.script))
			if w := out.Worst(); w == nil || !strings.HasPrefix(w.Requirement, c.want) {
				t.Errorf("%s: %v\n%s", c.fault, out.Violations, strings.Join(player.Received(out.Records), "\n"))
			} else {
				t.Logf("%s: %s: %s, expected %s\n%s", c.fault, w.Requirement, w.What, out.Expected, strings.Join(player.Received(out.Records), "\n"))
			}
		})
	}
}

// Nothing that is drawn makes the correct endpoint look wrong.
func TestDrawnConversations(t *testing.T) {
	for _, role := range []ws.Role{ws.Client, ws.Server} {
		synctest.Test(t, func(t *testing.T) { playDrawn(t, role) })
	}
}

func playDrawn(t *testing.T, role ws.Role) {
	p := endpoint(t, role.Other())
	g := generator.New(generator.Base{Seed: 1, Role: role})
	bad := 0
	for n := range uint64(1000) {
		c := g.Draw(n, nil)
		out := p.Play(t.Context(), c)
		if len(out.Violations) > 0 || out.Unreached != nil {
			if bad++; bad < 6 {
				t.Errorf("%v %d: %v %v\n%.1500s\n%s", role, n, out.Violations, out.Unreached, c.Script(), strings.Join(player.Received(out.Records), "\n"))
			}
		}
	}
	t.Logf("%v: %d of 1000", role, bad)
}

func BenchmarkPlay(b *testing.B) {
	b.RunParallel(func(pb *testing.PB) {
		p := endpoint(b, ws.Server)
		p.Keep = false
		g := generator.New(generator.Base{Seed: 1})
		for n := uint64(0); pb.Next(); n++ {
			p.Play(b.Context(), g.Draw(n, nil))
		}
	})
}

// Equal lines are one, and how a long conversation ended is there, whatever was left out.
func TestReceivedIsShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := endpoint(t, ws.Server)
		got := player.Received(p.Play(t.Context(), parse(t, ws.Client, `> ping times=1100 "x"`)).Records)
		if n := len(got); n == 0 || n > 10 || !slices.Contains(got, "# log full") || got[n-1] != "# dropped by peer" {
			t.Errorf("%q", got)
		}
	})
}

// Who has failed the connection may wait for our Close before TCP ends, and gets it where a
// conversation awaits what is owed.
func TestAwaitEndsWithClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := memnet.Pipe(0)
		go func() {
			defer theirs.Close()
			in := bufio.NewReader(theirs)
			req, err := http.ReadRequest(in)
			if err != nil {
				return // the play shows it
			}
			_, _ = fmt.Fprintf(theirs, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
				ws.AcceptKey(req.Header.Get("Sec-WebSocket-Key")))
			_, _ = io.ReadFull(in, make([]byte, 7)) // the text, with its masking key
			_, _ = theirs.Write([]byte("\x88\x02\x03\xef"))
			_, _ = io.ReadFull(in, make([]byte, 8)) // the Close
		}()
		p := endpoint(t, ws.Server)
		p.Connect = func(context.Context) (stream.Stream, error) { return ours, nil }
		if out := p.Play(t.Context(), parse(t, ws.Client, "> text 0xe2\nawait")); len(out.Violations) > 0 || out.Unreached != nil {
			t.Errorf("%v %v: %q", out.Violations, out.Unreached, player.Received(out.Records))
		}
	})
}
