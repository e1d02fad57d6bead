// SPDX-License-Identifier: Apache-2.0

package ws_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/ws"
)

func TestCommands(t *testing.T) {
	for _, tt := range []struct {
		text string
		want []ws.Command
	}{
		{"close", []ws.Command{{Word: "close", Bare: true}}},
		{"close:3000", []ws.Command{{Word: "close", Code: 3000}}},
		{"close:1000:good%20bye%2C%3a%FF", []ws.Command{{Word: "close", Code: 1000, Text: "good bye,:\xff"}}},
		{"close:0", []ws.Command{{Word: "close"}}},
		{"ping,ping:%00", []ws.Command{{Word: "ping"}, {Word: "ping", Text: "\x00"}}},
		{"send:a+b,send::3", []ws.Command{{Word: "send", Text: "a+b", N: 1}, {Word: "send", N: 3}}},
		{"sendbig:65536,shutdown,raise", []ws.Command{{Word: "sendbig", N: 65536}, {Word: "shutdown"}, {Word: "raise"}}},
	} {
		got, err := ws.ParseCommands(tt.text)
		if err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: got %+v, %v", tt.text, got, err)
		}
		again, err := ws.ParseCommands(ws.FormatCommands(got))
		if err != nil || !reflect.DeepEqual(again, got) {
			t.Errorf("%s: %s is read as %+v, %v", tt.text, ws.FormatCommands(got), again, err)
		}
	}
}

func TestBadCommands(t *testing.T) {
	for text, want := range map[string]string{
		"":                  `command "": want close, ping, send, sendbig, shutdown or raise`,
		"ping,clsoe":        `command "clsoe": want close, ping, send, sendbig, shutdown or raise`,
		"close:":            `command "close:": "" is not a number from 0 to 65535`,
		"close:65536":       `command "close:65536": "65536" is not a number from 0 to 65535`,
		"close:-1":          `command "close:-1": "-1" is not a number from 0 to 65535`,
		"close:1000:%4":     `command "close:1000:%4": percent sign without two hexadecimal digits`,
		"send":              `command "send": want send:TEXT`,
		"send:a:b":          `command "send:a:b": "b" is not a number from 0 to 10000`,
		"sendbig":           `command "sendbig": "" is not a number from 0 to 67108864`,
		"raise:hell":        `command "raise:hell": takes no argument`,
		"ping:" + long(126): `a Ping holds 125 octets`,
		commas("raise"):     `more than 16 commands`,
	} {
		if got, err := ws.ParseCommands(text); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: got %+v, %v", text, got, err)
		}
	}
}

func long(n int) string         { return strings.Repeat("x", n) }
func commas(word string) string { return strings.Repeat(word+",", 16) + word }

func TestWhereCommandsStand(t *testing.T) {
	for target, want := range map[string]string{
		"/": "", "/?": "", "/?a=ping": "", "/wsct=ping": "",
		"/?wsct=ping":                    "ping",
		"/a?b=c&wsct=close:3000:bye&d=e": "close:3000:bye",
		"http://h/?wsct=raise":           "raise",
	} {
		if got, err := ws.CommandsInTarget(target); err != nil || ws.FormatCommands(got) != want {
			t.Errorf("%s: got %v, %v", target, got, err)
		}
	}
	for text, want := range map[string]string{
		"": "", "A Close, then a Ping. wsct raise": "",
		"The client closes. [wsct ping,close:1000:%5D]": "ping,close:1000:%5D",
		"[wsct raise] It fails.":                        "raise",
	} {
		if got, err := ws.CommandsInText(text); err != nil || ws.FormatCommands(got) != want {
			t.Errorf("%s: got %v, %v", text, got, err)
		}
	}
	if _, err := ws.CommandsInText("[wsct raise"); err == nil {
		t.Error("no error without ]")
	}
	if _, err := ws.CommandsInTarget("/?wsct="); err == nil {
		t.Error("no error without a command")
	}
}

// Whatever is read as commands is printed as what is read as the same.
func FuzzCommands(f *testing.F) {
	f.Add("close:3000:bye,ping:a%20b,send:x:3,sendbig:70000,shutdown,raise")
	f.Add("close,send:,ping:%FF")
	f.Fuzz(func(t *testing.T, s string) {
		cs, err := ws.ParseCommands(s)
		if err != nil {
			return
		}
		again, err := ws.ParseCommands(ws.FormatCommands(cs))
		if err != nil || !reflect.DeepEqual(cs, again) {
			t.Errorf("%q: %+v, then %+v: %v", s, cs, again, err)
		}
	})
}

func TestCommanded(t *testing.T) {
	for target, want := range map[string]string{"/": "/?wsct=close:1000", "/a?b=c": "/a?b=c&wsct=close:1000"} {
		got := ws.CommandedTarget(target, "close:1000")
		if cs, err := ws.CommandsInTarget(got); got != want || err != nil || ws.FormatCommands(cs) != "close:1000" {
			t.Errorf("%s: %s is read as %v, %v", target, got, cs, err)
		}
		if got := ws.CommandedTarget(target, ""); got != target {
			t.Errorf("%s without commands: %s", target, got)
		}
	}
	cs, err := ws.CommandsInText(ws.CommandedText("A title", "close:1000:%5D"))
	if err != nil || ws.FormatCommands(cs) != "close:1000:%5D" {
		t.Errorf("%v, %v", cs, err)
	}
}
