// SPDX-License-Identifier: Apache-2.0

package peer_test

import (
	"strings"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/ws"
)

// TestViolations has a row for each rule that a peer can break: what it
// sends, and with which code and words we fail the connection. We leave it a
// second to answer, and take its answer.
func TestViolations(t *testing.T) {
	long := strings.Repeat("x", 126)
	for _, c := range []struct {
		rule   string
		octets string // as from a server, without masks
		code   ws.CloseCode
	}{
		{"RFC 6455, 5.2: RSV = 4 without an extension that defines it", "\xc1\x00", 1002},
		{"RFC 6455, 5.2: RSV = 3 without an extension that defines it", "\xb9\x00", 1002},
		{"RFC 6455, 5.1: a server must not mask", "\x81\x80\x01\x02\x03\x04", 1002},
		{"RFC 6455, 5.2: reserved opcode 3", "\x83\x00", 1002},
		{"RFC 6455, 5.2: reserved opcode 15", "\x8f\x00", 1002},
		{"RFC 6455, 5.5: fragmented control frame", "\x09\x00", 1002},
		{"RFC 6455, 5.5: control frame with 126 octets of payload", "\x8a\x7e\x00\x7e" + long, 1002},
		{"RFC 6455, 5.2: length not in its shortest form", "\x81\x7e\x00\x05Hello", 1002},
		{"RFC 6455, 5.2: length not in its shortest form", "\x81\x7f\x00\x00\x00\x00\x00\x00\x00\x05Hello", 1002},
		{"RFC 6455, 5.4: continuation without a message to continue", "\x80\x00", 1002},
		{"RFC 6455, 5.4: a new message inside a fragmented one", "\x01\x00\x81\x00", 1002},
		{"RFC 6455, 8.1: text that is not UTF-8", "\x81\x01\xff", 1007},
		{"RFC 6455, 8.1: text that is not UTF-8", "\x01\x01\xf4\x80\x01\x90", 1007}, // cut inside a character
		{"RFC 6455, 8.1: text that ends inside a character", "\x81\x01\xce", 1007},
		{"a frame that declares 4611686018427387904 octets", "\x82\x7f\x40\x00\x00\x00\x00\x00\x00\x00", 1009},
		{"a frame that declares 18446744073709551615 octets", "\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff", 1009},
	} {
		t.Run(c.rule, func(t *testing.T) {
			got := conversation{other: func(o *other) {
				o.write(c.octets)
				o.want(0, closing(c.code, c.rule))
				o.sleep(time.Second / 2)
				o.close(c.code)
			}}.run(t)
			facts := "opened closedByMe failedByMe clean " + closeText("local", got.Facts.Local) + " " + closeText("remote", got.Facts.Remote) + " "
			if c.code == ws.MessageTooBig { // nothing can be read after it
				facts = "opened closedByMe failedByMe " + closeText("local", got.Facts.Local) + " (peer dropped the TCP connection without previous WebSocket closing handshake)"
			}
			got.wantFacts(t, facts)
			if v := got.Violations(); len(v) != 1 || v[0] != c.rule {
				t.Errorf("violations %q", v)
			}
			if got.took != time.Second/2 {
				t.Errorf("took %v, want 500ms", got.took)
			}
		})
	}
}

// A Close that breaks a rule is a Close all the same: nothing more to wait for than the end of TCP.
func TestViolationsInClose(t *testing.T) {
	for _, c := range []struct {
		payload, rule string
		code          ws.CloseCode
		remote        string
	}{
		{"\x03", "RFC 6455, 5.5.1: Close with one octet of payload", 1002, "remote=none"},
		{"\x03\xed", "RFC 6455, 7.4: close code 1005", 1002, "remote=1005"},
		{"\x00\x00", "RFC 6455, 7.4: close code 0", 1002, "remote=0"},
		{"\x03\xe8\xff", "RFC 6455, 5.5.1: close reason that is not UTF-8", 1007, "remote=1000\xff"},
	} {
		conversation{other: func(o *other) {
			o.send(ws.Close, c.payload)
			o.want(0, closing(c.code, c.rule))
		}}.run(t).wantFacts(t, "opened closedByMe failedByMe clean "+closeText("local", closeFacts(c.code, c.rule))+" "+c.remote+" ")
	}
}

// As a server we want masks.
func TestUnmaskedFrame(t *testing.T) {
	conversation{role: ws.Server, other: func(o *other) {
		o.write("\x81\x00")
		o.want(0, closing(1002, "RFC 6455, 5.1: a client must mask"))
		o.close(1002)
		o.want(0, "FIN")
	}}.run(t).wantFacts(t, "opened closedByMe failedByMe droppedByMe clean local=1002RFC 6455, 5.1: a client must mask remote=1002 ")
}

// Specification files can switch rules off.
func TestRulesThatAreSwitchedOff(t *testing.T) {
	for name, c := range map[string]struct {
		role    ws.Role
		options peer.Options
		octets  string
		event   string
	}{
		"masked server frames":   {ws.Client, peer.Options{AcceptMasked: true}, "\x81\x81\x01\x02\x03\x04\x40", `= text "A"`},
		"unmasked client frames": {ws.Server, peer.Options{AcceptUnmasked: true}, "\x81\x01A", `= text "A"`},
		"text that is not UTF-8": {ws.Client, peer.Options{SkipUTF8: true}, "\x81\x01\xff", `= text 0xff`},
	} {
		got := conversation{role: c.role, config: options(c.options), other: func(o *other) {
			o.write(c.octets)
			o.sleep(time.Millisecond)
		}}.run(t)
		if !strings.Contains(got.lines(), c.event+"\n") || len(got.Violations()) > 0 {
			t.Errorf("%s:\n%s", name, got.lines())
		}
	}
}

// A ping is answered while the connection is open, and only then.
func TestPings(t *testing.T) {
	for _, role := range []ws.Role{ws.Client, ws.Server} {
		got := conversation{role: role, patience: 2 * time.Second, other: func(o *other) {
			o.send(ws.Ping, "\x00one")
			o.want(0, `pong "\x00one"`)
			o.write(o.frame(ws.Header{Opcode: ws.Text}, "a"))
			o.send(ws.Ping, "")
			o.want(0, `pong ""`)
			o.write(o.frame(ws.Header{Fin: true, Opcode: ws.Continuation}, "b"))
			o.want(2*time.Second, goingAway)
			o.send(ws.Ping, "late")
			o.close(1000)
			if role == ws.Server {
				o.want(2*time.Second, "FIN")
			}
		}}.run(t)
		if e := got.Events(); len(e) != 1 || e[0].Text() != `= text "ab"` {
			t.Errorf("events %v", e)
		}
	}
}

func TestMaxima(t *testing.T) {
	for want, c := range map[string]struct {
		options peer.Options
		octets  string
	}{
		"a frame that declares 6 octets":     {peer.Options{MaxFrame: 5}, "\x82\x06"},
		"a message of more than 5 octets":    {peer.Options{MaxMessage: 5}, "\x02\x03abc\x80\x03def"},
		"a message of more than 1000 octets": {peer.Options{}, "\x02\x7e\x03\xe8" + strings.Repeat("x", 1000) + "\x80\x01x"},
	} {
		conversation{config: func(cfg *peer.Config) { cfg.Options, cfg.Backlog = c.options, 1000 }, other: func(o *other) {
			o.write(c.octets)
			o.want(0, closing(1009, want))
		}}.run(t)
	}
}
