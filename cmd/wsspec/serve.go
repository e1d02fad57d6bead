// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/fuzzserver"
	"github.com/wsspec/wsspec/internal/report/archive"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/terminal"
	"github.com/wsspec/wsspec/internal/website"
	"github.com/wsspec/wsspec/internal/ws"
)

type serveCmd struct {
	Selection `embed:""`

	Listen string `default:":9001" placeholder:"ADDR" help:"Where clients connect (${default}: port 9001, all interfaces). With port 0 the system picks one, which is printed."`
	Web    string `placeholder:"ADDR" help:"Where browsers find the pages; port 8080 without it, if that is free."`
	NoWeb  bool   `help:"Serve no pages."`
	Out    string `default:"wsspec-report" placeholder:"DIR" complete:"dir" help:"Folder for the report (${default})."`

	ReadyFile string        `placeholder:"FILE" complete:"file" help:"Write the server's URL to this file once it listens."`
	IdleExit  time.Duration `placeholder:"TIME" help:"Exit when no client has been connected for so long, such as 30s, after the first."`
	Token     string        `placeholder:"WORD" help:"What clients must give as ?token=WORD to stop the server or to command it directly. Without one, clients on this machine may."`

	TLSCert       string `name:"tls-cert" type:"existingfile" placeholder:"FILE" group:"TLS" help:"Certificate, PEM: serve wss."`
	TLSKey        string `name:"tls-key" type:"existingfile" placeholder:"FILE" group:"TLS" help:"Its key, PEM."`
	TLSSelfSigned bool   `name:"tls-self-signed" group:"TLS" help:"Serve wss with a certificate made for this run."`

	TimeoutFactor float64 `default:"1" placeholder:"F" help:"Stretch all patience with clients, for slow machines."`
	FailByDrop    bool    `help:"Fail connections by closing TCP, without a Close frame."`
	Seed          *uint64 `placeholder:"N" help:"Seed of what is random."`
	Strict        bool    `help:"NON-STRICT counts as failed, and so does any closing that is not OK."`

	Quiet   bool `short:"q" group:"Output" help:"Print the summary only."`
	Verbose bool `short:"v" group:"Output" help:"Print a line for every case."`
	Wire    bool `group:"Output" help:"Print the wire log of failed cases."`
}

// Help is what "wsspec serve --help" says beside the flags.
func (serveCmd) Help() string {
	return `A client under test asks ws://HOST:9001/getCaseCount for the number of cases, echoes what it is sent on /runCase?case=N&agent=NAME for each N from 1 on, and ends with /updateReports?agent=NAME. Ctrl-C ends the server.`
}

