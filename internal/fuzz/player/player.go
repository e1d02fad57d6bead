// SPDX-License-Identifier: Apache-2.0

// Package player plays conversations on streams, as the client or as the server, and holds
// what comes back against the model. It reads to the end, and ends conversations by what
// has to be answered, a Ping and a Close, so that patience is needed only where the other
// side is silent. One goroutine does it all, and memory is used again.
//
// It knows nothing of where conversations come from, or of what becomes of findings. Start
// at Player.
package player

import (
	"context"
	"fmt"
	"time"

	"github.com/wsspec/wsspec/internal/fuzz/conversation"
	"github.com/wsspec/wsspec/internal/model"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// Peer is who we talk to.
type Peer struct {
	// Connect returns a stream for the connections of a conversation: we dial a server, or
	// take the connection of a client.
	Connect func(context.Context) (stream.Stream, error)

	Host, Target string    // of requests
	Header       ws.Fields // more fields of requests, or of answers

	Limit    int  // see model.Endpoint
	TextOnly bool // see model.Endpoint
}

// Patience is for how long the other side may be silent.
type Patience struct {
	Owed  time.Duration // when it owes us something
	Nudge time.Duration // before a Ping asks whether it is still there
	Whole time.Duration // a conversation at most
}

// Quick is the patience of a first look, and Sure that of a second one.
func Quick() Patience {
	return Patience{Owed: 250 * time.Millisecond, Nudge: 50 * time.Millisecond, Whole: 10 * time.Second}
}

// Sure is the patience with which findings are confirmed.
func Sure() Patience {
	return Patience{Owed: 2 * time.Second, Nudge: 250 * time.Millisecond, Whole: 30 * time.Second}
}

// Scaled is the patience times a factor.
func (p Patience) Scaled(factor float64) Patience {
	by := func(d time.Duration) time.Duration { return time.Duration(float64(d) * factor) }
	return Patience{by(p.Owed), by(p.Nudge), by(p.Whole)}
}

// Outcome is what came of a conversation.
type Outcome struct {
	Violations []model.Violation // in order, each sentence once
	Marks      []Mark            // what was seen where, for coverage; valid until the next play
	Records    []wirelog.Record  // what was sent and what came back, where it was asked for
	Expected   string            // what was allowed when the first violation came
	Unusual    []string          // requirements about what was unusual in our frames, where records were asked for: see model.Model.Unusual
	Last       Last              // how the last connection ended
	Closed     ws.CloseCode      // of the first Close that came, 0 without one
	Extension  string            // what was agreed, in the first connection
	Status     int               // of the answer to the first request
	// Unreached is why there was no stream for a connection. What came before it counts.
	Unreached error
}

// Last is how a connection ended.
type Last uint8

// Ends of a connection.
const (
	ByUs    Last = iota // nothing was owed, or we had seen enough
	ByFIN               // the other side ended TCP
	ByRST               // it reset it
	Silence             // it owed us something and was silent
)

// Worst is the first violation of the worst level, nil where there is none.
func (o *Outcome) Worst() *model.Violation {
	var worst *model.Violation
	for i := range o.Violations {
		if v := &o.Violations[i]; worst == nil || v.Level < worst.Level {
			worst = v
		}
	}
	return worst
}

// A Player plays one conversation at a time.
type Player struct {
	Peer
	Patience
	Keep bool // records

	// Idle, where set, is told when all there is to do for longer than a moment is to wait,
	// and again when that is over, before anything more is said.
	Idle func(bool)

	lines     []*line
	out       Outcome
	began     time.Time
	shown     int           // the connection that the last record is of
	pace      time.Duration // see Pace
	scrap     []byte        // of reads
	ctx       context.Context
	lastNonce string // of a client, in the connection before
}

// Pace is about how long the other side takes to answer a handshake, round trip and all.
func (p *Player) Pace() time.Duration { return p.pace }

// answered takes note of how long an answer has taken. What takes longer counts at once,
// and is forgotten slowly.
func (p *Player) answered(took time.Duration) { p.pace = max(took, p.pace-p.pace/16) }

// maxReceived is how much one connection may send us, in octets, before we hang up: the
// answers to what we send are far shorter, but for inflated ones.
const maxReceived = 96 << 20

// Play plays a conversation. What it returns is valid until the next call, but for the
// records and the violations.
func (p *Player) Play(ctx context.Context, c *conversation.Conversation) *Outcome {
	p.ctx, p.began, p.shown = ctx, time.Now(), 1
	p.out = Outcome{Marks: p.out.Marks[:0]}
	if p.scrap == nil {
		p.scrap = make([]byte, 32<<10)
	}
	lines := p.room(len(c.Openings))
	defer func() {
		for _, l := range lines {
			l.hangUp()
		}
	}()
	next := 0 // connection to be opened
	openTo := func(i int) bool {
		for ; next <= i && next < len(lines); next++ {
			if !p.open(lines[next], c, next) {
				next++
				return false
			}
		}
		return true
	}
	at := -1
	for i := range c.Steps {
		s := &c.Steps[i]
		if at >= 0 && at != s.On {
			lines[at].flush()
		}
		at = s.On
		if !openTo(at) || p.over() {
			return p.result(lines)
		}
		lines[at].step(s)
	}
	if !openTo(len(lines)-1) || p.over() {
		return p.result(lines)
	}
	for _, l := range lines {
		l.flush()
	}
	for _, l := range lines {
		if l.finish(); p.over() {
			break
		}
	}
	return p.result(lines)
}

// over reports whether the conversation has shown what it shows.
func (p *Player) over() bool {
	return p.out.Unreached != nil || p.ctx.Err() != nil || len(p.out.Violations) > 0 && p.out.Worst().Level == model.Must
}

func (p *Player) room(n int) []*line {
	for len(p.lines) < n {
		p.lines = append(p.lines, &line{p: p, m: model.New(model.Endpoint{})})
	}
	for _, l := range p.lines[:n] {
		l.reset()
	}
	return p.lines[:n]
}

func (p *Player) open(l *line, c *conversation.Conversation, i int) bool {
	s, err := p.Connect(p.ctx)
	if err != nil {
		p.out.Unreached = err
		return false
	}
	l.begin(s, c.Role, i, &c.Openings[i])
	// Who waits for octets does not see that the context ends.
	l.release = context.AfterFunc(p.ctx, func() { _ = s.Reset() })
	if c.Role == ws.Client {
		l.dial(&c.Openings[i])
	} else {
		l.accept(&c.Openings[i])
	}
	if i == 0 {
		p.out.Status = l.status
		if a := l.m.Agreed(); a != nil {
			p.out.Extension = a.String()
		}
	}
	return true
}

func (p *Player) result(lines []*line) *Outcome {
	for _, l := range lines {
		if l.s == nil {
			continue
		}
		p.out.Last = l.last
		if p.Keep && len(p.out.Violations) > 0 {
			p.out.Unusual = append(p.out.Unusual, l.m.Unusual()...)
		}
	}
	return &p.out
}

// violated takes what the model complains of. The caller stops where it is a MUST.
func (l *line) violated(v *model.Violation) {
	p := l.p
	if v == nil || v.Level == model.Contract && l.told || p.ctx.Err() != nil { // cut short, it proves nothing
		return
	}
	if len(p.out.Violations) == 0 {
		p.out.Expected = l.m.Expect()
	}
	for _, w := range p.out.Violations {
		if w.Requirement == v.Requirement && w.What == v.What {
			return
		}
	}
	p.out.Violations = append(p.out.Violations, *v)
	l.record(wirelog.Record{Kind: wirelog.Violation, Note: v.String()})
}

// Outcome is what came of the last play.
func (p *Player) Outcome() *Outcome { return &p.out }

// Restore has Outcome return the records of an earlier play.
func (p *Player) Restore(rs []wirelog.Record) { p.out.Records = rs }

// Received are the lines of the records that are not what we sent.
func Received(rs []wirelog.Record) []string {
	var lines []string
	for i := 0; i < len(rs); {
		text, first := rs[i].Text(), i
		for i++; i < len(rs) && rs[i].Text() == text; i++ {
		}
		switch {
		case rs[first].Kind == wirelog.SentFrame:
		case i-first > 1:
			lines = append(lines, fmt.Sprintf("%s, %d times", text, i-first))
		default:
			lines = append(lines, text)
		}
	}
	return lines
}
