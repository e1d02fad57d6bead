// SPDX-License-Identifier: Apache-2.0

package model

import (
	"slices"
	"strconv"
	"strings"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/ws"
)

// admitted takes the response of a server.
func (m *Model) admitted() {
	o := &m.opening
	r, err := ws.ParseResponse(o.received)
	switch {
	case !o.requested:
		m.phase = over // to whatever that is an answer
	case err != nil:
		m.find(Must, "6455-4.2.2-10", "its response is no HTTP")
		m.phase = over
	case r.Status != 101:
		m.refused(r)
		m.phase = over
	default:
		m.accepted(r)
	}
}

// declined is the sentence that an offer is declined by being left out of the response.
const declined = "7692-5-5"

// refused takes a response that opens nothing.
func (m *Model) refused(r ws.Response) {
	switch a := m.opening.admission; {
	case r.Status < 300 && !a.anything:
		m.find(Must, "6455-4.2.1-1", "it answered with HTTP status %d, which is no error", r.Status)
	case a.refuses == should && a.requirement == declined && r.Status >= 500:
		m.find(Must, declined, "it answered with HTTP status %d to %s", r.Status, a.what)
	case a.refuses == must:
		m.find(Contract, a.good, "it answered a valid request with HTTP status %d", r.Status)
	case a.refuses == should:
		m.find(Should, a.requirement, "it answered with HTTP status %d to %s", r.Status, a.what)
	case a.versions && a.causes == 1 && !r.Fields.HasToken("Sec-WebSocket-Version", "13"):
		m.find(Must, "6455-4.2.2-5", "it refused a version and did not list 13 in Sec-WebSocket-Version")
	case a.opens == must && !a.anything && r.Status < 400:
		m.find(Must, "6455-4.2.1-1", "it answered with HTTP status %d to %s", r.Status, a.what)
	case a.opens != free && !a.anything && !a.versions && r.Status >= 500 && r.Status != 501 && r.Status != 505:
		m.find(Should, "6455-10.7-3", "it answered with HTTP status %d to %s", r.Status, a.what)
	}
}

// accepted takes a 101.
func (m *Model) accepted(r ws.Response) {
	a := m.opening.admission
	switch a.opens {
	case must:
		m.find(Must, a.requirement, "it opened a connection for %s", a.what)
	case should:
		m.find(Should, a.requirement, "it opened a connection for %s", a.what)
	}
	f, asked := r.Fields, m.opening.request.Fields
	accepts := f.Values("Sec-WebSocket-Accept")
	breach := func(is bool, requirement, what string) {
		if is {
			m.find(Must, requirement, "%s", what)
		}
	}
	breach(r.Proto == "HTTP/1.0", "6455-4.2.2-10", "its 101 is one of HTTP/1.0")
	breach(!ws.EqualFold(f.Get("Upgrade"), "websocket"), "6455-4.2.2-11", "its 101 has no Upgrade to websocket")
	breach(!f.HasToken("Connection", "Upgrade"), "6455-4.2.2-12", "its 101 has no Connection with Upgrade")
	breach(len(accepts) > 1, "6455-11.3.3-1", "its 101 has two Sec-WebSocket-Accept")
	breach(len(accepts) == 0 || accepts[0] != ws.AcceptKey(asked.Get("Sec-WebSocket-Key")), "6455-4.2.2-13", "its Sec-WebSocket-Accept does not follow from the key")
	breach(len(f.Values("Content-Length"))+len(f.Values("Transfer-Encoding")) > 0, "9110-8.6-1", "its 101 says that it has content")
	switch names := f.Values("Sec-WebSocket-Protocol"); {
	case len(names) > 1:
		breach(true, "6455-11.3.4-2", "its 101 has two Sec-WebSocket-Protocol")
	case len(names) == 1 && len(asked.Values("Sec-WebSocket-Protocol")) == 0:
		breach(true, "6455-4.2.2-8", "its 101 has a subprotocol, and none was requested")
	case len(names) == 1 && !ws.IsToken(names[0]):
		breach(true, "6455-4.3-3", "the subprotocol in its 101 is no token")
	case len(names) == 1 && !requested(asked, names[0]):
		breach(true, "6455-4.2.2-7", "the subprotocol in its 101 was not requested")
	}
	if m.broken {
		return
	}
	agreed, known := m.acceptedExtensions(f)
	if !known {
		m.phase = over // an extension that the model does not know
		return
	}
	if m.opening.unclear {
		m.phase = over
		return
	}
	m.open(agreed)
	if a.failsAfter {
		m.choose(choice{})
	}
}

