// SPDX-License-Identifier: Apache-2.0

package machines

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/fleet"
	"github.com/wsspec/wsspec/internal/fuzz"
	"github.com/wsspec/wsspec/internal/fuzz/player"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/testee"
)

func TestShare(t *testing.T) {
	sum := uint64(0)
	for i := range 4 {
		sum += share(10, i, 4)
	}
	if sum != 10 || share(10, 0, 4) != 3 || share(10, 3, 4) != 2 {
		t.Errorf("%d of 10", sum)
	}
}

// said is a report as it comes from a worker.
func said(t *testing.T, r report) []byte {
	t.Helper()
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// wrong is a finding with a text of its own.
func wrong(text string) *found {
	return &found{Text: "conversation 1\nrole: client\n\n" + text, Requirement: "6455-8.1-1", What: "it echoed", Confirmed: 3, Plays: 3}
}

// What two workers find alike is one finding; a part that is begun again counts once, as far as
// it came; and what nobody plays to the end is told.
func TestAddsUp(t *testing.T) {
	var names, notes []string
	var last fuzz.Progress
	ended := false
	g := &gathering{
		cfg: Config{
			Workers: 2, Plan: Plan{Seed: 7, Enough: 2}, Found: func(f fuzz.Finding) { names = append(names, f.Name) },
			Progress: func(p fuzz.Progress) { last = p }, Note: func(text string) { notes = append(notes, text) },
		},
		enough: func() { ended = true }, parts: make([]*sum, 2), attempts: map[*sum]bool{}, marks: map[player.Mark]bool{},
	}
	say := func(part int, s *sum, r report) {
		t.Helper()
		if err := s.Add(said(t, r)); err != nil {
			t.Fatal(err)
		}
		g.event(fleet.Event{Kind: fleet.Reported, Part: part, Sum: s})
	}
	a, b, again := new(sum), new(sum), new(sum)
	g.event(fleet.Event{Kind: fleet.Ready, Worker: "a", Part: 0})
	g.event(fleet.Event{Kind: fleet.Begun})
	say(0, a, report{Agent: "it", Played: 100, Replayed: 5, Marks: []player.Mark{1, 2}})
	say(1, b, report{Played: 50, Marks: []player.Mark{2, 3}})
	say(0, a, report{Found: wrong("> text 0xff\n")})
	say(1, b, report{Found: wrong("> text 0xfe\n")})
	if len(names) != 1 || !strings.HasPrefix(names[0], "6455-8.1-1-") || ended || g.all.Repeated != 1 {
		t.Errorf("%v, ended %v, %d repeated", names, ended, g.all.Repeated)
	}
	g.event(fleet.Event{Kind: fleet.Lost, Worker: "a\n", Part: 0, Sum: a})
	g.event(fleet.Event{Kind: fleet.Taken, Worker: "b", Part: 0, Sum: a, Text: "a"})
	say(0, again, report{Played: 60, Marks: []player.Mark{1, 2}})
	say(0, again, report{Found: wrong("> text 0xff\n")})
	if last.Played != 150 || last.Marks != 3 || last.Findings != 1 || g.all.Repeated != 1 {
		t.Errorf("%+v, %d repeated", last, g.all.Repeated)
	}
	say(0, again, report{Agent: "it", Played: 130, Replayed: 9})
	say(0, again, report{Found: wrong("> ping \"a\"\n> text 0xff\n")})
	say(0, again, report{End: &ending{Left: 2, Lost: "it\nis gone", Gone: []string{wrong("> ping \"a\"\n").Text}}})
	s, err := g.summary(&fleet.Result{Parts: []fleet.PartResult{{State: fleet.Complete, Worker: "b", Sum: again}, {State: fleet.Missing, Worker: "b", Sum: b}}})
	if err != nil || s.Played != 180 || s.Replayed != 9 || s.Marks != 3 || len(s.Findings) != 2 || s.Again != 100 || s.Left != 2 || s.Agent != "it" || !ended {
		t.Errorf("%+v, %v, ended %v", s, err, ended)
	}
	if len(s.Gone) != 1 || s.Lost == nil || s.Lost.Error() != `worker b: it\x0ais gone` {
		t.Errorf("%v, %d conversations", s.Lost, len(s.Gone))
	}
	if len(s.Missing) != 1 || s.Missing[0] != "part 2 of 2, seed 8: 50 conversations were played, then worker b was lost" {
		t.Errorf("%q", s.Missing)
	}
	want := `a has part 1 of 2, seed 7|all 2 parts are taken: it begins|lost: a\x0a after 100 conversations|b takes over part 1 from a, from its beginning`
	if got := strings.Join(notes, "|"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// Where no worker can play anything, that is an error.
func TestNobodyPlays(t *testing.T) {
	g := &gathering{cfg: Config{Workers: 1}, parts: make([]*sum, 1)}
	if _, err := g.summary(&fleet.Result{Parts: []fleet.PartResult{{State: fleet.Broken, Worker: "a", Text: "connection refused", Sum: new(sum)}}}); err == nil || err.Error() != "worker a: connection refused" {
		t.Error(err)
	}
}

// Reports come from other machines.
func TestReportsThatMakeNoSense(t *testing.T) {
	path, level, cut, client := wrong("> text 0xff\n"), wrong("> text 0xff\n"), wrong("> txet\n"), wrong("> text 0xff\n")
	path.Requirement, level.Level = "../../x", 99
	client.Text = strings.Replace(client.Text, "client", "server", 1)
	for _, r := range []report{{Found: path}, {Found: level}, {Found: cut}, {Found: client}, {End: &ending{Gone: []string{"x"}}}, {End: &ending{Died: -1}}, {Played: 1 << 60}, {Pursued: -1}} {
		if err := new(sum).Add(said(t, r)); err == nil {
			t.Errorf("%s was taken", said(t, r))
		}
	}
}

// A whole run, with two workers in this process, in virtual time.
func TestRun(t *testing.T) { synctest.Test(t, run) }

func run(t *testing.T) {
	l := memnet.Listen()
	faults, err := testee.ParseFaults("no-utf8-check")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 3)
	go func() { ended <- testee.Server{Config: testee.Config{Faults: faults}}.Serve(ctx, l) }()
	hub, err := fleet.NewHub(fleet.HubConfig{Dir: t.TempDir(), Inside: true})
	if err != nil {
		t.Fatal(err)
	}
	defer hub.Close()
	connect := func() *fleet.Bus {
		bus, err := hub.Connect(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(bus.Close)
		return bus
	}
	open := func(_ context.Context, server json.RawMessage, _ float64) (Server, error) {
		var address string
		if err := json.Unmarshal(server, &address); err != nil || address == "" {
			return Server{}, errors.New("no address")
		}
		p := player.Peer{Host: "localhost", Target: "/"}
		p.Connect = func(ctx context.Context) (stream.Stream, error) { return l.Dial(ctx, 0) }
		return Server{Peer: p, Agent: "it"}, nil
	}
	for _, name := range []string{"a", "b"} {
		w := fleet.Worker{Bus: connect(), Name: name, Version: "test", Runners: map[string]fleet.Runner{"other": nil, Kind: Runner(open)}}
		go func() { ended <- w.Run(ctx) }()
	}
	config := Config{
		Bus: connect(), Workers: 2, Version: "test", Name: "me", Found: func(fuzz.Finding) {}, Progress: func(fuzz.Progress) {}, Note: func(string) {},
		Plan: Plan{Server: []byte(`"memory"`), Seed: 1, Runs: 601, Time: time.Hour, Enough: 100, Factor: 4},
	}
	s, err := Run(t.Context(), config)
	if err != nil || s.Played != 601 || len(s.Missing) > 0 || s.Interrupted || s.Lost != nil || s.Agent != "it" || s.Marks == 0 || s.Broken() == 0 {
		t.Errorf("%+v, %v", s, err)
	}
	config.Plan.Server, config.Workers = []byte(`""`), 1
	if _, err := Run(t.Context(), config); err == nil || !strings.Contains(err.Error(), ": no address") {
		t.Errorf("a server that cannot be found: %v", err)
	}
	cancel()
	for range 3 {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

func FuzzReport(f *testing.F) {
	f.Add([]byte(`{"played": 7, "marks": [1, 18446744073709551615], "found": {"text": "conversation 1\nrole: client\n\n> text 0xff\n", "requirement": "6455-8.1-1"}}`))
	f.Add([]byte(`{"end": {"died": 1, "lost": "x", "gone": ["conversation 1\nrole: client\n\n> text 0xff\n"]}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		s := new(sum)
		if s.Add(b) == nil && s.last.Found != nil && (strings.ContainsAny(s.found.Name, "/\\") || s.found.Conversation == nil) {
			t.Fatalf("%+v", s.found)
		}
	})
}
