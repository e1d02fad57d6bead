// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"time"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/folder"
	"github.com/wsspec/wsspec/internal/fuzzserver"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/archive"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/stream/h3"
	"github.com/wsspec/wsspec/internal/stream/secure"
	"github.com/wsspec/wsspec/internal/terminal"
	"github.com/wsspec/wsspec/internal/website"
	"github.com/wsspec/wsspec/internal/ws"
)

type serveCmd struct {
	Selection `embed:""`

	Listen string `default:":9001" placeholder:"ADDR" help:"Where clients connect (${default}: port 9001, all interfaces). With port 0 the system picks a port, which is printed."`
	Web    string `placeholder:"ADDR" help:"Where browsers find the pages; by default port 8080, if it is free."`
	NoWeb  bool   `help:"Do not serve pages."`
	Out    string `default:"wsspec-report" placeholder:"DIR" complete:"dir" help:"Folder for the report (${default})."`

	Findings string `default:"findings" placeholder:"DIR" complete:"dir" help:"Folder for what is found in clients that ask for /fuzz (${default})."`

	Force bool `help:"Replace files in --out that are not part of a report."`

	ReadyFile string        `placeholder:"FILE" complete:"file" help:"Write the server's URL to this file once it listens."`
	IdleExit  time.Duration `placeholder:"TIME" help:"Once a first client has come, exit when none has been connected for this long, such as 30s."`
	Token     string        `placeholder:"WORD" help:"What clients must send as ?token=WORD to stop the server or to control it directly. Without a token, only clients on this machine may."`

	Security `embed:""`

	HTTPVersion `embed:"" group:"HTTP"`

	TimeoutFactor float64 `default:"1" placeholder:"F" help:"Multiply all timeouts by F, for slow machines."`
	Baseline      string  `placeholder:"PATH" complete:"file" help:"An earlier report or an expectation file: failures recorded there do not count, unless they got worse."`
	LastFailed    bool    `help:"Only cases that did not pass, were flaky or were not run, according to the report in --out."`
	FailByDrop    bool    `help:"Fail connections by closing TCP, without a Close frame."`
	Seed          *uint64 `placeholder:"N" help:"Seed for all that is random, such as masking keys."`
	AllowPartial  bool    `help:"Do not exit with status 1 because a client did not ask for some cases."`
	Strict        bool    `help:"Count NON-STRICT as failed, and any closing that is not OK."`

	Quiet   bool `short:"q" group:"Output" help:"Print the summary only."`
	Verbose bool `short:"v" group:"Output" help:"Print a line for every case."`
	Wire    bool `group:"Output" help:"Print the wire log of failed cases."`

	Report []string `sep:"none" placeholder:"KIND=FILE" complete:"output" group:"Output" help:"Write another report at the end: csv, html, junit, markdown, tap, github, json or badge; without =FILE, to standard output. Repeatable."`
}

// Help is what "wsspec serve --help" says beside the flags.
func (serveCmd) Help() string {
	return `A client under test asks ws://HOST:9001/getCaseCount for the number of cases, then for each N from 1 on opens /runCase?case=N&agent=NAME and echoes what it receives, and at the end opens /updateReports?agent=NAME. Ctrl-C stops the server.

A client that opens /fuzz?agent=NAME&seed=N&runs=N over and over is told what no case says, as "wsspec fuzz" does with servers, until the answer is HTTP status 410.`
}

