// SPDX-License-Identifier: Apache-2.0

// Package load is a load test as values: the Plan, what a run of it found (Result), and
// the objectives a result is held against. It knows nothing of networks and clocks, of
// flags, or of how a result is shown: package drive carries plans out. Start at Plan and
// Result.
package load

import (
	"time"
)

// Kind is what a load test does.
type Kind string

// The kinds.
const (
	Connect   Kind = "connect"   // open connections and hold them
	Echo      Kind = "echo"      // send messages and time what comes back
	Broadcast Kind = "broadcast" // one sends, all receive
	Find      Kind = "find"      // the most of something at which an objective holds
)

// A Result is what a run found. Its JSON is described by schema.json.
type Result struct {
	Wsspec  string    `json:"wsspec"` // version of the program
	Kind    Kind      `json:"kind"`
	URL     string    `json:"url"`
	Started time.Time `json:"started"`
	// Interrupted says what ended the run before its plan was carried out; empty where it was.
	Interrupted string `json:"interrupted,omitempty"`
	// Amiss says why all is not well without any condition: what the test was for did not happen at all, what came
	// was wrong, messages had no answer, or the server broke the protocol. Empty where none of it is so.
	Amiss string `json:"amiss,omitempty"`
	Plan  Plan   `json:"plan"`

	Attempts int64 `json:"attempts"` // to open a connection, retries included
	Opened   int64 `json:"opened"`
	Failed   int64 `json:"failed"` // connections not opened, after all retries
	Held     int64 `json:"held"`   // open at the end, before we closed any
	Lost     int64 `json:"lost"`   // opened, and ended by others than us
	Retries  int64 `json:"retries"`

	// ConnectRate is how many connections were opened a second, from the beginning until the
	// last was opened or given up.
	ConnectRate float64 `json:"connect_rate"`
	// ConnectS is how long that took, DurationS how long all of it did, in seconds. MessagingS is
	// the time during which messages were to be sent, 0 where none were.
	ConnectS   float64 `json:"connect_s"`
	DurationS  float64 `json:"duration_s"`
	MessagingS float64 `json:"messaging_s"`

	Sent        int64   `json:"sent"`         // messages
	Messages    int64   `json:"messages"`     // answered rightly, or received where we broadcast
	MessageRate float64 `json:"message_rate"` // Messages a second of MessagingS
	Bytes       int64   `json:"bytes"`        // of their payloads
	Missing     int64   `json:"missing"`      // without the right answer, or not received by one who should have
	Wrong       int64   `json:"wrong"`        // that came and are not what was sent
	Unsent      int64   `json:"unsent"`       // planned, with no connection to send them on
	Pings       int64   `json:"pings"`
	Pongs       int64   `json:"pongs"`

	Latency  Latency   `json:"latency_us"`
	Failures []Failure `json:"failures"` // most frequent first
	Series   []Point   `json:"series"`
	Curve    []Step    `json:"curve,omitempty"` // of find: each step
	Best     *Step     `json:"best,omitempty"`  // of find: the highest at which the objectives hold

	Thresholds []Verdict  `json:"thresholds"`
	Preflight  []Finding  `json:"preflight"`
	Processes  int        `json:"processes"` // that we were
	Server     *Resources `json:"server,omitempty"`
	Client     *Resources `json:"client,omitempty"`
}

// Latency is how long things took, in microseconds. A nil one was not measured.
type Latency struct {
	TCP     *Distribution `json:"tcp,omitempty"`
	TLS     *Distribution `json:"tls,omitempty"`
	Upgrade *Distribution `json:"upgrade,omitempty"`
	Open    *Distribution `json:"open,omitempty"`    // all of these together
	Message *Distribution `json:"message,omitempty"` // from the intended time of sending
	Service *Distribution `json:"service,omitempty"` // from the actual time of sending
	Ping    *Distribution `json:"ping,omitempty"`
	First   *Distribution `json:"first,omitempty"` // receiver of a broadcast
	Median  *Distribution `json:"median,omitempty"`
	Last    *Distribution `json:"last,omitempty"`
}

// Failure is what went wrong for one cause.
type Failure struct {
	Cause   string `json:"cause"`
	Count   int64  `json:"count"`
	Example string `json:"example,omitempty"`
}

// A Point is what happened in a piece of time, for plots.
type Point struct {
	AtS         float64 `json:"at_s"` // its end, from the beginning
	WidthS      float64 `json:"width_s"`
	Held        int64   `json:"held"`         // open at its end
	Opened      int64   `json:"opened"`       // in it, as all that follow
	Failed      int64   `json:"failed"`       // of connections and messages
	Retried     int64   `json:"retried"`      //
	ConnectRate float64 `json:"connect_rate"` // a second
	Sent        int64   `json:"sent"`
	Messages    int64   `json:"messages"`
	MessageRate float64 `json:"message_rate"` // a second
	Bytes       int64   `json:"bytes"`
	// Of messages, or where there are none of opening; in microseconds, 0 where nothing was measured.
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

// A Step is one step of a search.
type Step struct {
	At       float64   `json:"at"`              // what was tried: connections, or messages a second
	Again    bool      `json:"again,omitempty"` // it had failed just before
	Holds    bool      `json:"holds"`
	Verdicts []Verdict `json:"verdicts"`
	Rate     float64   `json:"rate"` // messages a second that were answered
	Failed   int64     `json:"failed"`
	P50      float64   `json:"p50"` // of messages, in microseconds
	P99      float64   `json:"p99"`
	P999     float64   `json:"p999"`
	Max      float64   `json:"max"`
	Note     string    `json:"note,omitempty"` // what is to be known of it

	// Of the server, where it is on this machine: how many processors it kept busy during the step, 1.5 being one
	// and a half, and its memory at the end of it, in octets. 0 where that is not known.
	ServerCPU    float64 `json:"server_cpu,omitempty"`
	ServerMemory int64   `json:"server_memory,omitempty"`
}

// A Verdict is a threshold and what became of it.
type Verdict struct {
	Text string `json:"text"` // as it was given
	// OK reports whether all is well: a condition for failure is not met, an objective is. What
	// was not measured is not well.
	OK bool `json:"ok"`
	// Value is what was measured, in words, such as "1.2ms".
	Value string `json:"value"`
}

// A Finding is a limit of the machine, held against what the plan needs.
type Finding struct {
	Limit  string `json:"limit"` // files, ports, memory, conntrack, backlog
	OK     bool   `json:"ok"`
	Need   int64  `json:"need"`
	Have   int64  `json:"have"`
	Text   string `json:"text"`
	Remedy string `json:"remedy,omitempty"` // a command that raises it
	Advice bool   `json:"advice,omitempty"` // all may end well even so
}

// Resources are what a process used.
type Resources struct {
	Process       int     `json:"process"`   // its id; of several, the lowest
	Processes     int     `json:"processes"` // how many they are
	Name          string  `json:"name"`
	CPUS          float64 `json:"cpu_s"`  // seconds of processor time during the run
	MemoryPeak    int64   `json:"memory"` // octets in memory at most, as far as seen
	MemoryBefore  int64   `json:"memory_before"`
	PerConnection float64 `json:"memory_per_connection"` // octets
	CPUPerMessage float64 `json:"cpu_us_per_message"`    // microseconds of processor time; 0 without messages
	Unknown       string  `json:"unknown,omitempty"`     // why nothing is known, where nothing is
}
