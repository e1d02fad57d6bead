// SPDX-License-Identifier: Apache-2.0

package testee

import (
	"io"
	"strings"
	"time"

	"github.com/wsspec/wsspec/internal/ws"
)

// Faults in ending connections (RFC 6455, 5.5.1 and 7).
const (
	dropsOnOpen             = "drops-on-open"
	closesOnOpen            = "closes-on-open"
	dropsOnClose            = "drops-on-close"
	neverAnswersClose       = "never-answers-close"
	answersCloseLate        = "answers-close-after-1.5s"
	answersCloseLast        = "handles-what-is-behind-close-first"
	worksOnAfterClose       = "works-on-after-close"
	echoesBehindClose       = "echoes-behind-close"
	answersPingsBehindClose = "answers-pings-behind-close"
	answersCloseTwice       = "answers-close-twice"
	answersWrongCode        = "answers-wrong-close-code"
	answers1000             = "answers-close-with-1000"
	answers1012             = "answers-close-with-1012"
	answers1013             = "answers-close-with-1013"
	answers1014             = "answers-close-with-1014"
	answersEmpty            = "answers-close-without-code"
	answersEmptyWith1005    = "answers-empty-close-with-1005"
	answersTooLong          = "sends-long-close-reason"
	echoesReason            = "answers-close-with-its-reason"
	fragmentsClose          = "sends-close-without-fin"
	neverClosesTCP          = "never-closes-tcp"
	keepsFailedTCP          = "keeps-tcp-open-after-failing"
	ignoresFIN              = "keeps-tcp-open-after-peer-fin"
	resetsTCP               = "resets-tcp-after-close"
	dropsOnViolation        = "drops-without-close"
	closes1000              = "closes-1000-on-violation"
	closesEmpty             = "closes-without-code-on-violation"
	closes1000ForSize       = "1000-for-messages-too-big"
	closes1002ForSize       = "1002-for-messages-too-big"
	closes1002ForText       = "1002-for-utf8"
	closes1007ForFrames     = "1007-for-protocol-errors"
	ignoresBadClose         = "ignores-invalid-close"
	returnsBadClose         = "returns-invalid-close"
	acceptsAnyCode          = "accepts-invalid-close-code"
	acceptsLowCodes         = "accepts-close-codes-below-1000"
	acceptsReservedCodes    = "accepts-reserved-close-codes"
	accepts1015             = "accepts-close-code-1015"
	acceptsUnassigned       = "accepts-unassigned-close-codes"
	acceptsHighCodes        = "accepts-close-codes-above-4999"
	refusesNewCodes         = "refuses-close-codes-1012-to-1014"
	refusesAppCodes         = "refuses-close-codes-above-2999"
	acceptsLongReason       = "accepts-long-close-reason"
	answersLongEmpty        = "answers-long-close-without-code"
	acceptsHalfCode         = "accepts-one-octet-close"
	answersHalfEmpty        = "answers-one-octet-close-without-code"
	acceptsBadReason        = "accepts-invalid-utf8-reason"
	acceptsCutReason        = "accepts-cut-utf8-reason"
	refusesNULInReason      = "refuses-nul-in-reason"
)

