// SPDX-License-Identifier: Apache-2.0

package rules_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/rules"
	"github.com/wsspec/wsspec/internal/ws"
)

func TestFrames(t *testing.T) {
	masked := ws.Header{Fin: true, Opcode: ws.Text, Masked: true, Length: 5, Form: ws.Length7}
	with := func(edit func(h *ws.Header)) ws.Header {
		h := masked
		edit(&h)
		return h
	}
	client := rules.Sender{Role: ws.Client}
	tests := []struct {
		name   string
		sender rules.Sender
		h      ws.Header
		want   []string // beginnings
	}{
		{"as it should be", client, masked, nil},
		{"compressed", rules.Sender{Deflate: true}, with(func(h *ws.Header) { h.RSV = 4 }), nil},
		{"compressed without agreement", client, with(func(h *ws.Header) { h.RSV = 4 }), []string{"RFC 6455, 5.2: RSV = 4 "}},
		{"RSV1 and RSV2", rules.Sender{Deflate: true}, with(func(h *ws.Header) { h.RSV = 6 }), []string{"RFC 6455, 5.2: RSV = 6 "}},
		{"RSV1 on a control frame", rules.Sender{Deflate: true}, with(func(h *ws.Header) { h.RSV, h.Opcode = 4, ws.Ping }), []string{"RFC 7692, 6: RSV1 on a control frame"}},
		{"RSV1 on a continuation", rules.Sender{Deflate: true, Inside: true}, with(func(h *ws.Header) { h.RSV, h.Opcode = 4, ws.Continuation }), []string{"RFC 7692, 6: RSV1 on a fragment"}},
		{"a server masks", rules.Sender{Role: ws.Server}, masked, []string{"RFC 6455, 5.1: a server must not mask"}},
		{"a server that may", rules.Sender{Role: ws.Server, AnyMasking: true}, masked, nil},
		{"a client does not mask", client, with(func(h *ws.Header) { h.Masked = false }), []string{"RFC 6455, 5.1: a client must mask"}},
		{"reserved opcode", client, with(func(h *ws.Header) { h.Opcode = 3 }), []string{"RFC 6455, 5.2: reserved opcode 3"}},
		{"fragmented control frame", client, with(func(h *ws.Header) { h.Opcode, h.Fin = ws.Ping, false }), []string{"RFC 6455, 5.5: fragmented"}},
		{"long control frame", client, with(func(h *ws.Header) { h.Opcode, h.Length, h.Form = ws.Pong, 126, ws.Length16 }), []string{"RFC 6455, 5.5: control frame with 126 "}},
		{"half a code", client, with(func(h *ws.Header) { h.Opcode, h.Length = ws.Close, 1 }), []string{"RFC 6455, 5.5.1: Close with one"}},
		{"long form", client, with(func(h *ws.Header) { h.Form = ws.Length16 }), []string{"RFC 6455, 5.2: length not"}},
		{"nothing to continue", client, with(func(h *ws.Header) { h.Opcode = ws.Continuation }), []string{"RFC 6455, 5.4: continuation"}},
		{"continued", rules.Sender{Inside: true}, with(func(h *ws.Header) { h.Opcode = ws.Continuation }), nil},
		{"message in message", rules.Sender{Inside: true}, masked, []string{"RFC 6455, 5.4: a new message"}},
		{"length of 64 bits", client, with(func(h *ws.Header) { h.Length, h.Form = 1<<63, ws.Length64 }), []string{"RFC 6455, 5.2: length with"}},
		{"data behind a Close", rules.Sender{Closed: true}, masked, []string{"RFC 6455, 5.5.1: a data frame behind"}},
		{"a pong behind a Close", rules.Sender{Closed: true}, with(func(h *ws.Header) { h.Opcode = ws.Pong }), nil},
		{"all at once", rules.Sender{Role: ws.Server, Closed: true}, with(func(h *ws.Header) { h.Opcode, h.RSV, h.Fin = 11, 3, false }),
			[]string{"RFC 6455, 5.2: RSV = 3 ", "RFC 6455, 5.1: a server", "RFC 6455, 5.2: reserved opcode 11", "RFC 6455, 5.5: fragmented"}},
	}
	for _, tt := range tests {
		var got []string
		for _, v := range tt.sender.Broken(tt.h) {
			got = append(got, v.Rule)
			if v.Code != ws.ProtocolError {
				t.Errorf("%s: code %d", tt.name, v.Code)
			}
		}
		if !slices.EqualFunc(got, tt.want, strings.HasPrefix) {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
	if n := testing.AllocsPerRun(10, func() { client.Broken(masked) }); n > 0 {
		t.Errorf("%v allocations for a frame that breaks nothing", n)
	}
}

func TestClosePayload(t *testing.T) {
	for payload, want := range map[string]string{
		"": "", "\x03\xe8": "", "\x03\xe8bye": "", "\x0b\xb8": "", "\x03": "",
		"\x03\xed": "RFC 6455, 7.4: close code 1005", "\x00\x00": "RFC 6455, 7.4: close code 0",
		"\x03\xe8\xff": "RFC 6455, 5.5.1: close reason that is not UTF-8",
	} {
		if v, broken := rules.ClosePayload([]byte(payload)); v.Rule != want || broken != (want != "") {
			t.Errorf("%q: got %q, want %q", payload, v.Rule, want)
		}
	}
}

const key = "dGhlIHNhbXBsZSBub25jZQ=="

func request(edits ...ws.Field) ws.Request {
	r := ws.Request{Method: "GET", Target: "/", Proto: "HTTP/1.1", Fields: ws.Fields{
		{Name: "Host", Value: "x"}, {Name: "Upgrade", Value: "websocket"}, {Name: "Connection", Value: "Upgrade"},
		{Name: "Sec-WebSocket-Key", Value: key}, {Name: "Sec-WebSocket-Version", Value: "13"}, {Name: "Sec-WebSocket-Protocol", Value: "a, b"},
	}}
	r.Fields = edited(r.Fields, edits)
	return r
}

func response(edits ...ws.Field) ws.Response {
	return ws.Response{Proto: "HTTP/1.1", Status: 101, Fields: edited(ws.Fields{
		{Name: "Upgrade", Value: "WebSocket"}, {Name: "Connection", Value: "Upgrade"}, {Name: "Sec-WebSocket-Accept", Value: ws.AcceptKey(key)},
	}, edits)}
}

// edited sets fields, takes those without a value away, and adds those with a name
// that begins with "+".
func edited(f ws.Fields, edits []ws.Field) ws.Fields {
	for _, e := range edits {
		if name, more := strings.CutPrefix(e.Name, "+"); more {
			f = append(f, ws.Field{Name: name, Value: e.Value})
			continue
		}
		f = slices.DeleteFunc(f, func(l ws.Field) bool { return l.Name == e.Name })
		if e.Value != "" {
			f = append(f, e)
		}
	}
	return f
}

func TestRequest(t *testing.T) {
	post := request()
	post.Method, post.Proto = "POST", "HTTP/1.0"
	for _, tt := range []struct {
		name   string
		r      ws.Request
		want   []string
		status int
	}{
		{"as it should be", request(), nil, 0},
		{"method and version", post, []string{`method "POST": want GET`, `"HTTP/1.0": want HTTP/1.1`}, 405},
		{"no Host", request(ws.Field{Name: "Host"}), []string{"no Host"}, 400},
		{"no Upgrade", request(ws.Field{Name: "Upgrade"}), []string{"no Upgrade to websocket"}, 426},
		{"no Connection", request(ws.Field{Name: "Connection", Value: "close"}), []string{"Connection without the token Upgrade"}, 400},
		{"another version", request(ws.Field{Name: "Sec-WebSocket-Version", Value: "8"}), []string{`Sec-WebSocket-Version "8": want 13`}, 400},
		{"two keys", request(ws.Field{Name: "+Sec-WebSocket-Key", Value: key}), []string{"Sec-WebSocket-Key: want one"}, 400},
		{"a short key", request(ws.Field{Name: "Sec-WebSocket-Key", Value: "AAAA"}), []string{"Sec-WebSocket-Key: want one"}, 400},
	} {
		var got []string
		for _, f := range rules.Request(tt.r) {
			got = append(got, f.Why)
		}
		if !slices.EqualFunc(got, tt.want, strings.HasPrefix) {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
		if fs := rules.Request(tt.r); len(fs) > 0 && (fs[0].Status != tt.status || fs[0].Rule() != "RFC 6455, 4.1: "+fs[0].Why) {
			t.Errorf("%s: got %+v", tt.name, fs[0])
		}
	}
}

func TestResponse(t *testing.T) {
	asked := rules.AskedIn(request().Fields)
	if !slices.Equal(asked.Protocols, []string{"a", "b"}) || asked.Key != key {
		t.Errorf("asked: %+v", asked)
	}
	old := response()
	old.Proto = "HTTP/1.0"
	field := func(name, value string) ws.Field { return ws.Field{Name: name, Value: value} }
	for _, tt := range []struct {
		name  string
		r     ws.Response
		asked *rules.Asked
		want  []string
	}{
		{"as it should be", response(field("Sec-WebSocket-Protocol", "b")), asked, nil},
		{"refused", ws.Response{Proto: "HTTP/1.1", Status: 404, Reason: "Not Found"}, asked, []string{`RFC 6455, 4.1: HTTP status 404 "Not Found" instead of 101`}},
		{"old", old, asked, []string{`RFC 6455, 4.1: "HTTP/1.0" instead`}},
		{"Upgrade and Connection", response(field("Upgrade", "h2c"), field("Connection", "close")), asked, []string{"RFC 6455, 4.1: Upgrade", "RFC 6455, 4.1: Connection"}},
		{"no Accept", response(field("Sec-WebSocket-Accept", "")), nil, []string{"RFC 6455, 4.1: 0 fields Sec-WebSocket-Accept"}},
		{"another Accept", response(field("Sec-WebSocket-Accept", "x")), asked, []string{`RFC 6455, 4.1: Sec-WebSocket-Accept is "x" and should be`}},
		{"another Accept, of a key nobody knows", response(field("Sec-WebSocket-Accept", "x")), nil, nil},
		{"a protocol nobody asked for", response(field("Sec-WebSocket-Protocol", "c")), asked, []string{`RFC 6455, 4.1: subprotocol "c"`}},
		{"two protocols", response(field("+Sec-WebSocket-Protocol", "a"), field("+Sec-WebSocket-Protocol", "b")), asked, []string{"RFC 6455, 11.3.4"}},
	} {
		if got := rules.Response(tt.r, tt.asked); !slices.EqualFunc(got, tt.want, strings.HasPrefix) {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}
