// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/wsspec/wsspec/internal/fuzz/conversation"
	"github.com/wsspec/wsspec/internal/fuzz/player"
	"github.com/wsspec/wsspec/internal/fuzzclient"
	"github.com/wsspec/wsspec/internal/terminal"
	"github.com/wsspec/wsspec/internal/visible"
	"github.com/wsspec/wsspec/internal/ws"
)

type replayCmd struct {
	Args []string `arg:"" name:"file" help:"Files such as findings/NAME.wsspec, or folders of them; and at the end the URL of the server."`

	Times         int     `default:"1" placeholder:"N" help:"Play each N times (${default})."`
	TimeoutFactor float64 `default:"1" placeholder:"F" help:"Multiply all timeouts by F, for slow machines and far servers."`

	Handshake `embed:""`

	Quiet bool `short:"q" group:"Output" help:"Print a line for each conversation only."`
}

// Help is what "wsspec replay --help" says beside the flags.
func (replayCmd) Help() string {
	return `A file is text that can be read and edited: what it says is in docs/fuzz.md. Each conversation is played, what comes back is printed, and what is wrong with it. The exit status is 1 where anything is.`
}

// Run plays the conversations one after the other.
func (c *replayCmd) Run(ctx context.Context, p *process) error {
	url := c.Args[len(c.Args)-1]
	if len(c.Args) < 2 || !strings.Contains(url, "://") {
		return badUsage(errors.New("the URL of the server is missing"), "wsspec replay findings/NAME.wsspec ws://localhost:9001")
	}
	if c.Times < 1 || !(c.TimeoutFactor > 0 && c.TimeoutFactor <= 1000) {
		return badUsage(errors.New("--times and --timeout-factor: want more than 0"), "")
	}
	files, err := readConversations(c.Args[:len(c.Args)-1])
	if err != nil {
		return err
	}
	for _, f := range files {
		if f.Role != ws.Client {
			return badUsage(fmt.Errorf("%s: it is a conversation with a client, and %s is a server", f.file, url), `"wsspec serve" plays it with clients that ask for it`)
		}
	}
	endpoint, err := c.endpoint(p, url)
	if err != nil {
		return err
	}
	play := &player.Player{Peer: endpoint.Peer(), Patience: player.Sure().Scaled(c.TimeoutFactor), Keep: true}
	status := exitOK
	for _, f := range files {
		for range c.Times {
			out := play.Play(ctx, f.Conversation)
			switch {
			case ctx.Err() != nil:
				return statusError(exitInterrupted)
			case out.Unreached != nil:
				return fmt.Errorf("%w: %w", fuzzclient.ErrUnreachable, out.Unreached)
			case len(out.Violations) > 0:
				status = exitVerdict
			}
			c.tell(p, f, out)
		}
	}
	if status != exitOK {
		return statusError(status)
	}
	return nil
}

// tell prints what came of a conversation.
func (c *replayCmd) tell(p *process, f conversationFile, out *player.Outcome) {
	word := "OK"
	if v := out.Worst(); v != nil {
		word = v.Level.String() + " " + v.Requirement + ": " + visible.Text(v.What)
	}
	fmt.Fprintf(p.stdout, "%s: %s\n", f.file, word)
	if c.Quiet {
		return
	}
	status := terminal.NewStatus(p.surroundings(), true)
	for _, line := range columns(status, "sent", scriptLines(f.Conversation)) {
		fmt.Fprintln(p.stdout, line)
	}
	trace := player.Received(out.Records)
	if len(trace) == 0 {
		trace = []string{"nothing"}
	}
	for _, line := range columns(status, "received", trace) {
		fmt.Fprintln(p.stdout, line)
	}
}

// conversationFile is a conversation and where it comes from.
type conversationFile struct {
	*conversation.Conversation
	file string
}

// readConversations reads files, and those in folders.
func readConversations(paths []string) ([]conversationFile, error) {
	var all []conversationFile
	for _, path := range paths {
		names := []string{path}
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, badUsage(fmt.Errorf("%s: there is no such file", path), `"wsspec fuzz" writes such files into the folder findings`)
		case err != nil:
			return nil, badUsage(err, "")
		case info.IsDir():
			names, err = filepath.Glob(filepath.Join(path, "*.wsspec"))
			names = slices.DeleteFunc(names, isFolder)
			if err != nil || len(names) == 0 {
				return nil, badUsage(fmt.Errorf("%s: there is no *.wsspec in it", path), `"wsspec fuzz" writes such files into the folder findings`)
			}
			slices.Sort(names)
		}
		for _, name := range names {
			c, err := readConversation(name)
			if err != nil {
				return nil, badUsage(err, "correct it, or leave the file out")
			}
			all = append(all, conversationFile{c, name})
		}
	}
	return all, nil
}

func isFolder(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

// readConversation reads a file. What is no regular one may have no end, or no beginning.
func readConversation(name string) (*conversation.Conversation, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: it is no regular file", name)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, conversation.MaxText+1))
	if err != nil {
		return nil, err
	}
	return conversation.Parse(name, string(b))
}
