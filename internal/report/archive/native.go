// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
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
	Tags        []conform.Tag     `json:"tags,omitempty"`
	Want        extraWant         `json:"want"`
	Opened      bool              `json:"opened"`
	Refused     string            `json:"refused,omitempty"`
	Extension   string            `json:"extension,omitempty"`
	Echo        *extraEcho        `json:"echo,omitempty"`
	Traffic     *extraTraffic     `json:"traffic,omitempty"`
	Compression *extraCompression `json:"compression,omitempty"`
	Attempt     int               `json:"attempt,omitempty"`  // the number of this one
	Attempts    []extraAttempt    `json:"attempts,omitempty"` // the others
	Log         []string          `json:"log"`                // the wire log in our notation
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
}

type extraOutcome struct {
	Grade verdict.Grade `json:"grade"`
	// Events are in the notation of the wire log. A payload that repeats itself is
	// shown once and has its whole length.
	Events []string `json:"events"`
}

type extraEcho struct {
	Sent       int    `json:"sent"`
	Matched    int    `json:"matched"`
	Difference string `json:"difference,omitempty"`
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
	Why         string        `json:"why,omitempty"` // it was repeated
	Explanation []string      `json:"explanation,omitempty"`
	Log         []string      `json:"log,omitempty"`  // its beginning and its end
	Left        int           `json:"left,omitempty"` // records between them
}

func encodeExtra(r report.Result) (json.RawMessage, error) {
	x := extra{
		Schema: Schema, Spec: r.Spec, Seed: strconv.FormatUint(r.Seed, 16), URL: r.URL, Tags: r.Tags, Want: encodeWant(r.Want, r.Close),
		Opened: r.Log.Facts.Opened, Refused: r.Log.Refused, Extension: r.Log.Extension,
		Traffic: &extraTraffic{extraVolume(r.Log.Traffic.In), extraVolume(r.Log.Traffic.Out)},
	}
	if e := r.Log.Echo; e.Sent > 0 {
		x.Echo = &extraEcho{e.Sent, e.Matched, e.Difference}
	}
	if r.Log.Extension != "" || len(r.Log.Compression.Broken) > 0 {
		c := extraCompression(r.Log.Compression)
		x.Compression = &c
	}
	x.Attempt = r.Attempt
	for _, a := range r.Others {
		x.Attempts = append(x.Attempts, encodeAttempt(a))
	}
	x.Log = lines(r.Log.Records)
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // the signs of the notation are to be read
	err := e.Encode(x)
	return b.Bytes(), err
}

// decode fills a result with what a case file says.
func (x extra) decode(r *report.Result) error {
	if x.Schema < 1 || x.Schema > Schema {
		return fmt.Errorf("schema %d of the key wsspec: this program reads 1 to %d", x.Schema, Schema)
	}
	seed, err := strconv.ParseUint(x.Seed, 16, 64)
	if err != nil {
		return fmt.Errorf("seed %.20q is no hexadecimal number", x.Seed)
	}
	r.Spec, r.Seed, r.URL, r.Expects, r.Excerpt = x.Spec, seed, x.URL, "", false
	r.Tags = x.Tags
	if r.Want, err = x.Want.decode(); err != nil {
		return fmt.Errorf("want: %w", err)
	}
	r.Close.WrongCodeFails = x.Want.WrongCodeFails
	r.Log.Facts.Opened, r.Log.Refused, r.Log.Extension = x.Opened, x.Refused, x.Extension
	if x.Echo != nil {
		r.Log.Echo = wirelog.Echo{Sent: x.Echo.Sent, Matched: x.Echo.Matched, Difference: x.Echo.Difference}
	}
	if x.Traffic != nil {
		r.Log.Traffic = wirelog.Traffic{In: wirelog.Volume(x.Traffic.In), Out: wirelog.Volume(x.Traffic.Out)}
	}
	if x.Compression != nil {
		r.Log.Compression = wirelog.Compression(*x.Compression)
	}
	if err := x.decodeAttempts(r); err != nil {
		return err
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
		WrongCodeFails: c.WrongCodeFails,
	}
	for _, o := range w.Outcomes {
		events := []string{}
		for _, e := range o.Events {
			r := e.Record()
			r.Data.Head = e.Data.Unit[:min(len(e.Data.Unit), e.Data.Len)]
			events = append(events, strings.TrimPrefix(r.Text(), "= "))
		}
		x.Outcomes = append(x.Outcomes, extraOutcome{o.Grade, events})
	}
	return x
}

// maxExpected bounds the payload of an event that a file expects, in octets.
const maxExpected = 64 << 20

// decode restores what was wanted.
func (x extraWant) decode() (verdict.Want, error) {
	w := verdict.Want{Echoes: x.Echoes, Within: milliseconds(x.Within), Informational: x.Informational, ByRFC: x.ByRFC, NeedsDeflate: x.NeedsDeflate}
	for _, o := range x.Outcomes {
		outcome := verdict.Outcome{Grade: o.Grade}
		for _, line := range o.Events {
			r, err := wirelog.ParseRecord("0 = " + line)
			if err != nil {
				return w, err
			}
			if r.Data.Len > maxExpected || r.Data.Len > 0 && len(r.Data.Head) == 0 {
				return w, fmt.Errorf("event %.40q: want at most %d octets, and the first of them", line, maxExpected)
			}
			outcome.Events = append(outcome.Events, verdict.Event{Type: r.Type, Tag: r.Tag, Data: ws.Pattern{Unit: r.Data.Head, Len: r.Data.Len}})
		}
		w.Outcomes = append(w.Outcomes, outcome)
	}
	return w, nil
}
