// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/wsspec/wsspec/internal/load"
)

type loadCmd struct {
	Connect   loadConnectCmd   `cmd:"" help:"Open connections, hold them, ping them."`
	Echo      loadEchoCmd      `cmd:"" help:"Send messages to a server that echoes them, and time what comes back."`
	Broadcast loadBroadcastCmd `cmd:"" help:"Send messages to a server that passes them on to all, and time who gets them when."`
	Find      loadFindCmd      `cmd:"" help:"Find the highest rate, or number of connections, at which an objective holds."`
	Part      loadPartCmd      `cmd:"" name:"__part" hidden:"" help:"Carry out a part, for another process."`
}

// Help is what "wsspec load --help" says.
func (loadCmd) Help() string {
	return `How many connections a server takes, how fast they are opened, and how long messages take, at the median and at the end of the curve.

  wsspec load connect ws://localhost:9001 -c 10000 --rate 500 --hold 1m
  wsspec load echo ws://localhost:9001 -c 100 --rate 5000 --fail-if 'p99>5ms'
  wsspec load --plan nightly.yaml

A plan is a file, YAML or JSON, that says the same as flags:

  command: echo
  url: ws://localhost:9001
  connections: 100
  rate: 5000
  duration: 1m
  fail-if: [p99>5ms, failed>0]

Flags count for more than the file. docs/load.md explains what is measured and how.`
}

// loadTo are the flags for where to connect and how.
type loadTo struct {
	URL  string `arg:"" optional:"" help:"The server: ws://host:port/path or wss://…"`
	Plan string `placeholder:"FILE" complete:"file" help:"Read what the flags do not say from this file, JSON or YAML: the keys are the names of the flags, and url."`

	Timeout     load.Duration `default:"10s" placeholder:"TIME" group:"Handshake" help:"Give up opening a connection after this long (${default}); and at the end, wait so long for answers."`
	Header      []string      `sep:"none" placeholder:"'NAME: VALUE'" group:"Handshake" help:"Send an additional header field. Repeatable."`
	Origin      string        `placeholder:"ORIGIN" group:"Handshake" help:"Send this Origin header field."`
	Subprotocol []string      `placeholder:"NAME" group:"Handshake" help:"Request subprotocols."`

	Connection `embed:""`
	Source     []string `aliases:"sources" placeholder:"ADDR" group:"Route" help:"Connect from these addresses of this machine in turn, or from a range as in 10.0.0.2-10.0.0.9. To 127.0.0.1, by default from many of 127.0.0.0/8."`
}

// loadRamp are the flags for how connections are opened, beside the rate.
type loadRamp struct {
	Batch      int           `placeholder:"N" group:"Connections" help:"Open N connections at a time, with --batch-delay between them."`
	BatchDelay load.Duration `placeholder:"TIME" group:"Connections" help:"Time between batches."`
	Opening    int           `placeholder:"N" group:"Connections" help:"Have at most N connections opening at a time; by default 128 if there is no rate, and no limit if there is one."`
	Retries    int           `placeholder:"N" group:"Connections" help:"Try a connection that fails again, up to N times."`
	RetryDelay load.Duration `default:"1s" placeholder:"TIME" group:"Connections" help:"Wait so long before another try (${default})."`
	Ping       load.Duration `placeholder:"TIME" group:"Connections" help:"Ping each connection at this interval."`
}

// loadShow are the flags for what becomes of the result.
type loadShow struct {
	FailIf []string `sep:"none" placeholder:"CONDITION" group:"Result" help:"Exit with status 1 if this is so at the end: 'p99>5ms', 'failed>0', 'lost>1%', 'tls.p50>20ms'. Repeatable."`
	Report []string `sep:"none" placeholder:"KIND=FILE" complete:"loadoutput" group:"Result" help:"Write the result: json, html, csv or junit; without =FILE, to standard output. Repeatable."`
	Quiet  bool     `short:"q" group:"Result" help:"Print the summary only."`

	Web WebAddress `placeholder:"[ADDR]" group:"Result" help:"Show the test in a browser while it runs, at this address, such as :8080, or at this port of 127.0.0.1; without any, at a free one, which is printed."`

	FleetFlags `embed:""`
}

type loadConnectCmd struct {
	loadTo      `embed:""`
	Connections int           `short:"c" default:"100" placeholder:"N" group:"Connections" help:"Open N connections (${default})."`
	Rate        float64       `aliases:"connect-rate" placeholder:"R" group:"Connections" help:"Open R connections a second, evenly. By default, as fast as possible."`
	Hold        load.Duration `placeholder:"TIME" group:"Connections" help:"Hold the connections for so long once all are open (0s)."`
	loadRamp    `embed:""`
	loadLimits  `embed:""`
	loadShow    `embed:""`
}

