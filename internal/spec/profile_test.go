// SPDX-License-Identifier: Apache-2.0

package spec_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/spec"
)

const wholeProfile = "\xef\xbb\xbf" + `{
	"message-limit": 65536, "frame-limit": 4096,
	"idle": 2.5, "keepalive": 60,
	"text-only": true,
	"subprotocols": ["chat", "v2.chat"],
	"forbidden-origin": "https://other.example",
	"protected-path": "/private?a=b",
	"browser": true
}
`

func TestProfile(t *testing.T) {
	got, err := spec.ParseProfile([]byte(wholeProfile))
	want := peer.Profile{
		MessageLimit: 65536, FrameLimit: 4096, Idle: 2500 * time.Millisecond, Keepalive: time.Minute, TextOnly: true, Subprotocols: []string{"chat", "v2.chat"},
		ForbiddenOrigin: "https://other.example", ProtectedPath: "/private?a=b", Browser: true,
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := spec.ParseProfile([]byte("{}")); err != nil || !reflect.DeepEqual(got, peer.Profile{}) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestProfileErrors(t *testing.T) {
	const keys = "want one of browser, forbidden-origin, frame-limit, idle, keepalive, message-limit, protected-path, subprotocols, text-only"
	for _, c := range []struct{ json, want string }{
		{"", "line 1, column 1: unexpected end of JSON input"},
		{"{\n  \"idle\": 1,\n}", "line 3, column 1: invalid character '}' looking for beginning of object key string"},
		{"[]", "line 1, column 1: the profile is an array: want an object"},
		{"17", "line 1, column 1: the profile is a number: want an object"},
		{"null", "the profile is null: want an object"},
		{"{\n  \"max-message\": 1\n}", `line 2, column 3: there is no key "max-message": ` + keys},
		{"{\"idle\": 1,\n \"Browser\": true}", `line 2, column 2: there is no key "Browser": ` + keys},
		{`{"idle": 1, "idle": 2}`, "line 1, column 13: idle is given twice"},
		{`{"message-limit": 15}`, "line 1, column 2: message-limit is 15: want a whole number of octets from 16 to 268435456"},
		{`{"message-limit": "64 KiB"}`, `message-limit is "64 KiB": want a whole number of octets`},
		{`{"frame-limit": 1e400}`, "frame-limit is 1e400: want a whole number"},
		{`{"frame-limit": 16.5}`, "frame-limit is 16.5: want a whole number"},
		{`{"idle": 0}`, "idle is 0: want seconds, more than 0 and at most 600"},
		{`{"idle": "30s"}`, `idle is "30s": want seconds`},
		{`{"keepalive": 61}`, "keepalive is 61: want seconds, more than 0 and at most 60"},
		{`{"text-only": null}`, "text-only is null: want true or false"},
		{`{"browser": 1}`, "browser is 1: want true or false"},
		{`{"subprotocols": []}`, "subprotocols is []: want an array of names"},
		{`{"subprotocols": ["a b"]}`, `subprotocols is ["a b"]: want an array of names`},
		{`{"forbidden-origin": ""}`, `forbidden-origin is "": want an origin`},
		{`{"forbidden-origin": "a\r\nb"}`, "want an origin"},
		{`{"protected-path": "private"}`, `protected-path is "private": want a path`},
		{`{"protected-path": "` + strings.Repeat("x", 200) + `"}`, "xxx…: want a path"},
		{"\xff\xfe{\x00}\x00", "this is UTF-16: save it as UTF-8"},
	} {
		if _, err := spec.ParseProfile([]byte(c.json)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.json, err, c.want)
		}
	}
	path := filepath.Join(t.TempDir(), "profile.json")
	if err := os.WriteFile(path, []byte("{\"x\": 1}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := spec.ReadProfile(path); err == nil || !strings.HasPrefix(err.Error(), path+": line 1, column 2: there is no key") {
		t.Errorf("%v", err)
	}
	if _, err := spec.ReadProfile(path + ".none"); err == nil || !strings.Contains(err.Error(), "read profile: ") {
		t.Errorf("%v", err)
	}
}

// A specification names the profile of all servers, or of one.
func TestProfilesOfServers(t *testing.T) {
	read := func(json string) (all string, each []string, err error) {
		s, err := spec.Parse([]byte(json), spec.FuzzingClient)
		if err != nil {
			t.Fatal(err)
		}
		s.File = "my.json"
		return s.Profiles()
	}
	all, each, err := read(`{"profile": "p.json", "servers": [{"url": "ws://a"}, {"url": "ws://b", "profile": "q.json"}]}`)
	if err != nil || all != "p.json" || !reflect.DeepEqual(each, []string{"p.json", "q.json"}) {
		t.Errorf("%q, %q, %v", all, each, err)
	}
	if all, each, err := read(`{"servers": [{"url": "ws://a"}]}`); err != nil || all != "" || !reflect.DeepEqual(each, []string{""}) {
		t.Errorf("%q, %q, %v", all, each, err)
	}
	for json, want := range map[string]string{
		`{"profile": {"text-only": true}}`:                                   `my.json: profile is {"text-only": true}: want the name of a file`,
		`{"servers": [{"url": "ws://a"}, {"url": "ws://b", "profile": ""}]}`: `my.json: servers[1].profile is "": want the name of a file`,
	} {
		if _, _, err := read(json); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", json, err, want)
		}
	}
}

func FuzzParseProfile(f *testing.F) {
	f.Add([]byte(wholeProfile))
	f.Add([]byte(`{"\u0061": {"b": [1]}, "idle": 1e-400}`))
	f.Add([]byte(`{"subprotocols": ["\ud800"], "text-only": false}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := spec.ParseProfile(b)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\r\n") && !strings.ContainsAny(string(b), "\r\n") {
				t.Errorf("%q: %v", b, err)
			}
			return
		}
		if p.FrameLimit < 0 || p.MessageLimit < 0 || p.Idle < 0 || strings.ContainsAny(p.ForbiddenOrigin+p.ProtectedPath+strings.Join(p.Subprotocols, ""), "\r\n\x00") {
			t.Errorf("%q gives %+v", b, p)
		}
	})
}
