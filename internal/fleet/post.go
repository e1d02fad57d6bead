// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"errors"
	"sync"
	"time"
)

// mostPosted bounds what waits to be sent, in octets, while the server is away.
const mostPosted = 256 << 20

// errFull is why an attempt ends whose reports cannot be sent.
var errFull = errors.New("the server has been away for too long: too many reports wait")

// A post sends the news of one attempt, in order and each until the server has it.
type post struct {
	bus     *Bus
	subject string
	job     string
	from    news // what all have in common

	mu     sync.Mutex
	items  []news
	octets int
	seq    uint64
	full   bool
	closed bool
	more   chan struct{} // has something when items has
	sent   chan struct{} // closed when all is sent
}

// newPost starts a post. It ends with finish, or when the context does.
func newPost(ctx context.Context, bus *Bus, job string, from news) *post {
	p := &post{bus: bus, subject: newsSubject(job, from.Part), job: job, from: from, more: make(chan struct{}, 1), sent: make(chan struct{})}
	go p.run(ctx)
	return p
}

// put takes news to be sent. It does not block.
func (p *post) put(kind newsKind, data []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.full || p.octets+len(data) > mostPosted {
		p.full = true
		return errFull
	}
	n := p.from
	p.seq++
	n.Kind, n.Seq, n.Data = kind, p.seq, data
	p.items = append(p.items, n)
	p.octets += len(data)
	p.signal()
	return nil
}

func (p *post) signal() {
	select {
	case p.more <- struct{}{}:
	default:
	}
}

// finish returns when the server has all, or with the context.
func (p *post) finish(ctx context.Context) error {
	p.mu.Lock()
	p.closed = true
	p.signal()
	p.mu.Unlock()
	select {
	case <-p.sent:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *post) run(ctx context.Context) {
	for {
		p.mu.Lock()
		var next *news
		if len(p.items) > 0 {
			next = &p.items[0]
		}
		closed := p.closed
		p.mu.Unlock()
		switch {
		case next == nil && closed:
			close(p.sent)
			return
		case next == nil:
			select {
			case <-p.more:
			case <-ctx.Done():
				return
			}
			continue
		}
		if !p.deliver(ctx, *next) {
			return
		}
		p.mu.Lock()
		p.octets -= len(p.items[0].Data)
		p.items = p.items[1:]
		p.mu.Unlock()
	}
}

// publishPatience is for the server to say that it has a message.
const publishPatience = 3 * time.Second

// deliver sends a piece of news until the server has all of it. The server throws away what
// comes twice. It reports false where the context has ended.
func (p *post) deliver(ctx context.Context, n news) bool {
	for _, m := range n.messages(p.subject, p.job, p.bus.fits()) {
		for {
			try, cancel := context.WithTimeout(ctx, publishPatience)
			_, err := p.bus.js.PublishMsg(try, m)
			cancel()
			if err == nil {
				break
			}
			select {
			case <-ctx.Done():
				return false
			case <-time.After(retryPause):
			}
		}
	}
	return true
}

// retryPause is between attempts to reach a server that is away.
const retryPause = 200 * time.Millisecond
