// SPDX-License-Identifier: Apache-2.0

package testee

import (
	"crypto/sha1"
	"encoding/base64"
	"io"
	"strings"
	"time"

	"github.com/wsspec/wsspec/internal/ws"
)

// Faults of a server in answering the request (RFC 6455, 4.2.2).
const (
	acceptOfNonce       = "computes-accept-from-decoded-key"
	acceptLowerGUID     = "computes-accept-with-lower-case-guid"
	acceptRecodedKey    = "computes-accept-from-recoded-key"
	omitsAccept         = "omits-accept"
	omitsUpgrade        = "omits-upgrade"
	omitsConnection     = "omits-connection"
	repeatsAccept       = "sends-accept-twice"
	answers200          = "answers-200"
	answers404          = "refuses-every-request"
	addsSubprotocol     = "answers-subprotocol-not-requested"
	echoesSubprotocols  = "answers-all-subprotocols"
	echoesExtensions    = "answers-all-extensions"
	addsContentLength   = "answers-101-with-content-length"
	addsTransferCoding  = "answers-101-with-transfer-encoding"
	acceptWithBlanks    = "computes-accept-from-key-with-blanks"
	subprotocolAnyCase  = "matches-subprotocols-without-case"
	omitsVersionAnswer  = "omits-version-on-mismatch"
	interimAnswer       = "sends-103-before-101"
	lowerCaseFieldNames = "sends-lower-case-field-names"
	keepsRefusedOpen    = "keeps-tcp-open-after-refusal"
)

func answerFaults() []Fault {
	return []Fault{
		{Name: acceptOfNonce, Title: "Computes Sec-WebSocket-Accept from the decoded key", Roles: AsServer},
		{Name: acceptLowerGUID, Title: "Computes Sec-WebSocket-Accept with the GUID in lower case", Roles: AsServer},
		{Name: acceptRecodedKey, Title: "Decodes and encodes the key before it computes Sec-WebSocket-Accept", Roles: AsServer},
		{Name: acceptWithBlanks, Title: "Computes Sec-WebSocket-Accept from the key with the blanks around it", Roles: AsServer},
		{Name: omitsAccept, Title: "Answers without Sec-WebSocket-Accept", Roles: AsServer},
		{Name: omitsUpgrade, Title: "Answers without Upgrade", Roles: AsServer},
		{Name: omitsConnection, Title: "Answers without Connection", Roles: AsServer},
		{Name: repeatsAccept, Title: "Answers with Sec-WebSocket-Accept twice", Roles: AsServer},
		{Name: answers200, Title: "Answers 200 instead of 101", Roles: AsServer},
		{Name: answers404, Title: "Answers 404 to every request", Roles: AsServer},
		{Name: addsSubprotocol, Title: "Answers with the subprotocol chat, requested or not", Roles: AsServer},
		{Name: echoesSubprotocols, Title: "Answers with the list of subprotocols that was requested", Roles: AsServer},
		{Name: subprotocolAnyCase, Title: "Answers the subprotocol chat where it was requested in another spelling", Roles: AsServer},
		{Name: echoesExtensions, Title: "Answers with the list of extensions that was offered", Roles: AsServer},
		{Name: addsContentLength, Title: "Answers 101 with Content-Length: 0", Roles: AsServer},
		{Name: addsTransferCoding, Title: "Answers 101 with Transfer-Encoding: chunked", Roles: AsServer},
		{Name: omitsVersionAnswer, Title: "Does not name version 13 when another was asked for", Roles: AsServer},
		{Name: interimAnswer, Title: "Answers 103 before 101", Roles: AsServer, Legal: true},
		{Name: lowerCaseFieldNames, Title: "Sends field names in lower case", Roles: InBoth, Legal: true},
		{Name: keepsRefusedOpen, Title: "Does not answer bad requests, and keeps TCP open", Roles: AsServer},
	}
}

