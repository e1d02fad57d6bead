// SPDX-License-Identifier: Apache-2.0

package conformance

import (
	"slices"
	"strings"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/requirements"
	"github.com/wsspec/wsspec/internal/verdict"
)

// grade is what a case says of a requirement, the worst last.
type grade uint8

const (
	notRun grade = iota
	unjudged
	ok
	lapsed
	failed
)

// topic is the part of a connection that a requirement is about. A verdict counts
// only for what it can be about: a text that does not come back says nothing
// against the handshake before it.
type topic uint8

const (
	talk     topic = iota // what is sent once the connection is open
	opening               // met once the connection is open, and not before
	offering              // the opening handshake, but met or not only as the case says
	closing
)

// about tells topics by sections, and by a few ids where a section has several.
func about(r requirements.Requirement) topic {
	switch r.ID {
	case "6455-4.1-22", "6455-4.1-36", "6455-4.2.2-15", // what stands around the handshake
		"6455-4.1-20", "6455-9-2", // what the connection opens without
		"6455-7.2.2-1", "6455-8.1-6", "6455-10.7-3": // sections on other topics
		return offering
	case "6455-9.1-5":
		return talk
	}
	below := func(sections ...string) bool {
		return slices.ContainsFunc(sections, func(s string) bool {
			return r.Section == s || strings.HasPrefix(r.Section, s+".")
		})
	}
	switch r.Spec {
	case "RFC 6455":
		switch {
		case below("3", "4", "9", "11"):
			return opening
		case below("10.2", "errata"):
			return offering
		case below("5.5.1", "7"):
			return closing
		}
		return talk
	case "RFC 7692":
		if below("5", "7.1") || r.Section == "7" {
			return offering
		}
		return talk
	case "IANA":
		return closing
	}
	return offering
}

// topics are those of the requirements, by id, and how far they bind.
type topics map[string]struct {
	topic
	advice bool // a SHOULD, not a MUST
}

func topicsOf(table requirements.Table) topics {
	of := topics{}
	for _, r := range table.Requirements {
		t := of[r.ID]
		t.topic, t.advice = about(r), r.Level == requirements.Should || r.Level == requirements.ShouldNot
		of[r.ID] = t
	}
	return of
}

// judge says what a result says of a requirement that the case names.
func (of topics) judge(k conform.Case, id string, res Result) grade {
	behavior := ofBehavior(res.Verdict.Behavior)
	ending := ofClosing(res.Verdict.Close)
	if behavior == lapsed && !of[id].advice && of.advises(k) {
		behavior = ok // NON-STRICT: of what the case names, a SHOULD is not kept to, and the MUST is
	}
	switch t := of[id].topic; {
	case of.whole(k):
		return max(behavior, ending)
	case behavior == unjudged && t != closing:
		return unjudged
	case t == opening && res.Opened:
		return ok
	case t == opening:
		return failed
	case t == offering:
		return behavior
	case !res.Opened:
		return unjudged
	case t == closing || !generalEnding(k):
		return max(behavior, ending)
	}
	return behavior
}

// whole reports whether the verdict of a case counts for all that it names: there is
// more than one connection, or it is about handshakes alone.
func (of topics) whole(k conform.Case) bool {
	return k.Want.Survey || k.Fresh || len(k.Turns) > 0 ||
		!of.names(k, talk) && !of.names(k, closing)
}

// names reports whether a case names a requirement on the topic.
func (of topics) names(k conform.Case, t topic) bool {
	return slices.ContainsFunc(k.Requirements, func(id string) bool {
		named, known := of[id]
		return known && named.topic == t
	})
}

// advises reports whether a case names a SHOULD.
func (of topics) advises(k conform.Case) bool {
	return slices.ContainsFunc(k.Requirements, func(id string) bool { return of[id].advice })
}

// generalEnding reports whether the connection ends as any does: we close, the peer
// answers. Where the peer has to end it, that is what the case is about.
func generalEnding(k conform.Case) bool { return k.Close.ByUs && k.Close.Clean }

// endsBadly reports whether what is wrong with the end of a connection counts for
// none of the requirements.
func (of topics) endsBadly(k conform.Case, res Result) bool {
	uncounted := generalEnding(k) || ofBehavior(res.Verdict.Behavior) == unjudged
	return ofClosing(res.Verdict.Close) > ok && res.Opened && uncounted && !of.whole(k) && !of.names(k, closing)
}

func ofBehavior(g verdict.Grade) grade {
	switch g {
	case verdict.OK:
		return ok
	case verdict.NonStrict, verdict.WrongCode:
		return lapsed
	case verdict.Informational, verdict.Unimplemented:
		return unjudged
	}
	return failed
}

func ofClosing(g verdict.Grade) grade {
	switch g {
	case verdict.OK, verdict.Informational, verdict.Unimplemented:
		return unjudged // it speaks for nothing by itself
	case verdict.NonStrict, verdict.WrongCode:
		return lapsed
	}
	return failed
}