func closingFaults() []Fault {
	return append([]Fault{
		{Name: dropsOnOpen, Title: "Ends TCP when the connection has opened", Roles: InBoth},
		{Name: closesOnOpen, Title: "Closes when the connection has opened", Roles: InBoth, Legal: true},
		{Name: dropsOnClose, Title: "Ends TCP instead of answering a Close", Roles: InBoth},
		{Name: neverAnswersClose, Title: "Ignores Close frames", Roles: InBoth},
		{Name: answersCloseLate, Title: "Waits 1.5 s before it answers a Close", Roles: InBoth, Legal: true},
		{Name: answersCloseLast, Title: "Handles frames behind a Close before it answers the Close", Roles: InBoth},
		{Name: worksOnAfterClose, Title: "Goes on handling frames after its own Close", Roles: InBoth},
		{Name: echoesBehindClose, Title: "Goes on echoing after its own Close", Roles: InBoth},
		{Name: answersPingsBehindClose, Title: "Goes on answering Pings after its own Close", Roles: InBoth},
		{Name: answersCloseTwice, Title: "Answers a Close with two", Roles: InBoth},
		{Name: answersWrongCode, Title: "Answers every Close with 3333", Roles: InBoth},
		{Name: answers1000, Title: "Answers every Close with 1000", Roles: InBoth, Legal: true},
		{Name: answers1012, Title: "Answers every Close with 1012, as a service that restarts", Roles: InBoth, Legal: true},
		{Name: answers1013, Title: "Answers every Close with 1013, as a service that is overloaded", Roles: InBoth, Legal: true},
		{Name: answers1014, Title: "Answers every Close with 1014, as a gateway", Roles: InBoth, Legal: true},
		{Name: answersEmpty, Title: "Answers every Close with an empty one", Roles: InBoth, Legal: true},
		{Name: answersEmptyWith1005, Title: "Answers an empty Close with 1005", Roles: InBoth},
		{Name: answersTooLong, Title: "Answers a Close with a reason of 124 octets", Roles: InBoth},
		{Name: echoesReason, Title: "Answers a Close with its code and reason", Roles: InBoth, Legal: true},
		{Name: fragmentsClose, Title: "Does not set FIN on its Close", Roles: InBoth},
		{Name: neverClosesTCP, Title: "Waits for the client to close TCP, as a server", Roles: AsServer},
		{Name: keepsFailedTCP, Title: "Waits for the peer to close TCP when it has failed the connection", Roles: InBoth},
		{Name: ignoresFIN, Title: "Keeps TCP open when the peer ends it without a Close", Roles: InBoth},
		{Name: resetsTCP, Title: "Resets TCP after its Close", Roles: InBoth},
		{Name: dropsOnViolation, Title: "Ends TCP without a Close when it fails the connection", Roles: InBoth, Legal: true},
		{Name: closes1000, Title: "Fails the connection with 1000 whatever was wrong", Roles: InBoth},
		{Name: closesEmpty, Title: "Fails the connection with an empty Close", Roles: InBoth, Legal: true},
		{Name: closes1000ForSize, Title: "Fails the connection with 1000 where 1009 is due", Roles: InBoth},
		{Name: closes1002ForSize, Title: "Fails the connection with 1002 where 1009 is due", Roles: InBoth},
		{Name: closes1002ForText, Title: "Fails the connection with 1002 where 1007 is due", Roles: InBoth},
		{Name: closes1007ForFrames, Title: "Fails the connection with 1007 where 1002 is due", Roles: InBoth},
	}, closeFrameFaults()...)
}

func closeFrameFaults() []Fault {
	return []Fault{
		{Name: ignoresBadClose, Title: "Ignores Close frames with an invalid payload", Roles: InBoth},
		{Name: returnsBadClose, Title: "Answers a Close with an invalid payload with the same", Roles: InBoth},
		{Name: acceptsAnyCode, Title: "Accepts any close code, and answers 1000 to an invalid one", Roles: InBoth},
		{Name: acceptsLowCodes, Title: "Accepts close codes below 1000", Roles: InBoth},
		{Name: acceptsReservedCodes, Title: "Accepts close codes 1004, 1005 and 1006", Roles: InBoth},
		{Name: accepts1015, Title: "Accepts close code 1015", Roles: InBoth},
		{Name: acceptsUnassigned, Title: "Accepts close codes 1016 to 2999", Roles: InBoth},
		{Name: acceptsHighCodes, Title: "Accepts close codes above 4999", Roles: InBoth},
		{Name: refusesNewCodes, Title: "Refuses close codes 1012 to 1014", Roles: InBoth},
		{Name: refusesAppCodes, Title: "Refuses close codes 3000 to 4999", Roles: InBoth},
		{Name: acceptsLongReason, Title: "Accepts Close frames of up to 1024 octets, and answers their code", Roles: InBoth},
		{Name: answersLongEmpty, Title: "Accepts Close frames of up to 1024 octets, and answers those above 125 without a code", Roles: InBoth},
		{Name: acceptsHalfCode, Title: "Accepts a Close of one octet, and answers 1000", Roles: InBoth},
		{Name: answersHalfEmpty, Title: "Accepts a Close of one octet, and answers without a code", Roles: InBoth},
		{Name: acceptsBadReason, Title: "Accepts close reasons that are not UTF-8", Roles: InBoth},
		{Name: acceptsCutReason, Title: "Accepts close reasons that end inside a character", Roles: InBoth},
		{Name: refusesNULInReason, Title: "Refuses close reasons with a NUL", Roles: InBoth},
	}
}

// excusesCode reports whether an endpoint with faults accepts an invalid code.
func (c *Conn) excusesCode(code ws.CloseCode) bool {
	switch {
	case code < 1000:
		return c.has(acceptsLowCodes)
	case code >= 1004 && code <= 1006:
		return c.has(acceptsReservedCodes)
	case code == 1015:
		return c.has(accepts1015)
	case code >= 1016 && code <= 2999:
		return c.has(acceptsUnassigned)
	}
	return c.has(acceptsHighCodes)
}

