// SPDX-License-Identifier: Apache-2.0

package runner_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/golden"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// bench is the catalogue and endpoints in one role to play it against.
type bench struct {
	role     ws.Role // of the endpoints
	settings runner.Settings
	plan     []runner.Planned
	judged   []runner.Planned // those of the plan in which something can be wrong
	beyond   []runner.Planned // cases beyond the reference, each once
	surveys  []runner.Planned

	capacity   int // octets the network holds in each direction, 0 for any
	maxMessage int // that the endpoints take, in octets
}

func newBench(role ws.Role) *bench {
	b := &bench{
		role: role, settings: runner.Settings{Seed: 1, Deflate: new(deflate.Pool)}, capacity: 1 << 20,
		plan: runner.Plan(cases.All(cases.Current), role.Other()),
	}
	b.settings.Profile = peer.Profile{Idle: time.Minute, Keepalive: 5 * time.Second, TLS: true, Authority: true}
	if role == ws.Server {
		b.settings.Profile.Subprotocols, b.settings.Profile.ForbiddenOrigin = []string{"chat"}, "http://forbidden.example"
	}
	b.judged = slices.DeleteFunc(slices.Clone(b.plan), informational)
	once := func(x, y runner.Planned) bool { return x.ID == y.ID }
	b.beyond = slices.CompactFunc(runner.Plan(cases.Beyond(), role.Other()), once)
	b.surveys = runner.Surveys(cases.Beyond(), role.Other())
	return b
}

// pick returns the cases that the ids and patterns name.
func (b *bench) pick(t *testing.T, patterns ...string) []runner.Planned {
	t.Helper()
	all := make([]conform.Case, len(b.plan))
	for i, c := range b.plan {
		all[i] = c.Case
	}
	picked, err := conform.Select(all, patterns, nil)
	if err != nil {
		t.Fatal(err)
	}
	var plan []runner.Planned
	for _, c := range b.plan {
		if slices.ContainsFunc(picked, func(p conform.Case) bool { return p.ID == c.ID }) {
			plan = append(plan, c)
		}
	}
	return plan
}

// play plays the cases, each on a connection of its own, with an endpoint that
// has the fault, or none where it is empty, and judges as the wsspec door does.
// The endpoint's name is that of the fault.
func (b *bench) play(t *testing.T, fault string, plan []runner.Planned) []report.Result {
	t.Helper()
	cfg := testee.Config{MaxMessage: b.maxMessage}
	cfg.Subprotocols = b.settings.Profile.Subprotocols
	if no := b.settings.Profile.ForbiddenOrigin; no != "" {
		cfg.ForbiddenOrigins = []string{no}
	}
	return b.playWith(t, cfg, fault, plan)
}

// playWith is play with an endpoint that is set up in some way.
func (b *bench) playWith(t *testing.T, cfg testee.Config, fault string, plan []runner.Planned) []report.Result {
	t.Helper()
	if fault != "" {
		var err error
		if cfg.Faults, err = testee.ParseFaults(strings.Split(fault, ",")...); err != nil {
			t.Fatal(err)
		}
	}
	var results []report.Result
	synctest.Test(t, func(t *testing.T) {
		for _, c := range plan {
			end := b.endpoint(t.Context(), cfg)
			r, err := runner.PlayAll(c, func(c runner.Planned) (report.Result, error) { return b.conduct(t.Context(), end, c) })
			end.stop()
			if err != nil {
				t.Fatalf("%s: %v", fault, err)
			}
			results = append(results, r)
		}
	})
	return results
}

func (b *bench) conduct(ctx context.Context, end *endpoint, c runner.Planned) (report.Result, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ours, err := end.connect(ctx, c, c.Command)
	if err != nil {
		return report.Result{}, err
	}
	p := b.settings.Peer(ctx, ours, b.role.Other(), c.Case)
	return b.settings.Conduct(p, c, end.cfg.Faults.String(), b.open(p, c, b.settings.Opening(c.Case)))
}

// outcome is what the suite says of one conversation.
type outcome struct {
	id string
	verdict.Verdict
	wstest  verdict.Grade // the behavior as the wstest door judges it
	refused bool          // the opening handshake failed
}

func outcomes(rs []report.Result) []outcome {
	var os []outcome
	for _, r := range rs {
		want := r.Want
		want.ByRFC = false
		os = append(os, outcome{r.ID, r.Verdict, verdict.Judge(want, r.Close, r.Log).Behavior, r.Log.Refused != ""})
	}
	return os
}

func (o outcome) failed() bool { return o.Behavior == verdict.Failed }

