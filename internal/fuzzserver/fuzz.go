// SPDX-License-Identifier: Apache-2.0

package fuzzserver

import (
	"context"
	"fmt"
	"math"
	"strconv"

	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/stream"
)

// A FuzzCall is a client that has connected to be told something it cannot foresee.
type FuzzCall struct {
	Agent  string
	Seed   *uint64 // nil: any
	Runs   uint64  // conversations that it asks for altogether; 0: any number
	Replay string  // the name of a conversation that was found before; empty: any
	Stream stream.Stream
}

// maxRuns is more conversations than anybody has time for.
const maxRuns = 1 << 50

// parseFuzz reads the parameters of pathFuzz beside the agent.
func (c *call) parseFuzz(q query) error {
	c.fuzz = FuzzCall{Agent: c.agent, Replay: q.replay}
	if q.seed != "" {
		n, err := strconv.ParseUint(q.seed, 10, 64)
		if err != nil {
			return fmt.Errorf("seed=%.40q: want a number from 0 to %d", q.seed, uint64(math.MaxUint64))
		}
		c.fuzz.Seed = &n
	}
	if q.runs != "" {
		n, err := strconv.ParseUint(q.runs, 10, 64)
		if err != nil || n == 0 || n > maxRuns {
			return fmt.Errorf("runs=%.40q: want a number from 1 to %d", q.runs, uint64(maxRuns))
		}
		c.fuzz.Runs = n
	}
	return nil
}

// playFuzz has the configured function talk to the client, from its request on.
func (c *conn) playFuzz(ctx context.Context) {
	call := c.call.fuzz
	call.Stream = c.in
	refusal := &peer.Refusal{Status: 404, Why: pathFuzz + ": this server does not fuzz"}
	if c.Fuzz != nil {
		refusal = c.Fuzz(ctx, call)
	}
	if refusal != nil {
		c.refuse(refusal)
	}
}
