// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/wsspec/wsspec/internal/broadcast"
	"github.com/wsspec/wsspec/internal/fuzzclient"
	"github.com/wsspec/wsspec/internal/load/wire"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/visible"
	"github.com/wsspec/wsspec/internal/website"
	"github.com/wsspec/wsspec/internal/ws"
)

type broadcastCmd struct {
	Listen    string        `default:"127.0.0.1:9001" placeholder:"ADDR" group:"Server" help:"Where to listen (${default}). With port 0 the system picks a port, which is printed."`
	Tick      time.Duration `default:"1s" placeholder:"TIME" group:"Server" help:"Send the text \"tick N\" to all at this interval (${default}); 0s: never."`
	Web       string        `placeholder:"ADDR" group:"Server" help:"Serve a page here to talk to the server, such as 127.0.0.1:8080."`
	ReadyFile string        `placeholder:"FILE" complete:"file" group:"Server" help:"Write the server's URL to this file once it listens."`

	Security `embed:""`

	Connect  string        `placeholder:"URL" group:"Client" help:"Be a client of this server instead: ws://host:port/path, or wss://…"`
	Text     string        `placeholder:"TEXT" group:"Client" help:"What the client sends, by default that it is there."`
	Every    time.Duration `default:"2s" placeholder:"TIME" group:"Client" help:"Send it at this interval (${default})."`
	Insecure bool          `group:"Client" help:"Accept any certificate of a wss server."`
}

// Help is what "wsspec broadcast --help" says beside the flags.
func (broadcastCmd) Help() string {
	return `The server sends each message that it gets to all clients, the sender included, all in the same order. A client that does not read is dropped, so that the others do not wait for it. "wsspec load broadcast" measures such a server.

Try it: "wsspec broadcast" in one terminal, "wsspec broadcast --connect ws://127.0.0.1:9001" in two others.`
}

// Run is a server, or a client, until a signal ends it.
func (c *broadcastCmd) Run(ctx context.Context, p *process) error {
	switch {
	case c.Tick < 0:
		return badUsage(fmt.Errorf("--tick is %v: want at least 0s", c.Tick), "")
	case c.Every <= 0:
		return badUsage(fmt.Errorf("--every is %v: want more than 0s", c.Every), "")
	}
	engine, err := wire.New(wire.Config{})
	if err != nil {
		return err
	}
	if c.Connect != "" {
		err = c.client(ctx, p, engine)
	} else {
		err = c.server(ctx, p, engine)
	}
	return errors.Join(err, engine.Close())
}

func (c *broadcastCmd) server(ctx context.Context, p *process, engine *wire.Engine) error {
	tlsConfig, _, err := c.config(p, false)
	if err != nil {
		return err
	}
	l, err := stream.Listen(c.Listen, tlsConfig)
	if err != nil {
		return badUsage(err, "choose another address with --listen, such as 127.0.0.1:0")
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	wait := func() error { return nil }
	if c.Web != "" {
		page := website.Talk{Title: "Broadcast server", What: "Each message goes to all clients of", Server: l, Secure: tlsConfig != nil, Log: p.stderr}
		url, ended, err := page.Serve(ctx, c.Web)
		if err != nil {
			return errors.Join(badUsage(err, "choose another address with --web"), l.Close())
		}
		wait = ended
		fmt.Fprintf(p.stdout, "Page to talk to it: %s\n", url)
	}
	u := stream.URL(l, tlsConfig != nil)
	fmt.Fprintf(p.stdout, "Broadcast server at %s. Ctrl-C ends it.\n", u)
	if err := ready(c.ReadyFile, u); err != nil {
		return errors.Join(err, l.Close())
	}
	server := broadcast.Server{
		Tick: c.Tick, Agent: "wsspec/" + version(),
		Dropped: func(n int) { fmt.Fprintf(p.stderr, "wsspec: dropped a client that does not read; %d are left\n", n) },
	}
	err = server.Serve(ctx, engine, l)
	stop()
	return errors.Join(err, wait())
}

func (c *broadcastCmd) client(ctx context.Context, p *process, engine *wire.Engine) error {
	t, err := wire.Locate(ctx, c.Connect)
	if err != nil {
		return badUsage(fmt.Errorf("--connect: %w", err), "")
	}
	if t.TLS != nil {
		t.TLS.InsecureSkipVerify = c.Insecure
	}
	d, err := engine.Dialer(t)
	if err != nil {
		return badUsage(fmt.Errorf("--connect: %w", err), "")
	}
	client := broadcast.Client{
		Hello: c.Text, Every: c.Every,
		Received: func(opcode ws.Opcode, payload []byte) {
			if opcode == ws.Binary {
				fmt.Fprintf(p.stdout, "binary %x\n", payload)
				return
			}
			fmt.Fprintf(p.stdout, "text %s\n", visible.Text(string(payload)))
		},
	}
	if client.Hello == "" {
		host, err := os.Hostname()
		if err != nil {
			host = "localhost"
		}
		client.Hello = fmt.Sprintf("hello from %s[%d]", host, os.Getpid())
	}
	err = client.Run(ctx, d.Dial)
	if failure, never := errors.AsType[*broadcast.Failure](err); never {
		return fmt.Errorf("%w: %s: %w", fuzzclient.ErrUnreachable, c.Connect, failure)
	}
	return err
}
