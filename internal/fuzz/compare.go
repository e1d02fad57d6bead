// SPDX-License-Identifier: Apache-2.0

package fuzz

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/wsspec/wsspec/internal/fuzz/conversation"
	"github.com/wsspec/wsspec/internal/fuzz/generator"
	"github.com/wsspec/wsspec/internal/fuzz/player"
	"github.com/wsspec/wsspec/internal/model"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// A Difference is something that two endpoints do differently, and both may.
type Difference struct {
	Aspect  string    // what it is about
	Does    [2]string // what each does
	Seen    int       // in so many conversations
	Example *conversation.Conversation
}

// Comparison is what came of comparing two endpoints.
type Comparison struct {
	Seed        uint64
	Played      uint64
	Took        time.Duration
	Wrong       [2]int // conversations that one of them got wrong, which are not compared
	Differences []Difference
	Lost        error                        // why one of them could not be reached any more
	LostIs      int                          // which
	Gone        []*conversation.Conversation // the last before that
}

// comparison is one that is going on.
type comparison struct {
	Config
	peers [2]player.Peer
	guide *guide
	draw  *generator.Generator

	mu     sync.Mutex
	found  map[string]*Difference
	sum    Comparison
	recent recent
}

// maxDifferences bounds what is told, as endpoints choose what they answer.
const maxDifferences = 200

// Compare has the same conversations with two endpoints until one of the bounds is reached, and
// tells how they differ where neither breaks a MUST. The Peer of the configuration is not used.
func Compare(ctx context.Context, c Config, peers [2]player.Peer) Comparison {
	if c.Jobs <= 0 {
		c.Jobs = DefaultJobs
	}
	if c.First == (player.Patience{}) {
		c.First = player.Quick()
	}
	whole := ctx
	r := &comparison{Config: c, peers: peers, guide: newGuide(c.Runs), found: map[string]*Difference{}}
	r.draw = generator.New(generator.Base{Seed: c.Seed, Role: c.Role, Single: true, Obeys: c.Obeys})
	began := time.Now()
	if c.Time > 0 {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, c.Time)
		defer stop()
	}
	defer r.guide.stopWith(ctx)()
	var workers sync.WaitGroup
	for range c.Jobs {
		workers.Go(func() { r.work(ctx) })
	}
	workers.Wait()
	for i, p := range peers { // those that have no time to end do not notice
		s, err := p.Connect(whole)
		if err == nil {
			_ = s.Close()
		} else if whole.Err() == nil {
			r.isLost(&unreached{i, err})
		}
	}
	r.sum.Seed, r.sum.Took = c.Seed, time.Since(began)
	r.sum.Played, _, _ = r.guide.counts()
	for _, d := range r.found {
		r.sum.Differences = append(r.sum.Differences, *d)
	}
	slices.SortFunc(r.sum.Differences, func(a, b Difference) int {
		if a.Aspect != b.Aspect {
			return strings.Compare(a.Aspect, b.Aspect)
		}
		if a.Seen != b.Seen {
			return b.Seen - a.Seen
		}
		return strings.Compare(a.key(), b.key())
	})
	return r.sum
}

func (d *Difference) key() string { return d.Aspect + "|" + d.Does[0] + "|" + d.Does[1] }

// work plays what is drawn with both.
func (r *comparison) work(ctx context.Context) {
	var players [2]*player.Player
	for i := range players {
		players[i] = &player.Player{Peer: r.peers[i], Patience: r.First, Keep: true}
	}
	for {
		n, known, ok := r.guide.take()
		if !ok {
			return
		}
		c := r.draw.Draw(n, known)
		r.recent.add(c)
		found, marks, err := r.play(ctx, players, c)
		r.guide.played(n, c, marks, nil)
		if isOver(ctx) {
			return
		}
		if err != nil {
			r.isLost(err)
			return
		}
		for _, d := range found {
			r.add(ctx, players, d, c)
		}
	}
}

