// SPDX-License-Identifier: Apache-2.0

package fuzzserver_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/fuzzserver"
	"github.com/wsspec/wsspec/internal/ws"
)

func TestHandshakeIsAnsweredAsByTheReference(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, fuzzserver.Config{Protocols: []string{"echo", "soap"}})
		defer r.finish()
		c := r.open("/getCaseCount", "Sec-WebSocket-Protocol: wamp, soap,echo", "Sec-WebSocket-Extensions: permessage-deflate")
		want := []ws.Field{
			{Name: "Server", Value: "wsspec/test"}, {Name: "X-Powered-By", Value: "tests"},
			{Name: "Sec-WebSocket-Protocol", Value: "soap"}, {Name: "Upgrade", Value: "WebSocket"}, {Name: "Connection", Value: "Upgrade"},
			{Name: "Sec-WebSocket-Accept", Value: accept},
		}
		if fmt.Sprint(c.answer.Fields) != fmt.Sprint(want) || c.answer.Reason != "Switching Protocols" {
			t.Errorf("answered %v", c.answer)
		}
		c.answers("count", "247")
		c = r.open("/getCaseCount", "Sec-WebSocket-Protocol: wamp")
		if p := c.answer.Fields.Values("Sec-WebSocket-Protocol"); len(p) > 0 {
			t.Errorf("agreed to the subprotocol %q", p)
		}
		c.answers("count", "247")
	})
}

func TestQuestionsGetOneMessageAndAnEmptyClose(t *testing.T) {
	const info = `{"id": "3.4", "description": "`
	synctest.Test(t, func(t *testing.T) {
		r := start(t, fuzzserver.Config{})
		defer r.finish()
		r.open("/getCaseCount").answers("count", "247")
		r.open("/getCaseCount?case=1&case=2&x").refused(t, 500, "the parameter case is there twice")
		for _, target := range []string{
			"/getCaseInfo?case=31", "/getCaseInfo?casetuple=3.4", "/getCaseInfo?&case=31", "/getCaseInfo?agent=x&case=31", "/getCaseInfo?c%61se=3%31&",
			"/getCaseInfo?case=31&case_=32&&=&x=1&x=2", "/getCaseInfo?case=+31", "ws://elsewhere:1/getCaseInfo?case=31", "/getCaseInfo?case=31#x",
		} {
			c := r.open(target)
			if c.status != 101 {
				t.Errorf("%s: status %d: %s", target, c.status, c.body)
				continue
			}
			c.exactly(target, "\x81")
			got := c.closing()
			if !strings.Contains(got, info) || !strings.HasSuffix(got, "\"}\x88\x00") {
				t.Errorf("%s: got %q", target, got)
			}
		}
	})
}

// refused wants an HTTP error with a status, and a reason in its content.
func (c *client) refused(t *testing.T, status int, reason string) {
	t.Helper()
	if c.status != status || !strings.Contains(c.body, reason) {
		t.Errorf("want status %d because %q, got %d %q", status, reason, c.status, c.body)
	}
	if l := c.answer.Fields.Get("Content-Length"); l != fmt.Sprint(len(c.body)) {
		t.Errorf("Content-Length %s for %d octets", l, len(c.body))
	}
}

// Drivers show the description on a terminal and in pages of their own.
func TestCaseInfoIsPlainText(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := plan(t, cases.Current, "*")
		r := start(t, fuzzserver.Config{Plan: all})
		defer r.finish()
		for _, c := range all {
			c := r.open(fmt.Sprintf("/getCaseInfo?case=%d", c.Number))
			raw := c.closing()
			text := strings.TrimSuffix(raw[strings.Index(raw, "{"):], "\x88\x00")
			var info struct{ ID, Description string }
			if err := json.Unmarshal([]byte(text), &info); err != nil {
				t.Fatalf("%q: %v", text, err)
			}
			d := info.Description
			if d == "" || strings.ContainsAny(d, "<>&\n\t") || strings.Contains(d, "  ") {
				t.Errorf("case %s: description %q", info.ID, d)
			}
		}
	})
}

