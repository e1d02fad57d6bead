// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/telling"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/spec"
	"github.com/wsspec/wsspec/internal/terminal"
	"github.com/wsspec/wsspec/internal/ws"
)

// profile is what a peer is meant to do, and the file that says so, if there is one.
type profile struct {
	file string
	peer.Profile
}

// readProfile reads a file that --profile, or a specification, names.
func readProfile(file string) (profile, error) {
	if file == "" {
		return profile{}, nil
	}
	p, err := spec.ReadProfile(file)
	if err != nil {
		return profile{}, badUsage(err, "docs/profiles.md says what may be in a profile")
	}
	return profile{file, p}, nil
}

// readProfiles reads what each server is meant to do: what the specification says of
// those in it, the file for the others.
func (t *testRun) readProfiles(file string) error {
	for len(t.profiles) < max(len(t.servers), 1) { // without any, the built-in one is tested
		t.profiles = append(t.profiles, profile{file: file})
	}
	for i := range t.profiles {
		p, err := readProfile(t.profiles[i].file)
		if err != nil {
			return err
		}
		t.profiles[i] = p
	}
	return nil
}

// parted parts the cases that a run in the role can play, with a profile and over a
// version of HTTP, from those that are left out: those that cannot be judged because
// nobody says what the peer is meant to do, but for the ones that are named, and those
// that are about another version of HTTP. What is about a later one is no part of a run
// over HTTP/1.1 unless it was picked.
func (s Selection) parted(picked []conform.Case, role ws.Role, p peer.Profile, over string) (played []conform.Case, left []report.Planned) {
	for _, k := range picked {
		leave := report.Planned{ID: k.ID, Title: k.Title}
		lacks := k.Lacks(role, p)
		switch {
		case k.Over != "" && k.Over != over:
			if over == ws.HTTP1 && (len(s.Cases) == 0 || slices.Contains(s.Cases, "*")) {
				continue
			}
			leave.Needs = k.Over
		case lacks == conform.Unneeded || !lacks.OfTLS() && slices.Contains(s.Cases, k.ID):
			played = append(played, k)
			continue
		default:
			leave.Needs = string(lacks)
		}
		if k.Only.Has(role) {
			left = append(left, leave)
		}
	}
	return played, left
}

// nothingToPlay says why none of the selected cases is played.
func (s Selection) nothingToPlay(untold []report.Planned, others, hint string) error {
	if len(untold) > 0 && untold[0].OnlyOver() != "" {
		return badUsage(fmt.Errorf("%s: this is about %s", s.flags(), untold[0].OnlyOver()), httpHint(untold[0].OnlyOver()))
	}
	if len(untold) > 0 && untold[0].OfTLS() {
		return badUsage(fmt.Errorf("%s: this needs %s", s.flags(), conform.Trait(untold[0].Needs).Wanted()), "")
	}
	if len(untold) > 0 {
		return badUsage(fmt.Errorf("%s: this needs a profile that says %s", s.flags(), untold[0].Needs), "--profile names one")
	}
	return badUsage(fmt.Errorf("%s%s", s.flags(), others), hint)
}

// planFor plans the cases for one of the servers.
func (t *testRun) planFor(server int) {
	t.settings.Profile = t.profiles[server].Profile
	t.settings.Profile.TLS = server < len(t.servers) && isWSS(t.servers[server].URL)
	played, left := t.parted(t.picked, t.settings.Profile)
	t.plan, t.surveys, t.untold = runner.Plan(played, ws.Client), runner.Surveys(played, ws.Client), left
}

// isWSS reports whether a URL is one for TLS.
func isWSS(url string) bool { return len(url) > 4 && strings.EqualFold(url[:4], "wss:") }

// list prints the cases that would be played of each server, where they differ.
func (t *testRun) list(p *process) {
	var listed []string
	for i := range t.profiles {
		t.planFor(i)
		var b strings.Builder
		for _, k := range slices.Concat(t.plan, t.surveys) {
			fmt.Fprintf(&b, "%-8s %s\n", k.ID, k.Title)
		}
		if slices.Contains(listed, b.String()) {
			continue
		}
		listed = append(listed, b.String())
		fmt.Fprint(p.stdout, b.String())
		var untold, unfit, inClear []report.Planned
		for _, k := range t.untold {
			if k.OfTLS() {
				inClear = append(inClear, k)
			} else if k.OnlyOver() != "" {
				unfit = append(unfit, k)
			} else {
				untold = append(untold, k)
			}
		}
		if n := len(untold); n > 0 {
			fmt.Fprintf(p.stderr, "%s more, for which a profile is needed: %s\n", terminal.CasesOf(n), telling.UntoldBy(untold))
		}
		if n := len(unfit); n > 0 {
			fmt.Fprintf(p.stderr, "%s more, which are about another version of HTTP: %s\n", terminal.CasesOf(n), telling.UntoldBy(unfit))
		}
		if n := len(inClear); n > 0 {
			fmt.Fprintf(p.stderr, "%s more, which are about TLS: %s\n", terminal.CasesOf(n), telling.UntoldBy(inClear))
		}
	}
}
