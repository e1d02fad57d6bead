// SPDX-License-Identifier: Apache-2.0

package wsspec

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net/http"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/fuzz"
	"github.com/wsspec/wsspec/internal/fuzz/conversation"
	"github.com/wsspec/wsspec/internal/fuzz/generator"
	"github.com/wsspec/wsspec/internal/fuzz/player"
	"github.com/wsspec/wsspec/internal/model"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// Replay plays conversations that "wsspec fuzz" has found against the server at a ws:// or
// wss:// URL, as subtests: all files of the file system that end in .wsspec, such as those
// of an embed.FS. What breaks a SHOULD alone fails with Strict only.
func Replay(t *testing.T, url string, files fs.FS, opts ...Option) {
	t.Helper()
	c, _ := plan(t, ws.Client, opts)
	replay(t, c, c.endpoint(t, url).Peer(), files)
}

// ReplayHandler is Replay with a handler that upgrades and echoes, in memory.
func ReplayHandler(t *testing.T, h http.Handler, files fs.FS, opts ...Option) {
	t.Helper()
	c, _ := plan(t, ws.Client, opts)
	replay(t, c, c.inMemory(t, h), files)
}

func replay(t *testing.T, c *config, p player.Peer, files fs.FS) {
	t.Helper()
	n := 0
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".wsspec") {
			return err
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		said, err := conversation.Parse(name, string(text))
		if err != nil {
			return err
		}
		n++
		t.Run(strings.TrimSuffix(path.Base(name), ".wsspec"), func(t *testing.T) {
			if said.Role != ws.Client {
				t.Skip("a conversation with a client")
			}
			play := player.Player{Peer: p, Patience: player.Sure().Scaled(c.factor()), Keep: true}
			out := play.Play(t.Context(), said)
			switch worst := out.Worst(); {
			case out.Unreached != nil:
				t.Fatalf("wsspec: %v", out.Unreached)
			case worst != nil && (worst.Level != model.Should || c.strict):
				t.Error(failure(said, *worst, play.Outcome().Records))
			}
		})
		return nil
	})
	if err != nil {
		t.Fatalf("wsspec: %v", err)
	}
	if n == 0 {
		t.Fatal("wsspec: there is no file that ends in .wsspec")
	}
}

// FuzzHandler has go test -fuzz look for conversations that a handler gets wrong, which
// upgrades and echoes. The server is in memory, so that the coverage of its code steers what is
// said: an input is the random choices by which a conversation is drawn. Without -fuzz, the
// inputs in testdata/fuzz are played, and a few that come with it.
//
//	func FuzzEcho(f *testing.F) { wsspec.FuzzHandler(f, myEchoHandler) }
func FuzzHandler(f *testing.F, h http.Handler, opts ...Option) {
	f.Helper()
	c := &config{}
	for _, o := range opts {
		o(c)
	}
	draw := generator.New(generator.Base{Role: ws.Client, Single: true})
	for i := range 32 {
		f.Add([]byte(fmt.Sprintf("%032d", i*i)))
	}
	p := c.inMemory(f, h)
	f.Fuzz(func(t *testing.T, choices []byte) {
		said := draw.Choose(choices)
		play := player.Player{Peer: p, Patience: player.Quick().Scaled(c.factor()), Keep: true}
		out := play.Play(t.Context(), said)
		worst := out.Worst()
		if out.Unreached != nil || worst == nil || worst.Level == model.Should && !c.strict {
			return
		}
		play.Patience = player.Sure().Scaled(c.factor()) // a first look is impatient
		if out = play.Play(t.Context(), said); out.Worst() == nil || out.Worst().Level > worst.Level {
			return
		}
		broken := *out.Worst()
		short := fuzz.Shortest(t.Context(), p, said, broken)
		play.Play(t.Context(), short)
		t.Error(failure(short, broken, play.Outcome().Records))
	})
}

// failure tells what is wrong as failed cases do.
func failure(said *conversation.Conversation, v model.Violation, records []wirelog.Record) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\nrule:\n  %s\nsent:\n", v, v.Sentence())
	for line := range strings.Lines(said.Script()) {
		b.WriteString("  " + line)
	}
	b.WriteString("received:\n")
	for _, line := range player.Received(records) {
		b.WriteString("  " + line + "\n")
	}
	return b.String()
}

// factor stretches patience.
func (c *config) factor() float64 {
	if c.settings.Factor == 0 {
		return 1
	}
	return c.settings.Factor
}

// inMemory serves a handler on a network in memory for as long as the test.
func (c *config) inMemory(t testing.TB, h http.Handler) player.Peer {
	l := memnet.Listen()
	server := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute, ErrorLog: log.New(io.Discard, "", 0)}
	go func() { _ = server.Serve(l) }() // until the cleanup
	t.Cleanup(func() { _ = server.Close() })
	p := player.Peer{
		Host: "localhost", Target: "/", Header: c.header,
		Connect: func(ctx context.Context) (stream.Stream, error) { return l.Dial(ctx, 0) },
	}
	if c.origin != "" {
		p.Header = append(ws.Fields{{Name: "Origin", Value: c.origin}}, p.Header...)
	}
	if len(c.protocols) > 0 {
		p.Header = append(ws.Fields{{Name: "Sec-WebSocket-Protocol", Value: strings.Join(c.protocols, ", ")}}, p.Header...)
	}
	return p
}
