// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"

	"github.com/alecthomas/kong"

	"github.com/wsspec/wsspec/internal/load"
)

// loadMessages are the flags for messages, beside how many there are.
type loadMessages struct {
	Size    string        `default:"64" placeholder:"SIZE" group:"Messages" help:"Octets of each message (${default}): 64, 4k, a range as in 64-1024, or several with weights as in 64:9,4k-16k:1."`
	Binary  bool          `group:"Messages" help:"Send binary messages; by default they are text."`
	Deflate bool          `group:"Messages" help:"Offer permessage-deflate, and compress where the server accepts it."`
	Warmup  load.Duration `placeholder:"TIME" group:"Messages" help:"Do not measure the messages of the first part of --duration."`
	Seed    uint64        `default:"1" placeholder:"N" group:"Messages" help:"Draw sizes and contents by this number (${default})."`
}

func (c *loadMessages) plan(p load.Plan) load.Plan {
	p.Size, p.Binary, p.Deflate, p.Warmup, p.Seed = c.Size, c.Binary, c.Deflate, c.Warmup, c.Seed
	return p
}

// loadPace is how fast connections are opened before there are messages.
type loadPace struct {
	ConnectRate float64       `placeholder:"R" group:"Connections" help:"Open R connections a second, evenly. By default, as fast as possible."`
	Hold        load.Duration `placeholder:"TIME" group:"Connections" help:"Hold the connections at least so long."`
}

type loadEchoCmd struct {
	loadTo       `embed:""`
	Connections  int           `short:"c" default:"1" placeholder:"N" group:"Connections" help:"Open N connections (${default})."`
	Rate         float64       `placeholder:"R" group:"Messages" help:"Send R messages a second on all connections together, whatever the answers do: the open model."`
	InFlight     int           `placeholder:"N" group:"Messages" help:"Keep N messages under way on each connection, and send the next when one is answered: the closed model, with 1 if neither is given."`
	Duration     load.Duration `short:"d" default:"10s" placeholder:"TIME" group:"Messages" help:"Send for so long (${default})."`
	Verify       bool          `group:"Messages" help:"Compare every octet of the answers; type and length are always compared."`
	loadMessages `embed:""`
	loadPace     `embed:""`
	loadRamp     `embed:""`
	loadLimits   `embed:""`
	loadShow     `embed:""`
}

// Help is what "wsspec load echo --help" says.
func (loadEchoCmd) Help() string {
	return `Sends messages to a server that echoes them, and says how many a second came back, and how long they took.

  wsspec load echo ws://localhost:9001

sends the next message when the last one was answered, on one connection, for ten seconds: the closed model, which finds how fast a round trip is.

  wsspec load echo ws://localhost:9001 -c 100 --rate 5000 --duration 1m

sends 5,000 a second on 100 connections in turn, whether the server keeps up or not: the open model, as with users who do not wait for each other. Latency is counted from when a message was to be sent, so a server that stops for a while is seen in it; "service" is counted from when it was sent.

  wsspec load echo ws://localhost:9001 -c 50 --in-flight 4 --size 64:9,16k:1

keeps 200 messages under way, most of them small; --verify compares every octet of the answers.

  wsspec load echo wss://example.com --rate 100 --fail-if 'p99>50ms'
  wsspec load echo wss://example.com --rate 100 --report json=result.json

end with status 1 if the condition is met, write all that was measured to a file.

The server has to answer each message with the same message, in order, and send nothing else.

Exit status: 0 if all is well, 1 if a condition of --fail-if is met, an answer was wrong, a message had no answer although its connection stayed open, or the server broke the protocol (--fail-if 'wrong>1%' or 'missing>1%' allows some; connections that failed or were lost are for --fail-if alone to judge), 2 for a mistake on the command line, 3 if no connection could be opened, 130 if stopped by a signal; what was found until then is shown and written.`
}

// Run sends and receives.
func (c *loadEchoCmd) Run(ctx context.Context, p *process, k *kong.Context) error {
	file, err := c.read(ctx, k)
	if err != nil {
		return err
	}
	plan := load.Plan{
		Kind: load.Echo, Connections: c.Connections, ConnectRate: c.ConnectRate, Hold: c.Hold,
		Rate: c.Rate, InFlight: c.InFlight, Duration: c.Duration, Verify: c.Verify,
	}
	if plan.Rate == 0 && plan.InFlight == 0 {
		plan.InFlight = 1
	}
	return c.loadShow.run(ctx, p, file, c.loadTo.plan(c.loadLimits.plan(c.loadRamp.plan(c.loadMessages.plan(plan)))))
}
