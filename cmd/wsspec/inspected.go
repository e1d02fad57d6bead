// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/wsspec/wsspec/internal/capture"
	"github.com/wsspec/wsspec/internal/inspect"
	"github.com/wsspec/wsspec/internal/ws"
)

// inspection prints what inspect finds, connection by connection.
type inspection struct {
	p           *process
	json        bool
	connections int
	violations  int
	others      int             // connections that are not of WebSocket
	counts      *capture.Counts // of a capture
}

// maxOthers is how many connections that are not of WebSocket are listed.
const maxOthers = 20

// inspected is a connection in JSON.
type inspected struct {
	Number int            `json:"number,omitempty"`
	Client string         `json:"client,omitempty"`
	Server string         `json:"server,omitempty"`
	Began  *time.Time     `json:"began,omitempty"`
	Whole  *bool          `json:"whole,omitempty"`
	Source string         `json:"source,omitempty"`
	Result inspect.Result `json:"result"`
}

// add prints one connection, or the octets of one side.
func (i *inspection) add(heading string, conn *capture.Conn, r inspect.Result) {
	i.connections++
	i.violations += r.Violations
	if r.Refused != "" {
		i.others++
	}
	if i.json {
		i.addJSON(heading, conn, r)
		return
	}
	if r.Refused != "" && len(r.Entries) == 0 {
		if i.others <= maxOthers {
			fmt.Fprintf(i.p.stdout, "%s: not looked at: %s\n", heading, r.Refused)
		}
		return
	}
	fmt.Fprintln(i.p.stdout, heading)
	for _, line := range r.Lines(conn != nil) {
		fmt.Fprintln(i.p.stdout, "  "+line)
	}
	fmt.Fprintln(i.p.stdout, r.Summary())
	if conn != nil {
		fmt.Fprintln(i.p.stdout)
	}
}

func (i *inspection) addJSON(heading string, conn *capture.Conn, r inspect.Result) {
	separator := ",\n"
	if i.connections == 1 {
		separator = "{\"connections\": [\n"
	}
	j := inspected{Source: heading, Result: r}
	if conn != nil {
		j = inspected{Number: conn.Number, Client: conn.Client.String(), Server: conn.Server.String(), Began: &conn.Began, Whole: &conn.Whole, Result: r}
	}
	b, err := json.Marshal(j)
	if err != nil {
		b = []byte("null") // cannot be: there is nothing in it that JSON does not have
	}
	fmt.Fprintf(i.p.stdout, "%s%s", separator, b)
}

// end prints what it all comes to. The error is the status.
func (i *inspection) end() error {
	if i.json {
		if i.connections == 0 {
			fmt.Fprint(i.p.stdout, "{\"connections\": [")
		}
		fmt.Fprintf(i.p.stdout, "\n], \"violations\": %d, \"notLookedAt\": %d", i.violations, i.others)
		if c := i.counts; c != nil {
			fmt.Fprintf(i.p.stdout, ", \"packets\": %d, \"notTCP\": %d, \"fragmentsOfIP\": %d, \"givenUp\": %d", c.Packets, c.Other, c.Fragments, c.GivenUp)
		}
		fmt.Fprintln(i.p.stdout, "}")
	} else if i.counts != nil {
		i.total()
	}
	if i.violations > 0 {
		return statusError(exitVerdict)
	}
	return nil
}

// total is the last lines on a capture.
func (i *inspection) total() {
	c := i.counts
	fmt.Fprintf(i.p.stdout, "packets: %d, TCP connections: %d, looked at: %d, violations: %d\n", c.Packets, i.connections, i.connections-i.others, i.violations)
	if i.others > maxOthers {
		fmt.Fprintf(i.p.stdout, "not listed: %d connections more that are not of WebSocket\n", i.others-maxOthers)
	}
	for _, left := range []struct {
		n    int
		what string
	}{
		{c.Other, "packets that are not TCP, or not understood"},
		{c.Fragments, "fragments of IP packets, which are not put together"},
		{c.GivenUp, "connections of which the end was not waited for: there were too many at once"},
	} {
		if left.n > 0 {
			fmt.Fprintf(i.p.stdout, "left out: %d %s\n", left.n, left.what)
		}
	}
}

// watched is a connection of a capture that is being inspected.
type watched struct {
	out  *inspection
	info capture.Conn
	conn *inspect.Connection
}

func watch(out *inspection, o inspect.Options, c capture.Conn) *watched {
	return &watched{out, c, inspect.New(o, false)}
}

// role is that of a side of the capture.
func role(s capture.Side) ws.Role {
	if s == capture.Server {
		return ws.Server
	}
	return ws.Client
}

// Octets inspects what a side sent.
func (w *watched) Octets(from capture.Side, at time.Time, p []byte) {
	w.conn.Feed(role(from), at.Sub(w.info.Began), p)
}

// Missing takes note of a gap.
func (w *watched) Missing(from capture.Side, at time.Time, n int64) {
	w.conn.Missing(role(from), at.Sub(w.info.Began), n)
}

// Comment takes note of what somebody said of a packet.
func (w *watched) Comment(from capture.Side, at time.Time, text string) {
	w.conn.Comment(role(from), at.Sub(w.info.Began), text)
}

// End takes note of the end of a side.
func (w *watched) End(from capture.Side, at time.Time, reset bool) {
	how := fmt.Sprintf("the %v ended its half of TCP", role(from))
	if reset {
		how = fmt.Sprintf("the %v reset TCP", role(from))
	}
	w.conn.End(role(from), at.Sub(w.info.Began), how)
}

// Done prints the connection.
func (w *watched) Done() {
	heading := fmt.Sprintf("connection %d: client %v, server %v, %s", w.info.Number, w.info.Client, w.info.Server, w.info.Began.UTC().Format(time.RFC3339Nano))
	if !w.info.Whole {
		heading += ", its beginning was not captured"
	}
	w.out.add(heading, &w.info, w.conn.Finish())
	w.conn.Release()
}
