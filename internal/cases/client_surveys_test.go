// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/survey"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

const rightRequest = "GET /runCase?case=1&agent=x HTTP/1.1\r\nHost: localhost:9001\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"

// requestOf is a connection to port 9001 with the request, changed where old and new are given.
func requestOf(changes ...string) survey.Connection {
	return survey.Connection{Request: []byte(strings.NewReplacer(changes...).Replace(rightRequest)), Port: 9001, Near: true}
}

// found is what the survey with the id notes about connections.
func found(t *testing.T, id string, cs ...survey.Connection) wirelog.Record {
	t.Helper()
	all := Beyond()
	i := slices.IndexFunc(all, func(c conform.Case) bool { return c.ID == id })
	if i < 0 || all[i].Survey == nil {
		t.Fatalf("%s is no survey", id)
	}
	records := all[i].Survey(survey.Evidence{Connections: cs})
	if len(records) != 1 {
		t.Fatalf("%s: %d records", id, len(records))
	}
	return records[0]
}

// TestOriginOfBrowsers: only a browser has to send an Origin.
func TestOriginOfBrowsers(t *testing.T) {
	with := requestOf("\r\n\r\n", "\r\nOrigin: https://example.org\r\n\r\n")
	for _, c := range []struct {
		browser bool
		cs      []survey.Connection
		want    wirelog.Kind
	}{
		{false, []survey.Connection{requestOf()}, wirelog.NotJudged},
		{true, []survey.Connection{requestOf()}, wirelog.Violation},
		{true, []survey.Connection{with}, wirelog.Noted},
		{true, []survey.Connection{with, requestOf()}, wirelog.Violation},
		{false, []survey.Connection{with, requestOf()}, wirelog.Noted},
		{true, nil, wirelog.NotJudged},
	} {
		if got := origins(survey.Evidence{Connections: c.cs, Browser: c.browser}); len(got) != 1 || got[0].Kind != c.want {
			t.Errorf("browser %v, %d requests: %+v, want %v", c.browser, len(c.cs), got, c.want)
		}
	}
}