func TestWrongRequests(t *testing.T) {
	base := request("/runCase?case=1&agent=x")
	for _, tt := range []struct {
		name, request string
		status        int
		reason        string
		field         ws.Field
	}{
		{"number 0", request("/runCase?case=0&agent=x"), 500, "want a number from 1 to 247", ws.Field{}},
		{"number too large", request("/runCase?case=248&agent=x"), 500, "want a number from 1 to 247", ws.Field{}},
		{"no number", request("/runCase?case=one&agent=x"), 500, "want a number", ws.Field{}},
		{"huge number", request("/runCase?case=99999999999999999999&agent=x"), 500, "want a number", ws.Field{}},
		{"bad tuple", request("/runCase?casetuple=1.1.99&agent=x"), 500, "no case with this id is selected", ws.Field{}},
		{"tuple that is not selected", request("/getCaseInfo?casetuple=9.1.1"), 500, "no case with this id is selected", ws.Field{}},
		{"case and tuple", request("/runCase?case=1&casetuple=1.1.1&agent=x"), 500, "both case and casetuple", ws.Field{}},
		{"no case", request("/runCase?agent=x"), 500, "case or casetuple is missing", ws.Field{}},
		{"no agent", request("/runCase?case=1"), 500, "agent is missing", ws.Field{}},
		{"blank agent", request("/runCase?case=1&agent=+%20"), 500, "agent is missing", ws.Field{}},
		{"two agents", request("/runCase?case=1&agent=x&agent=x"), 500, "agent is there twice", ws.Field{}},
		{"report without an agent", request("/updateReports"), 500, "agent is missing", ws.Field{}},
		{"status without a case", request("/getCaseStatus?agent=x"), 500, "case or casetuple is missing", ws.Field{}},
		{"fuzzing nobody", request("/fuzz"), 400, "/fuzz: the parameter agent is missing", ws.Field{}},
		{"fuzzing two agents", request("/fuzz?agent=x&agent=y"), 400, "agent is there twice", ws.Field{}},
		{"fuzzing without a seed", request("/fuzz?agent=x&seed=x"), 400, "seed=\"x\": want a number from 0 to 18446744073709551615", ws.Field{}},
		{"seed below 0", request("/fuzz?agent=x&seed=-1"), 400, "want a number from 0", ws.Field{}},
		{"huge seed", request("/fuzz?agent=x&seed=18446744073709551616"), 400, "want a number from 0", ws.Field{}},
		{"no runs", request("/fuzz?agent=x&runs=0"), 400, "runs=\"0\": want a number from 1 to", ws.Field{}},
		{"broken runs", request("/fuzz?agent=x&runs=1.5"), 400, "want a number from 1 to", ws.Field{}},
		{"huge runs", request("/fuzz?agent=x&runs=18446744073709551615"), 400, "want a number from 1 to", ws.Field{}},
		{"long agent to fuzz", request("/fuzz?agent=" + strings.Repeat("x", 513)), 414, "longer than 512 octets", ws.Field{}},
		{"long agent", request("/runCase?case=1&agent=" + strings.Repeat("x", 513)), 414, "longer than 512 octets", ws.Field{}},
		{"POST", strings.Replace(base, "GET", "POST", 1), 405, "POST", ws.Field{Name: "Allow", Value: "GET"}},
		{"HTTP/1.0", strings.Replace(base, "HTTP/1.1", "HTTP/1.0", 1), 505, "HTTP/1.0", ws.Field{}},
		{"no upgrade", strings.Replace(base, "Upgrade: websocket\r\n", "", 1), 426, "Upgrade", ws.Field{Name: "Upgrade", Value: "websocket"}},
		{"version 8", strings.Replace(base, "Version: 13", "Version: 8", 1), 400, "want 13", ws.Field{Name: "Sec-WebSocket-Version", Value: "13"}},
		{"short key", strings.Replace(base, key, "x", 1), 400, "Sec-WebSocket-Key", ws.Field{}},
		{"no host", strings.Replace(base, "Host: example.org\r\n", "", 1), 400, "Host", ws.Field{}},
		{"no HTTP", "hello\r\n\r\n", 400, "request line", ws.Field{}},
		{"blank in the target", request("/runCase?case=1&agent=a b"), 400, "request line", ws.Field{}},
		{"endless head", "GET / HTTP/1.1\r\nX: " + strings.Repeat("x", 1<<20), 431, "longer than 32768 octets", ws.Field{}},
		{"1 MiB name", request("/runCase?case=1&agent=" + strings.Repeat("x", 1<<20)), 431, "longer than 32768 octets", ws.Field{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := start(t, fuzzserver.Config{})
				defer r.finish()
				c := r.ask(r.connect(), tt.request)
				c.refused(t, tt.status, tt.reason)
				if tt.field.Name != "" && c.answer.Fields.Get(tt.field.Name) != tt.field.Value {
					t.Errorf("field %s is %q, want %q", tt.field.Name, c.answer.Fields.Get(tt.field.Name), tt.field.Value)
				}
				if agents := r.store.Agents(); len(agents) > 0 {
					t.Errorf("there are results of %q", agents)
				}
				r.open("/getCaseCount").answers("the server goes on", "247")
			})
		})
	}
}

// Behind a port mapping the Host of a request is never that of the server.
func TestHostDoesNotMatter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, fuzzserver.Config{})
		defer r.finish()
		for _, host := range []string{"localhost:1", "[::1]:70000", "***"} {
			c := r.ask(r.connect(), strings.Replace(request("/getCaseCount"), "example.org", host, 1))
			c.answers(host, "247")
		}
	})
}
