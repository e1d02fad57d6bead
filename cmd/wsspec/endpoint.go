// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"strconv"

	"github.com/wsspec/wsspec/internal/fuzzclient"
	"github.com/wsspec/wsspec/internal/load/wire"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/terminal"
	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/tour"
	"github.com/wsspec/wsspec/internal/ws"
)

// peersProgram is the interop module's program with the third-party endpoints.
const peersProgram = "peers"

type echoCmd struct {
	Listen    string `default:"127.0.0.1:9001" placeholder:"ADDR" help:"Where to listen (${default}). With port 0 the system picks a port, which is printed."`
	Impl      string `enum:"wsspec,gorilla,coder,gobwas,gws,xnet" default:"wsspec" placeholder:"NAME" help:"Implementation: wsspec, or gorilla, coder, gobwas, gws or xnet from the interop module."`
	ReadyFile string `placeholder:"FILE" complete:"file" help:"Write the server's URL to this file once it listens."`
	NoDeflate bool   `help:"Do not negotiate permessage-deflate."`
	HTTP2     bool   `name:"http2" xor:"http" help:"Serve clients that begin with HTTP/2 on the same port, too (RFC 8441). Of wsspec itself only."`
	HTTP3     bool   `name:"http3" xor:"http" help:"Serve clients of HTTP/3 instead, over QUIC, with a certificate made for this run unless one is named (RFC 9220). Of wsspec itself only."`

	Connect  string `placeholder:"URL" help:"Do not listen: connect to this server once, and echo what it sends until it closes."`
	Insecure bool   `help:"With --connect, accept any certificate of a wss server."`

	Security   `embed:""`
	massEcho   `embed:""`
	FaultFlags `embed:""`
}

// Run echoes until a signal ends it.
func (c *echoCmd) Run(ctx context.Context, p *process) error {
	if c.Faults {
		listFaults(p, ws.Server)
		return nil
	}
	faults, err := c.parse("echo")
	if err != nil {
		return err
	}
	if c.Connect != "" {
		return c.connect(ctx, p, faults)
	}
	secure, _, err := c.config(p, c.HTTP2)
	if err != nil {
		return err
	}
	if err := c.massEcho.check(c.Impl != "wsspec" || len(faults) > 0 || secure != nil); err != nil {
		return err
	}
	switch {
	case c.Mass:
		return c.echoMass(ctx, p)
	case c.Impl != "wsspec" && secure != nil:
		return badUsage(fmt.Errorf("--impl %s: the server has no TLS: leave the flags of TLS out", c.Impl), "")
	case c.Impl != "wsspec":
		if err := onlyOurs(c.Impl, c.HTTP2, c.HTTP3); err != nil {
			return err
		}
		return p.runPeers(ctx, "server", c.Impl, "--listen", c.Listen)
	}
	srv := testee.Server{Config: testee.Config{NoDeflate: c.NoDeflate, Faults: faults}, HTTP2: c.HTTP2, TLS: secure}
	if c.HTTP3 {
		return p.echoHTTP3(ctx, c.Listen, c.ReadyFile, srv)
	}
	return p.echo(ctx, c.Listen, c.ReadyFile, srv)
}

// onlyOurs says that an endpoint of the interop module was asked for a version of HTTP.
func onlyOurs(impl string, http2, http3 bool) error {
	for version, asked := range map[string]bool{"2": http2, "3": http3} {
		if asked {
			return badUsage(fmt.Errorf("--http%s with --impl %s: only wsspec itself speaks HTTP/%[1]s here", version, impl), "")
		}
	}
	return nil
}

// connect echoes as a client.
func (c *echoCmd) connect(ctx context.Context, p *process, faults testee.Faults) error {
	if c.Impl != "wsspec" || c.Mass || c.HTTP2 || c.HTTP3 {
		return badUsage(errors.New("--connect is for our own client over HTTP/1.1, without --impl, --mass, --http2 and --http3"), "")
	}
	if _, err := wire.Locate(ctx, c.Connect); err != nil {
		return badUsage(fmt.Errorf("--connect: %w", err), "")
	}
	cfg := testee.Config{Agent: "wsspec/" + version(), NoDeflate: c.NoDeflate, Faults: faults}
	return tour.Echo(ctx, c.Connect, c.Insecure, cfg, func() { fmt.Fprintf(p.stdout, "Connected to %s. Ctrl-C ends it.\n", c.Connect) })
}

// echo runs our echo server.
func (p *process) echo(ctx context.Context, addr, readyFile string, srv testee.Server) error {
	l, err := stream.Listen(addr, nil)
	if err != nil {
		return badUsage(err, "choose another address with --listen, such as 127.0.0.1:0")
	}
	u := stream.URL(l, srv.TLS != nil)
	fmt.Fprintf(p.stdout, "Echo server at %s. Ctrl-C ends it.\n", u)
	if err := ready(readyFile, u); err != nil {
		return err
	}
	return srv.Serve(ctx, l)
}

