// SPDX-License-Identifier: Apache-2.0

package fuzz_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/wsspec/wsspec/internal/fuzz"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/ws"
)

// depth is a server whose code has branches that nobody sees from outside: each data frame
// of a certain sequence leads one deeper.
type depth struct {
	reached int
}

func (d *depth) counters(context.Context) ([]uint64, error) {
	var all []uint64
	for i := range d.reached + 1 {
		all = append(all, uint64(i)+1)
	}
	return all, nil
}

type deep struct {
	stream.Stream
	d    *depth
	head bool // the request has been sent
	at   int
}

func (s *deep) Write(b []byte) (int, error) {
	if s.head {
		s.frames(b)
	}
	s.head = true
	return s.Stream.Write(b)
}

func (s *deep) frames(b []byte) {
	for len(b) > 0 {
		h, n := ws.ParseHeader(b)
		if n == 0 || h.Length > uint64(len(b)-n) {
			return
		}
		b = b[n+int(h.Length):]
		want := []ws.Opcode{ws.Text, ws.Binary, ws.Text, ws.Text, ws.Binary, ws.Binary, ws.Text, ws.Binary}
		if !h.Opcode.IsControl() && s.at < len(want) {
			if h.Opcode == want[s.at] && h.Fin {
				s.at++
				s.d.reached = max(s.d.reached, s.at)
			} else {
				s.at = len(want)
			}
		}
	}
}

// What is reached that was not before is counted, and what was there before is not to the
// credit of a conversation.
func TestCounters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := new(depth)
		c := fuzz.Config{Seed: 1, Role: ws.Client, Peer: endpoint(t, ws.Server), Runs: 300, Jobs: 1, Counters: d.counters}
		connect := c.Peer.Connect
		c.Peer.Connect = func(ctx context.Context) (stream.Stream, error) {
			s, err := connect(ctx)
			return &deep{Stream: s, d: d}, err
		}
		s := fuzz.Run(t.Context(), c)
		if want := (fuzz.Coverage{Before: 1, Reached: 1 + d.reached}); s.Coverage != want || d.reached == 0 {
			t.Errorf("%+v, and %d deep", s.Coverage, d.reached)
		}
	})
}

// Counters that cannot be read are told of, and nothing else comes of it.
func TestCountersFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		times := 0
		s := fuzz.Run(t.Context(), fuzz.Config{Seed: 1, Role: ws.Client, Peer: endpoint(t, ws.Server), Runs: 50, Jobs: 1, Counters: func(context.Context) ([]uint64, error) {
			if times++; times > 1 {
				return nil, errors.New("it is away")
			}
			return []uint64{7}, nil
		}})
		if c := s.Coverage; c.Before != 1 || c.Reached != 1 || c.Failed != 50 || c.Why == nil || s.Played != 50 || len(s.Findings) > 0 {
			t.Errorf("%+v", s)
		}
	})
}
