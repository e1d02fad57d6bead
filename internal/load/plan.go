// SPDX-License-Identifier: Apache-2.0

package load

import (
	"encoding/json"
	"fmt"
	"time"
)

// A Plan is what a load test is to do. In JSON and YAML its keys are the names of the
// flags, and durations are texts such as "1m30s". Which of the fields a kind of test has is
// for Check to say.
type Plan struct {
	Kind Kind   `json:"command"`
	URL  string `json:"url"`

	Connections int      `json:"connections"`
	ConnectRate float64  `json:"connect-rate,omitempty"` // connections a second, at a steady pace; 0 is as fast as possible
	Batch       int      `json:"batch,omitempty"`        // connections at once, instead
	BatchDelay  Duration `json:"batch-delay,omitempty"`
	Opening     int      `json:"opening,omitempty"` // connections being opened at a time, at most
	Hold        Duration `json:"hold,omitempty"`
	Ping        Duration `json:"ping,omitempty"` // each connection, at this interval
	Retries     int      `json:"retries,omitempty"`
	RetryDelay  Duration `json:"retry-delay,omitempty"`
	Timeout     Duration `json:"timeout,omitempty"` // of opening a connection, and of an answer at the end

	Rate     float64  `json:"rate,omitempty"`      // messages a second, on all connections together: the open model
	InFlight int      `json:"in-flight,omitempty"` // messages a connection has under way: the closed model
	Duration Duration `json:"duration,omitempty"`  // for which messages are sent
	Warmup   Duration `json:"warmup,omitempty"`    // messages before it are not measured
	Size     string   `json:"size,omitempty"`      // of messages: see ParseSize
	Binary   bool     `json:"binary,omitempty"`
	Deflate  bool     `json:"deflate,omitempty"`
	Verify   bool     `json:"verify,omitempty"`
	Seed     uint64   `json:"seed,omitempty"` // of sizes and payloads

	Over         string   `json:"over,omitempty"` // of find: rate or connections
	From         float64  `json:"from,omitempty"`
	To           float64  `json:"to,omitempty"`
	Each         float64  `json:"each,omitempty"` // of find over connections: messages a second on each
	StepDuration Duration `json:"step-duration,omitempty"`
	SLO          []string `json:"slo,omitempty"`

	FailIf []string `json:"fail-if,omitempty"`

	Header       []string `json:"header,omitempty"` // "Name: value"
	Origin       string   `json:"origin,omitempty"`
	Subprotocol  []string `json:"subprotocol,omitempty"`
	Insecure     bool     `json:"insecure,omitempty"`
	CAFile       string   `json:"cafile,omitempty"`
	SNI          string   `json:"sni,omitempty"`
	ClientCert   string   `json:"client-cert,omitempty"`
	ClientKey    string   `json:"client-key,omitempty"`
	ALPN         []string `json:"alpn,omitempty"`
	TLSMin       string   `json:"tls-min,omitempty"`
	Keylog       string   `json:"keylog,omitempty"`
	Proxy        string   `json:"proxy,omitempty"` // its URL, without a password
	Unix         string   `json:"unix,omitempty"`
	ConnectTo    string   `json:"connect-to,omitempty"`
	Resolve      []string `json:"resolve,omitempty"`
	Sources      []string `json:"source,omitempty"` // addresses of ours to connect from, in turn
	Processes    int      `json:"processes,omitempty"`
	IgnoreLimits bool     `json:"ignore-limits,omitempty"`

	// ProxyPassword is for processes of ours alone: nobody reads it in a report.
	ProxyPassword string `json:"-"`
}

// Duration is a time.Duration that is a text in JSON.
type Duration time.Duration

// String is "1m30s".
func (d Duration) String() string { return time.Duration(d).String() }

// MarshalJSON writes the text.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(d.String()) }

// UnmarshalText reads what time.ParseDuration does.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	if err != nil {
		return fmt.Errorf("%q is no duration: want a number with a unit, such as 500ms, 10s or 1m30s, and no more than 720h", b)
	}
	*d = Duration(v)
	return nil
}
