// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/nats-io/nats.go"
)

// What a piece of news is about.
type newsKind string

const (
	newsReady   newsKind = "ready"  // the part has been taken
	newsReport  newsKind = "report" // Data is for the Sum
	newsGate    newsKind = "gate"   // Data is the name of the gate
	newsDone    newsKind = "done"
	newsFailed  newsKind = "failed"  // Data is why
	newsLeft    newsKind = "left"    // before its end: the worker was told to end
	newsStopped newsKind = "stopped" // before its end: the job was
)

// news is what a worker says about a part. On the way it is a message: Data, or a piece of it,
// and the rest in headers.
type news struct {
	Kind    newsKind
	Part    int
	Attempt int
	Seq     uint64 // counted from 1 in each attempt
	Worker  string // id
	Name    string // for people
	Offset  time.Duration
	Within  time.Duration
	Data    []byte
}

// The headers.
const (
	headKind    = "Wsspec-Kind"
	headAttempt = "Wsspec-Attempt"
	headSeq     = "Wsspec-Seq"
	headWorker  = "Wsspec-Worker"
	headName    = "Wsspec-Name"
	headClock   = "Wsspec-Clock" // offset and uncertainty, in nanoseconds
	headMore    = "Wsspec-More"  // number of this piece of Data, from 0; the last has a negative one
)

// Bounds of what comes from others.
const (
	mostName  = 100 // octets
	mostData  = 64 << 20
	mostText  = 2000
	mostParts = 10_000
)

// messages are the news as messages to the subject, none with more Data than fits.
func (n news) messages(subject, id string, fits int) []*nats.Msg {
	var all []*nats.Msg
	data := n.Data
	for i := 0; ; i++ {
		m := nats.NewMsg(subject)
		h := m.Header
		h.Set(headKind, string(n.Kind))
		h.Set(headAttempt, strconv.Itoa(n.Attempt))
		h.Set(headSeq, strconv.FormatUint(n.Seq, 10))
		h.Set(headWorker, n.Worker)
		h.Set(headName, n.Name)
		if n.Kind == newsReady {
			h.Set(headClock, fmt.Sprintf("%d %d", n.Offset, n.Within))
		}
		h.Set(nats.MsgIdHdr, fmt.Sprintf("%s.%d.%d.%d.%d", id, n.Part, n.Attempt, n.Seq, i))
		piece := data[:min(len(data), fits)]
		data = data[len(piece):]
		m.Data = piece
		all = append(all, m)
		if len(data) == 0 {
			h.Set(headMore, strconv.Itoa(-i-1))
			return all
		}
		h.Set(headMore, strconv.Itoa(i))
	}
}

// parseNews reads a message. The part is that of the subject. more is the number of the
// piece, and last whether it is the last.
func parseNews(part int, h nats.Header, data []byte) (n news, more int, last bool, err error) {
	n = news{Kind: newsKind(h.Get(headKind)), Part: part, Worker: h.Get(headWorker), Name: h.Get(headName), Data: data}
	switch n.Kind {
	case newsReady, newsReport, newsGate, newsDone, newsFailed, newsLeft, newsStopped:
	default:
		return n, 0, false, fmt.Errorf("news of kind %.40q", n.Kind)
	}
	if n.Attempt, err = strconv.Atoi(h.Get(headAttempt)); err != nil || n.Attempt < 1 {
		return n, 0, false, fmt.Errorf("attempt %.40q", h.Get(headAttempt))
	}
	if n.Seq, err = strconv.ParseUint(h.Get(headSeq), 10, 63); err != nil || n.Seq < 1 {
		return n, 0, false, fmt.Errorf("number %.40q", h.Get(headSeq))
	}
	if more, err = strconv.Atoi(h.Get(headMore)); err != nil {
		return n, 0, false, fmt.Errorf("piece %.40q", h.Get(headMore))
	}
	if last = more < 0; last {
		more = -(more + 1)
	}
	if err := checkWorker(n.Worker, n.Name); err != nil {
		return n, 0, false, err
	}
	if n.Kind == newsReady {
		if _, err := fmt.Sscanf(h.Get(headClock), "%d %d", &n.Offset, &n.Within); err != nil {
			return n, 0, false, fmt.Errorf("clock %.40q", h.Get(headClock))
		}
	}
	if (n.Kind == newsFailed || n.Kind == newsGate) && (len(data) > mostText || !utf8.Valid(data)) {
		return n, 0, false, errors.New("a text that is too long, or none")
	}
	return n, more, last, nil
}