// TestClientRequestSurveys has requests and what the surveys make of them: those that
// break a MUST, those that do not follow a SHOULD, those that are all right, and those
// that show nothing.
func TestClientRequestSurveys(t *testing.T) {
	const host, key, last, end = "Host: localhost:9001", "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13", "\r\n\r\n"
	field := func(lines ...string) []string { return []string{end, "\r\n" + strings.Join(lines, "\r\n") + end} }
	offer := func(v string) []string { return field("Sec-WebSocket-Extensions: " + v) }
	protocols := func(v string) []string { return field("Sec-WebSocket-Protocol: " + v) }
	target := func(v string) []string { return []string{"/runCase?case=1&agent=x", v} }
	for _, c := range []struct {
		id      string
		kind    wirelog.Kind
		changes []string
	}{
		{"0.11.1", wirelog.Noted, nil},
		{"0.11.1", wirelog.Noted, target("http://localhost:9001/runCase")},
		{"0.11.1", wirelog.Noted, []string{"HTTP/1.1", "HTTP/1.2"}},
		{"0.11.1", wirelog.Violation, []string{"HTTP/1.1", "HTTP/1.0"}},
		{"0.11.1", wirelog.Violation, []string{"GET", "POST"}},
		{"0.11.1", wirelog.Violation, target("runCase")},
		{"0.11.1", wirelog.Violation, []string{"GET ", "GET  "}},
		{"0.11.2", wirelog.Noted, nil},
		{"0.11.2", wirelog.Noted, []string{"localhost:", "[::1]:"}},
		{"0.11.2", wirelog.Violation, []string{":9001", ""}},
		{"0.11.2", wirelog.Violation, []string{":9001", ":1"}},
		{"0.11.2", wirelog.Violation, []string{host + "\r\n", ""}},
		{"0.11.2", wirelog.Violation, field(host)},
		{"0.11.3", wirelog.Noted, []string{"websocket", "foo, WebSocket"}},
		{"0.11.3", wirelog.Violation, []string{"websocket", "websocketx"}},
		{"0.11.4", wirelog.Noted, []string{"Connection: Upgrade", "Connection: keep-alive, upgrade"}},
		{"0.11.4", wirelog.Violation, []string{"Connection: Upgrade", "Connection: keep-alive"}},
		{"0.11.5", wirelog.Noted, nil},
		{"0.11.5", wirelog.Lapse, []string{key, "dGhlIHNhbXBsZSBub25jZR=="}},
		{"0.11.5", wirelog.Violation, []string{key, "dGhlIHNhbXBsZSBub25j"}},
		{"0.11.5", wirelog.Violation, []string{key, "anything"}},
		{"0.11.5", wirelog.Violation, field("Sec-WebSocket-Key: " + key)},
		{"0.11.6", wirelog.Noted, nil},
		{"0.11.6", wirelog.Violation, []string{last, "Sec-WebSocket-Version: 8"}},
		{"0.11.6", wirelog.Violation, field(last)},
		{"0.11.7", wirelog.Noted, protocols("chat, superchat")},
		{"0.11.7", wirelog.Violation, protocols("chat, chat")},
		{"0.11.7", wirelog.Violation, protocols("chat,,superchat")},
		{"0.11.8", wirelog.Noted, offer("permessage-deflate; client_max_window_bits")},
		{"0.11.8", wirelog.Noted, field("Sec-WebSocket-Extensions: foo", "Sec-WebSocket-Extensions: permessage-deflate")},
		{"0.11.8", wirelog.Violation, offer("permessage-deflate; server_max_window_bits")},
		{"0.11.8", wirelog.Violation, offer("permessage-deflate; =1")},
		{"0.11.9", wirelog.NotJudged, nil},
		{"0.11.9", wirelog.Noted, target("/?x=1")},
		{"0.11.9", wirelog.Noted, target("http://localhost:9001/?x=1")},
		{"0.11.9", wirelog.Violation, target("?x=1")},
		{"0.11.9", wirelog.Violation, target("http://localhost:9001?x=1")},
		{"0.11.11", wirelog.Noted, nil},
		{"0.11.11", wirelog.Violation, []string{"\r\nHost", "\nHost"}},
		{"0.11.11", wirelog.Violation, field("X: a", " b")},
		{"0.11.11", wirelog.Violation, field("X : a")},
		{"0.11.11", wirelog.Violation, field("X: \x01")},
		{"0.11.12", wirelog.Noted, field("Content-Length: 0")},
		{"0.11.12", wirelog.Violation, field("Content-Length: 5")},
		{"0.11.12", wirelog.Violation, field("Transfer-Encoding: chunked")},
		{"0.11.13", wirelog.NotJudged, nil},
		{"0.11.13", wirelog.Noted, target("/runCase?agent=%C3%A9%20%23")},
		{"0.11.13", wirelog.Lapse, target("/runCase?agent=a|b")},
		{"0.11.13", wirelog.Violation, target("/runCase?agent=é")},
		{"0.11.13", wirelog.Violation, target("/runCase?agent=x#y")},
		{"0.11.13", wirelog.Violation, target("/runCase?agent=100%")},
		{"0.11.14", wirelog.NotJudged, nil},
		{"0.11.14", wirelog.Noted, field("Origin: https://example.org:8443")},
		{"0.11.14", wirelog.Noted, field("Origin: null")},
		{"0.11.14", wirelog.Violation, field("Origin: example.org")},
		{"0.11.14", wirelog.Violation, field("Origin: https://example.org/path")},
		{"0.11.14", wirelog.Violation, field("Origin: null", "Origin: null")},
		{"0.11.15", wirelog.NotJudged, nil},
		{"0.11.15", wirelog.Noted, field("Authorization: Basic dTpw")},
		{"0.11.15", wirelog.Violation, []string{host, "Host: u:p@localhost:9001"}},
		{"0.11.15", wirelog.Violation, target("http://u:p@localhost:9001/runCase")},
	} {
		if got := found(t, c.id, requestOf(c.changes...)); got.Kind != c.kind {
			t.Errorf("%s with %q: kind %v, %q; want kind %v", c.id, c.changes, got.Kind, got.Note, c.kind)
		}
	}
	for _, id := range []string{"0.11.1", "0.11.2", "0.11.8", "0.11.11", "0.11.13", "0.18.1", "0.18.2", "0.18.4"} {
		if got := found(t, id); got.Kind != wirelog.NotJudged {
			t.Errorf("%s of nothing: %q", id, got.Note)
		}
	}
}

