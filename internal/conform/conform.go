// SPDX-License-Identifier: Apache-2.0

// Package conform defines what a test case is, and how cases are named, ordered
// and selected. It knows nothing of which cases there are (see package cases), nor of where
// they are played. Start at Case.
package conform

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/survey"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// A Case is one conversation with the peer under test, and what it may lead to.
// What we do is a function; what they must do is data.
type Case struct {
	ID    string             // "4.1.3": stable, never a position
	Title string             // what we do, in one line
	Spec  string             // the requirement it rests on: "RFC 6455, 5.2"
	Open  peer.Opening       // handshake offer; zero = plain
	Play  func(p *peer.Peer) // what we do, in order
	Want  verdict.Want       // what must come back: accepted outcomes, best first
	Close verdict.Closing    // who must end it, with which codes, how strictly
	Limit time.Duration      // patience after Play; zero = one second
	End   peer.Ending        // what we do when patience ends
	Only  Roles              // zero = both directions
	Tags  []Tag

	Requirements []string // ids of the requirements it tests (package requirements)

	// Turns, where there are any, are played each on a connection of its own in place
	// of Open and Play, and the worst verdict counts.
	Turns    []Turn
	Together bool // all turns at the same time, as far as the peer allows
	// Alike are turns whose requests mean the same, so that a server has to answer them
	// the same way, as far as status and extensions go.
	Alike bool
	// Fresh has a fresh connection afterwards echo, or the peer has died of the case.
	Fresh bool

	// Survey, where not nil, stands in place of Play: the case looks at what all
	// connections of the run show, and returns what there is to note.
	Survey func(survey.Evidence) []wirelog.Record

	Command string // what the peer is asked to do, in the words of ws.ParseCommands
	// Over, where not empty, is the version of HTTP that the case is about: ws.HTTP1 and so
	// on. It makes no sense over another.
	Over string
	// Opens, where not empty, is the version of HTTP that the connection of a case is opened
	// with in place of that of the run. Where it cannot be there is an open end of TCP.
	Opens string
	Needs Trait // what the peer's profile must say for the case to be played
	// Told, where not nil, stands in place of Open in cases that test servers, where the
	// profile says what the case needs.
	Told func(peer.Profile) peer.Opening
}

// A Turn is one of several connections of a case.
type Turn struct {
	Name string       // what is special about it, in a few words
	Open peer.Opening // handshake offer; zero = plain
	Play func(p *peer.Peer)
	Want *verdict.Want // nil: that of the case
	// Begins, where not nil, is what the client's next connection of HTTP/2 or HTTP/3 begins with, in place of
	// a turn that is played: what the client does then is judged, whatever it asks for.
	Begins *peer.Beginning

	Command string // as of a case; empty: that of the case
}

// Turn is the case as it is played on its i-th connection.
func (c Case) Turn(i int) Case {
	t := c.Turns[i]
	c.Open, c.Play, c.Turns = t.Open, t.Play, nil
	if t.Want != nil {
		c.Want = *t.Want
	}
	if t.Command != "" {
		c.Command = t.Command
	}
	return c
}

// Trait is something that a profile says of a peer, under the key that it has in a file:
// see spec.ParseProfile.
type Trait string

// Traits that cases need. Where the profile does not say, the case is not played.
const (
	Unneeded        Trait = ""
	FrameLimit      Trait = "frame-limit or message-limit" // the longest frame it takes
	MessageLimit    Trait = "message-limit"                // the longest message it takes
	Keepalive       Trait = "keepalive"                    // how soon it sends Pings
	TextOnly        Trait = "text-only"                    // it takes no binary messages
	Subprotocols    Trait = "subprotocols"                 // that it speaks
	ForbiddenOrigin Trait = "forbidden-origin"             // an origin it refuses
	ProtectedPath   Trait = "protected-path"               // a resource it wants credentials for

	// Traits of how the peer is tested, which no profile says.
	OverTLS   Trait = "TLS"             // over wss
	Authority Trait = "--tls-authority" // by a server whose authority clients can trust
)

// OfTLS reports whether what is needed is that TLS is spoken, or how.
func (t Trait) OfTLS() bool { return t == OverTLS || t == Authority }

// Wanted is what has to be given for it to be there, as the object of "needs".
func (t Trait) Wanted() string {
	switch t {
	case OverTLS:
		return "TLS: a URL that begins with wss:, or serve with a certificate"
	case Authority:
		return "TLS with an authority that the client can trust: serve with --tls-authority"
	}
	return "a profile that says " + string(t) + ": see --profile"
}