// Run serves clients until a signal, a client, or idleness ends it.
func (c *serveCmd) Run(ctx context.Context, p *process) error {
	if err := c.checkTimes(); err != nil {
		return err
	}
	plan, err := c.plan(p)
	if err != nil {
		return err
	}
	p = p.beside(plan.outputs)
	tlsConfig, authority, err := c.config(p, c.HTTP2)
	if err != nil {
		return err
	}
	settings := c.settings()
	settings.Profile = plan.profile.Profile
	lounge := newLounge(p, terminal.Detail{Quiet: c.Quiet, Verbose: c.Verbose, Wire: c.Wire}, plan.tally)
	lounge.planned, lounge.flags, lounge.suites = append(expected(plan.cases, plan.surveys), plan.untold...), c.repeat(), c.suites()
	store, err := c.store(p, plan, lounge.planned)
	if err != nil {
		return err
	}
	lounge.like.Whole = wholeIn(store)
	l, apart, err := c.listen(tlsConfig, authority, plan.cases)
	if err != nil {
		return badUsage(err, "choose another address with --listen, such as :0")
	}
	quic, err := c.overQUIC(l.Addr(), tlsConfig)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	room := newFuzzRoom(p, c.Findings, c.Quiet)
	pages := new(website.Site)
	if !c.NoWeb {
		if pages, err = p.website(c.Web, website.Config{Clients: l, Secure: tlsConfig != nil, Plan: plan.cases, Folder: store, Fuzzed: room.fuzzed}); err != nil {
			return errors.Join(err, l.Close())
		}
	}
	server := fuzzserver.New(fuzzserver.Config{
		Plan: plan.cases, Surveys: plan.surveys, Settings: settings, Store: flagged{store, lounge.flags}, Identity: fuzzserver.Identity("wsspec/" + version()), Token: c.Token,
		HTTP2: c.HTTP2, HTTP3: quic, Apart: apart, Fuzz: room.play,
		Events: func(e fuzzserver.Event) { lounge.event(e); pages.Event(e) },
	})
	if err := c.announce(p, l, len(lounge.planned)-len(plan.untold), settings.Seed, apart, pages); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	if c.IdleExit > 0 {
		go lounge.whenIdle(ctx, c.IdleExit, stop)
	}
	pages.Serve(ctx)
	err = server.Serve(ctx, l)
	stop()
	if err := pages.Wait(err); err != nil {
		return err
	}
	return room.close(func() error { return lounge.close(plan, store) })
}

// announce says where clients and browsers find us, and that we are ready.
func (c *serveCmd) announce(p *process, l net.Listener, cases int, seed uint64, apart []fuzzserver.Apart, pages *website.Site) error {
	url := stream.URL(l, c.isOn())
	fmt.Fprintf(p.stdout, "Listening on %s with %s, seed %d. Ctrl-C ends it.\n", url, terminal.CasesOf(cases), seed)
	for _, a := range apart {
		fmt.Fprintf(p.stdout, "Port of case %s: %s\n", a.ID, a.Port())
	}
	if pages.Open() {
		fmt.Fprintf(p.stdout, "Pages, also to test a browser: %s\n", pages.Address())
	}
	return ready(c.ReadyFile, url)
}

// servePlan is what clients will be tested with.
type servePlan struct {
	cases, surveys []runner.Planned
	profile        profile
	untold         []report.Planned // what is left out for want of a profile that says more
	outputs        []output
	known          *known
	tally          terminal.Tally // what the tally of each client starts as
	machine        *process       // where reports may have standard output to themselves
}

// plan reads everything the flags name.
func (c *serveCmd) plan(p *process) (*servePlan, error) {
	s := &servePlan{machine: p, tally: terminal.Tally{Strict: c.Strict, Partial: c.AllowPartial}}
	picked, err := c.pick()
	if err != nil {
		return nil, err
	}
	if picked, err = p.narrow(picked, "", c.LastFailed, c.Out); err != nil {
		return nil, err
	}
	if s.profile, err = readProfile(c.Profile); err != nil {
		return nil, err
	}
	s.profile.TLS, s.profile.Authority = c.isOn(), c.TLSAuthority != ""
	picked, s.untold = c.parted(picked, ws.Server, s.profile.Profile, c.HTTPVersion.version())
	s.cases, s.surveys = runner.Plan(picked, ws.Server), runner.Surveys(picked, ws.Server)
	if len(s.cases) == 0 {
		return nil, c.nothingToPlay(s.untold, ": no client can ask for any of them", `"wsspec test" tests servers; some cases look at the others, and need one beside them`)
	}
	if s.outputs, err = parseOutputs(c.Report); err != nil {
		return nil, err
	}
	for _, o := range s.outputs {
		if err := o.check(); err != nil {
			return nil, err
		}
	}
	if s.known, err = p.readKnown(c.Baseline); err != nil {
		return nil, err
	}
	if s.known != nil {
		s.tally.Standing = s.known.standing
	}
	return s, nil
}