// wrongCloseCheck judges the payload of a Close, for which the right verdict is
// given, as an endpoint with faults does.
func (c *Conn) wrongCloseCheck(p []byte, verdict error) error {
	code, reason, has := ws.ParseClosePayload(p)
	switch {
	case c.has(returnsBadClose):
		return nil
	case has && !code.OnWire():
		if c.has(acceptsAnyCode) || c.excusesCode(code) {
			return nil
		}
	case has && code >= ws.ServiceRestart && code <= ws.BadGateway && c.has(refusesNewCodes),
		has && code >= 3000 && c.has(refusesAppCodes):
		return &ProtocolError{ws.ProtocolError, "unknown close code"}
	case len(p) == 1 && (c.has(acceptsHalfCode) || c.has(answersHalfEmpty)), c.has(acceptsBadReason):
		return nil
	case c.has(acceptsCutReason) && cutInside(reason):
		return nil
	case c.has(refusesNULInReason) && strings.Contains(string(reason), "\x00"):
		return &ProtocolError{ws.InvalidPayload, "NUL in reason"}
	}
	return verdict
}

// wrongReply returns the payload of an answer to a Close, for which the right
// one is given, as an endpoint with faults chooses it.
func (c *Conn) wrongReply(p, right []byte) []byte {
	code, _, has := ws.ParseClosePayload(p)
	switch {
	case c.has(answersWrongCode):
		return ws.AppendClosePayload(nil, 3333, "")
	case c.has(answers1000), c.has(acceptsAnyCode) && has && !code.OnWire(), c.has(acceptsHalfCode) && len(p) == 1:
		return ws.AppendClosePayload(nil, ws.NormalClosure, "")
	case c.has(answers1012):
		return ws.AppendClosePayload(nil, 1012, "")
	case c.has(answers1013):
		return ws.AppendClosePayload(nil, 1013, "")
	case c.has(answers1014):
		return ws.AppendClosePayload(nil, 1014, "")
	case c.has(answersEmpty), c.has(answersHalfEmpty) && len(p) == 1, c.has(answersLongEmpty) && len(p) > ws.MaxControlPayload:
		return nil
	case c.has(answersEmptyWith1005) && !has:
		return ws.AppendClosePayload(nil, 1005, "")
	case c.has(answersTooLong):
		return ws.AppendClosePayload(nil, ws.NormalClosure, strings.Repeat("x", 124))
	case c.has(echoesReason), c.has(returnsBadClose) && checkClose(p) != nil:
		return p
	}
	return right
}

// wrongAnswer answers a Close, for which the right answer is given, as an endpoint with faults does.
func (c *Conn) wrongAnswer(p, right []byte) error {
	reply := append([]byte{}, c.wrongReply(p, right)...)
	switch {
	case c.has(neverAnswersClose):
		return nil
	case c.has(dropsOnClose):
		return errDropped
	case c.has(answersCloseLate):
		c.pause(1500 * time.Millisecond)
	case c.has(answersCloseLast):
		c.closeWith = reply
		return nil
	}
	c.out = append(c.out, c.held...) // what came before the Close is answered before it
	c.held = nil
	if err := c.releasePongs(); err != nil {
		return err
	}
	c.sendClose(reply)
	if c.has(answersCloseTwice) {
		c.closeSent = false
		c.sendClose(reply)
	}
	if c.has(worksOnAfterClose) || c.has(echoesBehindClose) || c.has(answersPingsBehindClose) {
		c.finishing = true
		return nil
	}
	return errClosed
}

// wrongFailure returns the payload of the Close with which an endpoint with
// faults fails the connection, or false where it sends none.
func (c *Conn) wrongFailure(failed *ProtocolError) ([]byte, bool) {
	code := failed.Code
	c.failed = true
	switch {
	case c.has(dropsOnViolation):
		return nil, false
	case c.has(closesEmpty):
		return nil, true
	case c.has(closes1000), code == ws.MessageTooBig && c.has(closes1000ForSize):
		code = ws.NormalClosure
	case code == ws.MessageTooBig && c.has(closes1002ForSize):
		code = ws.ProtocolError
	case code == ws.InvalidPayload && c.has(closes1002ForText):
		code = ws.ProtocolError
	case code == ws.ProtocolError && c.has(closes1007ForFrames):
		code = ws.InvalidPayload
	}
	return ws.AppendClosePayload(nil, code, failed.Reason), true
}

// wrongEnd closes TCP as an endpoint with faults does, and reports whether it did.
func (c *Conn) wrongEnd() (bool, error) {
	switch {
	case c.has(resetsTCP):
		time.Sleep(holdBack) // or the Close would be lost
		return true, c.s.Reset()
	case c.has(neverClosesTCP) && c.role == ws.Server, c.has(keepsFailedTCP) && c.failed:
		c.readBy(time.Time{})
		_, _ = io.Copy(io.Discard, c.s) // the peer ends it, or the owner
		return true, c.s.Close()
	}
	return false, nil
}

// pause waits for so long, or until the endpoint is told to stop.
func (c *Conn) pause(d time.Duration) {
	select {
	case <-time.After(d):
	case <-c.ctx.Done():
	}
}
