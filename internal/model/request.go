// SPDX-License-Identifier: Apache-2.0

package model

import (
	"bytes"
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/wsspec/wsspec/internal/ws"
)

// admission is what a server may make of our request.
type admission struct {
	opens, refuses weight // how bad it is to answer with 101, or with anything else
	requirement    string // that makes it so, and what it is about
	what           string
	causes         int    // things for which it may be refused, whether it should be or not
	good           string // the sentence by which a request in order has to be understood
	anything       bool   // without an upgrade it is a request like others, with any answer
	versions       bool   // a refusal has to list the versions
	simple         bool   // the first line has no version
	garbled        bool   // the first line is none
	silent         bool   // nothing need be said
	waits          bool   // it may be taken for the beginning of more
	failsAfter     bool   // the connection may also be failed behind the 101
}

// note takes down something about the request. Of several things, to open the connection
// is as bad as with the worst, and to refuse it as with the best.
func (a *admission) note(opens, refuses weight, requirement, what string) {
	a.refuses = min(a.refuses, refuses)
	if refuses != must {
		a.causes++
	}
	if a.requirement == "" || opens > a.opens {
		a.opens, a.requirement, a.what = opens, requirement, what
	}
}

// Sizes of requests, in octets, from which on a server may refuse them (RFC 6585, 5).
const (
	longLine    = 4 << 10
	longRequest = 16 << 10
)

// ask judges our request.
func (m *Model) ask(emptyLine bool) {
	o := &m.opening
	a := &o.admission
	*a = admission{refuses: must, good: "6455-4.2.2-10"}
	head := o.sent
	if emptyLine {
		a.note(free, should, "9112-2.2-2", "an empty line before the request")
		a.silent = false
		head = bytes.TrimLeft(head, "\r\n")
	}
	if bytes.Count(head, []byte("\n")) != bytes.Count(head, []byte("\r\n")) {
		a.note(free, free, "9112-2.2-1", "lines that end with LF alone")
		a.waits = true
	}
	if len(head) > longRequest {
		a.note(free, free, "6585-5-1", "a long request")
		a.silent = true
	}
	lines := strings.Split(strings.ReplaceAll(string(head), "\r\n", "\n"), "\n")
	a.requestLine(lines[0], &o.request)
	var fields ws.Fields
	for _, l := range lines[1:] {
		if l != "" {
			fields = a.fieldLine(fields, l)
		}
	}
	o.request.Fields = fields
	a.framing(fields)
	a.upgrade(fields)
	a.key(fields)
	a.version(fields)
	a.protocols(fields)
	a.extensions(fields, &o.offers)
	if a.garbled || a.simple && len(fields) == 0 { // no HTTP, or HTTP/0.9
		a.silent, a.waits, a.anything = true, true, true
	}
	o.unclear = a.content(fields)
}

// content looks for content of the request, and reports whether there may be some: what
// is content and what a frame is for HTTP to say.
func (a *admission) content(f ws.Fields) bool {
	length, coding := len(f.Values("Content-Length")) > 0, len(f.Values("Transfer-Encoding")) > 0
	switch {
	case length && coding:
		a.note(should, free, "9112-6.3-1", "Content-Length together with Transfer-Encoding")
	case length || coding:
		a.note(free, free, "9112-6-1", "a request with content")
	}
	return length || coding
}