// On a machine far away a port may be mapped to ours, and that of the scheme goes without
// saying.
func TestHostWithoutThePort(t *testing.T) {
	for _, c := range []struct {
		port int
		near bool
		kind wirelog.Kind
	}{{80, true, wirelog.Noted}, {443, true, wirelog.Noted}, {0, false, wirelog.Noted}, {9001, false, wirelog.Lapse}, {9001, true, wirelog.Violation}} {
		request := requestOf(":9001", "")
		request.Port, request.Near = c.port, c.near
		if got := found(t, "0.11.2", request); got.Kind != c.kind {
			t.Errorf("port %d, near %v: %q", c.port, c.near, got.Note)
		}
	}
}

// TestNonceSurveys has nonces that are not random.
func TestNonceSurveys(t *testing.T) {
	many := func(nonce func(i int) string) []survey.Connection {
		var cs []survey.Connection
		for i := range 20 {
			cs = append(cs, requestOf("dGhlIHNhbXBsZSBub25jZQ==", base64.StdEncoding.EncodeToString([]byte(nonce(i)))))
		}
		return cs
	}
	mixed := func(i int) string { return string([]byte(hashed(fmt.Sprint(i)))[:16]) }
	for name, c := range map[string]struct {
		nonce           func(i int) string
		repeated, alike wirelog.Kind
	}{
		"one for all":  {func(int) string { return "0123456789abcdef" }, wirelog.Violation, wirelog.Violation},
		"a counter":    {func(i int) string { return fmt.Sprintf("%016d", i) }, wirelog.Noted, wirelog.Violation},
		"one repeated": {func(i int) string { return mixed(i % 19) }, wirelog.Violation, wirelog.Noted},
		"a few":        {func(i int) string { return mixed(i % 3) }, wirelog.Violation, wirelog.Violation},
		"random":       {mixed, wirelog.Noted, wirelog.Noted},
	} {
		cs := many(c.nonce)
		if got := found(t, "0.18.1", cs...); got.Kind != c.repeated {
			t.Errorf("%s, 0.18.1: %q", name, got.Note)
		}
		if got := found(t, "0.18.2", cs...); got.Kind != c.alike {
			t.Errorf("%s, 0.18.2: %q", name, got.Note)
		}
	}
	if got := found(t, "0.18.1", many(mixed)[:3]...); got.Kind != wirelog.NotJudged {
		t.Errorf("of three nonces: %q", got.Note)
	}
}

// TestBackoff has clients that come again.
func TestBackoff(t *testing.T) {
	start := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	row := func(opens bool, at ...time.Duration) []survey.Connection {
		var cs []survey.Connection
		for _, d := range at {
			c := requestOf()
			c.At = start.Add(d)
			c.Response = []byte("HTTP/1.1 404 Not Found\r\n\r\n")
			if opens {
				c.Response = []byte("HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + ws.AcceptKey("dGhlIHNhbXBsZSBub25jZQ==") + "\r\n\r\n")
			}
			cs = append(cs, c)
		}
		return cs
	}
	for name, c := range map[string]struct {
		kind wirelog.Kind
		cs   []survey.Connection
	}{
		"once":                           {wirelog.NotJudged, row(false, 0)},
		"at once, four times":            {wirelog.Lapse, row(false, 0, 1, 2, 3)},
		"at once, three times":           {wirelog.Noted, row(false, 0, 1, 2)},
		"later and later":                {wirelog.Noted, row(false, 0, time.Second, 3*time.Second, 7*time.Second, 15*time.Second)},
		"a case that is played again":    {wirelog.NotJudged, row(true, 0, 1, 2, 3)},
		"an attempt that is let in last": {wirelog.Noted, append(row(false, 0, 1), row(true, 2, 3)...)},
	} {
		if got := found(t, "0.18.4", c.cs...); got.Kind != c.kind {
			t.Errorf("%s: kind %v, %q", name, got.Kind, got.Note)
		}
	}
}