// play has a conversation with both, and says how they differ.
func (r *comparison) play(ctx context.Context, players [2]*player.Player, c *conversation.Conversation) ([]Difference, []player.Mark, error) {
	var does [2]map[string]string
	var marks []player.Mark
	right := true
	for i, p := range players {
		out := p.Play(ctx, c)
		if out.Unreached != nil {
			return nil, nil, &unreached{i, out.Unreached}
		}
		marks = append(marks, out.Marks...)
		if w := out.Worst(); w != nil && w.Level != model.Should {
			right = false
			r.mu.Lock()
			r.sum.Wrong[i]++
			r.mu.Unlock()
		}
		does[i] = behaviour(out)
	}
	if !right {
		return nil, marks, nil
	}
	var found []Difference
	for _, aspect := range aspects() {
		a, b := does[0][aspect], does[1][aspect]
		if aspect == echoes || aspect == deflates || aspect == pongs {
			a, b = more(a, b)
		}
		if a != b {
			found = append(found, Difference{Aspect: aspect, Does: [2]string{a, b}})
			if aspect == opens || aspect == agrees { // all else follows from it
				break
			}
		}
	}
	return found, marks, nil
}

// unreached is that one of the endpoints could not be reached.
type unreached struct {
	which int
	why   error
}

func (e *unreached) Error() string {
	return fmt.Sprintf("%s cannot be reached any more: %v", [2]string{"the first server", "the second server"}[e.which], e.why)
}

// isLost ends the comparison.
func (r *comparison) isLost(err error) {
	r.guide.stop()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sum.Lost != nil {
		return
	}
	r.sum.Lost, r.sum.Gone = err, r.recent.all()
	if u, ok := errors.AsType[*unreached](err); ok {
		r.sum.LostIs = u.which
	}
}

// more says which of two numbers is the larger: how large they are depends on what was
// asked.
func more(a, b string) (string, string) {
	if len(a) != len(b) {
		if len(a) < len(b) {
			return "fewer", "more"
		}
		return "more", "fewer"
	}
	switch strings.Compare(a, b) {
	case -1:
		return "fewer", "more"
	case 1:
		return "more", "fewer"
	}
	return a, b
}

// add counts a difference; a new one is shrunk to an example.
func (r *comparison) add(ctx context.Context, players [2]*player.Player, d Difference, c *conversation.Conversation) {
	r.mu.Lock()
	known := r.found[d.key()]
	if known != nil {
		known.Seen++
	} else if len(r.found) < maxDifferences {
		d.Seen, d.Example = 1, c
		r.found[d.key()] = &d
	}
	r.mu.Unlock()
	if known != nil {
		return
	}
	small := shrink(c, 300, 2*time.Second, func(c *conversation.Conversation) bool {
		again, _, err := r.play(ctx, players, c)
		return err == nil && ctx.Err() == nil && slices.ContainsFunc(again, func(e Difference) bool { return e.key() == d.key() })
	})
	r.mu.Lock()
	defer r.mu.Unlock()
	if f := r.found[d.key()]; f != nil {
		f.Example = small
	}
}

// What is compared.
const (
	opens     = "opening handshake"
	agrees    = "permessage-deflate"
	closes    = "close code"
	ends      = "end of TCP"
	echoes    = "messages echoed"
	fragments = "frames of echoes"
	deflates  = "compressed echoes"
	pongs     = "Pongs"
)

func aspects() []string {
	return []string{opens, agrees, echoes, closes, ends, fragments, deflates, pongs}
}

// behaviour is what an endpoint did, by aspects, in words.
func behaviour(out *player.Outcome) map[string]string {
	b := map[string]string{opens: "no answer", agrees: "declined", closes: "none", ends: "FIN"}
	if out.Status != 0 {
		b[opens] = fmt.Sprintf("HTTP status %d", out.Status)
	}
	if out.Extension != "" {
		b[agrees] = out.Extension
	}
	switch {
	case out.Closed == ws.NoStatus:
		b[closes] = "a Close without a code"
	case out.Closed != 0:
		b[closes] = fmt.Sprint(uint16(out.Closed))
	}
	switch out.Last {
	case player.ByRST:
		b[ends] = "reset"
	case player.ByUs:
		b[ends] = "left to us"
	case player.Silence:
		b[ends] = "still open"
	}
	messages, frames, packed, answers := 0, 0, 0, 0
	for _, r := range out.Records {
		if r.Kind != wirelog.ReceivedFrame {
			continue
		}
		switch r.Frame.Opcode {
		case ws.Text, ws.Binary, ws.Continuation:
			frames++
			if r.Frame.Fin {
				messages++
			}
			if r.Frame.RSV&4 != 0 {
				packed++
			}
		case ws.Pong:
			answers++
		}
	}
	b[echoes], b[deflates], b[pongs] = fmt.Sprint(messages), fmt.Sprint(packed), fmt.Sprint(answers)
	b[fragments] = "one each"
	if frames > messages {
		b[fragments] = "several"
	}
	return b
}
