// SPDX-License-Identifier: Apache-2.0

package runner_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"math/bits"
	"slices"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/ws"
)

// overheard is a connection as one who listens sees it, octets in both directions.
type overheard struct {
	stream.Stream
	sent, received bytes.Buffer
}

func (o *overheard) Read(b []byte) (int, error) {
	n, err := o.Stream.Read(b)
	o.received.Write(b[:n])
	return n, err
}

func (o *overheard) Write(b []byte) (int, error) {
	n, err := o.Stream.Write(b)
	o.sent.Write(b[:n])
	return n, err
}

// letter is a message on the wire.
type letter struct {
	compressed bool
	octets     []byte
	whole      bool   // its last frame is there, and all of it
	digest     string // of what it says, where that is asked for
}

// letters are the messages in octets that begin with an opening handshake.
func letters(octets []byte) []letter {
	_, octets, _ = bytes.Cut(octets, []byte("\r\n\r\n"))
	var all []letter
	for len(octets) > 0 {
		h, n := ws.ParseHeader(octets)
		if n == 0 {
			break
		}
		octets = octets[n:]
		payload := slices.Clone(octets[:min(uint64(len(octets)), h.Length)])
		octets = octets[len(payload):]
		if h.Masked {
			ws.Mask(h.Key, 0, payload)
		}
		switch {
		case h.Opcode.IsControl():
			continue
		case h.Opcode != ws.Continuation || len(all) == 0:
			all = append(all, letter{compressed: h.RSV&4 != 0})
		}
		last := &all[len(all)-1]
		last.octets, last.whole = append(last.octets, payload...), h.Fin && uint64(len(payload)) == h.Length
	}
	return all
}

// correspondence is what the compressed messages of a connection are, one after the other,
// and what came back of them.
type correspondence struct {
	id      string
	window  int  // that was agreed for our messages, in bits
	forgets bool // earlier ones, as was agreed
	ours    []letter
	theirs  []letter
}

// eavesdrop plays a case as bench.conduct does, and listens.
func (b *bench) eavesdrop(ctx context.Context, end *endpoint, c runner.Planned) (correspondence, report.Result, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ours, err := end.connect(ctx, c, c.Command)
	if err != nil {
		return correspondence{}, report.Result{}, err
	}
	o := &overheard{Stream: ours}
	var params deflate.Params
	var agreed bool
	play := c.Play
	c.Play = func(p *peer.Peer) {
		params, agreed = p.Compresses()
		play(p)
	}
	p := b.settings.Peer(ctx, o, b.role.Other(), c.Case)
	r, err := b.settings.Conduct(p, c, "", b.open(p, c, b.settings.Opening(c.Case)))
	if !agreed {
		return correspondence{}, r, err
	}
	theirs, unreadable := read(letters(o.received.Bytes()))
	return correspondence{
		id: c.ID, window: bits.Len(uint(params.Window())) - 1, forgets: params.NoContextTakeover,
		ours: letters(o.sent.Bytes()), theirs: theirs,
	}, r, cmp.Or(err, unreadable)
}

// read says of each whole letter what is in it.
func read(ls []letter) ([]letter, error) {
	var h history
	for i, l := range ls {
		var err error
		switch {
		case !l.whole:
			return ls[:i], nil
		case l.compressed:
			ls[i].digest, err = h.inflate(l.octets)
		default:
			ls[i].digest = fmt.Sprintf("%x", sha256.Sum256(l.octets))
		}
		if err != nil {
			return nil, err
		}
	}
	return ls, nil
}
