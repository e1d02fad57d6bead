// SPDX-License-Identifier: Apache-2.0

package testee_test

import (
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/ws"
)

// An endpoint does what it is told, and nothing that the RFC forbids.
func TestObedience(t *testing.T) {
	const reply = "close \x03\xe8"
	for _, tt := range []struct {
		told string
		send []string
		want string
	}{
		{"ping,ping:a%FF", nil, `ping; ping a\xff; open`},
		{"send:a,send:b%FF:2", []string{"text c"}, `text a; text b\ufffd; text b\ufffd; text c; open`},
		{"sendbig:0,sendbig:300", nil, `binary; binary "\x00\x01\x02\x03"..."()*+" 300; open`},
		{"close", []string{reply}, "close; fin"},
		{"close:3000:bye%2C%20then", []string{reply}, "close 3000 bye, then; fin"},
		{"close:1010", []string{reply}, ""},
		{"close:1005", []string{reply}, "close 1011 close code may not be sent; fin"},
		{"close:1000:" + x(122) + "%C3%A9", []string{reply}, `close 1000 "xxxx"..."xxxx" 122; fin`},
		{"close:1000:" + x(123), []string{reply}, `close 1000 "xxxx"..."xxxx" 123; fin`},
		{"close:1000:%ED%A0%80", []string{reply}, `close 1000 \ufffd; fin`},
		{"close:1000,send:a", []string{reply}, bye},
		{"close:1000", []string{"text a", "more binary", "rsv7 ping b", "ping " + x(126), "continuation", reply}, bye},
		{"close:1000", []string{"fin"}, bye},
		{"shutdown", []string{reply}, "close 1001 shutting down; fin"},
		{"raise", []string{reply}, "close 1011 internal error; fin"},
	} {
		for role, of1010 := range map[ws.Role]string{ws.Client: "close 1010; fin", ws.Server: "close 1011 close code may not be sent; fin"} {
			commands, err := ws.ParseCommands(tt.told)
			if err != nil {
				t.Fatal(err)
			}
			want := tt.want
			if want == "" {
				want = of1010
			}
			if got := talk(t, role, testee.Config{Commands: commands}, "", tt.send); got != want {
				t.Errorf("%s, %s: got  %s\nwant %s", role, tt.told, got, want)
			}
		}
	}
}

// Who ends TCP before the peer's Close has come has not waited for it.
func TestDropAfterClose(t *testing.T) {
	for _, role := range []ws.Role{ws.Client, ws.Server} {
		for faults, patience := range map[string]time.Duration{"": time.Second, "drops-tcp-after-own-close": 0} {
			cfg := testee.Config{Faults: testee.Faults{faults: faults != ""}, CloseTimeout: time.Second}
			cfg.Commands, _ = ws.ParseCommands("close:1000")
			if got := untilEnd(t, role, cfg); got != patience {
				t.Errorf("%s, %q: TCP ends after %s, want %s", role, faults, got, patience)
			}
		}
	}
}

// untilEnd returns how long after the opening handshake an endpoint ends TCP, whose
// peer does nothing more.
func untilEnd(t *testing.T, role ws.Role, cfg testee.Config) time.Duration {
	t.Helper()
	var took time.Duration
	synctest.Test(t, func(t *testing.T) {
		s, theirs := memnet.Pipe(0)
		done := make(chan error, 1)
		if role == ws.Server {
			go func() { done <- testee.Serve(t.Context(), theirs, cfg) }()
			write(t, s, strings.Replace(request, "/", target(cfg), 1))
			readHead(t, s)
		} else {
			go func() { done <- testee.Echo(t.Context(), theirs, "h", "/", cfg) }()
			answerHandshake(t, s)
		}
		start := time.Now()
		_, _ = io.Copy(io.Discard, s) // a reset is an end too
		took = time.Since(start)
		_ = s.Close()
		<-done
	})
	return took
}

// Where the peer does not answer our Close, we end TCP in the end.
func TestUnansweredClose(t *testing.T) {
	commands, _ := ws.ParseCommands("close:1000")
	for _, role := range []ws.Role{ws.Client, ws.Server} {
		if got := talk(t, role, testee.Config{Commands: commands, CloseTimeout: 1e9}, "", []string{"text a"}); got != bye {
			t.Errorf("%s: got %s", role, got)
		}
	}
}

func TestBadCommandInTarget(t *testing.T) {
	got := ask(t, testee.Config{}, differently(t, "GET / ", "GET /?wsct=hop "))
	if !strings.HasPrefix(got, "HTTP/1.1 400 ") || !strings.Contains(got, `"hop": want close`) {
		t.Errorf("got %s", got)
	}
}

func TestCommandFaults(t *testing.T) {
	const reply = "close \x03\xe8"
	play(t, []conversation{
		{fault: "puts-1010-on-the-wire-as-server", told: "close:1010", send: []string{reply}, want: "close 1010; fin", only: testee.AsServer},
		{fault: "puts-any-close-code-on-the-wire", told: "close:1006:bye", send: []string{reply}, want: "close 1006 bye; fin"},
		{fault: "puts-any-close-reason-on-the-wire", told: "close:1000:" + x(124), send: []string{reply}, want: `close 1000 "xxxx"..."xxxx" 124; fin`},
		{fault: "puts-any-close-reason-on-the-wire", told: "close:1000:%ED%A0%80", send: []string{reply}, want: `close 1000 \xed\xa0\x80; fin`},
		{fault: "cuts-close-reason-inside-character", told: "close:1000:" + x(122) + "%C3%A9", send: []string{reply}, want: `close 1000 "xxxx"..."xxx\xc3" 123; fin`},
		{fault: "closes-before-queued-messages", told: "send:a:2,close:1000", send: []string{reply}, want: "close 1000; text a; text a; fin"},
		{fault: "closes-inside-frame", told: "sendbig:4096,close:1000", want: `binary "\x00\x01\x02\x03"..."\xf8\xf9\xfa\xfb" 4096; cut fc fd fe ff; fin`, only: testee.AsServer},
		{fault: "answers-crossing-close", told: "close:1000", send: []string{"close \x0b\xb8"}, want: "close 1000; close 3000; fin"},
		{fault: "drops-tcp-on-exception", told: "send:a,raise", want: "text a; fin"},
		{fault: "hangs-on-exception", told: "send:a,raise", send: []string{"text b"}, want: "text a; open"},
		{fault: "drops-tcp-on-shutdown", told: "send:a,shutdown", want: "text a; fin"},
		{fault: "drops-tcp-on-refused-close", told: "send:a,close:1005", want: "text a; fin"},
		{fault: "drops-tcp-on-refused-close", told: "close:1000:" + x(124), want: "fin"},
	})
}
