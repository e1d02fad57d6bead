// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/wsspec/wsspec/internal/capture"
	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/inspect"
	"github.com/wsspec/wsspec/internal/visible"
	"github.com/wsspec/wsspec/internal/ws"
)

type inspectCmd struct {
	File    string `arg:"" optional:"" complete:"file" help:"What one side sent, raw or in hex; or a capture, pcap or pcapng. - is standard input."`
	Hex     string `placeholder:"DIGITS" help:"The octets to decode, in hex."`
	Pcap    string `placeholder:"FILE" complete:"file" help:"A capture, pcap or pcapng; every TCP connection in it is decoded."`
	Role    string `enum:"client,server,auto" default:"auto" placeholder:"ROLE" help:"Who sent the octets: client or server. By default, recognized from the octets."`
	Deflate string `placeholder:"VALUE" help:"What was negotiated, if the octets do not say: the server's Sec-WebSocket-Extensions, or none."`
	Symbols int    `default:"40" placeholder:"N" help:"List at most N runs of symbols of each compressed message (40)."`
	Payload int    `default:"64" placeholder:"N" help:"Show at most N octets of each payload (64)."`
	JSON    bool   `name:"json" help:"Print JSON."`
}

// Help is what "wsspec inspect --help" says.
func (inspectCmd) Help() string {
	return `Decodes WebSocket traffic that somebody else recorded: the handshake, frames with their bits, messages, the DEFLATE blocks of compressed ones, and every rule that is broken, with its section.

  wsspec inspect --role client --hex 'c1 07 f2 48 cd c9 c9 07 00'

prints

  @0         > text rsv=4 0xf248cdc9c90700
               FIN=1 RSV=100 opcode=0001 MASK=0 length=7
  @0         # RSV1 is set: permessage-deflate without parameters is assumed
  @0         ! RFC 6455, 5.1: a client must mask [client]
  @0           deflate: fixed, 5 literals, end; tail
  @0         = text "Hello"

@0 is the offset of an octet; in captures it is a time in seconds. > is a frame from the client, < one from the server, = a whole message, ! a broken rule, and who broke it, # a remark on what was assumed or could not be judged. docs/inspecting.md explains the rest.

The octets may begin with the opening handshake or after it. Clients mask their frames, which is how the sender is recognized without --role. If RSV1 is set and neither a handshake nor --deflate says what was negotiated, permessage-deflate without parameters is assumed; --deflate none assumes nothing.

Captures: Ethernet, loopback, Linux cooked, raw IP; IPv4 and IPv6; gaps are reported. TLS cannot be decoded: capture between the proxy that terminates it and the server.

Exit status: 0 if no rule is broken, 1 if one is, 2 if the input is neither octets nor a capture.`
}

// Run inspects.
func (c inspectCmd) Run(p *process) error {
	given := 0
	for _, s := range []string{c.File, c.Hex, c.Pcap} {
		if s != "" {
			given++
		}
	}
	if given != 1 {
		return badUsage(errors.New("inspect: name one file, or give --hex or --pcap"), "")
	}
	o, err := c.options()
	if err != nil {
		return err
	}
	out := &inspection{p: p, json: c.JSON}
	switch {
	case c.Pcap != "":
		err = c.capture(out, o, c.Pcap, nil)
	case c.Hex != "":
		var octets []byte
		if octets, err = inspect.Hex([]byte(c.Hex)); err != nil {
			return badUsage(fmt.Errorf("--hex: %w", err), "two digits an octet, as in --hex '81 00'")
		}
		if len(octets) == 0 {
			return badUsage(errors.New("--hex: there are no octets in it"), "two digits an octet, as in --hex '81 00'")
		}
		c.octets(out, o, octets, "")
	default:
		err = c.file(out, o)
	}
	if err != nil {
		return err
	}
	return out.end()
}

// maxSymbols and maxPayload bound what the flags may ask for.
const (
	maxSymbols = 10_000
	maxPayload = 64 << 10
)