// In reports whether the profile says what the trait is about.
func (t Trait) In(p peer.Profile) bool {
	switch t {
	case FrameLimit:
		return p.LongestFrame() > 0
	case MessageLimit:
		return p.MessageLimit > 0
	case Keepalive:
		return p.Keepalive > 0
	case TextOnly:
		return p.TextOnly
	case Subprotocols:
		return len(p.Subprotocols) > 0
	case ForbiddenOrigin:
		return p.ForbiddenOrigin != ""
	case ProtectedPath:
		return p.ProtectedPath != ""
	case OverTLS:
		return p.TLS
	case Authority:
		return p.Authority
	}
	return true
}

// Lacks is what is not there for the case to be played by the role, if anything.
func (c Case) Lacks(role ws.Role, p peer.Profile) Trait {
	switch {
	case role == ws.Server && c.Open.TLS.Apart() && !Authority.In(p):
		return Authority // it has a port of its own then
	case !c.Needs.In(p):
		return c.Needs
	}
	return Unneeded
}

// Roles is the set of sides that the suite can play a case on.
type Roles uint8

// Cases that make sense in one direction only.
const (
	BothRoles Roles = 0
	AsClient  Roles = 1 // we are the client: servers are tested
	AsServer  Roles = 2 // we are the server: clients are tested
)

// Has reports whether the case is played by the role.
func (r Roles) Has(role ws.Role) bool { return r == BothRoles || r&(1<<role) != 0 }

// Tested says who is tested where only one side is: "servers" or "clients".
func (r Roles) Tested() string {
	switch r {
	case AsClient:
		return "servers"
	case AsServer:
		return "clients"
	}
	return ""
}

// Tag groups cases beside their numbers.
type Tag string

// Tags in use.
const (
	Serial  Tag = "serial"  // runs with no other case beside it
	Slow    Tag = "slow"    // moves megabytes or takes thousands of round trips
	Paced   Tag = "paced"   // has waits of half a second or more that are part of the case
	UTF8    Tag = "utf8"    // about the content of text
	Deflate Tag = "deflate" // needs permessage-deflate
	Beyond  Tag = "beyond"  // not one of the reference's 517 cases
	// Shortened cases send fewer messages than the case of their number does, as
	// their titles say: what they come to is no result of the whole case.
	Shortened Tag = "shortened"
)

// DefaultLimit is the patience after Play of a case that sets none.
const DefaultLimit = time.Second

// Patience is how long the case waits after Play.
func (c Case) Patience() time.Duration {
	if c.Limit == 0 {
		return DefaultLimit
	}
	return c.Limit
}

// Has reports whether the case carries the tag.
func (c Case) Has(t Tag) bool { return slices.Contains(c.Tags, t) }

// Section is a numbered group of cases: "6" or "6.4".
type Section struct {
	ID    string
	Title string
}

// Titles are those of the sections, by id.
func Titles(sections []Section) map[string]string {
	titles := make(map[string]string, len(sections))
	for _, s := range sections {
		titles[s.ID] = s.Title
	}
	return titles
}

// Category is the first number of an id: "6" of "6.4.1".
func Category(id string) string {
	first, _, _ := strings.Cut(id, ".")
	return first
}

// Subcategory is the first two numbers of an id that has three: "6.4" of
// "6.4.1", and the first of one that has two: "2" of "2.10".
func Subcategory(id string) string {
	if i := strings.LastIndexByte(id, '.'); i > 0 {
		return id[:i]
	}
	return id
}

// CompareIDs orders ids by their numbers: 2.9 before 2.10. An id that is not all
// numbers comes after those that are. Only an id and itself are equal.
func CompareIDs(a, b string) int {
	x, y := a, b
	for moreX, moreY := true, true; moreX && moreY; {
		var p, q string
		p, x, moreX = strings.Cut(x, ".")
		q, y, moreY = strings.Cut(y, ".")
		if c := comparePart(p, q); c != 0 {
			return c
		}
		switch {
		case moreX && !moreY:
			return 1
		case moreY && !moreX:
			return -1
		}
	}
	return strings.Compare(a, b)
}

func comparePart(x, y string) int {
	m, errM := strconv.Atoi(x)
	n, errN := strconv.Atoi(y)
	switch {
	case errM == nil && errN == nil:
		return cmp.Compare(m, n)
	case errM == nil:
		return -1
	case errN == nil:
		return 1
	}
	return strings.Compare(x, y)
}
