// SPDX-License-Identifier: Apache-2.0

package testee

import (
	"fmt"
	"slices"
	"strings"

	"github.com/wsspec/wsspec/internal/ws"
)

// A Fault is one precise wrong behaviour. Everything else an endpoint with a
// fault does is right.
type Fault struct {
	Name  string // words joined by dashes
	Title string // one line
	Topic Topic
	Roles Roles // in which it makes a difference
	Legal bool  // the RFCs allow it, or only advise against it

	// Catalogue has the ids of the faults and variants it stands for: M1 to M999
	// from the list of mistakes that the cases were made for, R1 to R99 those that
	// people have reported of real implementations. See catalogue.go.
	Catalogue []string

	// Chance says that whether it shows depends on more than the conversation: on
	// how the octets fall into reads, which not even virtual time decides, or on the
	// connections before.
	Chance bool
}

// Topic is what faults are about.
type Topic string

// Topics of faults.
const (
	Framing     Topic = "reading frames"
	Fragments   Topic = "fragmented messages"
	Control     Topic = "pings and pongs"
	Text        Topic = "text"
	Echoing     Topic = "what is echoed"
	Sending     Topic = "sending frames"
	Closing     Topic = "closing"
	Requests    Topic = "requests, at the server"
	Answers     Topic = "answers, at the server"
	Opening     Topic = "the opening handshake, at the client"
	Negotiation Topic = "agreeing on compression"
	Compression Topic = "compression"
	Commands    Topic = "what it is told to do"
	Network     Topic = "the network, and time"
	OverHTTP    Topic = "HTTP/2 and HTTP/3" // shows only there
	Security    Topic = "TLS"
)

// Roles says in which roles a fault makes a difference.
type Roles uint8

// The values of Roles.
const (
	AsClient Roles = 1 << ws.Client
	AsServer Roles = 1 << ws.Server
	InBoth         = AsClient | AsServer
)

// Has reports whether the role is one of rs.
func (rs Roles) Has(role ws.Role) bool { return rs&(1<<role) != 0 }

// AllFaults returns every fault there is, sorted by topic.
func AllFaults() []Fault {
	all := slices.Concat(
		about(Framing, framingFaults()), about(Fragments, fragmentFaults()), about(Control, controlFaults()),
		about(Text, textFaults()), about(Echoing, echoFaults()), about(Sending, sendingFaults()),
		about(Closing, closingFaults()), about(Requests, requestFaults()), about(Answers, answerFaults()),
		about(Opening, openingFaults()), about(Negotiation, slices.Concat(negotiationFaults(), agreeingFaults())), about(Compression, compressionFaults()),
		about(Commands, commandFaults()), about(Network, networkFaults()), about(OverHTTP, slices.Concat(httpFaults(), http2Faults())),
		about(Security, tlsFaults()),
	)
	at := make(map[string]int, len(all))
	for i, f := range all {
		at[f.Name] = i
	}
	for _, row := range catalogue() {
		for _, name := range row[1:] {
			f := &all[at[name]]
			f.Catalogue = append(f.Catalogue, row[0])
		}
	}
	return all
}

func about(topic Topic, faults []Fault) []Fault {
	for i := range faults {
		faults[i].Topic = topic
	}
	return faults
}

// Faults is a set of faults by name.
type Faults map[string]bool

// ParseFaults returns the set of the named faults. The error names one that
// does not exist.
func ParseFaults(names ...string) (Faults, error) {
	known := make(Faults)
	for _, f := range AllFaults() {
		known[f.Name] = true
	}
	set := make(Faults)
	for _, name := range names {
		if !known[name] {
			return nil, fmt.Errorf("no fault has the name %q", name)
		}
		set[name] = true
	}
	return set, nil
}

// String lists the names in alphabetical order.
func (f Faults) String() string {
	var names []string
	for name, on := range f {
		if on {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return strings.Join(names, ",")
}

// has reports whether the endpoint has the fault.
func (c *Conn) has(name string) bool { return c.cfg.Faults[name] }

// faulty reports whether the endpoint has any fault. What only a fault needs is
// not looked at otherwise.
func (c *Conn) faulty() bool { return len(c.cfg.Faults) > 0 }