// echoHTTP3 runs our echo server over HTTP/3.
func (p *process) echoHTTP3(ctx context.Context, addr, readyFile string, srv testee.Server) error {
	if srv.TLS == nil {
		pair, err := selfSigned()
		if err != nil {
			return err
		}
		srv.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	}
	packets, err := net.ListenPacket("udp", addr)
	if err != nil {
		return badUsage(err, "choose another address with --listen, such as 127.0.0.1:0")
	}
	defer func() { _ = packets.Close() }() // whoever used it is gone
	u := stream.AddrURL(packets.LocalAddr(), true)
	fmt.Fprintf(p.stdout, "Echo server at %s over HTTP/3. Ctrl-C ends it.\n", u)
	if err := ready(readyFile, u); err != nil {
		return err
	}
	return srv.ServeQUIC(ctx, packets, srv.TLS)
}

type clientCmd struct {
	URL      string `arg:"" optional:"" help:"The fuzzing server: ws://host:9001, or wss://…"`
	Agent    string `default:"wsspec" placeholder:"NAME" help:"Name in the report (${default})."`
	Impl     string `enum:"wsspec,gorilla,coder,gobwas,gws" default:"wsspec" placeholder:"NAME" help:"Implementation: wsspec, or gorilla, coder, gobwas or gws from the interop module."`
	Parallel int    `default:"1" placeholder:"N" help:"Cases to run at a time."`
	HTTP2    bool   `name:"http2" xor:"http" help:"Open connections over HTTP/2 (RFC 8441). With wsspec itself only."`
	HTTP3    bool   `name:"http3" xor:"http" help:"Open connections over HTTP/3 (RFC 9220), to a wss server. With wsspec itself only."`

	Connection `embed:""`

	Fuzz uint64  `placeholder:"N" help:"Have N conversations that the server draws, instead of its cases."`
	Seed *uint64 `placeholder:"N" help:"With --fuzz: the seed to draw them from."`

	FaultFlags `embed:""`
}

// Run plays a client under test: getCaseCount, runCase from 1 on, updateReports.
func (c *clientCmd) Run(ctx context.Context, p *process) error {
	if c.Faults {
		listFaults(p, ws.Client)
		return nil
	}
	faults, err := c.parse("client")
	switch {
	case err != nil:
		return err
	case c.URL == "":
		return badUsage(errors.New("the URL of the fuzzing server is missing"), `"wsspec serve" is one`)
	case c.Parallel < 1:
		return badUsage(fmt.Errorf("--parallel is %d: want at least 1", c.Parallel), "")
	}
	server := []fuzzclient.Server{{URL: c.URL}}
	if err := c.connect(p, server); err != nil {
		return err
	}
	if c.Impl != "wsspec" {
		for _, f := range c.given() {
			return badUsage(fmt.Errorf("%s does not go with --impl %s", f.name, c.Impl), "")
		}
		if err := onlyOurs(c.Impl, c.HTTP2, c.HTTP3); err != nil {
			return err
		}
		return p.runPeers(ctx, "client", c.Impl, "--agent", c.Agent, "--parallel", strconv.Itoa(c.Parallel), c.URL)
	}
	version := HTTPVersion{HTTP2: c.HTTP2, HTTP3: c.HTTP3}.version()
	dial, err := tour.Over(version, c.URL, server[0].TLS, server[0].Way, testee.Config{Agent: c.Agent, Faults: faults})
	if err != nil {
		return badUsage(err, "")
	}
	t := tour.Tour{Dial: dial, Agent: c.Agent, Parallel: c.Parallel, Obey: true, Lost: func(n int, err error) { fmt.Fprintf(p.stderr, "wsspec: case %d: %v\n", n, err) }}
	if c.Fuzz > 0 {
		n, err := t.Fuzz(ctx, c.Fuzz, c.Seed)
		if err == nil {
			fmt.Fprintf(p.stdout, "%d connections fuzzed as %q\n", n, c.Agent)
		}
		return ended(err)
	}
	n, err := t.Do(ctx)
	if err != nil {
		return ended(err)
	}
	fmt.Fprintf(p.stdout, "%s run as %q\n", terminal.CasesOf(n), c.Agent)
	return nil
}

// ended is the error with which a client ends.
func ended(err error) error {
	if errors.Is(err, tour.ErrInterrupted) {
		return statusError(exitInterrupted)
	}
	return err
}

// runPeers runs the interop module's program.
func (p *process) runPeers(ctx context.Context, args ...string) error {
	path, err := exec.LookPath(peersProgram)
	if err != nil {
		return badUsage(fmt.Errorf("--impl %s: the program %q is not on the PATH", args[1], peersProgram),
			"in a checkout, run: cd interop && go install ./cmd/peers")
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Stdout, cmd.Stderr = p.stdout, p.stderr
	var exit *exec.ExitError
	if err := cmd.Run(); errors.As(err, &exit) && ctx.Err() == nil {
		return statusError(max(exit.ExitCode(), 1))
	} else if err != nil && ctx.Err() == nil {
		return fmt.Errorf("run %s: %w", path, err)
	}
	return nil
}
