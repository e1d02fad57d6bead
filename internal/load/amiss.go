// SPDX-License-Identifier: Apache-2.0

package load

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wsspec/wsspec/internal/load/stats"
)

// A flaw is why a run is not well, and what to look at.
type flaw struct{ what, look string }

// amiss says in a sentence why a run is not well whatever its conditions say, and what to look at: what it was for did
// not happen at all, what came was wrong, messages were swallowed, or the server broke the protocol. A condition that names one
// of these numbers decides about it instead. It is empty where there is no flaw, and where there was no connection, which is said
// in another way. whole is false for a run that was stopped, which may not have come to what it was for.
func (p Plan) amiss(s *stats.Snapshot, whole bool) string {
	if s.Opened == 0 {
		return ""
	}
	var flaws []flaw
	if nothing := p.nothing(s); whole && nothing.what != "" {
		flaws = append(flaws, nothing)
	}
	if n := s.Wrong; n > 0 && !p.decides("wrong", "errors") && !(p.Kind == Echo && s.Messages == 0 && whole) {
		f := flaw{some(n, "answer was", "answers were") + " not what was sent", ": a server that echoes returns each message as it is, in order, and sends nothing else"}
		if p.Kind == Broadcast {
			f = flaw{some(n, "message", "messages") + " came twice, with the wrong type, or without having been sent", ""}
		}
		flaws = append(flaws, f)
	}
	if n := s.Failures[Unanswered(time.Duration(p.Timeout))].Count; n > 0 && p.Kind == Echo && s.Messages > 0 && !p.decides("missing", "errors") {
		flaws = append(flaws, flaw{some(n, "message", "messages") + " had no answer although the connection stayed open", ": did the server lose them, or is it so far behind? --timeout waits longer"})
	}
	if n := broken(s); n > 0 {
		flaws = append(flaws, flaw{"the server broke the protocol, or a limit of ours, on " + some(n, "connection", "connections"), ": wsspec test says more"})
	}
	text, look := "", ""
	for i, f := range flaws {
		if i > 0 {
			text += ", and "
		}
		text += f.what
		look = f.look
	}
	return text + look
}

// nothing says that what the test was for did not happen at all. The steps of a search have objectives for this.
func (p Plan) nothing(s *stats.Snapshot) flaw {
	switch {
	case p.Kind == Find:
	case p.Kind == Connect && s.Held == 0 && s.Lost > 0:
		return flaw{"no connection was still open at the end", ": does the server close those that say nothing?"}
	case p.Kind != Connect && s.Sent == 0:
		return flaw{"no message was sent and measured", ": are connections lost before there are any, or is the warm-up longer than it takes to send one?"}
	case p.Kind == Echo && s.Messages == 0 && s.Wrong > 0:
		return flaw{"no message came back as it was sent", ": is this a server that echoes?"}
	case p.Kind == Echo && s.Messages == 0:
		return flaw{"no message came back", ": does this server echo what it is sent?"}
	case p.Kind == Broadcast && s.Messages == 0:
		return flaw{"no receiver got a message", ": does this server pass messages on to others?"}
	case s.Pings > 0 && s.Pongs == 0:
		return flaw{"no Pong came to any Ping", ": a server has to answer each (RFC 6455, section 5.5.2)"}
	}
	return flaw{}
}

// Unanswered is the cause by which messages are counted that had no answer so long after the last one was sent, although
// their connection was open.
func Unanswered(after time.Duration) string {
	return fmt.Sprintf("no answer: %v after the last message", after)
}

// decides reports whether a condition or an objective names one of the metrics: it says how much is too much.
func (p Plan) decides(metrics ...string) bool {
	return slices.ContainsFunc(slices.Concat(p.FailIf, p.SLO), func(text string) bool {
		c, err := ParseCondition(text)
		return err == nil && slices.Contains(metrics, c.Metric)
	})
}

// broken is on how many connections that were open the server broke the protocol, or sent a message above the limit.
func broken(s *stats.Snapshot) (n int64) {
	for _, cause := range brokenCauses() {
		n += s.Failures["lost: "+cause].Count + s.Failures["closing: "+cause].Count
	}
	return n
}

// brokenCauses are the causes that package drive gives where it ends a connection for what the server sent.
func brokenCauses() []string { return []string{"protocol error", "message too big"} }

// OK reports whether all is well: nothing is amiss, no condition for failure is met, and a search has found something.
func (r *Result) OK() bool {
	return r.Amiss == "" && !slices.ContainsFunc(r.Thresholds, func(v Verdict) bool { return !v.OK }) && (r.Kind != Find || r.Best != nil)
}

// Unjudged says in a sentence what did not go as planned in a run that is well otherwise, where no condition says how much of it
// is too much: that this is no reason for another status must not be read as that there was none of it. It is empty for searches, whose
// steps are there to fail, for runs that were stopped, and where there is something worse to be said.
func (r *Result) Unjudged() string {
	if r.Kind == Find || r.Interrupted != "" || r.Opened == 0 || !r.OK() {
		return ""
	}
	var all []string
	for _, c := range []struct {
		n         int64
		one, many string
		metrics   []string
	}{
		{r.Failed, "connection could not be opened", "connections could not be opened", []string{"failed", "opened", "held", "errors"}},
		{r.Lost, "connection was lost", "connections were lost", []string{"lost", "held", "errors"}},
		{r.Missing, "message is missing", "messages are missing", []string{"missing", "messages", "errors"}},
		{r.Unsent, "message was not sent", "messages were not sent", []string{"unsent", "sent", "errors"}},
	} {
		if c.n > 0 && !r.Plan.decides(c.metrics...) {
			all = append(all, some(c.n, c.one, c.many))
		}
	}
	if r.Pongs < r.Pings && r.Lost == 0 {
		all = append(all, some(r.Pings-r.Pongs, "Ping had no Pong", "Pings had no Pong"))
	}
	if len(all) == 0 {
		return ""
	}
	return strings.Join(all, ", ") + ": no condition says how much of this is too much (--fail-if), so the exit status does not"
}

// LossOf begins an Interrupted that names workers or processes of ours that were lost with their part of the plan.
const LossOf = "the loss of "

// Cut says why not all of the plan was carried out. It is empty where it was.
func (r *Result) Cut() string {
	switch {
	case r.Interrupted == "":
		return ""
	case strings.HasPrefix(r.Interrupted, LossOf):
		return "not all was carried out, by " + r.Interrupted + "; what they had to do counts as failed, lost, missing or not sent"
	}
	return "stopped by " + r.Interrupted + ": this is what was found until then"
}

// some is a number of things, in words.
func some(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Thousands(n) + " " + many
}