// Run serves clients until a signal, a client, or idleness ends it.
func (c *serveCmd) Run(ctx context.Context, p *process) error {
	if err := c.checkTimes(); err != nil {
		return err
	}
	picked, err := c.pick()
	if err != nil {
		return err
	}
	tlsConfig, err := c.tls()
	if err != nil {
		return err
	}
	store, err := openFolder(c.Out, c.Strict)
	if err != nil {
		return err
	}
	l, err := stream.Listen(c.Listen, tlsConfig)
	if err != nil {
		return badUsage(err, "choose another address with --listen, such as :0")
	}
	settings := c.settings()
	lounge := newLounge(p, terminal.Detail{Quiet: c.Quiet, Verbose: c.Verbose, Wire: c.Wire}, c.Strict)
	plan, surveys := runner.Plan(picked, ws.Server), runner.Surveys(picked, ws.Server)
	for _, c := range slices.Concat(plan, surveys) {
		lounge.planned = append(lounge.planned, c.ID)
	}
	lounge.planned = slices.Compact(lounge.planned) // of a case with several connections, one
	pages := new(website.Site)
	if !c.NoWeb {
		if pages, err = p.website(c.Web, website.Config{Clients: l, Secure: tlsConfig != nil, Plan: plan, Folder: store}); err != nil {
			return errors.Join(err, l.Close())
		}
	}
	server := fuzzserver.New(fuzzserver.Config{
		Plan: plan, Surveys: surveys, Settings: settings, Store: store, Identity: fuzzserver.Identity("wsspec/" + version()), Token: c.Token,
		Events: func(e fuzzserver.Event) { lounge.event(e); pages.Event(e) },
	})
	url := stream.URL(l, tlsConfig != nil)
	fmt.Fprintf(p.stdout, "Listening on %s with %s, seed %d. Ctrl-C ends it.\n", url, terminal.CasesOf(len(picked)), settings.Seed)
	if pages.Open() {
		fmt.Fprintf(p.stdout, "Pages, also to test a browser: %s\n", pages.Address())
	}
	if err := ready(c.ReadyFile, url); err != nil {
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
	lounge.summary()
	p.reportAt(store)
	if status := lounge.status(); status != exitOK {
		return statusError(status)
	}
	return nil
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

func (c *serveCmd) tls() (*tls.Config, error) {
	switch {
	case (c.TLSCert == "") != (c.TLSKey == ""):
		return nil, badUsage(errors.New("--tls-cert and --tls-key go together"), "")
	case c.TLSCert != "":
		pair, err := stream.LoadTLS(c.TLSCert, c.TLSKey)
		if err != nil {
			return nil, badUsage(err, "")
		}
		return pair, nil
	case c.TLSSelfSigned:
		return selfSigned()
	}
	return nil, nil
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

// lounge keeps account of the clients that come and go.
type lounge struct {
	process *process
	screen  *terminal.Screen
	strict  bool
	planned []string // ids of the cases there are for a client

	mu      sync.Mutex
	tallies map[string]*terminal.Tally
	order   []string // agents as they came
	here    int      // connections open
	visited bool
	fault   bool // of ours
	lost    bool // a result could not be kept
	refused refusals
	change  chan struct{}
}

func newLounge(p *process, d terminal.Detail, strict bool) *lounge {
	return &lounge{process: p, screen: p.screen(d), strict: strict, refused: refusals{quiet: d.Quiet}, tallies: map[string]*terminal.Tally{}, change: make(chan struct{}, 1)}
}

// event takes what the server tells.
func (l *lounge) event(e fuzzserver.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch e.Kind {
	case fuzzserver.Connected:
		l.here++
		l.visited = true
	case fuzzserver.Disconnected:
		l.here--
	case fuzzserver.Refused, fuzzserver.Unheard:
		l.visited = true
		l.refused.add(l.process.stderr, e)
	case fuzzserver.CaseDone:
		t := l.tallies[e.Agent]
		if t == nil {
			t = &terminal.Tally{Strict: l.strict, Planned: l.planned}
			l.tallies[e.Agent] = t
			l.order = append(l.order, e.Agent)
			l.screen.Greet(e.Agent, e.Remote)
		}
		known := t.HasFailed(e.Result.ID) // by another connection of the case: once is enough
		t.Add(*e.Result)
		if !known || !t.HasFailed(e.Result.ID) {
			l.screen.Done(*e.Result, t)
		}
	case fuzzserver.Trouble:
		if fault, ours := errors.AsType[*runner.Fault](e.Err); ours {
			l.fault = true
			l.process.faults(runner.Faults{fault})
			break
		}
		l.lost = true
		fmt.Fprintf(l.process.stderr, "wsspec: %v\n", e.Err)
	}
	select {
	case l.change <- struct{}{}:
	default:
	}
}

// whenIdle calls stop once nobody has been connected for the time, after there
// was somebody.
func (l *lounge) whenIdle(ctx context.Context, d time.Duration, stop func()) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	for {
		l.mu.Lock()
		idle := l.visited && l.here == 0
		l.mu.Unlock()
		var expired <-chan time.Time
		if idle {
			timer.Reset(d)
			expired = timer.C
		}
		select {
		case <-l.change:
		case <-expired:
			stop()
			return
		case <-ctx.Done():
			return
		}
	}
}

// status is the exit status that the results earn.
func (l *lounge) status() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fault {
		return exitFault
	}
	if l.lost {
		return exitUsage
	}
	for _, t := range l.tallies {
		if t.Failed() > 0 {
			return exitVerdict
		}
	}
	if len(l.tallies) == 0 {
		return exitUnreachable
	}
	return exitOK
}

// summary prints the tally of each client, of a few at most.
func (l *lounge) summary() {
	const most = 4
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, agent := range l.order {
		if i == most {
			fmt.Fprintf(l.process.stdout, "\nand %d more agents\n", len(l.order)-most)
			break
		}
		l.screen.Tally(agent, l.tallies[agent])
	}
	if len(l.order) == 0 {
		fmt.Fprintln(l.process.stdout, "No client has run a case.")
	}
	l.refused.summary(l.process.stdout)
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
