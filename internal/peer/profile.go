// SPDX-License-Identifier: Apache-2.0

package peer

import "time"

// A Profile is what the peer under test is meant to do, as far as its author says.
// Zero values: not said.
type Profile struct {
	MessageLimit    int           // the longest message it takes, in octets
	Idle            time.Duration // how long it leaves a connection alone on which nothing happens
	TextOnly        bool
	Subprotocols    []string
	ForbiddenOrigin string
	ProtectedPath   string
	Browser         bool
}

// Profile is what the peer is meant to do.
func (p *Peer) Profile() Profile { return p.cfg.Profile }