// Help is what "wsspec load connect --help" says.
func (loadConnectCmd) Help() string {
	return `Opens connections, holds them, pings them, closes them; and says how many could be opened, how fast, what failed and why, and how long TCP, TLS and the upgrade took.

  wsspec load connect ws://localhost:9001

opens 100 connections as fast as possible.

  wsspec load connect ws://localhost:9001 -c 10000 --rate 500 --hold 1m

opens 500 a second and holds 10,000 for a minute; --ping 20s pings each meanwhile.

  wsspec load connect wss://example.com --retries 3 --fail-if 'failed>0'
  wsspec load connect wss://example.com --fail-if 'upgrade.p99>50ms'
  wsspec load connect wss://example.com --report json=result.json

try what fails again, end with status 1 if the condition is met, write all that was measured to a file.

Exit status: 0 if all is well, 1 if a condition of --fail-if is met, no connection was still open at the end, no Pong came to any Ping, or the server broke the protocol (connections that failed or were lost are for --fail-if to judge, as in --fail-if 'failed>1%'), 2 for a mistake on the command line, 3 if no connection could be opened, 130 if stopped by a signal; what was found until then is shown and written.`
}

// Run opens connections.
func (c *loadConnectCmd) Run(ctx context.Context, p *process, k *kong.Context) error {
	file, err := c.read(ctx, k)
	if err != nil {
		return err
	}
	plan := load.Plan{Kind: load.Connect, Connections: c.Connections, ConnectRate: c.Rate, Hold: c.Hold}
	return c.loadShow.run(ctx, p, file, c.loadTo.plan(c.loadLimits.plan(c.loadRamp.plan(plan))))
}

// read takes what the flags do not say from the file of --plan, if there is one.
func (c *loadTo) read(ctx context.Context, k *kong.Context) (planFile, error) {
	if c.Plan == "" {
		return planFile{}, nil
	}
	file, url, err := readPlan(ctx, c.Plan, k)
	if c.URL == "" {
		c.URL = url
	} else {
		delete(file.lines, "url")
	}
	return file, err
}

func (c *loadTo) plan(p load.Plan) load.Plan {
	p.URL, p.Timeout, p.Header, p.Origin, p.Subprotocol = c.URL, c.Timeout, c.Header, c.Origin, c.Subprotocol
	p.Sources = c.Source
	return c.Connection.plan(p)
}

func (c *loadRamp) plan(p load.Plan) load.Plan {
	p.Batch, p.BatchDelay, p.Opening, p.Retries, p.RetryDelay, p.Ping = c.Batch, c.BatchDelay, c.Opening, c.Retries, c.RetryDelay, c.Ping
	return p
}

// run checks the plan, carries it out, and shows and writes what was found.
func (c *loadShow) run(ctx context.Context, p *process, file planFile, plan load.Plan) error {
	plan.FailIf = c.FailIf
	if err := plan.Check(); err != nil {
		return file.bad(err)
	}
	outputs, err := parseLoadOutputs(c.Report)
	if err != nil {
		return err
	}
	if err := c.FleetFlags.check(plan); err != nil {
		return err
	}
	l := &loading{process: p.besideLoad(outputs), machine: p, plan: plan, quiet: c.Quiet, fleet: c.FleetFlags, web: c.Web}
	r, err := l.run(ctx)
	if err != nil {
		return err
	}
	l.show(r)
	for _, o := range outputs {
		if err := o.put(p, r); err != nil {
			return err
		}
	}
	return l.status(ctx, r)
}

// unreachableLoad says why no connection could be opened.
func unreachableLoad(p *process, r *load.Result) {
	if len(r.Failures) == 0 {
		return
	}
	cause, example := r.Failures[0].Cause, r.Failures[0].Example
	hint := "is it a WebSocket server, and the right port? one that speaks TLS wants a URL with wss:"
	switch {
	case cause == "refused":
		hint = "is the server running, and is this its address?"
	case strings.HasPrefix(cause, "HTTP "):
		hint = "is this the right path, and does the server want more? --header, --origin and --subprotocol add what it may require"
	case cause == "proxy":
		hint = "is the proxy running, does it want a user and a password (--proxy http://user:password@host:port), and does it let clients connect to this host and port?"
	case cause == "tls" && strings.Contains(example, "(ALPN)"):
		hint = "leave that protocol out of --alpn"
	case cause == "tls" && (strings.Contains(example, "protocol version") || strings.Contains(example, "no application protocol")):
		hint, _ = securityHint(errors.New(example))
	case cause == "tls" && strings.Contains(example, "remote error: ") && strings.Contains(example, "certificate"):
		hint = "the server wants another certificate of the client: --client-cert and --client-key name one to show"
	case cause == "tls" || cause == "timeout (tls)":
		hint = "--cafile names the authorities to trust, --insecure accepts any certificate; a server without TLS wants a URL with ws:"
	case strings.HasPrefix(cause, "timeout"):
		hint = "the server does not answer in time: --timeout gives it longer"
	case cause == "no ports":
		hint = "each address of ours has some 28,000 ports to connect from: --source names more of them"
	case cause == "file limit":
		hint = "raise the limit of open files: ulimit -n"
	}
	fmt.Fprintf(p.stderr, "wsspec: no connection could be opened: %s\nhint: %s\n", example, hint)
}

// lookUpFailed reports whether a target could not be found for a name without an
// address, which is no mistake on the command line.
func lookUpFailed(err error) bool {
	_, is := errors.AsType[*net.DNSError](err)
	return is
}

// loadInterval is how often what was measured is looked at.
const loadInterval = 250 * time.Millisecond
