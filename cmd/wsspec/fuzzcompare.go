// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/wsspec/wsspec/internal/fuzz"
	"github.com/wsspec/wsspec/internal/fuzz/player"
	"github.com/wsspec/wsspec/internal/fuzzclient"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/terminal"
	"github.com/wsspec/wsspec/internal/visible"
)

// compare has the same conversations with two servers, and prints how they differ.
func (c *fuzzCmd) compare(ctx context.Context, p *process) error {
	var peers [2]player.Peer
	var agents [2]string
	config := c.config(player.Peer{}, fuzzclient.Met{})
	for i, url := range c.URLs {
		e, err := c.endpoint(p, url)
		if err != nil {
			return err
		}
		met, err := e.Meet(ctx, runner.Settings{Factor: c.TimeoutFactor})
		if err != nil {
			return err
		}
		agents[i], peers[i] = met.Agent, e.Peer()
		peers[i].Limit, peers[i].TextOnly = c.MessageLimit, c.TextOnly
	}
	if !c.Quiet {
		fmt.Fprintf(p.stdout, "Comparing %q at %s and %q at %s, seed %d. Ctrl-C ends it.\n", agents[0], c.URLs[0], agents[1], c.URLs[1], config.Seed)
	}
	screen := &fuzzScreen{process: p, out: c.Out, status: terminal.NewStatus(p.surroundings(), true)}
	s := fuzz.Compare(ctx, config, peers)
	if err := screen.differences(agents, &s); err != nil {
		return err
	}
	if s.Lost != nil {
		return screen.oneIsLost(c.URLs[s.LostIs], &s)
	}
	if ctx.Err() != nil {
		return statusError(exitInterrupted)
	}
	return nil
}

// oneIsLost tells that one of the servers could not be reached any more, and what came before.
func (s *fuzzScreen) oneIsLost(url string, sum *fuzz.Comparison) error {
	if err := s.keepGone(sum.Seed, sum.Gone); err != nil {
		return err
	}
	fmt.Fprintf(s.process.stdout, "\n%v\n", sum.Lost)
	s.say("", fmt.Sprintf("The last %d conversations before that are in %s/gone-%d-*.wsspec; the server may have died of one of them. To find out which: wsspec fuzz %s --seed %d --restart COMMAND", len(sum.Gone), s.out, sum.Seed, url, sum.Seed))
	return statusError(exitVerdict)
}

// differences prints the table, and keeps an example of each.
func (s *fuzzScreen) differences(agents [2]string, sum *fuzz.Comparison) error {
	p := s.process
	fmt.Fprintf(p.stdout, "\n%s with each in %v, seed %d\n", plural(sum.Played, "conversation"), sum.Took.Round(time.Millisecond), sum.Seed)
	for i, n := range sum.Wrong {
		if n > 0 {
			fmt.Fprintf(p.stdout, "  %6d  that %q got wrong, which \"wsspec fuzz\" is for\n", n, agents[i])
		}
	}
	if len(sum.Differences) == 0 {
		fmt.Fprintln(p.stdout, "  they do not differ")
		return nil
	}
	fmt.Fprintf(p.stdout, "\n  %-18s %-34s %-34s %7s  %s\n", "", clipped(agents[0]), clipped(agents[1]), "seen", "example")
	for _, d := range sum.Differences {
		hash := sha256.Sum256([]byte(d.Example.Script()))
		d.Example.Expected = fmt.Sprintf("%s: %s and %s", d.Aspect, d.Does[0], d.Does[1])
		file, err := s.keep(fmt.Sprintf("differ-%x", hash[:4]), d.Example.String())
		if err != nil {
			return err
		}
		fmt.Fprintf(p.stdout, "  %-18s %-34s %-34s %7d  %s\n", d.Aspect, clipped(d.Does[0]), clipped(d.Does[1]), d.Seen, file)
	}
	return nil
}

// clipped fits a column.
func clipped(s string) string {
	const most = 34
	s = visible.Text(s)
	if len([]rune(s)) > most {
		s = string([]rune(s)[:most-1]) + "…"
	}
	return s
}
