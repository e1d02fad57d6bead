// SPDX-License-Identifier: Apache-2.0

package inspect_test

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/inspect"
	"github.com/wsspec/wsspec/internal/ws"
)

func TestHex(t *testing.T) {
	for text, want := range map[string]string{
		"c1 07 f2": "\xc1\x07\xf2", "C107F2\n": "\xc1\x07\xf2", "0xc1, 0x07": "\xc1\x07", `\xc1\X07`: "\xc1\x07", "c1:07\tf2\r\n": "\xc1\x07\xf2", "": "", "00": "\x00",
	} {
		if got, err := inspect.Hex([]byte(text)); err != nil || string(got) != want {
			t.Errorf("%q: got % x, %v", text, got, err)
		}
	}
	for text, want := range map[string]string{
		"c1 7":      `line 1, column 4: "7" where two`,
		"c1\n 0g":   `line 2, column 2: "0g" where two`,
		"c1 0 7":    `line 1, column 4: "0 " where two`,
		"c1 \xff":   `line 1, column 4: "\xff" where two`,
		"81 85 -- ": `line 1, column 7: "--" where two`,
	} {
		if _, err := inspect.Hex([]byte(text)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

func TestLooksHex(t *testing.T) {
	long := strings.Repeat("c1 07 ", 500)
	for text, want := range map[string]bool{
		"c1 07": true, long: true, "\n": false, "": false, request: false, agreeing: false, string(frame(ws.Client, ws.Text, "Hello")): false,
		string(frame(ws.Server, ws.Text, "c1 07")): false, long[:1023] + "\x00": false,
	} {
		if inspect.LooksHex([]byte(text)) != want {
			t.Errorf("%.20q: %v", text, !want)
		}
	}
}

func TestGuess(t *testing.T) {
	for octets, want := range map[string]struct {
		from   ws.Role
		frames bool
	}{
		request: {ws.Client, false}, agreeing: {ws.Server, false}, string(frame(ws.Client, ws.Text, "x")): {ws.Client, true},
		string(frame(ws.Server, ws.Text, "x")): {ws.Server, true}, "\x81": {ws.Server, true}, "POST / HTTP/1.1": {ws.Client, false},
	} {
		if from, frames, why := inspect.Guess([]byte(octets)); from != want.from || frames != want.frames || why == "" {
			t.Errorf("%.20q: %v, %v, %s", octets, from, frames, why)
		}
	}
}

// Of one side, what follows its half of the handshake is looked at without the other.
func TestOctetsOfOneSide(t *testing.T) {
	hello := frame(ws.Client, ws.Text, "\xf2\x48\xcd\xc9\xc9\x07\x00", compressed)
	if r := inspect.Octets(options, ws.Client, false, append([]byte(request), hello...)); r.Violations != 0 || r.Messages != 1 || r.Agreed == "" {
		t.Errorf("offered: %q", r.Lines(false))
	}
	plain := strings.Replace(request, "permessage-deflate", "x", 1)
	if r := inspect.Octets(options, ws.Client, false, append([]byte(plain), hello...)); r.Violations != 1 || r.Messages != 1 {
		t.Errorf("not offered: %q", r.Lines(false))
	}
	if r := inspect.Octets(options, ws.Server, false, append([]byte(agreeing), frame(ws.Server, ws.Close, "")...)); r.Violations != 0 || r.Frames != 1 || r.Refused != "" {
		t.Errorf("answer: %q", r.Lines(false))
	}
}

func FuzzHex(f *testing.F) {
	for _, seed := range []string{"c1 07 f2", "0xc1,\\x07", "c1\n0g", "0x"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		octets, err := inspect.Hex(text)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "line ") || len(err.Error()) > 200 {
				t.Fatalf("error %q", err)
			}
			return
		}
		again, err := inspect.Hex([]byte(hex.EncodeToString(octets)))
		if err != nil || !bytes.Equal(again, octets) {
			t.Fatalf("%q read as % x, which reads as % x, %v", text, octets, again, err)
		}
		inspect.LooksHex(text)
	})
}
