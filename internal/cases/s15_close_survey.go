// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"fmt"
	"unicode/utf8"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/survey"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// closeSurvey is 15.2.11: every Close of the peer has no payload, or a code that may
// be sent and a reason in UTF-8, in at most 125 octets (RFC 6455, 5.5.1 and 7.4).
func closeSurvey() []conform.Case {
	return []conform.Case{{
		ID: "15.2.11", Title: "Look at every Close of the peer: code, reason and length", Spec: "RFC 6455, 5.5.1",
		Requirements: []string{"6455-5.5-5", "6455-5.5.1-1", "6455-5.5.1-2", "6455-7.4.1-1", "6455-7.4.1-2"},
		Survey: func(e survey.Evidence) []wirelog.Record {
			n := 0
			for _, c := range e.Connections {
				for _, payload := range c.Closes {
					if wrong := wrongClose(payload); wrong != "" {
						return []wirelog.Record{broke("%s", wrong)}
					}
					n++
				}
				for _, h := range c.Frames {
					if h.Opcode == ws.Close && h.Length > ws.MaxControlPayload {
						return []wirelog.Record{broke("RFC 6455, 5.5: a Close with %d octets of payload", h.Length)}
					}
				}
			}
			if n == 0 {
				return []wirelog.Record{unseen("no Close came")}
			}
			return []wirelog.Record{seen("%d Close frames", n)}
		}, Want: surveyed(),
	}}
}

// wrongClose says what is wrong with the payload of a Close, of which the log keeps
// the first octets. No sentence with a MUST forbids codes from beyond all ranges
// (RFC 6455, 7.4.2), which come back to us in 15.1.7 and 15.1.8.
func wrongClose(payload []byte) string {
	code, reason, has := ws.ParseClosePayload(payload)
	switch {
	case len(payload) == 1:
		return "RFC 6455, 5.5.1: a Close with one octet of payload"
	case has && !code.OnWire() && code < 5000:
		return fmt.Sprintf("RFC 6455, 7.4: a Close with the code %d", code)
	case len(payload) < wirelog.KeepPayload && !utf8.Valid(reason):
		return "RFC 6455, 5.5.1: a Close whose reason is not UTF-8"
	}
	return ""
}