// requested reports whether a subprotocol is one that the request lists.
func requested(asked ws.Fields, name string) bool {
	for _, list := range asked.Values("Sec-WebSocket-Protocol") {
		for item := range strings.SplitSeq(list, ",") {
			if strings.Trim(item, " \t") == name {
				return true
			}
		}
	}
	return false
}

// requested judges the request of a client.
func (m *Model) requested() {
	o := &m.opening
	if strings.Contains(strings.ReplaceAll(string(o.received), "\r\n", ""), "\n") {
		m.find(Must, "6455-4.1-8", "its request has lines that end with LF alone")
		return
	}
	r, err := ws.ParseRequest(o.received)
	if err != nil {
		m.find(Must, "6455-4.1-8", "its request is no HTTP: %v", err)
		return
	}
	o.request = r
	f := r.Fields
	breach := func(is bool, requirement, what string) {
		if is {
			m.find(Must, requirement, "%s", what)
		}
	}
	keys, versions := f.Values("Sec-WebSocket-Key"), f.Values("Sec-WebSocket-Version")
	breach(r.Method != "GET", "6455-4.1-9", "the method of its request is not GET")
	breach(!strings.HasPrefix(r.Proto, "HTTP/1.") || r.Proto == "HTTP/1.0", "6455-4.1-10", "its request is none of HTTP/1.1")
	breach(!strings.HasPrefix(r.Target, "/") && !strings.HasPrefix(r.Target, "http"), "6455-4.1-11", "its request target is no resource name")
	breach(f.Get("Host") == "", "6455-4.1-12", "its request has no Host")
	breach(!f.HasToken("Upgrade", "websocket"), "6455-4.1-13", "its request has no Upgrade to websocket")
	breach(!f.HasToken("Connection", "Upgrade"), "6455-4.1-14", "its request has no Connection with Upgrade")
	breach(len(keys) > 1, "6455-11.3.1-1", "its request has two keys")
	breach(len(keys) == 0 || !ws.ValidKey(keys[0]), "6455-4.1-15", "its key is not 16 octets in base64")
	breach(len(versions) > 1, "6455-11.3.5-2", "its request has two versions")
	breach(len(versions) == 0 || versions[0] != "13", "6455-4.1-18", "its version is not 13")
	o.offers = readOffers(f)
	breach(o.offers.malformed, "6455-9.1-1", "its Sec-WebSocket-Extensions is malformed")
	breach(o.offers.unfit != "", "6455-9-2", "it offers permessage-deflate with parameters that cannot be")
	seen := map[string]bool{}
	for _, list := range f.Values("Sec-WebSocket-Protocol") {
		for name := range strings.SplitSeq(list, ",") {
			name = strings.Trim(name, " \t")
			breach(!ws.IsToken(name) || seen[name], "6455-4.1-19", "its subprotocols are not a list of different tokens")
			seen[name] = true
		}
	}
}

// answer judges our response to a client.
func (m *Model) answer() {
	o := &m.opening
	m.phase = open
	m.endpoint.Opened = true
	r, requirement := readResponse(o.sent)
	if requirement == "" && r.Status != 101 {
		requirement = "6455-4.1-23"
	}
	if requirement != "" {
		m.avoid(requirement, "a response that is no 101")
		m.endpoint.Opened = false
		return
	}
	m.answerFields(r.Fields)
	if r.Proto == "HTTP/1.0" {
		m.choose(choice{opens: should, fails: free, requirement: "6455-4.1-34", what: "a 101 of HTTP/1.0"})
	}
	if !m.fault.set {
		m.answerProtocol(r.Fields.Values("Sec-WebSocket-Protocol"))
		m.answerExtensions(r.Fields)
	}
	m.endpoint.Opened = !m.fault.set
}