// bendAnswer changes the answer to a request as a server with faults does.
func (c *Conn) bendAnswer(resp ws.Response, req ws.Request) ws.Response {
	const accept = "Sec-WebSocket-Accept"
	f := &resp.Fields
	key := req.Fields.Get("Sec-WebSocket-Key")
	nonce, _ := base64.StdEncoding.DecodeString(key)
	switch {
	case c.has(acceptOfNonce):
		*f = replaced(*f, accept, ws.AcceptKey(string(nonce)))
	case c.has(acceptLowerGUID):
		sum := sha1.Sum([]byte(key + "258eafa5-e914-47da-95ca-c5ab0dc85b11"))
		*f = replaced(*f, accept, base64.StdEncoding.EncodeToString(sum[:]))
	case c.has(acceptRecodedKey):
		*f = replaced(*f, accept, ws.AcceptKey(base64.StdEncoding.EncodeToString(nonce)))
	case c.has(acceptWithBlanks):
		*f = replaced(*f, accept, ws.AcceptKey(c.rawValue("Sec-WebSocket-Key")))
	case c.has(omitsAccept):
		*f = without(*f, accept)
	case c.has(omitsUpgrade):
		*f = without(*f, "Upgrade")
	case c.has(omitsConnection):
		*f = without(*f, "Connection")
	case c.has(repeatsAccept):
		*f = append(*f, ws.Field{Name: accept, Value: f.Get(accept)})
	case c.has(answers200):
		resp.Status, resp.Reason = 200, "OK"
	case c.has(addsSubprotocol):
		*f = append(*f, ws.Field{Name: "Sec-WebSocket-Protocol", Value: "chat"})
	case c.has(echoesSubprotocols):
		*f = copied(*f, req.Fields, "Sec-WebSocket-Protocol")
	case c.has(echoesExtensions):
		*f = copied(*f, req.Fields, "Sec-WebSocket-Extensions")
	case c.has(addsContentLength):
		*f = append(*f, ws.Field{Name: "Content-Length", Value: "0"})
	case c.has(addsTransferCoding):
		*f = append(*f, ws.Field{Name: "Transfer-Encoding", Value: "chunked"})
	case c.has(lowerCaseFieldNames):
		*f = lowerCase(*f)
	}
	return resp
}

// copied returns the fields with those of the name replaced by those of another
// section.
func copied(f, from ws.Fields, name string) ws.Fields {
	f = without(f, name)
	for _, v := range from.Values(name) {
		f = append(f, ws.Field{Name: name, Value: v})
	}
	return f
}

func lowerCase(f ws.Fields) ws.Fields {
	var lower ws.Fields
	for _, l := range f {
		lower = append(lower, ws.Field{Name: strings.ToLower(l.Name), Value: l.Value})
	}
	return lower
}

// wrongRefusal returns what a server with faults thinks of a request, for which
// the right refusal, or nil, is given.
func (c *Conn) wrongRefusal(right *refusal, req ws.Request) *refusal {
	switch {
	case right == nil && c.has(wantsHostFirst) && !ws.EqualFold(req.Fields[0].Name, "Host"):
		return badRequest("first field is not Host")
	case right == nil && c.has(refusesTwoSubprotocols) && len(req.Fields.Values("Sec-WebSocket-Protocol")) > 1:
		return badRequest("two Sec-WebSocket-Protocol fields")
	case right == nil && (c.has(answers404) || c.has(lowHeadLimit) && len(c.head) > 4<<10):
		return &refusal{404, "Not Found", nil, "nothing here"}
	case right != nil && c.has(omitsVersionAnswer):
		right.fields = without(right.fields, "Sec-WebSocket-Version")
	}
	return right
}

// wrongRefuse reports whether a server with faults has ended a connection
// without answering the bad request, to which this would be the answer.
func (c *Conn) wrongRefuse(r *refusal) bool {
	switch {
	case c.has(dropsBadRequests) && r.why != notVersion13, c.has(dropsBadVersions) && r.why == notVersion13:
		_ = c.s.Close()
		return true
	case c.has(keepsRefusedOpen), c.has(lowHeadLimit):
		c.readBy(time.Time{})
		_, _ = io.Copy(io.Discard, c.s) // the peer ends it, or the owner
		_ = c.s.Close()
		return true
	}
	return false
}

// appendAnswer appends the answer to a request as it goes onto the wire.
func (c *Conn) appendAnswer(dst []byte, resp ws.Response) []byte {
	if c.has(interimAnswer) {
		dst = append(dst, "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"...)
	}
	return resp.Append(dst)
}
