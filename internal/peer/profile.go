// SPDX-License-Identifier: Apache-2.0

package peer

import "time"

// A Profile is what the peer under test is meant to do, as far as its author says.
// Zero values: not said.
type Profile struct {
	FrameLimit      int           // the longest frame it takes, in octets
	MessageLimit    int           // the longest message it takes, in octets
	Idle            time.Duration // how long it leaves a connection alone on which nothing happens
	Keepalive       time.Duration // how soon it pings a quiet connection, and gives up on one that does not answer
	TextOnly        bool          // it takes no binary messages
	Subprotocols    []string      // that it speaks
	ForbiddenOrigin string        // that it refuses
	ProtectedPath   string        // a resource it wants credentials for
	Browser         bool          // it is one

	// What follows is not said by its author, but by how it is tested.
	TLS       bool // over wss
	Authority bool // by a server whose certificates are signed by an authority made for it, which clients can trust
}

// LongestFrame is the length from which on the peer takes no longer frame, in octets,
// because of either limit; 0 where nobody says.
func (p Profile) LongestFrame() int {
	if p.FrameLimit == 0 || p.MessageLimit == 0 {
		return max(p.FrameLimit, p.MessageLimit)
	}
	return min(p.FrameLimit, p.MessageLimit)
}

// Profile is what the peer is meant to do.
func (p *Peer) Profile() Profile { return p.cfg.Profile }
