// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"fmt"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// closingCodes is 15.1: codes in our Close that the reference leaves out, or to which
// it takes silence for an answer.
//
// "Status codes in the range 0-999 are not used", 1004 to 1006 and 1015 must not be
// sent by an endpoint (RFC 6455, 7.4.1 and 7.4.2). 1012 to 1014 have been registered
// with IANA since.
func closingCodes() []conform.Case {
	cs := []conform.Case{
		registered("15.1.1", 1012, "IANA-1012"),
		registered("15.1.2", 1013, "IANA-1013"),
		registered("15.1.3", 1014, "IANA-1014"),
		{
			ID: "15.1.4", Title: "Close with 1015", Spec: "RFC 6455, 7.4.1", Requirements: []string{"6455-7.4.1-3"},
			Play: closes(coded(1015, "")), Want: refusesClose(1015, 1002),
		}, {
			ID: "15.1.5", Title: "Close with 1", Spec: "RFC 6455, 7.4.2", Requirements: []string{"6455-7.4.2-1"},
			Play: closes(coded(1, "")), Want: refusesClose(1, 1002),
		}, {
			ID: "15.1.6", Title: "Close with 998", Spec: "RFC 6455, 7.4.2", Requirements: []string{"6455-7.4.2-1"},
			Play: closes(coded(998, "")), Want: refusesClose(998, 1002),
		},
		beyondRanges("15.1.7", 5000),
		beyondRanges("15.1.8", 65535),
		{
			ID: "15.1.9", Title: "Close with codes that must not be sent", Spec: "RFC 6455, 7.4.1", Requirements: []string{"6455-7.4.1-1", "6455-7.4.1-2", "6455-7.4.1-3", "6455-7.4.1-4", "6455-7.4.2-1", "6455-7.4.2-2"},
			Turns: each([]ws.CloseCode{0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999}, func(code ws.CloseCode) conform.Turn {
				w := refusesClose(code, 1002)
				return conform.Turn{Name: fmt.Sprint(code), Play: closes(coded(code, "")), Want: &w}
			}), Want: refusesClose(ws.NormalClosure, 1002),
		}, {
			ID: "15.1.10", Title: "Close with the first and last valid codes of each range", Spec: "RFC 6455, 7.4.2", Requirements: []string{"6455-5.5.1-5", "6455-7.4.1-5", "6455-7.4.2-3", "6455-7.4.2-4"},
			Turns: each([]ws.CloseCode{1000, 1003, 1007, 1011, 3000, 3001, 3998, 3999, 4000, 4001, 4998, 4999}, func(code ws.CloseCode) conform.Turn {
				w := answersClose(verdict.OK, usual(code))
				return conform.Turn{Name: fmt.Sprint(code), Play: closes(coded(code, "")), Want: &w}
			}), Want: answersClose(verdict.OK, usual(ws.NormalClosure)),
		}, {
			// "… it typically echos the status code it received" (5.5.1).
			ID: "15.1.11", Title: "Close with 4123", Spec: "RFC 6455, 5.5.1", Requirements: []string{"6455-5.5.1-6"},
			Play: closes(coded(4123, "")), Want: answersClose(verdict.NonStrict, []ws.CloseCode{4123}),
		}, {
			// 1005 stands for no code, and "MUST NOT be set as a status code" (7.4.1).
			ID: "15.1.12", Title: "Close without payload", Spec: "RFC 6455, 7.4.1", Requirements: []string{"6455-5.5.1-5", "6455-7.4.1-1"},
			Play: closes(nil), Want: answersClose(verdict.NonStrict, []ws.CloseCode{ws.NoStatus, ws.NormalClosure}),
		},
	}
	return cs
}

// registered is a case with a code that RFC 6455 does not know, and the registry does.
func registered(id string, code ws.CloseCode, requirement string) conform.Case {
	const refused = "The code is taken for an error. IANA has registered it since RFC 6455 was published."
	return conform.Case{
		ID: id, Title: fmt.Sprintf("Close with %d, registered after RFC 6455", code), Spec: "RFC 6455, 7.4.2", Requirements: []string{requirement},
		Play: closes(coded(code, "")),
		Want: ladder(
			is(verdict.OK, echo(alive), closed(usual(code)...), ended()),
			why(refused, is(verdict.NonStrict, echo(alive), closed(faultFinding()...), ended())),
			is(verdict.OK, echo(alive), closed(), ended()),
			why(refused, is(verdict.NonStrict, echo(alive), ended())),
		),
	}
}

// beyondRanges is a case with a code that no range of RFC 6455, 7.4.2 has. No sentence
// forbids to send it or to take it.
func beyondRanges(id string, code ws.CloseCode) conform.Case {
	return conform.Case{
		ID: id, Title: fmt.Sprintf("Close with %d, beyond all ranges", code), Spec: "RFC 6455, 7.4.2", Requirements: []string{"6455-7.4.2-5"},
		Play: closes(coded(code, "")),
		Want: ladder(
			is(verdict.OK, echo(alive), closed(ws.ProtocolError), ended()),
			is(verdict.OK, echo(alive), ended()),
			why("The Close was answered, though its code lies in no range.", is(verdict.NonStrict, echo(alive), closed(), ended())),
		),
	}
}
