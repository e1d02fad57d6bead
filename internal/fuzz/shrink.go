// SPDX-License-Identifier: Apache-2.0

package fuzz

import (
	"slices"
	"time"

	"github.com/wsspec/wsspec/internal/fuzz/conversation"
	"github.com/wsspec/wsspec/internal/ws"
)

// shrinker makes a conversation shorter and plainer as long as it still shows something.
type shrinker struct {
	best  *conversation.Conversation
	shows func(*conversation.Conversation) bool
	plays int       // that are left
	until time.Time // and the time
}

// shrink returns the shortest conversation it finds, within so many plays and that time.
func shrink(c *conversation.Conversation, plays int, most time.Duration, shows func(*conversation.Conversation) bool) *conversation.Conversation {
	s := &shrinker{best: c.Clone(), shows: shows, plays: plays, until: time.Now().Add(most)}
	for s.pass() && !s.over() {
	}
	return s.best
}

func (s *shrinker) over() bool { return s.plays <= 0 || !time.Now().Before(s.until) }

// pass tries everything once, and reports whether anything was of use.
func (s *shrinker) pass() bool {
	better := s.steps()
	better = s.openings() || better
	better = s.frames() || better
	return better
}

// try plays a changed copy, and keeps it if it still shows what it has to.
func (s *shrinker) try(change func(c *conversation.Conversation)) bool {
	if s.over() {
		return false
	}
	c := s.best.Clone()
	change(c)
	s.plays--
	if !s.shows(c) {
		return false
	}
	s.best = c
	return true
}

// steps leaves out as many steps as it can, large parts first.
func (s *shrinker) steps() (better bool) {
	for size := max(1, len(s.best.Steps)/2); ; size /= 2 {
		for from := len(s.best.Steps) - size; from >= 0 && !s.over(); from -= size {
			if from+size > len(s.best.Steps) {
				continue
			}
			if s.try(func(c *conversation.Conversation) { c.Steps = slices.Delete(c.Steps, from, from+size) }) {
				better = true
			}
		}
		if size <= 1 {
			return better
		}
	}
}

// openings leaves out connections and what is special about handshakes.
func (s *shrinker) openings() (better bool) {
	for i := len(s.best.Openings) - 1; i >= 0 && len(s.best.Openings) > 1; i-- {
		if s.try(func(c *conversation.Conversation) { dropConnection(c, i) }) {
			better = true
		}
	}
	for i := range s.best.Openings {
		o := s.best.Openings[i]
		for j := len(o.Edits) - 1; j >= 0; j-- {
			if j < len(s.best.Openings[i].Edits) {
				better = s.try(func(c *conversation.Conversation) { e := &c.Openings[i].Edits; *e = slices.Delete(*e, j, j+1) }) || better
			}
		}
		if o.Chop > 0 {
			better = s.try(func(c *conversation.Conversation) { c.Openings[i].Chop = 0 }) || better
		}
		if o.Behind {
			better = s.try(func(c *conversation.Conversation) { c.Openings[i].Behind = false }) || better
		}
		if o.Command != "" {
			better = s.try(func(c *conversation.Conversation) { c.Openings[i].Command = "" }) || better
		}
		for _, plain := range []string{"", "permessage-deflate"} {
			if o.Offer != "" && o.Offer != plain && s.best.Openings[i].Offer == o.Offer {
				better = s.try(func(c *conversation.Conversation) { c.Openings[i].Offer = plain }) || better
			}
		}
		for _, plain := range []string{"no", ""} {
			if s.best.Role == ws.Server && o.Answer != plain && o.Answer != "no" && s.best.Openings[i].Answer == o.Answer {
				better = s.try(func(c *conversation.Conversation) { c.Openings[i].Answer = plain }) || better
			}
		}
	}
	return better
}

// dropConnection leaves out a connection with all that is said on it.
func dropConnection(c *conversation.Conversation, i int) {
	c.Openings = slices.Delete(c.Openings, i, i+1)
	c.Steps = slices.DeleteFunc(c.Steps, func(s conversation.Step) bool { return s.On == i })
	for j := range c.Steps {
		if c.Steps[j].On > i {
			c.Steps[j].On--
		}
	}
}

