// SPDX-License-Identifier: Apache-2.0

package testee

import (
	"bytes"
	"encoding/base64"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/ws"
)

// Faults of a client in the opening handshake (RFC 6455, 4.1).
const (
	ignoresAccept           = "ignores-accept"
	acceptCaseInsensitive   = "compares-accept-case-insensitively"
	comparesAcceptPrefix    = "compares-start-of-accept"
	acceptOneOfMany         = "wants-one-of-several-accepts"
	acceptKeepsBlanks       = "compares-accept-with-blanks"
	ignoresStatus           = "ignores-status"
	ignoresUpgrade          = "ignores-upgrade-in-answer"
	answerUpgradeSubstring  = "matches-upgrade-in-answer-by-substring"
	answerUpgradeExact      = "compares-upgrade-in-answer-case-sensitively"
	ignoresConnection       = "ignores-connection-in-answer"
	answerConnectionWhole   = "refuses-connection-list-in-answer"
	ignoresSubprotocol      = "ignores-subprotocol-in-answer"
	acceptsManySubprotocols = "accepts-several-subprotocols-in-answer"
	ignoresExtensions       = "ignores-unknown-extensions-in-answer"
	interimIsFinal          = "takes-interim-answer-for-final"
	opensOnRedirect         = "goes-on-after-redirect"
	opensOnAnything         = "opens-on-any-final-answer"
	oneKeyForAll            = "uses-one-nonce-for-all-connections"
	shortNonce              = "sends-nonce-of-15-octets"
	sendsVersion8           = "asks-for-version-8"
	sendsHTTP10             = "asks-with-http-1.0"
	sendsBareLF             = "sends-bare-lf"
	dropsQuery              = "drops-query-of-target"
	leavesPathEmpty         = "leaves-empty-path-out-of-target"
	dropsPort               = "drops-port-of-host"
	sendsWrongPort          = "sends-wrong-port-in-host"
	sendsEarly              = "sends-frame-before-answer"
	keepsFailedOpen         = "keeps-tcp-open-after-failed-handshake"
	reconnectsAtOnce        = "reconnects-at-once"
	offersInTwoFields       = "offers-in-two-fields"
)

func openingFaults() []Fault {
	return []Fault{
		{Name: ignoresAccept, Title: "Does not check Sec-WebSocket-Accept", Roles: AsClient},
		{Name: acceptCaseInsensitive, Title: "Compares Sec-WebSocket-Accept without case", Roles: AsClient},
		{Name: comparesAcceptPrefix, Title: "Compares the first 20 characters of Sec-WebSocket-Accept", Roles: AsClient},
		{Name: acceptOneOfMany, Title: "Looks for the right one among several Sec-WebSocket-Accept", Roles: AsClient},
		{Name: acceptKeepsBlanks, Title: "Compares Sec-WebSocket-Accept with the blanks around it", Roles: AsClient},
		{Name: ignoresStatus, Title: "Takes any status for 101", Roles: AsClient},
		{Name: ignoresUpgrade, Title: "Does not check Upgrade in the answer", Roles: AsClient},
		{Name: answerUpgradeSubstring, Title: "Looks for websocket anywhere in Upgrade of the answer", Roles: AsClient},
		{Name: answerUpgradeExact, Title: "Wants Upgrade in the answer to be websocket in lower case", Roles: AsClient},
		{Name: ignoresConnection, Title: "Does not check Connection in the answer", Roles: AsClient},
		{Name: answerConnectionWhole, Title: "Wants Connection in the answer to list nothing but Upgrade", Roles: AsClient},
		{Name: ignoresSubprotocol, Title: "Accepts a subprotocol that it has not requested", Roles: AsClient},
		{Name: acceptsManySubprotocols, Title: "Accepts several of the subprotocols that it has requested", Roles: AsClient},
		{Name: ignoresExtensions, Title: "Accepts extensions that it has not offered", Roles: AsClient},
		{Name: interimIsFinal, Title: "Takes an interim answer for the final one", Roles: AsClient},
		{Name: opensOnRedirect, Title: "Goes on on the same connection when redirected, with a Ping", Roles: AsClient},
		{Name: opensOnAnything, Title: "Takes any final answer for one that opens the connection", Roles: AsClient},
		{Name: oneKeyForAll, Title: "Uses the same Sec-WebSocket-Key for every connection", Roles: AsClient},
		{Name: shortNonce, Title: "Sends a Sec-WebSocket-Key of 15 octets", Roles: AsClient},
		{Name: sendsVersion8, Title: "Asks for version 8", Roles: AsClient},
		{Name: sendsHTTP10, Title: "Asks with HTTP/1.0", Roles: AsClient},
		{Name: sendsBareLF, Title: "Ends the lines of its request with LF", Roles: AsClient},
		{Name: dropsQuery, Title: "Leaves the query out of the request target", Roles: AsClient},
		{Name: leavesPathEmpty, Title: "Leaves the slash out of the request target where the path is empty", Roles: AsClient},
		{Name: dropsPort, Title: "Leaves the port out of Host", Roles: AsClient},
		{Name: sendsWrongPort, Title: "Sends port 1 in Host", Roles: AsClient},
		{Name: sendsEarly, Title: "Sends a text message before the answer has come", Roles: AsClient},
		{Name: keepsFailedOpen, Title: "Keeps TCP open after a failed handshake", Roles: AsClient},
		{Name: reconnectsAtOnce, Title: "Tries a failed handshake again at once, a hundred times", Roles: AsClient},
		{Name: offersInTwoFields, Title: "Sends its offers in two Sec-WebSocket-Extensions fields", Roles: AsClient, Legal: true},
	}
}

