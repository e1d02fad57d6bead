// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
)

// Schema is the version of what we add to a case file. Version 1, which is read
// too, knew only attempts that load may have spoilt.
const Schema = 2

// extra is what a case file holds beyond the reference, under the key "wsspec":
// enough to judge the conversation again.
type extra struct {
	Schema      int               `json:"schema"`
	Spec        string            `json:"spec"`
	Seed        string            `json:"seed"` // hexadecimal
	URL         string            `json:"url,omitempty"`
	Flags       []string          `json:"flags,omitempty"` // of the command line
	Tags        []conform.Tag     `json:"tags,omitempty"`
	Want        extraWant         `json:"want"`
	Opened      bool              `json:"opened"`
	Refused     string            `json:"refused,omitempty"`
	Extension   string            `json:"extension,omitempty"`
	Echo        *extraEcho        `json:"echo,omitempty"`
	Contrast    string            `json:"contrast,omitempty"`
	Traffic     *extraTraffic     `json:"traffic,omitempty"`
	Compression *extraCompression `json:"compression,omitempty"`
	Attempt     int               `json:"attempt,omitempty"`  // the number of this one
	Attempts    []extraAttempt    `json:"attempts,omitempty"` // the others
	Caveat      string            `json:"caveat,omitempty"`
	Turns       []extraTurn       `json:"turns,omitempty"` // connections of a case with several
	Log         []string          `json:"log"`             // the wire log in our notation
}

// extraWant is verdict.Want and what expectedClose does not say of verdict.Closing.
type extraWant struct {
	Outcomes       []extraOutcome `json:"outcomes,omitempty"`
	Echoes         int            `json:"echoes,omitempty"`
	Within         int64          `json:"within,omitempty"` // milliseconds
	Informational  bool           `json:"informational,omitempty"`
	ByRFC          bool           `json:"keepAgreement,omitempty"`
	NeedsDeflate   bool           `json:"needsDeflate,omitempty"`
	WrongCodeFails bool           `json:"wrongCodeFails,omitempty"`
	Whole          bool           `json:"whole,omitempty"`
	Survey         bool           `json:"survey,omitempty"`
	Level          verdict.Level  `json:"level,omitempty"` // 0 MUST, 1 SHOULD, 2 open
}

type extraOutcome struct {
	Grade verdict.Grade `json:"grade"`
	// Events are in the notation of the wire log. A payload that repeats itself is
	// shown once and has its whole length.
	Events   []string `json:"events"`
	AndMore  bool     `json:"andMore,omitempty"`
	Unopened bool     `json:"unopened,omitempty"`
	Why      string   `json:"why,omitempty"`
}

// extraTurn is one of several connections of a case.
type extraTurn struct {
	Name     string        `json:"name"`
	Behavior verdict.Grade `json:"behavior"`
	Close    verdict.Grade `json:"behaviorClose"`
	Result   string        `json:"result"`
	Took     int64         `json:"duration"` // milliseconds
}

type extraEcho struct {
	Sent       int    `json:"sent"`
	Matched    int    `json:"matched"`
	Difference string `json:"difference,omitempty"`
	Stalled    int64  `json:"stalled,omitempty"`  // milliseconds
	Overtime   int64  `json:"overtime,omitempty"` // milliseconds
}

// extraTraffic, extraVolume and extraCompression are wirelog's figures under names
// of their own, which stay as they are.
type extraTraffic struct {
	In  extraVolume `json:"in"`
	Out extraVolume `json:"out"`
}

type extraVolume struct {
	Preopen   int64 `json:"preopen"`
	Wire      int64 `json:"wire"`
	WebSocket int64 `json:"websocket"`
	App       int64 `json:"app"`
	Frames    int64 `json:"frames"`
	Messages  int64 `json:"messages"`
	Deflated  int64 `json:"deflated"`
}

type extraCompression struct {
	Window    int      `json:"window"`
	NoContext bool     `json:"noContext"`
	Farthest  int      `json:"farthest"`
	Context   bool     `json:"context"`
	Broken    []string `json:"broken"`
}

type extraAttempt struct {
	Number      int           `json:"number"`
	Behavior    verdict.Grade `json:"behavior"`
	Close       verdict.Grade `json:"behaviorClose"`
	Result      string        `json:"result"`
	CloseResult string        `json:"resultClose"`
	Started     string        `json:"started,omitempty"` // RFC 3339
	Took        int64         `json:"duration"`          // milliseconds
	Seed        string        `json:"seed,omitempty"`    // hexadecimal
	Loaded      bool          `json:"loaded,omitempty"`
	Wrong       bool          `json:"wrong,omitempty"`
	Why         string        `json:"why,omitempty"` // it was repeated
	Explanation []string      `json:"explanation,omitempty"`
	Log         []string      `json:"log,omitempty"`  // its beginning and its end
	Left        int           `json:"left,omitempty"` // records between them
}