// store opens the folder of the report.
func (c *serveCmd) store(p *process, s *servePlan, planned []report.Planned) (*folder.Folder, error) {
	f, err := p.openFolder(c.Out, c.Strict, c.Force)
	if err != nil {
		return nil, err
	}
	f.View.Partial = c.AllowPartial
	f.View = s.known.in(f.View)
	f.Expect(archive.Plan{Of: func(string) []report.Planned { return planned }, Suites: func(string) []string { return c.suites() }, Part: c.part() || c.LastFailed, Why: notAsked})
	return f, nil
}

func (c *serveCmd) checkTimes() error {
	switch {
	case !(c.TimeoutFactor > 0 && c.TimeoutFactor <= 1000):
		return badUsage(fmt.Errorf("--timeout-factor is %v: want more than 0 and at most 1000", c.TimeoutFactor), "")
	case c.IdleExit < 0:
		return badUsage(fmt.Errorf("--idle-exit is %v: want more than 0", c.IdleExit), "")
	}
	return nil
}

func (c *serveCmd) settings() runner.Settings {
	s := runner.Settings{Seed: rand.Uint64() >> 32, Factor: c.TimeoutFactor, Deflate: deflate.NewPool()}
	s.Options.FailByDrop = c.FailByDrop
	if c.Seed != nil {
		s.Seed = *c.Seed
	}
	return s
}

// overQUIC listens for HTTP/3 at the port over UDP, or returns nil.
func (c *serveCmd) overQUIC(at net.Addr, config *tls.Config) (*h3.Listener, error) {
	if !c.HTTP3 {
		return nil, nil
	}
	if config == nil {
		return nil, badUsage(errors.New("--http3: HTTP/3 is always over TLS"), "--tls-self-signed makes a certificate; --tls-cert and --tls-key name one")
	}
	l, err := h3.Listen(at.String(), config, h3.Config{Wait: true})
	if err != nil {
		return nil, badUsage(err, "choose another address with --listen, such as :0")
	}
	return l, nil
}

// listen opens the port for clients, and those of the cases that need one of their own:
// the ones behind it, or any, where the system picks that too.
func (c *serveCmd) listen(config *tls.Config, authority *secure.Authority, plan []runner.Planned) (net.Listener, []fuzzserver.Apart, error) {
	l, err := stream.Listen(c.Listen, nil)
	if err != nil || config == nil {
		return l, nil, err
	}
	var apart []fuzzserver.Apart
	host, first, _ := net.SplitHostPort(c.Listen) // it could be listened to
	next, _ := strconv.Atoi(first)                // 0 for none, and for names of services
	for _, k := range plan {
		if authority == nil || !k.Open.TLS.Apart() {
			continue
		}
		if next > 0 {
			next++
		}
		own, err := stream.Listen(net.JoinHostPort(host, strconv.Itoa(next)), nil)
		if err == nil {
			own, err = authority.NewListener(own, k.Open.TLS)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("port of case %s: %w", k.ID, err)
		}
		apart = append(apart, fuzzserver.Apart{ID: k.ID, Listener: own})
	}
	return secure.NewListener(l, config), apart, nil
}

// ready writes a URL to the file that tells others we listen, if there is to be one.
func ready(file, url string) error {
	if file == "" {
		return nil
	}
	if err := archive.WriteOutput(file, []byte(url+"\n")); err != nil {
		return badUsage(err, "")
	}
	return nil
}

// website listens for browsers at the address of --web.
func (p *process) website(addr string, c website.Config) (*website.Site, error) {
	c.Version, c.Log = version(), p.stderr
	site, err := website.Listen(addr, c)
	if err != nil {
		return nil, badUsage(err, "choose another address, or none")
	}
	return site, nil
}