// frames makes each step plainer.
func (s *shrinker) frames() (better bool) {
	for i := 0; i < len(s.best.Steps); i++ {
		switch s.best.Steps[i].Kind {
		case conversation.SendFrame:
			better = s.join(i) || better
			better = s.frame(i) || better
		case conversation.SendOctets:
			better = s.octets(i) || better
		case conversation.Pause:
			if s.best.Steps[i].Wait > time.Millisecond {
				better = s.try(func(c *conversation.Conversation) { c.Steps[i].Wait = time.Millisecond }) || better
			}
		}
	}
	return better
}

// join makes one frame of a fragment and the continuation behind it.
func (s *shrinker) join(i int) bool {
	if i+1 == len(s.best.Steps) || s.best.Steps[i+1].Kind != conversation.SendFrame {
		return false
	}
	first, next := &s.best.Steps[i].Frame, &s.best.Steps[i+1].Frame
	if first.Fin || first.Opcode.IsControl() || next.Opcode != ws.Continuation || first.Len()+next.Len() > 1<<16 {
		return false
	}
	whole := slices.Concat(first.Whole(), next.Whole())
	return s.try(func(c *conversation.Conversation) {
		f := &c.Steps[i].Frame
		if f.Set(whole); first.Blocks != nil && next.Blocks.Equal(first.Blocks) && first.To == next.From {
			f.Blocks, f.From, f.To = first.Blocks, first.From, next.To
		}
		f.Fin = next.Fin
		c.Steps = slices.Delete(c.Steps, i+1, i+2)
	})
}

// frame makes one frame plainer: what it need not have goes, and its payload.
func (s *shrinker) frame(i int) (better bool) {
	at := func(c *conversation.Conversation) *conversation.Frame { return &c.Steps[i].Frame }
	now := func() *conversation.Frame { return at(s.best) }
	change := func(need bool, f func(*conversation.Frame)) {
		if need && s.try(func(c *conversation.Conversation) { f(at(c)) }) {
			better = true
		}
	}
	change(now().Chop != 0, func(f *conversation.Frame) { f.Chop = 0 })
	change(now().Cut != [2]int{}, func(f *conversation.Frame) { f.Cut = [2]int{} })
	change(now().Times > 1, func(f *conversation.Frame) { f.Times = 0 })
	for now().Times > 1 && s.try(func(c *conversation.Conversation) { at(c).Times /= 2 }) {
		better = true
	}
	change(now().Masked && s.best.Role == ws.Server, func(f *conversation.Frame) { f.Masked, f.Key = false, [4]byte{} })
	change(now().Masked && now().Key != conversation.DefaultKey(), func(f *conversation.Frame) { f.Key = conversation.DefaultKey() })
	change(!now().Masked && s.best.Role == ws.Client, func(f *conversation.Frame) { f.Masked, f.Key = true, conversation.DefaultKey() })
	change(now().RSV != 0, func(f *conversation.Frame) { f.RSV = 0 })
	for bit := uint8(1); bit <= 4; bit <<= 1 {
		change(now().RSV&bit != 0 && now().RSV != bit, func(f *conversation.Frame) { f.RSV &^= bit })
	}
	change(!now().Fin, func(f *conversation.Frame) { f.Fin = true })
	change(!now().Minimal(), func(f *conversation.Frame) { f.Form = ws.Shortest })
	change(now().Length != uint64(now().Len()), func(f *conversation.Frame) { f.Length = uint64(f.Len()) })
	change(now().Opcode == ws.Binary, func(f *conversation.Frame) { f.Opcode = ws.Text })
	return s.payload(i) || better
}