func newExtra(r report.Result) *extra {
	x := &extra{
		Schema: Schema, Spec: r.Spec, Seed: strconv.FormatUint(r.Seed, 16), URL: r.URL, Flags: r.Flags, Tags: r.Tags, Want: encodeWant(r.Want, r.Close),
		Contrast: r.Log.Contrast, Opened: r.Log.Facts.Opened, Refused: r.Log.Refused, Extension: r.Log.Extension,
		Traffic: &extraTraffic{extraVolume(r.Log.Traffic.In), extraVolume(r.Log.Traffic.Out)},
	}
	if e := r.Log.Echo; e.Sent > 0 {
		x.Echo = &extraEcho{e.Sent, e.Matched, e.Difference, e.Stalled.Milliseconds(), e.Overtime.Milliseconds()}
	}
	if r.Log.Extension != "" || len(r.Log.Compression.Broken) > 0 {
		c := extraCompression(r.Log.Compression)
		x.Compression = &c
	}
	x.Attempt, x.Caveat = r.Attempt, r.Caveat
	for _, a := range r.Others {
		x.Attempts = append(x.Attempts, encodeAttempt(a))
	}
	for _, t := range r.Turns {
		x.Turns = append(x.Turns, extraTurn{t.Name, t.Verdict.Behavior, t.Verdict.Close, t.Verdict.Result, t.Took.Milliseconds()})
	}
	x.Log = lines(r.Log.Records)
	return x
}

// decode fills the result of the file with what the key says.
func (x *extra) decode(f storedCase, r *report.Result) error {
	if x.Schema < 1 || x.Schema > Schema {
		return fmt.Errorf("schema %d of the key wsspec: this program reads 1 to %d", x.Schema, Schema)
	}
	seed, err := strconv.ParseUint(x.Seed, 16, 64)
	if err != nil {
		return fmt.Errorf("seed %.20q is no hexadecimal number", x.Seed)
	}
	r.Spec, r.Seed, r.URL, r.Expects, r.Excerpt = x.Spec, seed, x.URL, "", false
	r.Tags, r.Caveat, r.Flags = x.Tags, x.Caveat, x.Flags
	if r.Want, err = x.Want.decode(); err != nil {
		return fmt.Errorf("want: %w", err)
	}
	r.Close.WrongCodeFails = x.Want.WrongCodeFails
	r.Log.Facts.Opened, r.Log.Refused, r.Log.Extension = x.Opened, x.Refused, x.Extension
	r.Log.Contrast = x.Contrast
	if x.Echo != nil {
		r.Log.Echo = wirelog.Echo{Sent: x.Echo.Sent, Matched: x.Echo.Matched, Difference: x.Echo.Difference, Stalled: milliseconds(x.Echo.Stalled), Overtime: milliseconds(x.Echo.Overtime)}
	}
	if x.Traffic != nil {
		r.Log.Traffic = wirelog.Traffic{In: wirelog.Volume(x.Traffic.In), Out: wirelog.Volume(x.Traffic.Out)}
	} else {
		r.Log.Traffic = readTraffic(f.TrafficStats)
	}
	if x.Compression != nil {
		r.Log.Compression = wirelog.Compression(*x.Compression)
	}
	if err := x.decodeAttempts(r); err != nil {
		return err
	}
	for _, t := range x.Turns {
		v := verdict.Verdict{Behavior: t.Behavior, Close: t.Close, Result: t.Result}
		r.Turns = append(r.Turns, report.Turn{Name: t.Name, Verdict: v, Took: milliseconds(t.Took)})
	}
	r.Log.Records, err = wirelog.Parse(strings.Join(x.Log, "\n"))
	if err != nil {
		return fmt.Errorf("log: %w", err)
	}
	return nil
}

func encodeWant(w verdict.Want, c verdict.Closing) extraWant {
	x := extraWant{
		Echoes: w.Echoes, Within: w.Within.Milliseconds(), Informational: w.Informational, ByRFC: w.ByRFC, NeedsDeflate: w.NeedsDeflate,
		WrongCodeFails: c.WrongCodeFails, Whole: w.Whole, Survey: w.Survey, Level: w.Level,
	}
	for _, o := range w.Outcomes {
		events := []string{}
		for _, e := range o.Events {
			events = append(events, e.String())
		}
		x.Outcomes = append(x.Outcomes, extraOutcome{o.Grade, events, o.AndMore, o.Unopened, o.Why})
	}
	return x
}

// decode restores what was wanted.
func (x extraWant) decode() (verdict.Want, error) {
	w := verdict.Want{Echoes: x.Echoes, Within: milliseconds(x.Within), Informational: x.Informational, ByRFC: x.ByRFC, NeedsDeflate: x.NeedsDeflate}
	w.Whole, w.Survey, w.Level = x.Whole, x.Survey, x.Level
	if w.Level > verdict.Open {
		return w, fmt.Errorf("level %d: want 0 to %d", w.Level, verdict.Open)
	}
	for _, o := range x.Outcomes {
		outcome := verdict.Outcome{Grade: o.Grade, AndMore: o.AndMore, Unopened: o.Unopened, Why: o.Why}
		for _, line := range o.Events {
			e, err := verdict.ParseEvent(line)
			if err != nil {
				return w, err
			}
			outcome.Events = append(outcome.Events, e)
		}
		w.Outcomes = append(w.Outcomes, outcome)
	}
	return w, nil
}
