// SPDX-License-Identifier: Apache-2.0

package model

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/wsspec/wsspec/internal/ws"
)

// opening is the opening handshake.
type opening struct {
	sent, received []byte // as far as they are heads
	requested      bool   // the request is complete
	request        ws.Request
	offers         offers
	admission      admission // of servers: what they may make of our request
	unclear        bool      // what stands behind our request may be something else than frames: they are not judged
}

func (o *opening) reset() opening { return opening{sent: kept(o.sent), received: kept(o.received)} }

// weight is how bad something would be.
type weight uint8

const (
	free weight = iota
	should
	must
)

// A choice is what an endpoint may make of an opening handshake that is not quite in
// order: open the connection, or fail it behind the handshake.
type choice struct {
	set          bool
	opens, fails weight
	requirement  string
	what         string
}

// headEnd returns the length of the HTTP head at the beginning of b, 0 where it has not
// ended: an empty line ends it, whatever its lines end with.
func headEnd(b []byte) int {
	for i := 0; i < len(b); i++ {
		n := bytes.IndexByte(b[i:], '\n')
		if n < 0 {
			return 0
		}
		i += n
		switch rest := b[i+1:]; {
		case bytes.HasPrefix(rest, []byte("\n")):
			return i + 2
		case bytes.HasPrefix(rest, []byte("\r\n")):
			return i + 3
		}
	}
	return 0
}

// sentHead takes octets of our half and returns what stands behind it.
func (m *Model) sentHead(b []byte) []byte {
	o := &m.opening
	if m.endpoint.Role == ws.Server && o.requested {
		m.early()
		return nil
	}
	n := len(o.sent)
	o.sent = append(o.sent, b...)
	for {
		skip := 0
		if m.endpoint.Role == ws.Server {
			skip = emptyLines(o.sent) // RFC 9112, 2.2
		}
		end := headEnd(o.sent[skip:])
		if end == 0 {
			return nil
		}
		end += skip
		behind := b[min(len(b), max(0, end-n)):]
		if m.endpoint.Role == ws.Client && isInterim(o.sent[:end]) {
			m.choose(choice{fails: should, requirement: "9110-15.2-1", what: "an interim response"})
			o.sent, n = o.sent[:copy(o.sent, o.sent[end:])], n-end
			continue
		}
		o.sent = o.sent[:end]
		if m.endpoint.Role == ws.Client {
			m.answer()
		} else {
			o.requested = true
			m.ask(skip > 0)
			if len(behind) > 0 && !o.unclear { // it may be content
				m.early()
			}
		}
		return behind
	}
}

// early takes it that we have not waited for the response, as we must. Servers may make
// of that what they want.
func (m *Model) early() {
	m.opening.admission.note(free, free, "6455-4.1-22", "something behind a request that has no response yet")
	m.opening.admission.silent, m.opening.unclear = true, true
}

// receivedHead takes octets of the endpoint's half and returns what stands behind it.
func (m *Model) receivedHead(b []byte) []byte {
	o := &m.opening
	if m.endpoint.Role == ws.Client && o.requested {
		if len(b) > 0 {
			m.find(Must, "6455-4.1-22", "it sent something behind its request before there was a response")
		}
		return nil
	}
	n := len(o.received)
	o.received = append(o.received, b...)
	for {
		end := headEnd(o.received)
		if end == 0 {
			return nil
		}
		behind := b[min(len(b), max(0, end-n)):]
		if m.endpoint.Role == ws.Server && isInterim(o.received[:end]) {
			o.received, n = o.received[:copy(o.received, o.received[end:])], n-end
			continue
		}
		o.received = o.received[:end]
		if m.endpoint.Role == ws.Server {
			m.admitted()
			return behind
		}
		o.requested = true
		m.requested()
		if len(behind) > 0 {
			m.find(Must, "6455-4.1-22", "it sent something behind its request before there was a response")
		}
		return nil
	}
}

// emptyLines is how many octets of empty lines stand at the beginning.
func emptyLines(b []byte) int {
	n := 0
	for bytes.HasPrefix(b[n:], []byte("\r\n")) {
		n += 2
	}
	return n
}

// isInterim reports whether a head is that of a response before the one that counts
// (RFC 9110, 15.2).
func isInterim(head []byte) bool {
	line, _, _ := strings.Cut(string(head), "\n")
	proto, rest, _ := strings.Cut(line, " ")
	code, _, _ := strings.Cut(strings.TrimSuffix(rest, "\r"), " ")
	status, err := strconv.Atoi(code)
	return strings.HasPrefix(proto, "HTTP/1.") && err == nil && len(code) == 3 && status >= 100 && status < 200 && status != 101
}

// endedHandshake takes it that the endpoint has ended TCP before the connection was open.
func (m *Model) endedHandshake() {
	o := &m.opening
	if m.endpoint.Role == ws.Client || !o.requested || m.ours.ended {
		return
	}
	switch a := o.admission; {
	case a.silent:
	case a.refuses == must:
		m.find(Must, "6455-4.2.2-10", "it ended TCP in answer to a valid request")
	case a.versions && a.causes == 1:
		m.find(Must, "6455-4.2.2-5", "it ended TCP without saying which versions it speaks")
	default:
		m.find(Should, "6455-10.7-3", "it ended TCP without an HTTP response to %s", a.what)
	}
}

// dueHandshake is what is owed before the connection is open.
func (m *Model) dueHandshake() (due, bool) {
	o := &m.opening
	switch {
	case m.endpoint.Role == ws.Client && m.ours.ended:
		return due{Must, "6455-4.1-4", "it left TCP open although there will be no response"}, true
	case m.endpoint.Role == ws.Client && !o.requested:
		return due{Must, "6455-4.1-8", "it sent no request"}, true
	case m.endpoint.Role == ws.Client || !o.requested:
		return due{}, false
	case o.admission.waits:
		return due{Should, "6455-10.7-3", "it waits for more of what is no request"}, true
	}
	return due{Must, "6455-7.2.2-1", "it did not answer our request"}, true
}

// choose takes it that the endpoint has a choice that it did not have before. Of several,
// to open the connection is as bad as with the worst, and to fail it as with the best.
func (m *Model) choose(c choice) {
	old := m.choice
	c.set = true
	if old.set {
		if old.opens > c.opens {
			c.opens, c.requirement, c.what = old.opens, old.requirement, old.what
		}
		c.fails = min(c.fails, old.fails)
	}
	m.choice = c
}

// chose takes it that the endpoint has opened the connection.
func (m *Model) chose() {
	if m.choice.set && m.choice.opens == should {
		m.find(Should, m.choice.requirement, "it took %s", m.choice.what)
	}
	m.choice.set = false
}

// declined takes it that the endpoint has failed the connection.
func (m *Model) declined() {
	if m.choice.fails == should {
		m.find(Should, m.choice.requirement, "it failed the connection for %s", m.choice.what)
	}
	m.choice.set = false
}

// avoid takes it that our answer opens no connection.
func (m *Model) avoid(requirement, what string) {
	m.choice.set = false
	m.fault = fault{set: true, void: true, whole: true, requirement: requirement, what: what}
}
