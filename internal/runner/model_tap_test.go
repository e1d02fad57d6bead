// SPDX-License-Identifier: Apache-2.0

package runner_test

import (
	"context"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/wsspec/wsspec/internal/model"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
)

// tap is our end of a connection whose octets a model is fed.
type tap struct {
	stream.Stream
	mu    sync.Mutex
	model *model.Model
	gone  bool      // we have ended TCP, or the endpoint has
	left  bool      // we have
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
		t.gone, t.left = true, true
	}
}

// opinion is what both judges say of one connection.
type opinion struct {
	fault, id string
	theCase   string // good, lesser, bad, or open: it leaves open what is right
	theModel  string
	reason    string // of the case
	found     []model.Violation
	state     string
}

// afterwards reports whether the case is the connection that shows if the endpoint has
// survived: it is judged for that alone.
func afterwards(c runner.Planned) bool {
	return len(c.Want.Outcomes) > 0 && len(c.Want.Outcomes[0].Events) > 0 && string(c.Want.Outcomes[0].Events[0].Data.Unit) == "still there?"
}

// conductTapped is conduct with a model that is fed the octets of our end.
func (b *bench) conductTapped(ctx context.Context, end *endpoint, c runner.Planned) (report.Result, opinion, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ours, err := end.connect(ctx, c, c.Command)
	if err != nil {
		return report.Result{}, opinion{}, err
	}
	tapped := &tap{Stream: ours, model: model.New(model.Endpoint{Role: b.role, Limit: 1 << 20})}
	p := b.settings.Peer(ctx, tapped, b.role.Other(), c.Case)
	r, err := b.settings.Conduct(p, c, end.cfg.Faults.String(), b.open(p, c, b.settings.Opening(c.Case)))
	tapped.mu.Lock()
	defer tapped.mu.Unlock()
	return r, tapped.opinion(c, r), err
}

// opinion is what the case and the model say once the connection is over.
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
	// Where nothing that may still come changes the verdict, nobody has waited for it.
	settled := slices.ContainsFunc(r.Log.Records, func(r wirelog.Record) bool { return r.Kind == wirelog.Settled })
	if t.left && !settled {
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
