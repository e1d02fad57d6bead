// SPDX-License-Identifier: Apache-2.0

package fuzzserver

import (
	"net"
	"time"

	"github.com/wsspec/wsspec/internal/report"
)

// Event is something that happened on a connection.
type Event struct {
	Kind   EventKind
	At     time.Time
	Conn   uint64 // number of the connection, from 1
	Remote net.Addr
	Path   string         // of the request; empty where that was not understood
	Agent  string         // as the client calls itself; may be empty
	ID     string         // of the case, where there is one
	Result *report.Result // CaseDone: on disk already
	Status int            // Refused: of the HTTP error
	Err    error          // Refused, Unheard, Trouble: why
}

// EventKind is the type of an event.
type EventKind uint8

// Kinds of events. A connection gives Refused alone, or Connected first and
// Disconnected last with others in between, Refused where a bound stands against
// its case. One that never sends a whole request gives Unheard alone, or nothing where
// it says nothing, as those of port scans and browsers do.
const (
	Connected    EventKind = iota // a request has been understood
	Refused                       // one was answered with an HTTP error
	Disconnected                  // the connection is closed
	CaseBegun                     // of Agent and ID
	CaseDone                      // with Result; that of a survey belongs to no connection
	CaseLost                      // broken off by the end of the server, or see Trouble before it
	Updated                       // the report on disk is complete
	Trouble                       // something failed on our side
	Unheard                       // something came that is no HTTP request
)

// emit tells of an event on the connection.
func (c *conn) emit(e Event) {
	e.At, e.Conn, e.Remote = time.Now(), c.number, c.remote
	e.Path, e.Agent, e.ID = c.path, c.agent, c.planned.ID
	c.tell(e)
}

// tell tells of an event, one at a time.
func (s *Server) tell(e Event) {
	s.events.Lock()
	defer s.events.Unlock()
	s.Events(e)
}
