// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"github.com/wsspec/wsspec/internal/wamp"
)

type wampCmd struct {
	Write wampWriteCmd `cmd:"" help:"Write 41 WAMP messages in JSON and MessagePack, to test a serializer with."`
	Check wampCheckCmd `cmd:"" help:"Check a file of WAMP messages: do rmsg, json and msgpack say the same?"`
}

type wampWriteCmd struct {
	Output string `short:"o" placeholder:"FILE" complete:"file" help:"Write to this file, not to standard output."`
}

// Help is what "wsspec wamp write --help" says beside the flags.
func (wampWriteCmd) Help() string {
	return `The file is an array of objects: name says in words what the message is, rmsg is its list, json the text that stands for it in JSON, msgpack its MessagePack in hex.

A serializer should make json and msgpack of rmsg, and rmsg of each of them. What it writes into a file of the same form, "wsspec wamp check" compares.`
}

// Run writes the messages.
func (c wampWriteCmd) Run(p *process) error {
	var b bytes.Buffer
	if err := wamp.Write(&b); err != nil {
		return err
	}
	if c.Output == "" {
		_, err := b.WriteTo(p.stdout)
		return err
	}
	if err := os.WriteFile(c.Output, b.Bytes(), 0o666); err != nil {
		return badUsage(err, "choose another file with -o")
	}
	fmt.Fprintf(p.stdout, "%d messages written to %s\n", len(wamp.Samples()), c.Output)
	return nil
}

type wampCheckCmd struct {
	File string `arg:"" complete:"file" help:"The file; - is standard input."`
}

// Help is what "wsspec wamp check --help" says beside the flags.
func (wampCheckCmd) Help() string {
	return `Each message has to be laid out as its type wants it, and its JSON and its MessagePack have to stand for the same list. How a number or a text is encoded does not matter. The exit status is 1 if there is a finding.

Example: wsspec wamp write -o messages.json && wsspec wamp check messages.json`
}

// Run checks the file.
func (c wampCheckCmd) Run(p *process) error {
	b, err := readMessages(c.File)
	if err != nil {
		return badUsage(err, "")
	}
	n, findings, err := wamp.Check(b)
	for _, f := range findings {
		fmt.Fprintf(p.stdout, "%s: %s\n", c.File, f)
	}
	if err != nil {
		return badUsage(fmt.Errorf("%s: %w", c.File, err), `"wsspec wamp write" shows the form`)
	}
	fmt.Fprintln(p.stdout, wamp.Tally(n, len(findings)))
	if len(findings) > 0 || n == 0 {
		return statusError(exitVerdict)
	}
	return nil
}

// readMessages reads a file up to a little more than what is taken.
func readMessages(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(io.LimitReader(os.Stdin, wamp.MaxFile+1))
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, wamp.MaxFile+1))
}