func (a *admission) requestLine(line string, r *ws.Request) {
	parts := strings.Split(line, " ")
	if len(parts) != 3 || !strings.HasPrefix(parts[2], "HTTP/") || !ws.IsToken(parts[0]) {
		switch {
		case len(parts) == 2 && ws.IsToken(parts[0]):
			a.note(must, free, "6455-4.2.1-3", "a request line without a version, which is HTTP/0.9")
		case len(parts) == 4 && parts[1] == "":
			a.note(should, free, "9112-3-1", "a request line with a blank too much")
		default:
			a.note(must, free, "6455-4.2.1-1", "a first line that is no request line")
		}
		a.simple, a.garbled = len(parts) == 2, !ws.IsToken(parts[0])
		return
	}
	r.Method, r.Target, r.Proto = parts[0], parts[1], parts[2]
	if r.Method != "GET" {
		a.note(must, free, "6455-4.2.1-2", "another method than GET")
		a.anything = true
	}
	switch major, minor, _ := strings.Cut(strings.TrimPrefix(r.Proto, "HTTP/"), "."); {
	case r.Proto == "HTTP/1.1":
	case major == "1" && minor > "1":
		a.note(free, should, "6455-4.2.2-10", "a minor version of HTTP that does not exist")
	case major > "1":
		a.note(should, free, "9112-3-1", "a version of HTTP that has another form")
	default:
		a.note(must, free, "6455-4.2.1-3", "HTTP below 1.1")
		a.anything = true
	}
	for i := range len(r.Target) {
		if c := r.Target[i]; c == '#' || c <= ' ' || c >= 0x7F {
			a.note(should, free, "9112-3-1", "a request target with what may not be in one")
			break
		}
	}
	if !strings.HasPrefix(r.Target, "/") && !strings.HasPrefix(r.Target, "http") {
		a.note(should, free, "9112-3-1", "a request target that is no path")
	}
	if strings.HasPrefix(r.Target, "http") {
		a.good = "6455-4.2.1-4"
	}
	if len(r.Target) > longLine {
		a.note(free, free, "6585-5-1", "a long request target")
	}
}

func (a *admission) fieldLine(fields ws.Fields, line string) ws.Fields {
	name, value, found := strings.Cut(line, ":")
	switch {
	case line[0] == ' ' || line[0] == '\t':
		a.note(free, free, "9112-5.2-1", "a folded line")
		if n := len(fields); n > 0 {
			fields[n-1].Value = strings.Trim(fields[n-1].Value+" "+strings.Trim(line, " \t"), " ")
		}
		return fields
	case found && strings.TrimRight(name, " \t") != name:
		a.note(must, free, "9112-5.1-1", "a blank before the colon of a field")
		return fields
	case !found || !ws.IsToken(name):
		a.note(should, free, "6455-4.2.1-15", "a line that is no field")
		return fields
	}
	if len(line) > longLine {
		a.note(free, free, "6585-5-1", "a long field")
	}
	for i := range len(value) {
		if c := value[i]; c < ' ' && c != '\t' || c >= 0x7F {
			a.note(free, free, "9110-5.5-1", "octets in a field that are no text")
			break
		}
	}
	return append(fields, ws.Field{Name: name, Value: strings.Trim(value, " \t")})
}

// framing looks at what HTTP wants of a request.
func (a *admission) framing(f ws.Fields) {
	switch hosts := f.Values("Host"); {
	case len(hosts) == 0:
		a.note(must, free, "6455-4.2.1-5", "a request without Host")
	case len(hosts) > 1:
		a.note(must, free, "9112-3.2-1", "a request with two Host fields")
	case hosts[0] == "":
		a.note(free, free, "9112-3.2-1", "an empty Host")
	case strings.ContainsAny(hosts[0], " <>\"\\/@"):
		a.note(should, free, "9112-3.2-1", "a Host that is none")
	}
	if len(f.Values("Expect")) > 0 {
		a.note(free, free, "9110-10.1.1-1", "a request with Expect")
	}
	// Whom a server serves is its business (RFC 6455, 10.2), and that there is one Origin is the
	// client's (RFC 6454, 7.3).
	switch origins := f.Values("Origin"); {
	case len(origins) > 1:
		a.note(free, free, "6455-10.2-1", "two Origin fields")
	case len(origins) == 1 && !strings.HasSuffix(origins[0], "://"+f.Get("Host")):
		a.note(free, free, "6455-10.2-1", "a foreign origin")
	}
}

