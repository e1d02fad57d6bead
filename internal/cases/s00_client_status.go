// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"strings"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// answerStatus is 0.12: the status line of the answer to a client.
//
// "If the status code received from the server is not 101, the client handles the
// response per HTTP procedures" (RFC 6455, 4.1), which never leads to an open connection.
// HTTP lets a client keep TCP for its next request, so that our half of it is ended behind
// the response: then there is nothing to keep.
func answerStatus() []conform.Case {
	const interim = "The client cannot read an interim response before the one that counts (RFC 9110, 15.2)."
	return []conform.Case{
		{
			ID: "0.12.1", Title: "Answer 200 with all the fields of a 101", Spec: "RFC 6455, 4.1", Only: conform.AsServer, Requirements: []string{"6455-4.1-23"},
			Open: voidAnswer(statusLine("HTTP/1.1 200 OK")), Play: knockAndLeave, Want: clientFails(),
		}, {
			ID: "0.12.2", Title: "Answer 100, and then 101", Spec: "RFC 9110, 15.2", Only: conform.AsServer, Requirements: []string{"9110-15.2-1"},
			Open: edits(before("HTTP/1.1 100 Continue\r\n\r\n")), Play: greet, Want: orEnds(verdict.NonStrict, interim, opens()),
		}, {
			ID: "0.12.3", Title: "Answer 103 with a Link, and then 101", Spec: "RFC 9110, 15.2", Only: conform.AsServer, Requirements: []string{"9110-15.2-1"},
			Open: edits(before("HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n")), Play: greet, Want: orEnds(verdict.NonStrict, interim, opens()),
		}, {
			ID: "0.12.4", Title: "Redirect with 301, and go on as if that opened the connection", Spec: "RFC 6455, 4.1", Only: conform.AsServer, Requirements: []string{"6455-4.1-23", "6455-4.1-25"},
			Open: voidAnswer(redirects("301 Moved Permanently")), Play: knockAndLeave, Want: clientFails(),
		}, {
			ID: "0.12.5", Title: "Redirect with 302, 303, 307 and 308, and go on as if that opened the connection", Spec: "RFC 6455, 4.1", Only: conform.AsServer,
			Requirements: []string{"6455-4.1-23", "6455-4.1-25"}, Want: clientFails(),
			Turns: each([]string{"302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"}, func(status string) conform.Turn {
				return conform.Turn{Name: status[:3], Open: voidAnswer(redirects(status)), Play: knockAndLeave}
			}),
		}, {
			ID: "0.12.6", Title: "Answer 401; a client that comes again with Authorization is let in", Spec: "RFC 6455, 4.1", Only: conform.AsServer, Requirements: []string{"6455-4.1-23", "6455-4.1-24"},
			Open: edits(unauthorized), Play: steps(greet, leaveUnlessOpen),
			Want: ladder(is(verdict.OK, ended()), begins(verdict.OK, echo("x"))),
		}, {
			ID: "0.12.7", Title: "Answer 403, 404, 500 and 503, and go on as if that opened the connection", Spec: "RFC 6455, 4.1", Only: conform.AsServer,
			Requirements: []string{"6455-4.1-23"}, Want: clientFails(),
			Turns: each([]string{"403 Forbidden", "404 Not Found", "500 Internal Server Error", "503 Service Unavailable"}, func(status string) conform.Turn {
				return conform.Turn{Name: status[:3], Open: voidAnswer(responds(status, frameOfText)), Play: knockAndLeave}
			}),
		}, {
			ID: "0.12.8", Title: "Answer 426 with Sec-WebSocket-Version: 14", Spec: "RFC 6455, 4.4", Only: conform.AsServer, Requirements: []string{"6455-4.1-23", "6455-4.4-2"},
			Open: voidAnswer(responds("426 Upgrade Required", frameOfText, ws.Field{Name: "Sec-WebSocket-Version", Value: "14"})), Play: knockAndLeave, Want: clientFails(),
		}, {
			ID: "0.12.9", Title: "Answer HTTP/1.0 101", Spec: "RFC 9110, 7.8", Only: conform.AsServer, Requirements: []string{"6455-4.1-34"},
			Open: edits(statusLine("HTTP/1.0 101 Switching Protocols")), Play: greetAtLength,
			Want: orOpens(verdict.NonStrict, "The client takes a 101 of HTTP/1.0, which has no Upgrade.", clientFails()),
		}, {
			ID: "0.12.10", Title: "Answer with a first line that is no status line", Spec: "RFC 6455, 4.1", Only: conform.AsServer, Requirements: []string{"6455-4.1-23"}, Want: clientFails(),
			Turns: each([]string{"FOO 101 x", "HTTP/1.1 1O1 x"}, func(line string) conform.Turn {
				return conform.Turn{Name: line, Open: voidAnswer(statusLine(line)), Play: knock}
			}),
		}, {
			ID: "0.12.11", Title: "Answer 101 without a reason", Spec: "RFC 9112, 4", Only: conform.AsServer, Requirements: []string{"6455-4.1-23"},
			Open: edits(statusLine("HTTP/1.1 101 ")), Play: greet,
			Want: orEnds(verdict.NonStrict, "The client wants a reason in the status line, which is optional (RFC 9112, 4).", opens()),
		}, {
			ID: "0.12.12", Title: "Answer 200 with chunks that hold frames", Spec: "RFC 6455, 4.1", Only: conform.AsServer, Requirements: []string{"6455-4.1-23"},
			Open: voidAnswer(chunkedFrames), Play: endsWriting, Want: clientFails(),
		}, {
			ID: "0.12.13", Title: "Answer with the status 1011", Spec: "RFC 9112, 4", Only: conform.AsServer, Requirements: []string{"6455-4.1-23"},
			Open: voidAnswer(statusLine("HTTP/1.1 1011 x")), Play: knock, Want: clientFails(),
		}, otherVersions(),
	}
}

