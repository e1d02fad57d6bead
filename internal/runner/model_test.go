// SPDX-License-Identifier: Apache-2.0

package runner_test

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/model"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

var whole = flag.Bool("whole", false, "TestModelAgrees: all cases with all faults, which takes minutes")

// tap is our end of a connection whose octets a model is fed.
type tap struct {
	stream.Stream
	mu    sync.Mutex
	model *model.Model
	gone  bool      // we have ended TCP, or the endpoint has
	owes  bool      // something was owed then
	last  time.Time // that anything was sent or came
}

// patience is the shortest wait of a case for what it wants to come, a little less.
const patience = 450 * time.Millisecond

// fed calls the model when something is sent or has come. Whoever sends something after a
// wait has waited in vain.
func (t *tap) fed(sent bool, feed func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.gone {
		return
	}
	now := time.Now()
	if sent && !t.last.IsZero() && now.Sub(t.last) >= patience {
		t.model.Quiet()
	}
	t.last = now
	feed()
}

func (t *tap) Read(b []byte) (int, error) {
	n, err := t.Stream.Read(b)
	t.fed(false, func() {
		t.model.Received(b[:n])
		switch {
		case err == io.EOF:
			t.gone = true
			t.model.Ended(model.FIN)
		case err != nil && stream.IsReset(err):
			t.gone = true
			t.model.Ended(model.RST)
		}
	})
	return n, err
}

func (t *tap) Write(b []byte) (int, error) {
	t.fed(true, func() { t.model.Sent(b) })
	return t.Stream.Write(b)
}

func (t *tap) CloseWrite() error {
	t.fed(true, func() { t.model.SentEnd(model.FIN) })
	return t.Stream.CloseWrite()
}

func (t *tap) Close() error {
	t.leave()
	return t.Stream.Close()
}

func (t *tap) Reset() error {
	t.leave()
	return t.Stream.Reset()
}

func (t *tap) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.gone {
		t.gone, t.owes = true, true
	}
}

// opinion is what both judges say of one connection.
type opinion struct {
	fault, id string
	turn      int
	theCase   string // good, lesser or bad
	theModel  string
	reason    string // of the case
	found     []model.Violation
	state     string
}

// judgeTwice plays the cases and returns what the case and the model say of each connection.
func (b *bench) judgeTwice(t *testing.T, fault string, plan []runner.Planned) []opinion {
	t.Helper()
	cfg := testee.Config{MaxMessage: b.maxMessage}
	cfg.Subprotocols = b.settings.Profile.Subprotocols
	if no := b.settings.Profile.ForbiddenOrigin; no != "" {
		cfg.ForbiddenOrigins = []string{no}
	}
	if fault != "" {
		var err error
		if cfg.Faults, err = testee.ParseFaults(strings.Split(fault, ",")...); err != nil {
			t.Fatal(err)
		}
	}
	var all []opinion
	var mu sync.Mutex
	synctest.Test(t, func(t *testing.T) {
		for _, c := range plan {
			end := b.endpoint(t.Context(), cfg)
			_, err := runner.PlayAll(c, func(c runner.Planned) (report.Result, error) {
				r, o, err := b.conductTapped(t.Context(), end, c)
				mu.Lock()
				defer mu.Unlock()
				if err == nil && !afterwards(c) {
					o.fault = fault
					all = append(all, o)
				}
				return r, err
			})
			end.stop()
			if err != nil {
				t.Fatalf("%s: %v", fault, err)
			}
		}
	})
	return all
}

// afterwards reports whether the case is the connection that shows if the endpoint has
// survived: it is judged for that alone.
func afterwards(c runner.Planned) bool {
	return len(c.Want.Outcomes) > 0 && len(c.Want.Outcomes[0].Events) > 0 && string(c.Want.Outcomes[0].Events[0].Data.Unit) == "still there?"
}

func (b *bench) conductTapped(ctx context.Context, end *endpoint, c runner.Planned) (report.Result, opinion, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ours, err := end.connect(ctx, c.Command)
	if err != nil {
		return report.Result{}, opinion{}, err
	}
	tapped := &tap{Stream: ours, model: model.New(model.Endpoint{Role: b.role, Limit: 1 << 20})}
	p := b.settings.Peer(ctx, tapped, b.role.Other(), c.Case)
	r, err := b.settings.Conduct(p, c, end.cfg.Faults.String(), b.open(p, b.settings.Opening(c.Case)))
	tapped.mu.Lock()
	defer tapped.mu.Unlock()
	return r, tapped.opinion(c, r), err
}

func (t *tap) opinion(c runner.Planned, r report.Result) opinion {
	o := opinion{id: c.ID, theCase: "good", theModel: "good", reason: r.Verdict.Result, state: t.model.State().String()}
	switch v := r.Verdict; {
	case v.Failed():
		o.theCase = "bad"
	case v.Behavior == verdict.NonStrict || v.Close == verdict.WrongCode:
		o.theCase = "lesser"
	case v.Behavior == verdict.Informational || v.Behavior == verdict.Unimplemented:
		o.theCase = "open"
	}
	if v := r.Verdict; v.Behavior == verdict.OK && v.Close != verdict.OK {
		o.reason = v.CloseResult
	}
	settled := false
	for _, rec := range r.Log.Records {
		settled = settled || rec.Kind == wirelog.Settled
	}
	if t.owes && !settled {
		t.model.Quiet()
	}
	o.found = t.model.Findings()
	for _, v := range o.found {
		if v.Level == model.Should && o.theModel == "good" {
			o.theModel = "lesser"
		} else if v.Level != model.Should {
			o.theModel = "bad"
		}
	}
	return o
}

func (o opinion) agree() bool {
	return o.theCase == o.theModel || o.theCase == "open"
}

func (o opinion) String() string {
	return fmt.Sprintf("%s with %q: the case says %s (%s), the model %s %v (%s)", o.id, o.fault, o.theCase, o.reason, o.theModel, o.found, o.state)
}

// comparable are the cases that a model can judge: in the others the endpoint is told what
// to do, or asked about several connections at once.
func comparable(plan []runner.Planned) []runner.Planned {
	return slices.DeleteFunc(slices.Clone(plan), func(c runner.Planned) bool {
		commanded := c.Command != "" || slices.ContainsFunc(c.Turns, func(t conform.Turn) bool { return t.Command != "" })
		return commanded || c.Survey != nil
	})
}

func TestModelAgrees(t *testing.T) {
	out := os.Getenv("OUT")
	for _, role := range []ws.Role{ws.Server, ws.Client} {
		t.Run(role.String(), func(t *testing.T) {
			t.Parallel()
			b := newBench(role)
			plan := slices.DeleteFunc(comparable(slices.Concat(b.plan, b.beyond)), voluminous)
			plan = slices.CompactFunc(plan, func(x, y runner.Planned) bool {
				return single(x) && conform.Subcategory(x.ID) == conform.Subcategory(y.ID)
			})
			n := 0
			w, _ := os.Create(out + role.String())
			defer w.Close()
			pick := os.Getenv("FAULT")
			for _, f := range append([]testee.Fault{{Roles: testee.AsClient | testee.AsServer}}, testee.AllFaults()...) {
				if !f.Roles.Has(role) || f.Chance || pick != "" && !(pick == "none" && f.Name == "") && !slices.Contains(strings.Fields(pick), f.Name) {
					continue
				}
				for _, o := range b.judgeTwice(t, f.Name, plan) {
					n++
					if !o.agree() {
						fmt.Fprintln(w, o)
					}
				}
			}
			t.Log(n, "connections")
		})
	}
}
