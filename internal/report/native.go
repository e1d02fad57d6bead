// SPDX-License-Identifier: Apache-2.0

package report

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
)

// Schema is the version of what we add to a case file.
const Schema = 1

// extra is what a case file holds beyond the reference, under the key "wsspec":
// enough to judge the conversation again.
type extra struct {
	Schema    int            `json:"schema"`
	Spec      string         `json:"spec"`
	Seed      string         `json:"seed"` // hexadecimal
	Opened    bool           `json:"opened"`
	Refused   string         `json:"refused,omitempty"`
	Extension string         `json:"extension,omitempty"`
	Echo      *extraEcho     `json:"echo,omitempty"`
	Traffic   *extraTraffic  `json:"traffic,omitempty"`
	Attempts  []extraAttempt `json:"attempts,omitempty"`
	Log       []string       `json:"log"` // the wire log in our notation
}

type extraEcho struct {
	Sent       int    `json:"sent"`
	Matched    int    `json:"matched"`
	Difference string `json:"difference,omitempty"`
}

// extraTraffic are octets, frames and messages: see wirelog.Volume.
type extraTraffic struct{ In, Out wirelog.Volume }

type extraAttempt struct {
	Behavior    verdict.Grade `json:"behavior"`
	Close       verdict.Grade `json:"behaviorClose"`
	Result      string        `json:"result"`
	CloseResult string        `json:"resultClose"`
	Took        int64         `json:"duration"` // milliseconds
	Why         string        `json:"why"`      // it was repeated
}

func encodeExtra(r Result) (json.RawMessage, error) {
	x := extra{
		Schema: Schema, Spec: r.Spec, Seed: strconv.FormatUint(r.Seed, 16),
		Opened: r.Log.Facts.Opened, Refused: r.Log.Refused, Extension: r.Log.Extension,
		Traffic: &extraTraffic{r.Log.Traffic.In, r.Log.Traffic.Out},
	}
	if e := r.Log.Echo; e.Sent > 0 {
		x.Echo = &extraEcho{e.Sent, e.Matched, e.Difference}
	}
	for _, a := range r.Earlier {
		v := a.Verdict
		x.Attempts = append(x.Attempts, extraAttempt{v.Behavior, v.Close, v.Result, v.CloseResult, a.Took.Milliseconds(), a.Why})
	}
	for _, rec := range r.Log.Records {
		x.Log = append(x.Log, rec.String())
	}
	return json.Marshal(x)
}

// decode fills a result with what a case file says.
func (x extra) decode(r *Result) error {
	if x.Schema != Schema {
		return fmt.Errorf("schema %d of the key wsspec: this program reads %d", x.Schema, Schema)
	}
	seed, err := strconv.ParseUint(x.Seed, 16, 64)
	if err != nil {
		return fmt.Errorf("seed %.20q is no hexadecimal number", x.Seed)
	}
	r.Spec, r.Seed = x.Spec, seed
	r.Log.Facts.Opened, r.Log.Refused, r.Log.Extension = x.Opened, x.Refused, x.Extension
	if x.Echo != nil {
		r.Log.Echo = wirelog.Echo{Sent: x.Echo.Sent, Matched: x.Echo.Matched, Difference: x.Echo.Difference}
	}
	if x.Traffic != nil {
		r.Log.Traffic = wirelog.Traffic{In: x.Traffic.In, Out: x.Traffic.Out}
	}
	for _, a := range x.Attempts {
		v := verdict.Verdict{Behavior: a.Behavior, Close: a.Close, Result: a.Result, CloseResult: a.CloseResult}
		r.Earlier = append(r.Earlier, Attempt{Verdict: v, Took: milliseconds(a.Took), Why: a.Why})
	}
	r.Log.Records, err = wirelog.Parse(strings.Join(x.Log, "\n"))
	if err != nil {
		return fmt.Errorf("log: %w", err)
	}
	return nil
}