// otherVersions names versions in the answer, which a client may take another of.
func otherVersions() conform.Case {
	return conform.Case{
		// "The |Sec-WebSocket-Version| header field MAY appear multiple times in an HTTP
		// response" (11.3.5).
		ID: "0.12.14", Title: "Answer 400 with Sec-WebSocket-Version: 13, 8, in one line and in two", Spec: "RFC 6455, 4.4", Only: conform.AsServer,
		Requirements: []string{"6455-4.1-23", "6455-4.4-2", "6455-11.3.5-1"}, Want: clientFails(),
		Turns: []conform.Turn{
			{Name: "one line", Open: voidAnswer(speaksVersions("13, 8")), Play: knockAndLeave},
			{Name: "two lines", Open: voidAnswer(speaksVersions("13", "8")), Play: knockAndLeave},
		},
	}
}

// frameOfText is a text frame. As the content of a response it is none.
const frameOfText = "\x81\x01x"

// before has octets in front of the status line.
func before(s string) peer.Edit { return func(h *peer.Head) { h.Before = []byte(s) } }

// speaksVersions refuses the request and has a field for each of the values.
func speaksVersions(values ...string) peer.Edit {
	var fields []ws.Field
	for _, v := range values {
		fields = append(fields, ws.Field{Name: versionName, Value: v})
	}
	return responds("400 Bad Request", frameOfText, fields...)
}

// redirects sends the client to the same resource, with a mark that has it let in there.
func redirects(status string) peer.Edit {
	return func(h *peer.Head) {
		mark := "?moved=1"
		if strings.Contains(h.Asked.Target, "?") {
			mark = "&moved=1"
		}
		responds(status, "", ws.Field{Name: "Location", Value: h.Asked.Target + mark})(h)
	}
}

// unauthorized asks for credentials those who have none.
func unauthorized(h *peer.Head) {
	if len(h.Asked.Fields.Values("Authorization")) == 0 {
		responds("401 Unauthorized", "", ws.Field{Name: "WWW-Authenticate", Value: `Basic realm="wsspec"`})(h)
		h.Void = true
	}
}

// leaveUnlessOpen ends our half of TCP unless our answer has opened the connection.
func leaveUnlessOpen(p *peer.Peer) {
	if p.IsVoid() {
		p.EndWrite()
	}
}

// chunkedFrames is a 200 whose content is a text frame and a Ping.
func chunkedFrames(h *peer.Head) {
	const frames = "\x81\x01x\x89\x05probe"
	h.Line = "HTTP/1.1 200 OK"
	h.Fields = ws.Fields{{Name: "Connection", Value: "close"}, {Name: "Transfer-Encoding", Value: "chunked"}}
	h.Body = []byte("a\r\n" + frames + "\r\n0\r\n\r\n")
}