// readResponse reads our response, and what it breaks as HTTP.
func readResponse(head []byte) (r ws.Response, requirement string) {
	line, rest, _ := strings.Cut(string(head), "\n")
	proto, status, _ := strings.Cut(strings.TrimSuffix(line, "\r"), " ")
	code, _, _ := strings.Cut(status, " ")
	n, err := strconv.Atoi(code)
	if !strings.HasPrefix(proto, "HTTP/1.") {
		return r, "6455-4.1-34"
	}
	if err != nil || len(code) != 3 {
		return r, "6455-4.1-23"
	}
	r = ws.Response{Proto: proto, Status: n}
	for l := range strings.SplitSeq(rest, "\n") {
		if name, value, found := strings.Cut(strings.TrimSuffix(l, "\r"), ":"); found {
			r.Fields = append(r.Fields, ws.Field{Name: name, Value: strings.Trim(value, " \t")})
		}
	}
	return r, ""
}

func (m *Model) answerFields(f ws.Fields) {
	o := &m.opening
	upgrade, accepts := f.Get("Upgrade"), f.Values("Sec-WebSocket-Accept")
	want := ws.AcceptKey(o.request.Fields.Get("Sec-WebSocket-Key"))
	head := string(o.sent)
	odd := strings.Contains(head, "\n ") || strings.Contains(strings.ReplaceAll(head, "\r\n", ""), "\n") ||
		strings.ContainsFunc(head, func(c rune) bool { return c >= 0x7F || c < ' ' && c != '\t' && c != '\r' && c != '\n' })
	odd = odd || slices.ContainsFunc(f, func(l ws.Field) bool { return !ws.IsToken(l.Name) }) || len(f) != strings.Count(strings.TrimRight(head, "\r\n"), "\n")
	switch {
	case !ws.EqualFold(upgrade, "websocket") && f.HasToken("Upgrade", "websocket"):
		m.choose(choice{opens: should, requirement: "6455-4.1-26", what: "an Upgrade that lists websocket among others"})
	case !ws.EqualFold(upgrade, "websocket"):
		m.avoid("6455-4.1-26", "a 101 without an Upgrade to websocket")
		return
	}
	switch {
	case !f.HasToken("Connection", "Upgrade"):
		m.avoid("6455-4.1-28", "a 101 whose Connection does not list Upgrade")
		return
	case len(accepts) == 0 || len(accepts) == 1 && accepts[0] != want:
		m.avoid("6455-4.1-30", "a 101 with a wrong Sec-WebSocket-Accept, or none")
		return
	case len(accepts) > 1 && slices.ContainsFunc(accepts, func(v string) bool { return v != want }):
		m.avoid("6455-4.1-34", "a 101 with a right Sec-WebSocket-Accept and a wrong one")
		return
	case len(accepts) > 1:
		m.choose(choice{opens: should, requirement: "6455-11.3.3-1", what: "a 101 with two Sec-WebSocket-Accept"})
	}
	if odd {
		m.choose(choice{requirement: "6455-4.1-34", what: "a response with odd octets"})
	}
	if len(f.Values("Content-Length")) > 0 || len(head) > longLine {
		m.choose(choice{fails: should, requirement: "6455-4.1-34", what: "a response with many fields, or with Content-Length"})
	}
}

func (m *Model) answerProtocol(names []string) {
	const requirement = "6455-4.1-33"
	asked := m.opening.request.Fields
	switch {
	case len(names) == 0:
		if len(asked.Values("Sec-WebSocket-Protocol")) > 0 {
			m.choose(choice{requirement: requirement, what: "a response without a subprotocol"})
		}
	case len(names) > 1:
		m.avoid(requirement, "a response with two subprotocols")
	case names[0] == "":
		m.choose(choice{opens: should, requirement: requirement, what: "an empty Sec-WebSocket-Protocol"})
	case !requested(asked, names[0]):
		m.avoid(requirement, "a response with a subprotocol that was not requested")
	}
}

// useAgreed takes it that our response has agreed on permessage-deflate.
func (m *Model) useAgreed(a *deflate.Answer) {
	m.endpoint.Agreed = a
	if a != nil {
		m.useDeflate(*a)
	}
}
