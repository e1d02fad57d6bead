// SPDX-License-Identifier: Apache-2.0

package fuzzclient

import (
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/stream"
)

// Target is what the endpoint connects to.
func (e *Endpoint) Target() stream.Target { return e.target }

// Request is what it asks for.
func (e *Endpoint) Request() peer.Request { return e.request }
