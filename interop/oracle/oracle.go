// SPDX-License-Identifier: Apache-2.0

// Package oracle compares the verdicts of a report with those that the
// reference suite, edition 25.10.1, gave to the same peers. It knows nothing of how a
// report came about. Start at Compare.
package oracle

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/wsspec/wsspec/interop"
)

// The tables that Load knows.
const (
	Servers = "servers" // peers as servers, the reference as fuzzing client
	Clients = "clients" // peers as clients, the reference as fuzzing server
)

// A Table has a Peer for each measured peer, by name: "go-gorilla".
type Table map[string]Peer

// A Peer is what the reference said of one peer, by case id.
type Peer struct {
	Cases map[string]Outcome `json:"cases"`

	// Unstable has the outcomes seen of the cases that came out differently
	// from one run to the next; their close codes are not recorded.
	Unstable map[string][]Outcome `json:"unstable"`
}

// An Outcome is what a report says of one case.
type Outcome struct {
	Behavior      string // "OK", "NON-STRICT", …
	BehaviorClose string // the same for the closing handshake
	CloseCode     int    // that the peer sent; 0 if it sent none
}

// UnmarshalJSON reads [behavior, behaviorClose, code or null] or
// [behavior, behaviorClose].
func (o *Outcome) UnmarshalJSON(text []byte) error {
	var fields []json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return err
	}
	into := []any{&o.Behavior, &o.BehaviorClose, &o.CloseCode}
	if n := len(fields); n < 2 || n > len(into) {
		return fmt.Errorf("outcome %s: want 2 or 3 fields, got %d", text, n)
	}
	for i, field := range fields {
		if err := json.Unmarshal(field, into[i]); err != nil {
			return fmt.Errorf("outcome %s: %w", text, err)
		}
	}
	return nil
}

// String is what the printed tables show: "NON-STRICT / OK / 1002".
func (o Outcome) String() string {
	code := "no code"
	if o.CloseCode != 0 {
		code = fmt.Sprint(o.CloseCode)
	}
	return strings.Join([]string{o.Behavior, o.BehaviorClose, code}, " / ")
}

// Load returns the table of that name: Servers or Clients.
func Load(name string) (Table, error) {
	if name != Servers && name != Clients {
		return nil, fmt.Errorf("no oracle table %q: want %s or %s", name, Servers, Clients)
	}
	text, err := fs.ReadFile(interop.Oracle(), name+".json")
	if err != nil {
		return nil, err
	}
	var t Table
	if err := json.Unmarshal(text, &t); err != nil {
		return nil, fmt.Errorf("%s.json: %w", name, err)
	}
	return t, nil
}

// seen reports whether got is among the outcomes seen of an unstable case.
func seen(outcomes []Outcome, got Outcome) bool {
	return slices.ContainsFunc(outcomes, func(o Outcome) bool {
		return o.Behavior == got.Behavior && o.BehaviorClose == got.BehaviorClose
	})
}