// wrongNonce returns the Sec-WebSocket-Key that a client with faults sends, for
// which the right one is given.
func (c *Conn) wrongNonce(key string) string {
	nonce, _ := base64.StdEncoding.DecodeString(key)
	c.nonceKey = [4]byte(nonce)
	switch {
	case c.has(oneKeyForAll):
		return "dGhlIHNhbXBsZSBub25jZQ=="
	case c.has(shortNonce):
		return base64.StdEncoding.EncodeToString(nonce[:15])
	}
	return key
}

// bendRequest changes the request as a client with faults does.
func (c *Conn) bendRequest(req ws.Request) ws.Request {
	const extensionsName = "Sec-WebSocket-Extensions"
	f := &req.Fields
	host, _, _ := strings.Cut(f.Get("Host"), ":")
	switch {
	case c.has(sendsVersion8):
		*f = replaced(*f, "Sec-WebSocket-Version", "8")
	case c.has(sendsHTTP10):
		req.Proto = "HTTP/1.0"
	case c.has(dropsQuery):
		req.Target, _, _ = strings.Cut(req.Target, "?")
	case c.has(leavesPathEmpty) && (req.Target == "/" || strings.HasPrefix(req.Target, "/?")):
		req.Target = req.Target[1:]
	case c.has(dropsPort):
		*f = replaced(*f, "Host", host)
	case c.has(sendsWrongPort):
		*f = replaced(*f, "Host", host+":1")
	case c.has(offersInTwoFields):
		*f = append(*f, ws.Field{Name: extensionsName, Value: deflate.Name})
	case c.has(lowerCaseFieldNames):
		*f = lowerCase(*f)
	case c.has(offersServerWindowAlone):
		*f = replaced(*f, extensionsName, "permessage-deflate; server_max_window_bits")
	}
	return req
}

// sendWrongRequest sends the request as a client with faults does.
func (c *Conn) sendWrongRequest(req ws.Request) error {
	b := req.Append(nil)
	if c.has(sendsBareLF) {
		b = bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n"))
	}
	c.out = append(c.out, b...)
	if c.has(sendsEarly) {
		return c.collect(ws.Header{Fin: true, Opcode: ws.Text}, []byte("early"))
	}
	return nil
}

// abandon ends a connection whose handshake has failed.
func (c *Conn) abandon() {
	if c.has(keepsFailedOpen) {
		c.readBy(time.Time{})
		_, _ = io.Copy(io.Discard, c.s) // the peer ends it, or the owner
	}
	c.release()
	_ = c.s.Close()
}

// misreadAnswer returns what a client with faults takes an answer for.
func (c *Conn) misreadAnswer(resp ws.Response, key string) ws.Response {
	f := &resp.Fields
	if c.has(ignoresStatus) || c.has(interimIsFinal) && resp.Status < 200 {
		resp.Status = 101
	}
	if redirected := c.has(opensOnRedirect) && resp.Status >= 300 && resp.Status < 400; redirected || c.has(opensOnAnything) {
		c.forgotten = redirected
		resp.Status = 101
		for name, value := range map[string]string{"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": ws.AcceptKey(key)} {
			*f = replaced(*f, name, value)
		}
	}
	if c.has(namesCaseSensitive) {
		*f = usuallySpelled(*f)
	}
	all := strings.Join(f.Values("Connection"), ",")
	upgrade := f.Get("Upgrade")
	switch {
	case c.has(acceptKeepsBlanks) && len(f.Values("Sec-WebSocket-Accept")) == 1:
		*f = replaced(*f, "Sec-WebSocket-Accept", c.rawValue("Sec-WebSocket-Accept"))
	case c.excusesAccept(f.Values("Sec-WebSocket-Accept"), ws.AcceptKey(key)):
		*f = replaced(*f, "Sec-WebSocket-Accept", ws.AcceptKey(key))
	case c.has(ignoresUpgrade), c.has(answerUpgradeSubstring) && strings.Contains(upgrade, "websocket"):
		*f = replaced(*f, "Upgrade", "websocket")
	case c.has(answerUpgradeExact) && upgrade != "websocket":
		*f = without(*f, "Upgrade")
	case c.has(ignoresConnection):
		*f = replaced(*f, "Connection", "Upgrade")
	case c.has(answerConnectionWhole) && !strings.EqualFold(all, "Upgrade"):
		*f = without(*f, "Connection")
	case c.has(ignoresSubprotocol), c.has(acceptsManySubprotocols) && c.requested(f.Values("Sec-WebSocket-Protocol")):
		*f = without(*f, "Sec-WebSocket-Protocol")
	}
	return resp
}

// requested reports whether all the subprotocols of an answer have been requested.
func (c *Conn) requested(answered []string) bool {
	for _, field := range answered {
		for p := range strings.SplitSeq(field, ",") {
			if !slices.Contains(c.subprotocols(), strings.TrimSpace(p)) {
				return false
			}
		}
	}
	return true
}

// excusesAccept reports whether a client with faults takes wrong values of
// Sec-WebSocket-Accept for the right one.
func (c *Conn) excusesAccept(values []string, right string) bool {
	if c.has(ignoresAccept) || c.has(interimIsFinal) {
		return true
	}
	for _, v := range values {
		switch {
		case c.has(acceptCaseInsensitive) && strings.EqualFold(v, right),
			c.has(comparesAcceptPrefix) && strings.HasPrefix(v, right[:20]),
			c.has(acceptOneOfMany) && v == right:
			return true
		}
	}
	return false
}
