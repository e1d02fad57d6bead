// SPDX-License-Identifier: Apache-2.0

package fuzzserver

import (
	"cmp"
	"time"
)

// Bounds that no client can move.
const (
	// MaxHead bounds the HTTP head of a request, in octets; a longer one gets 431.
	MaxHead = 32 << 10
	// MaxAgentName bounds what a client calls itself, in octets; a longer name gets 414.
	MaxAgentName = 512
	// MaxCommand bounds the payload of a frame in direct command mode, in octets.
	MaxCommand = 16 << 20
	// MaxSession bounds all commands of one connection in direct command mode, in
	// octets; more of them fails the connection with 1009.
	MaxSession = 1 << 20
	// CaseMemory is what a case may take beside twice its backlog, in octets: wire
	// log, buffers, and the result while it is written.
	CaseMemory = 8 << 20
)

// Times that no client can stretch.
const (
	// StatusPatience is how long /getCaseStatus waits for a case to begin that has
	// no result. One in flight is waited for until it ends.
	StatusPatience = 5 * time.Second
	// SettlePatience is how long /updateReports waits for cases of its agent whose
	// connections are still up, or were until a moment ago: scripts ask right after
	// the last case and give up after 5 s.
	SettlePatience = 2 * time.Second
	// CommandPatience is how long direct command mode waits for the next command.
	CommandPatience = 5 * time.Minute
	// MemoryPatience is how long a case waits, its handshake unanswered, for others
	// to give back memory.
	MemoryPatience = 20 * time.Second
	// partingPatience is how long an answer may take to be read and closed.
	partingPatience = 5 * time.Second
	// refusalPatience is that of an HTTP error.
	refusalPatience = time.Second
)

// Limits are bounds on what all clients together can make the server hold. The
// memory of a server is bounded by
//
//	Handshakes × 96 KiB + Connections × 512 KiB + Memory
//
// beside the index of the results, about 150 octets each. A connection of HTTP/2 on which no
// request is being served counts as one in its handshake, and may take 512 KiB.
//
// Of Connections, Memory and Agents a connection that has something already, as those of HTTP/2
// and HTTP/3 can, gets more only while half is left. One address, or network of 64 bits over IPv6,
// has three quarters at most, and of Connections and Memory one agent half. So nobody who floods us
// keeps the others out, unless it comes from their address and under several names.
type Limits struct {
	// Handshakes bounds the connections that have not sent a whole request. Of the
	// address that has the most of them, the one that has been at it for the longest
	// makes room for a new one: an honest handshake takes milliseconds, so it is the
	// stalled ones that go, and no number of them keeps a client out.
	Handshakes int
	// Connections bounds those that have, and are being served, where each request of HTTP/2
	// and HTTP/3 is one; more get 503.
	Connections int
	// Memory bounds, in octets, the sum of what the clients of all cases in flight
	// may make us keep. A case that does not fit waits for MemoryPatience and gets
	// 503 then; the one whose connection has the least goes first.
	Memory int64
	// Agents bounds the agents with results; cases of others get 507.
	Agents int
	// Disk bounds, in octets, the results on disk. Where they are more no case
	// begins (507); those in flight still leave their results, at most CaseMemory
	// each.
	Disk int64
}

// DefaultLimits leave room for 170 cases at once, or 23 of those that
// move megabytes.
func DefaultLimits() Limits {
	return Limits{Handshakes: 1024, Connections: 1024, Memory: 2 << 30, Agents: 1000, Disk: 4 << 30}
}

func (l Limits) withDefaults() Limits {
	d := DefaultLimits()
	return Limits{
		Handshakes: cmp.Or(l.Handshakes, d.Handshakes), Connections: cmp.Or(l.Connections, d.Connections),
		Memory: cmp.Or(l.Memory, d.Memory), Agents: cmp.Or(l.Agents, d.Agents), Disk: cmp.Or(l.Disk, d.Disk),
	}
}