// row is what the suite says of one fault.
type row struct {
	fault    testee.Fault
	order    []runner.Planned // a range in the table is one of this list
	outcomes []outcome
	beyond   []outcome // of cases beyond the reference that are not as with a faultless endpoint
	chance   string    // why those differ from run to run, empty where they do not
}

// ids returns the cases whose outcome the condition fits.
func (r row) ids(cond func(outcome) bool) []string {
	var ids []string
	for _, o := range r.outcomes {
		if cond(o) {
			ids = append(ids, o.id)
		}
	}
	return ids
}

// String prints the cases that are not as they should be, a line a grade.
func (r row) String() string {
	var text strings.Builder
	line := func(label string, cond func(outcome) bool) {
		if ids := r.ids(cond); len(ids) > 0 {
			fmt.Fprintf(&text, "    %s %s\n", label, r.fold(ids))
		}
	}
	line("FAILED", func(o outcome) bool { return o.failed() && o.wstest == verdict.Failed })
	line("FAILED, as wstest OK", func(o outcome) bool { return o.failed() && o.wstest == verdict.OK })
	for _, g := range []verdict.Grade{verdict.NonStrict, verdict.Unimplemented} {
		line(string(g), func(o outcome) bool { return o.Behavior == g })
	}
	for _, g := range []verdict.Grade{verdict.Failed, verdict.Unclean, verdict.WrongCode} {
		line("closing "+string(g), func(o outcome) bool { return o.Close == g })
	}
	for _, g := range []verdict.Grade{verdict.Failed, verdict.NonStrict, verdict.Informational, verdict.OK} {
		var ids []string
		for _, o := range r.beyond {
			if o.Behavior == g && r.chance == "" {
				ids = append(ids, o.id)
			}
		}
		if len(ids) > 0 {
			fmt.Fprintf(&text, "    beyond %s %s\n", g, strings.Join(ids, ", "))
		}
	}
	if r.chance != "" && len(r.beyond) > 0 {
		fmt.Fprintf(&text, "    beyond: found, but not by the same cases in each run: %s\n", r.chance)
	}
	name := r.fault.Name
	if r.fault.Legal {
		name += " (allowed)"
	}
	if text.Len() == 0 {
		return name + ": nothing\n"
	}
	return name + ":\n" + text.String()
}

// fold shortens a list of cases.
func (r row) fold(ids []string) string {
	at := func(id string) int {
		return slices.IndexFunc(r.order, func(c runner.Planned) bool { return c.ID == id })
	}
	var parts []string
	for i := 0; i < len(ids); {
		j := i
		for j+1 < len(ids) && at(ids[j+1]) == at(ids[j])+1 {
			j++
		}
		if j > i+1 {
			parts = append(parts, ids[i]+"–"+ids[j])
		} else {
			parts = append(parts, ids[i:j+1]...)
		}
		i = j + 1
	}
	return strings.Join(parts, ", ")
}

func informational(c runner.Planned) bool { return c.Want.Informational }

// voluminous reports whether the case moves megabytes: 9, 12 and 13.
func voluminous(c runner.Planned) bool { return c.Has(conform.Slow) }

// table plays every fault of the role, but those that show by chance.
func (b *bench) table(t *testing.T) []row {
	thin := slices.CompactFunc(slices.Clone(b.judged), func(x, y runner.Planned) bool {
		return single(x) && conform.Subcategory(x.ID) == conform.Subcategory(y.ID)
	})
	first := slices.CompactFunc(slices.Clone(b.judged), func(x, y runner.Planned) bool {
		return conform.Category(x.ID) == conform.Category(y.ID)
	})
	large := volumes()
	faultless := map[string]outcome{}
	for _, o := range outcomes(slices.Concat(b.surveyed(t, "", b.beyond))) {
		faultless[o.id] = o
	}
	var rows []row
	for _, f := range testee.AllFaults() {
		if !f.Roles.Has(b.role) || f.Chance || f.Topic == testee.OverHTTP { // which HTTP/1.1 does not show
			continue
		}
		r := row{fault: f, order: b.judged}
		plan := b.judged
		switch f.Topic {
		case testee.Framing, testee.Fragments, testee.Control, testee.Sending, testee.Closing:
			r.order, plan = thin, thin
		case testee.Requests, testee.Answers, testee.Opening, testee.Negotiation, testee.Compression:
			plan = first
		}
		plan = slices.DeleteFunc(slices.Clone(plan), voluminous)
		if ids := large[f.Name]; ids != "" {
			plan = append(plan, b.pick(t, strings.Fields(ids)...)...)
			slices.SortFunc(plan, func(x, y runner.Planned) int { return x.Number - y.Number })
		}
		r.outcomes = outcomes(b.play(t, f.Name, plan))
		r.beyond, r.chance = b.playBeyond(t, f.Name, faultless), byChance(b.role, f.Name)
		rows = append(rows, r)
	}
	return rows
}