// checkWorker checks how a worker calls itself.
func checkWorker(id, name string) error {
	if !validID(id) {
		return fmt.Errorf("worker id %.40q", id)
	}
	if name == "" || len(name) > mostName || !utf8.ValidString(name) {
		return fmt.Errorf("worker name %.40q", name)
	}
	return nil
}

// validID reports whether a word may be part of a subject.
func validID(id string) bool {
	return regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`).MatchString(id)
}

// beat is how a worker says that it is alive.
type beat struct {
	Worker  string `json:"worker"`
	Name    string `json:"name"`
	Version string `json:"version"`
}

func parseBeat(b []byte) (beat, error) {
	var h beat
	if err := json.Unmarshal(b, &h); err != nil {
		return h, err
	}
	return h, checkWorker(h.Worker, h.Name)
}

// The phases of a job.
const (
	phaseSharing  = "sharing"  // parts are being put into the queue
	phaseWaiting  = "waiting"  // for workers
	phaseRunning  = "running"  //
	phaseStopping = "stopping" // before its end
)

// status is what everybody may know of a job. Only its controller writes it.
type status struct {
	Kind     string `json:"kind"`
	Version  string `json:"version"`
	Spec     []byte `json:"spec"`
	Parts    int    `json:"parts"`
	Together bool   `json:"together"`
	Takeover bool   `json:"takeover"`
	Phase    string `json:"phase"`
	BeginNS  int64  `json:"begin_ns,omitempty"` // by the clock of the controller
	Gates    []gate `json:"gates,omitempty"`    // that are open
}

// gate is one that has been opened, and when, by the clock of the controller.
type gate struct {
	Name string `json:"name"`
	NS   int64  `json:"ns"`
}

// gate finds an open gate.
func (s *status) gate(name string) (g gate, open bool) {
	i := slices.IndexFunc(s.Gates, func(g gate) bool { return g.Name == name })
	if i < 0 {
		return gate{}, false
	}
	return s.Gates[i], true
}

func parseStatus(b []byte) (status, error) {
	var s status
	if err := json.Unmarshal(b, &s); err != nil {
		return s, fmt.Errorf("status of a job: %w", err)
	}
	switch s.Phase {
	case phaseSharing, phaseWaiting, phaseRunning, phaseStopping:
	default:
		return s, fmt.Errorf("status of a job: phase %.40q", s.Phase)
	}
	if s.Parts < 1 || s.Parts > mostParts {
		return s, fmt.Errorf("status of a job: %d parts", s.Parts)
	}
	return s, nil
}

// ticket is what is in the queue: a part that somebody is to take.
type ticket struct {
	Job  string `json:"job"`
	Part int    `json:"part"`
}

func parseTicket(b []byte) (ticket, error) {
	var t ticket
	if err := json.Unmarshal(b, &t); err != nil {
		return t, fmt.Errorf("ticket: %w", err)
	}
	if !validID(t.Job) || t.Part < 0 || t.Part >= mostParts {
		return t, fmt.Errorf("ticket: part %d of job %.40q", t.Part, t.Job)
	}
	return t, nil
}

// CheckName says what is wrong with the name of a worker.
func CheckName(name string) error {
	if err := checkWorker("w", name); err != nil {
		return fmt.Errorf("%w: want 1 to %d octets of UTF-8", err, mostName)
	}
	return nil
}
