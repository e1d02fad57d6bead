// SPDX-License-Identifier: Apache-2.0

package load

import (
	"slices"

	"github.com/wsspec/wsspec/internal/load/stats"
)

// amiss says in a sentence why a run that was carried out is not well whatever its conditions say, and
// what to look at: what it was for did not happen at all, or the server broke the protocol. It is empty where neither
// is so, where there was no connection, which is said in another way, and for searches, whose steps have conditions for this.
func (p Plan) amiss(s *stats.Snapshot) string {
	if s.Opened == 0 || p.Kind == Find {
		return ""
	}
	what, look := "", ""
	switch {
	case p.Kind == Connect && s.Held == 0 && s.Lost > 0:
		what, look = "no connection was still open at the end", ": does the server close those that say nothing?"
	case p.Kind != Connect && s.Sent == 0:
		what, look = "no message was sent and measured", ": are connections lost before there are any, or is the warm-up longer than it takes to send one?"
	case p.Kind == Echo && s.Messages == 0 && s.Wrong > 0:
		what, look = "no message came back as it was sent", ": is this a server that echoes?"
	case p.Kind == Echo && s.Messages == 0:
		what, look = "no message came back", ": does this server echo what it is sent?"
	case p.Kind == Broadcast && s.Messages == 0:
		what, look = "no receiver got a message", ": does this server pass messages on to others?"
	case s.Pings > 0 && s.Pongs == 0:
		what, look = "no Pong came to any Ping", ": a server has to answer each (RFC 6455, section 5.5.2)"
	}
	switch also := broken(s); {
	case also == "":
		return what + look
	case what == "":
		return also
	default:
		return what + ", and " + also
	}
}

// broken says that the server broke the protocol, or sent a message above the limit, on connections that were open.
func broken(s *stats.Snapshot) string {
	var n int64
	for _, cause := range brokenCauses() {
		n += s.Failures["lost: "+cause].Count + s.Failures["closing: "+cause].Count
	}
	if n == 0 {
		return ""
	}
	on := " connections"
	if n == 1 {
		on = " connection"
	}
	return "the server broke the protocol, or a limit of ours, on " + Thousands(n) + on + ": wsspec test says more"
}

// brokenCauses are the causes that package drive gives where it ends a connection for what the server sent.
func brokenCauses() []string { return []string{"protocol error", "message too big"} }

// OK reports whether all is well: nothing is amiss, no condition for failure is met, and a search has found something.
func (r *Result) OK() bool {
	return r.Amiss == "" && !slices.ContainsFunc(r.Thresholds, func(v Verdict) bool { return !v.OK }) && (r.Kind != Find || r.Best != nil)
}