// single reports whether the case is one of those that send a single text: 6.5 to 6.23.
func single(c runner.Planned) bool {
	return c.Limit == 500*time.Millisecond && conform.Category(c.ID) == "6"
}

const tableHead = `# What the suite says of an echo %s with one fault.
#
# Cases that are not named are OK, and so is their end. A range stands for every
# case between its ends, but for informational ones and those that were not played:
#   faults in text and in what is echoed are played on all of 1 to 7 and 10;
#   others in frames and in closing on these, but of 6.5 to 6.23, which are single
#   texts, on the first of each subcategory;
#   faults in the opening handshake and in compression, which is not offered there,
#   on the first of each category;
#   9, 12 and 13, which move megabytes, are played where the test says so.
# Faults that show by chance are left out.
#
# "beyond" are cases that the reference does not have, and that go wrong otherwise than
# with an endpoint without faults. All of them are played that do not move
# megabytes, and those too where the others show nothing or more than 60.
`

// TestFaults holds the table of faults and cases against the golden files, and to
// what it has to prove: that no case is idle, and none fails what is allowed.
func TestFaults(t *testing.T) {
	withoutRaceDetector(t, "hundreds of thousands of conversations")
	for _, role := range []ws.Role{ws.Server, ws.Client} {
		t.Run(role.String(), func(t *testing.T) {
			t.Parallel()
			b := newBench(role)
			rows := b.table(t)
			text := new(bytes.Buffer)
			fmt.Fprintf(text, tableHead, role)
			var topic testee.Topic
			for _, r := range rows {
				if r.fault.Topic != topic {
					topic = r.fault.Topic
					fmt.Fprintf(text, "\n## %s\n\n", topic)
				}
				text.WriteString(r.String())
			}
			golden.Check(t, "faults_"+role.String()+"s.txt", text.Bytes())
			checkTable(t, role, b.diagnosisTable(rows))
			b.checkCases(t, rows)
			checkAllowed(t, rows)
			b.checkScore(t, rows)
		})
	}
}

// checkCases wants a fault for each case that makes it fail, and one for each
// that can be NON-STRICT which makes it that. A peer that sends what nobody asked
// for fails every case, and proves nothing of one unless nothing else can fail it.
func (b *bench) checkCases(t *testing.T, rows []row) {
	t.Helper()
	by := map[verdict.Grade]map[string]bool{verdict.Failed: {}, verdict.NonStrict: {}}
	hopeless := map[string]bool{}
	for _, r := range rows {
		all := len(r.ids(outcome.failed)) == len(r.outcomes)
		for _, o := range r.outcomes {
			switch {
			case all:
				hopeless[o.id] = true
			case o.Verdict.Failed():
				by[verdict.Failed][o.id] = true
			case by[o.Behavior] != nil:
				by[o.Behavior][o.id] = true
			}
		}
	}
	for _, c := range b.affordable(t) {
		if informational(c) {
			continue
		}
		// Whether the Close of 3.7, its only frame, is failed, answered or ignored:
		// nothing comes back.
		if !by[verdict.Failed][c.ID] && !(c.ID == "3.7" && hopeless[c.ID]) {
			t.Errorf("%s: no fault makes it FAILED", c.ID)
		}
		for _, o := range c.Want.Outcomes {
			if o.Grade == verdict.NonStrict && !by[verdict.NonStrict][c.ID] {
				t.Errorf("%s: no fault makes it NON-STRICT", c.ID)
			}
		}
	}
}

// beyondRFC lists what cases of the reference fail although the RFCs allow it.
func beyondRFC() map[string]string {
	return map[string]string{
		"answers-only-last-ping": "a Pong for each Ping is wanted (RFC 6455, 5.5.3 lets one answer several)",
		"fails-above-64k":        "messages of 64 KiB and more are wanted back (10.4 lets an endpoint have a limit)",
		"closes-on-open":         "an echo is wanted",
	}
}

// checkAllowed wants nothing failed that the RFCs allow, but for what is listed.
func checkAllowed(t *testing.T, rows []row) {
	t.Helper()
	for _, r := range rows {
		if !r.fault.Legal {
			continue
		}
		ids := r.ids(outcome.failed)
		switch reason, listed := beyondRFC()[r.fault.Name]; {
		case listed && len(ids) == 0:
			t.Errorf("%s fails nothing: it is listed because %s", r.fault.Name, reason)
		case !listed && len(ids) > 0:
			t.Errorf("%s is allowed, but fails %q", r.fault.Name, ids)
		}
	}
}