func (a *admission) upgrade(f ws.Fields) {
	const requirement = "6455-4.2.1-6"
	values := f.Values("Upgrade")
	switch {
	case !f.HasToken("Upgrade", "websocket"):
		opens := must
		for _, v := range values {
			if strings.HasPrefix(strings.ToLower(v), "websocket/") {
				opens = should
			}
		}
		a.note(opens, free, requirement, "a request without an Upgrade to websocket")
		a.anything = true
	case len(values) > 1 || strings.Contains(values[0], ","):
		a.note(free, should, requirement, "an Upgrade to websocket or something else")
	}
	if len(values) > 0 && values[0] != "websocket" {
		a.good = requirement
	}
	if f.Get("Connection") != "Upgrade" {
		a.good = "6455-4.2.1-7"
	}
	if !f.HasToken("Connection", "Upgrade") {
		a.note(must, free, "6455-4.2.1-7", "a request whose Connection does not list Upgrade")
		a.anything = true
	}
}

func (a *admission) key(f ws.Fields) {
	const requirement = "6455-4.2.1-8"
	keys := f.Values("Sec-WebSocket-Key")
	switch {
	case len(keys) == 0 || len(keys) == 1 && keys[0] == "":
		a.note(must, free, requirement, "a request without a key")
	case len(keys) > 1:
		a.note(must, free, "6455-11.3.1-1", "a request with two keys")
	default:
		nonce, err := base64.StdEncoding.DecodeString(keys[0])
		if err != nil || len(nonce) != 16 {
			a.note(should, free, requirement, "a key that is not 16 octets in base64")
		} else if base64.StdEncoding.EncodeToString(nonce) != keys[0] {
			a.note(free, free, requirement, "a key whose pad bits are not zero")
		}
	}
}

func (a *admission) version(f ws.Fields) {
	const requirement = "6455-4.2.1-9"
	versions := f.Values("Sec-WebSocket-Version")
	if len(versions) > 1 {
		opens := should
		for _, v := range versions {
			if v != "13" {
				opens = must
			}
		}
		a.note(opens, free, "6455-11.3.5-2", "a request with two versions")
		return
	}
	v := ""
	if len(versions) == 1 {
		v = versions[0]
	}
	n, err := strconv.ParseUint(v, 10, 8)
	switch {
	case v == "13":
	case v == "":
		a.note(must, free, requirement, "a request without a version")
	case v == "8":
		a.note(free, free, requirement, "version 8")
		a.versions = true
	case err == nil && v == strconv.FormatUint(n, 10):
		a.note(must, free, "6455-4.2.2-5", "another version than 13")
		a.versions = true
	case err == nil && n == 13, strings.Contains(v, "13,"), strings.Contains(v, ", 13"):
		a.note(should, free, "6455-4.3-1", "13 as a list or with zeros in front")
	default:
		a.note(must, free, requirement, "a version that is not 13")
	}
}

func (a *admission) protocols(f ws.Fields) {
	lists := f.Values("Sec-WebSocket-Protocol")
	if len(lists) == 0 {
		return
	}
	// A server may want one that it speaks (RFC 6455, 4.2.2).
	a.note(free, free, "6455-4.2.2-7", "subprotocols")
	seen := map[string]bool{"": len(lists) == 1 && strings.Trim(lists[0], " \t,") == ""}
	for _, list := range lists {
		for name := range strings.SplitSeq(list, ",") {
			if name = strings.Trim(name, " \t"); name == "" && !seen[name] {
				continue // recipients pass over empty elements (RFC 9110, 5.6.1.2)
			} else if !ws.IsToken(name) || seen[name] {
				a.note(should, free, "6455-4.2.1-15", "subprotocols that are not a list of different tokens")
			}
			seen[name] = true
		}
	}
}

func (a *admission) extensions(f ws.Fields, o *offers) {
	*o = readOffers(f)
	switch {
	case o.malformed:
		a.note(should, free, "6455-9.1-1", "a malformed Sec-WebSocket-Extensions")
		a.silent, a.failsAfter = true, true
	case len(o.names) > 100:
		a.note(free, free, "6455-10.4-1", "a great many extensions")
	case o.others || o.unfit != "":
		a.note(free, should, declined, "an offer that a server has to decline")
	}
}
