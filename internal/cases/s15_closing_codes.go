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
// sent by an endpoint (RFC 6455, 7.4.1 and 7.4.2).
func closingCodes() []conform.Case {
	cs := []conform.Case{
		{
			ID: "15.1.4", Title: "Close with 1015", Spec: "RFC 6455, 7.4.1", Requirements: []string{"6455-7.4.1-3"},
			Play: closes(coded(1015, "")), Want: fails(1002),
		}, {
			ID: "15.1.9", Title: "Close with codes that must not be sent", Spec: "RFC 6455, 7.4.1", Requirements: []string{"6455-7.4.1-4", "6455-7.4.2-1", "6455-7.4.2-2"},
			Turns: each([]ws.CloseCode{0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999}, func(code ws.CloseCode) conform.Turn {
				return conform.Turn{Name: fmt.Sprint(code), Play: closes(coded(code, ""))}
			}), Want: fails(1002),
		}, {
			// "… it typically echos the status code it received" (5.5.1).
			ID: "15.1.11", Title: "Close with 4123", Spec: "RFC 6455, 5.5.1", Requirements: []string{"6455-5.5.1-6"},
			Play: closes(coded(4123, "")),
			Want: shouldLevel(ladder(is(verdict.OK, echo(alive), closed(4123), ended()))),
		},
	}
	return cs
}
