// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"

	"github.com/alecthomas/kong"

	"github.com/wsspec/wsspec/internal/load"
)

type loadBroadcastCmd struct {
	loadTo       `embed:""`
	Connections  int           `short:"c" default:"101" placeholder:"N" group:"Connections" help:"Open N connections (${default}): the first sends, the others receive."`
	Rate         float64       `default:"10" placeholder:"R" group:"Messages" help:"Send R messages a second (${default}), whether those before have arrived or not."`
	Duration     load.Duration `short:"d" default:"10s" placeholder:"TIME" group:"Messages" help:"Send for so long (${default})."`
	loadMessages `embed:""`
	loadPace     `embed:""`
	loadRamp     `embed:""`
	loadLimits   `embed:""`
	loadShow     `embed:""`
}

// Help is what "wsspec load broadcast --help" says.
func (loadBroadcastCmd) Help() string {
	return `Sends messages to a server that passes each on to all of its clients, and says how long it takes until the first, the median and the last of them has it, and how many never get it.

  wsspec load broadcast ws://localhost:9001 -c 1001

sends ten messages a second on one connection, for ten seconds, and times when 1,000 others receive them.

  wsspec load broadcast ws://localhost:9001 -c 5001 --rate 2 --size 1k
  wsspec load broadcast wss://example.com/room --header 'Cookie: session=1' \
    --fail-if 'last.p99>200ms' --fail-if 'missing>0'

send longer messages, end with status 1 if a message takes too long to the last receiver, or does not reach somebody.

Latency is counted from when a message was to be sent. Each has a mark by which it is known, of about 45 octets, which comes first in it: shorter ones are made so long. The server may put text around them, and send others of its own. Whether the sender gets its own message back makes no difference.

Exit status: 0 if all is well, 1 if a condition of --fail-if is met, nobody received a message, some came twice, altered or unsent, or the server broke the protocol (missing messages, and connections that failed or were lost, are for --fail-if to judge, as in --fail-if 'missing>0'), 2 for a mistake on the command line, 3 if no connection could be opened, 130 if stopped by a signal; what was found until then is shown and written.`
}

// Run sends on one connection and receives on all others.
func (c *loadBroadcastCmd) Run(ctx context.Context, p *process, k *kong.Context) error {
	file, err := c.read(ctx, k)
	if err != nil {
		return err
	}
	plan := load.Plan{Kind: load.Broadcast, Connections: c.Connections, ConnectRate: c.ConnectRate, Hold: c.Hold, Rate: c.Rate, Duration: c.Duration}
	return c.loadShow.run(ctx, p, file, c.loadTo.plan(c.loadLimits.plan(c.loadRamp.plan(c.loadMessages.plan(plan)))))
}