func (c inspectCmd) options() (inspect.Options, error) {
	o := inspect.Options{Symbols: c.Symbols, Payload: c.Payload, Memory: inspect.NewMemory(inspect.DefaultMemory)}
	switch {
	case c.Symbols < 0 || c.Symbols > maxSymbols:
		return o, badUsage(fmt.Errorf("--symbols %d: want 0 to %d", c.Symbols, maxSymbols), "")
	case c.Payload < 0 || c.Payload > maxPayload:
		return o, badUsage(fmt.Errorf("--payload %d: want 0 to %d", c.Payload, maxPayload), "")
	case c.Deflate == "none":
		o.Plain = true
	case c.Deflate != "":
		xs, err := ws.ParseExtensions([]string{c.Deflate})
		var a deflate.Answer
		found := false
		if err == nil {
			a, found, err = deflate.FindAnswer(xs)
		}
		if err == nil && !found {
			err = errors.New("there is no permessage-deflate in it")
		}
		if err != nil {
			return o, badUsage(fmt.Errorf("--deflate %q: %w", c.Deflate, err), `such as --deflate 'permessage-deflate; server_max_window_bits=10', or --deflate none`)
		}
		o.Deflate = &a
	}
	return o, nil
}

// octets inspects what one side sent. About them there is something to be said.
func (c inspectCmd) octets(out *inspection, o inspect.Options, octets []byte, about string) {
	from, frames, why := inspect.Guess(octets)
	assumed := fmt.Sprintf("sent by the %v: %s", from, why)
	switch c.Role {
	case "client":
		from, assumed = ws.Client, "sent by the client"
	case "server":
		from, assumed = ws.Server, "sent by the server"
	}
	heading := fmt.Sprintf("%d octets, %s", len(octets), assumed)
	if about != "" {
		heading = about + "; " + heading
	}
	out.add(visible.Text(heading), nil, inspect.Octets(o, from, frames, octets))
}

// maxFile is how many octets of a file are looked at that is no capture.
const maxFile = 256 << 20

// file inspects a file, whatever is in it.
func (c inspectCmd) file(out *inspection, o inspect.Options) error {
	f := os.Stdin
	if c.File != "-" {
		var err error
		if f, err = os.Open(c.File); err != nil {
			return badUsage(fmt.Errorf("inspect: %w", err), "name a file with octets, hex or captured packets")
		}
		defer f.Close()
	}
	beginning := make([]byte, 4)
	n, err := io.ReadFull(f, beginning)
	if err != nil && n == 0 && !errors.Is(err, io.EOF) {
		return badUsage(fmt.Errorf("inspect: %w", err), "name a file, not a folder")
	}
	rest := io.MultiReader(bytes.NewReader(beginning[:n]), f)
	if capture.IsCapture(beginning[:n]) {
		return c.capture(out, o, c.File, rest)
	}
	octets, err := io.ReadAll(io.LimitReader(rest, maxFile+1))
	switch {
	case err != nil:
		return badUsage(fmt.Errorf("inspect: %s: %w", c.File, err), "")
	case len(octets) == 0:
		return badUsage(fmt.Errorf("inspect: %s is empty", c.File), "")
	case len(octets) > maxFile:
		return badUsage(fmt.Errorf("inspect: %s has more than %d octets", c.File, maxFile), "capture packets instead: there is no limit for those")
	}
	if !inspect.LooksHex(octets) {
		c.octets(out, o, octets, c.File+": octets as they are")
		return nil
	}
	if octets, err = inspect.Hex(octets); err != nil {
		return badUsage(fmt.Errorf("inspect: %s: it looks like hex, but %w", c.File, err), "")
	}
	c.octets(out, o, octets, c.File+": hex")
	return nil
}

// capture inspects all connections of a capture. Where r is nil, the file is opened.
func (c inspectCmd) capture(out *inspection, o inspect.Options, name string, r io.Reader) error {
	if c.Role != "auto" {
		return badUsage(fmt.Errorf("--role: a capture says who is who"), "")
	}
	if r == nil {
		f, err := os.Open(name)
		if err != nil {
			return badUsage(fmt.Errorf("--pcap: %w", err), "name a file written by tcpdump, Wireshark or the like")
		}
		defer f.Close()
		r = f
	}
	counts, err := capture.Read(r, func(conn capture.Conn) capture.Listener { return watch(out, o, conn) })
	if err != nil && counts.Packets == 0 {
		return badUsage(fmt.Errorf("inspect: %s: %w", name, err), "want pcap or pcapng, as tcpdump -w and Wireshark write")
	}
	out.counts = &counts
	if err == nil {
		return nil
	}
	_ = out.end() // what was before it is shown, and the status is that of bad input all the same
	return badUsage(fmt.Errorf("inspect: %s: %w", name, err), "the file is damaged or was cut off there; what is before it was looked at")
}
