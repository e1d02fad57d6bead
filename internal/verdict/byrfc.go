// SPDX-License-Identifier: Apache-2.0

package verdict

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// How the wsspec door differs from the reference: what the RFCs allow is let pass, a
// MUST that is broken in the closing is a failure, and what was seen is said before who
// is to blame.

// closingByRFC goes over what the reference would say of the closing.
func closingByRFC(c Closing, log *wirelog.Log, v Verdict) Verdict {
	f := log.Facts
	broken := slices.DeleteFunc(log.Violations(), func(rule string) bool { return !strings.HasPrefix(rule, "RFC ") })
	switch {
	case !f.Opened:
		return v
	case v.Close == WrongCode && c.WrongCodeFails && !f.Remote.Code.OnWire():
		// The case itself fails by it.
	case len(broken) > 0 && (v.Close == OK || v.Close == WrongCode || v.Close == Unclean || v.Close == FailedByClient && !f.WasServerConnectionDropTimeout):
		// Where a rule was broken we end TCP at once, and nobody has left it open.
		v.Close, v.CloseResult = Failed, upper(broken[0])
	case v.Close == WrongCode && returnsOurs(f):
		v.Close, v.CloseResult = Failed, fmt.Sprintf("We had to close the connection with %d, which the peer returned", f.Local.Code)
	case v.Close == WrongCode && c.ByUs && c.Clean && (f.Remote.Code == ws.ProtocolError || f.Remote.Code == ws.InvalidPayload):
		v.Close, v.CloseResult = Failed, fmt.Sprintf("RFC 6455, 7.4: our Close was answered with %d, which finds fault with it, and it was in order", f.Remote.Code)
	case v.Close == WrongCode && c.ByUs && c.Clean && f.Remote.Code.OnWire():
		// A Close in answer to ours may have any code that may be sent (RFC 6455, 5.5.1 and 7.4).
		v.Close, v.CloseResult = OK, fmt.Sprintf("Connection was properly closed, with %d in answer to our Close", f.Remote.Code)
	case v.Close == Unclean && f.WasServerConnectionDropTimeout, v.Close == FailedByClient:
		// One word, whichever of our timers ended first.
		v.Close, v.CloseResult = FailedByClient, "RFC 6455, 7.1.1: the server left "+log.Carrier()+" open after the Close frames, and we had to end it"
	case v.Close == Unclean && f.WasCloseHandshakeTimeout:
		v.CloseResult = "RFC 6455, 5.5.1: no Close came in answer to ours"
	case v.Close == Unclean:
		v.CloseResult = "RFC 6455, 5.5.1: " + endOr(log, "we ended "+log.Carrier()) + ", and Close frames had not been exchanged"
	case v.Close == Failed && c.ByUs:
		v.CloseResult = upper(endOr(log, "the closing handshake was not begun")) + ", and it was up to us to close"
	case v.Close == Failed:
		v.CloseResult = "The peer had to fail the connection and did not: we ended it"
	}
	if v.Close != OK {
		v.CloseResult += ". What came: " + Tell(log.WithOffences(log.Conversation()))
	}
	return v
}

// returnsOurs reports whether the peer's Close has the code of ours, which came first.
func returnsOurs(f wirelog.Facts) bool {
	return f.FailedByMe && f.ClosedByMe && f.Local.Coded && f.Remote.Coded && f.Local.Code == f.Remote.Code
}

// mismatch says what stands against events that fit no outcome: what the peer broke,
// or how it ended the connection, and else what came.
func mismatch(log *wirelog.Log, got []wirelog.Record) Verdict {
	cause := ""
	if broken := log.Violations(); len(broken) > 0 {
		cause = " " + upper(broken[0]) + "."
	} else if log.Contrast != "" {
		cause = " Wrong content: " + log.Contrast + "."
	} else if how := ended(log); how != "" && len(got) == 0 {
		cause = " " + upper(how) + "."
	} else if pings := received(log, ws.Ping); len(got) == 0 && len(pings) > 0 {
		cause = " A Ping came instead: " + pings[0] + "."
	}
	return Verdict{Behavior: Failed, Result: "Actual events match none of those expected." + cause}
}

// received are the payloads of frames that came, in the notation of the log.
func received(log *wirelog.Log, op ws.Opcode) []string {
	var payloads []string
	for _, r := range log.Records {
		if r.Kind == wirelog.ReceivedFrame && r.Frame.Opcode == op {
			payloads = append(payloads, r.Frame.Payload.Short().String())
		}
	}
	return payloads
}

// endOr is ended, or something else where the peer did not end the connection.
func endOr(log *wirelog.Log, otherwise string) string {
	if how := ended(log); how != "" {
		return how
	}
	return otherwise
}

// ended says how the peer ended the connection and when, or nothing where it did not.
func ended(log *wirelog.Log) string {
	f, after := log.Facts, time.Duration(0)
	dropped, reset, closed := false, false, ""
	for _, r := range log.Records {
		switch r.Kind {
		case wirelog.DroppedByPeer:
			dropped, after = true, r.At
		case wirelog.ResetByPeer:
			reset, after = true, r.At
		case wirelog.ReceivedFrame:
			if r.Frame.Opcode == ws.Close && closed == "" {
				closed = fmt.Sprintf(", %v after the beginning", r.At.Round(time.Millisecond))
			}
		}
	}
	// A Close in answer to ours is no end of the peer's making.
	switch first := f.Remote.Sent && !f.ClosedByMe; {
	case first && f.Remote.Coded && f.Remote.Reason != "":
		return fmt.Sprintf("the peer closed with %d %.80q%s", f.Remote.Code, f.Remote.Reason, closed)
	case first && f.Remote.Coded:
		return fmt.Sprintf("the peer closed with %d%s", f.Remote.Code, closed)
	case first:
		return "the peer closed without a code" + closed
	case dropped && !f.ClosedByMe:
		return fmt.Sprintf("the peer ended %s without a Close, %v after the beginning", log.Carrier(), after.Round(time.Millisecond))
	case reset && !f.ClosedByMe:
		return fmt.Sprintf("the peer reset %s, %v after the beginning", log.Carrier(), after.Round(time.Millisecond))
	case dropped:
		return "the peer ended " + log.Carrier()
	case reset:
		return "the peer reset " + log.Carrier()
	}
	return ""
}