// payload makes the payload of a frame shorter, and then plainer.
func (s *shrinker) payload(i int) (better bool) {
	at := func(c *conversation.Conversation) *conversation.Frame { return &c.Steps[i].Frame }
	f := at(s.best)
	if f.Blocks != nil {
		all, err := f.Blocks.Octets()
		whole := err == nil && f.From == 0 && f.To == len(all)
		if f.RSV != 0 && whole || !s.try(func(c *conversation.Conversation) { at(c).Set(at(c).Payload) }) {
			return s.blocks(i)
		}
		better, f = true, at(s.best)
	}
	for f.Repeat > 0 {
		n := f.Repeat / 2
		if !s.try(func(c *conversation.Conversation) { repeat(at(c), n) }) {
			break
		}
		better, f = true, at(s.best)
	}
	if f.Repeat > 0 || f.Length != uint64(f.Len()) {
		return better
	}
	set := func(p []byte) bool {
		if len(p) == len(at(s.best).Payload) && slices.Equal(p, at(s.best).Payload) || !s.try(func(c *conversation.Conversation) { at(c).Set(p) }) {
			return false
		}
		better = true
		return true
	}
	now := func() []byte { return at(s.best).Payload }
	if len(now()) > 0 && (set(nil) || len(now()) > 1 && set([]byte("a"))) {
		return better
	}
	shortest(len(now()), func(n int) bool { return set(now()[:n]) })
	shortest(len(now()), func(n int) bool { return set(now()[len(now())-n:]) })
	for k := len(now()) - 1; k >= 0 && len(now()) <= fewOctets; k-- {
		set(slices.Delete(slices.Clone(now()), k, k+1))
	}
	if f.Opcode == ws.Close || set(plainer(now())) {
		return better
	}
	for k := range now() {
		if len(now()) <= fewOctets && now()[k] != 'a' {
			p := slices.Clone(now())
			p[k] = 'a'
			set(p)
		}
	}
	return better
}

// fewOctets is how long a payload may be for each of its octets to be tried.
const fewOctets = 16

// shortest looks for the least length that works, as if all above it did.
func shortest(n int, works func(int) bool) {
	for low := 0; n-low > 1; {
		mid := low + (n-low)/2
		if works(mid) {
			n = mid
		} else {
			low = mid
		}
	}
}

// repeat gives a frame n octets of what it repeats.
func repeat(f *conversation.Frame, n int) {
	if n <= len(f.Payload) {
		f.Set(f.Payload[:n])
		return
	}
	f.Repeat, f.Length = n, uint64(n)
}

// plainer has the letter a in place of everything else.
func plainer(p []byte) []byte {
	plain := make([]byte, len(p))
	for i := range plain {
		plain[i] = 'a'
	}
	return plain
}

// blocks leaves out words of hand-made data, and makes their numbers and texts smaller.
func (s *shrinker) blocks(i int) (better bool) {
	f := &s.best.Steps[i].Frame
	if all, err := f.Blocks.Octets(); err != nil || f.From != 0 || f.To != len(all) {
		return false // one of several fragments
	}
	with := func(b conversation.Blocks) bool {
		octets, err := b.Octets()
		if err != nil {
			return false
		}
		return s.try(func(c *conversation.Conversation) {
			g := &c.Steps[i].Frame
			g.Set(octets)
			g.Blocks, g.To = b, len(octets)
		})
	}
	now := func() conversation.Blocks { return s.best.Steps[i].Frame.Blocks }
	for j := len(now()) - 1; j >= 0; j-- {
		if j < len(now()) && with(slices.Delete(slices.Clone(now()), j, j+1)) {
			better = true
		}
	}
	for j := range now() {
		for len(now()[j].Text) > 1 {
			b := slices.Clone(now())
			b[j].Text = b[j].Text[:len(b[j].Text)/2]
			if !with(b) {
				break
			}
			better = true
		}
		for len(now()[j].Args) == 3 && now()[j].Args[2] > 1 {
			b := slices.Clone(now())
			b[j].Args = slices.Clone(b[j].Args)
			b[j].Args[2] /= 2
			if !with(b) {
				break
			}
			better = true
		}
	}
	return better
}

// octets makes raw octets fewer.
func (s *shrinker) octets(i int) (better bool) {
	at := func() []byte { return s.best.Steps[i].Octets }
	for size := (len(at()) + 1) / 2; size > 0; size /= 2 {
		for from := len(at()) - size; from >= 0 && !s.over(); from -= size {
			if from+size > len(at()) || size == len(at()) {
				continue
			}
			if s.try(func(c *conversation.Conversation) {
				c.Steps[i].Octets = slices.Delete(slices.Clone(c.Steps[i].Octets), from, from+size)
			}) {
				better = true
			}
		}
	}
	return better
}
