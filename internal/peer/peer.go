// SPDX-License-Identifier: Apache-2.0

// Package peer plays one side of a WebSocket connection from a script, for
// better or worse: what a script says is sent, legal or not, and what the other
// side does is recorded, legal or not. It knows nothing of cases and judges nothing.
// Start at Peer.
//
// One goroutine, the script's, owns a Peer: sending, answering pings and Close
// frames, logging and dropping all happen inside its methods. A second one only
// reads and parses into an unbounded but metered inbox, so that an endpoint that
// echoes while we still send blocks nobody. Scripts handle no errors: once the
// connection is gone, Send records what it could not send and returns.
package peer

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/stream/secure"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// Config is what a Peer has to know before it begins.
type Config struct {
	Role    ws.Role
	Seed    uint64 // of masking keys and of the handshake nonce
	Options Options
	// Patience bounds a write that makes no end because the other side does not read.
	Patience time.Duration
	// Stall, where not 0, is how long nothing may move in either direction while a
	// message is to come back, and longer for large ones. As long as something moves,
	// what EndAfter has set is stretched, up to five times.
	Stall time.Duration
	// Backlog bounds in octets what the other side may send unasked: the largest
	// message, and all that waits in the inbox. 0 means DefaultBacklog.
	Backlog int
	// Deflate keeps compressors from one connection to the next; nil: a new one.
	Deflate *deflate.Pool
	// Complete is asked after each event whether all that was hoped for has come;
	// then we begin the closing handshake with CompleteCode. May be nil. With PlayOut
	// it is not asked before the script is over.
	Complete     func(events []wirelog.Record) bool
	CompleteCode ws.CloseCode
	PlayOut      bool
	// Hopeless is asked after each event, if not nil, whether nothing that may still
	// come changes the verdict; then TCP is dropped, and the script is over.
	Hopeless func(events []wirelog.Record) bool
	// Pulse, where not nil, tells how late we are ourselves: patience is stretched by that.
	Pulse *Pulse
	// ReadOut reads to the end of what the other side sends: a server that has
	// answered a Close ends its half of TCP and reads on until the client ends the other.
	ReadOut bool
	// Probe ends a wait of the script as soon as it is certain that the other side lets it
	// pass: a Ping goes out, where a frame may stand, and the Pong says that all in front
	// of it has been read.
	Probe bool
	// Profile is what the other side is meant to do, for scripts to ask.
	Profile Profile
	// HoldAnswer has a server's answer to the opening handshake share a write with the
	// frames that the script sends at once: whether they reach the client together would
	// be chance otherwise, and clients differ by it.
	HoldAnswer bool
	// Passes reports whether a wait with the tag is one that the other side lets pass
	// however it does otherwise, so that nothing hangs on its length. May be nil.
	Passes func(tag string) bool
	// ChopPause waits between the writes of a chopped frame header or handshake until
	// the other side has read them, so that it reads them apart.
	ChopPause bool
}

// DefaultBacklog is the bound on unasked data where none is configured.
const DefaultBacklog = 64 << 20

// Options are the switches of a specification file that change how we behave.
// Zero durations mean the defaults of DefaultOptions.
type Options struct {
	OpenTimeout    time.Duration // for the opening handshake
	CloseTimeout   time.Duration // for the answer to our Close
	DropTimeout    time.Duration // for the server to close TCP after that
	FailByDrop     bool          // fail connections by dropping TCP, without a Close
	EchoClose      bool          // answer a Close with its own code and reason
	SkipUTF8       bool          // take text that is not UTF-8
	AcceptMasked   bool          // as a client: take masked frames
	AcceptUnmasked bool          // as a server: take unmasked frames
	MaskAsServer   bool          // as a server: mask
	NoMaskAsClient bool          // as a client: do not mask
	ZeroMask       bool          // set the mask bit but use the key 00000000
	MaxFrame       int           // octets of a received frame's payload, 0 for no bound but Backlog
	MaxMessage     int           // octets of a received message, 0 for no bound but Backlog
	AutoFragment   int           // octets of payload a frame of our messages, 0 for one frame
}

// DefaultOptions are the reference's timeouts.
func DefaultOptions() Options {
	return Options{OpenTimeout: 5 * time.Second, CloseTimeout: time.Second, DropTimeout: time.Second}
}

func (o Options) withDefaults() Options {
	d := DefaultOptions()
	if o.OpenTimeout == 0 {
		o.OpenTimeout = d.OpenTimeout
	}
	if o.CloseTimeout == 0 {
		o.CloseTimeout = d.CloseTimeout
	}
	if o.DropTimeout == 0 {
		o.DropTimeout = d.DropTimeout
	}
	return o
}

// state is the state of RFC 6455's connection: 4.1 and 7.1.
type state uint8

const (
	connecting state = iota
	open
	closing
	closed
)

// Peer is one side of a connection, played by a script.
type Peer struct {
	ctx     context.Context
	unhook  func() bool // the context lets go of the stream
	s       stream.Stream
	tunnel  Tunnel    // what s is inside its wrappers, nil where it is none
	section ws.Fields // as a client in a tunnel: the request that was sent
	besides []*Beside // requests beside it
	traps   []*Trap
	secure  *secure.Conn // what s is inside its wrappers, nil where there is no TLS
	cfg     Config
	opts    Options
	rand    *rand.Rand
	log     *wirelog.Log
	in      *inbox

	state  state
	halted bool // a wait found the connection no longer open: the script is over
	broken bool // a write failed: nothing more can be sent
	void   bool // our answer to the opening handshake opened nothing
	over   bool // the script is over, and we wait for the end

	withheld bool // see Withhold
	enough   bool // see StopAtMessage

	queue        []outgoing // frames that wait for their turn, replies among them
	flushing     bool
	dropWhenSent bool   // close TCP once the queue is empty
	unwritten    []byte // gathered for the next write

	message  assembly
	streamed streaming
	head     *item  // the HTTP head, once it has come
	answers  int    // HTTP answers that came before it
	items    []item // the last batch from the inbox
	next     int    // the first of items that has not been handled
	events   []wirelog.Record
	kept     int // octets of events' payloads
	echo     *echoing
	pace     pacing
	codec    *codec // of permessage-deflate, nil where not agreed
	closeBy  time.Time
	dropBy   time.Time
	lingerBy time.Time // for a client to end its half of TCP after ours
	endBy    time.Time // when patience ends
	endWith  Ending
	hasEnd   bool
	repliedT time.Time // when we answered the peer's Close
	looked   time.Time // when we last asked how late we are

	probe   string          // payload of the Ping of a wait, empty where there is none
	theirs  int             // Pings that have come
	noPongs bool            // see WithholdPongs
	pings   map[string]int  // payloads of our Pings that wait for a Pong, and how many
	ponged  map[string]bool // payloads of our Pongs that nobody asked for
}

// Ending is what we do when our patience with the peer ends.
type Ending uint8

// What happens when patience ends.
const (
	FailConnection  Ending = iota // fail the connection with 1001 (RFC 6455, 7.1.7)
	CloseConnection               // begin the closing handshake, without a code
	GiveUp                        // note that TCP is still open, and drop it
)

// New returns a Peer that plays on s and begins to read at once. When the
// context ends, the connection is dropped and every method returns soon.
func New(ctx context.Context, s stream.Stream, cfg Config) *Peer {
	if cfg.Backlog == 0 {
		cfg.Backlog = DefaultBacklog
	}
	if cfg.Patience == 0 {
		cfg.Patience = time.Second
	}
	if cfg.Deflate == nil {
		cfg.Deflate = new(deflate.Pool)
	}
	p := &Peer{
		ctx: ctx, s: s, cfg: cfg, opts: cfg.Options.withDefaults(),
		rand: rand.New(rand.NewPCG(cfg.Seed, 0x5773737065630a)),
		log:  wirelog.New(cfg.Role), looked: time.Now(),
	}
	limit := cfg.Backlog
	if m := p.opts.MaxFrame; m > 0 {
		limit = min(limit, m)
	}
	p.pings, p.ponged = map[string]int{}, map[string]bool{}
	p.secure = secureOf(s)
	p.logTLS()
	p.in = newInbox(cfg.Role, limit, cfg.Backlog)
	if p.tunnel = TunnelOf(s); p.tunnel != nil {
		p.in.tunnel = p.tunnel
		p.tunnel.Watch(p.in.below)
	}
	go p.in.read(s)
	// A write may be blocked when the context ends; nothing else would wake it.
	p.unhook = context.AfterFunc(ctx, func() { _ = s.Reset() })
	return p
}

// Log is the record so far. It is complete once Finish or Refuse has returned.
func (p *Peer) Log() *wirelog.Log { return p.log }

// Role is the side we play.
func (p *Peer) Role() ws.Role { return p.cfg.Role }

// Events counts the events received so far.
func (p *Peer) Events() int { return len(p.events) }

// Event is the i-th event received, from 0.
func (p *Peer) Event(i int) wirelog.Record { return p.events[i] }

// IsOpen reports whether messages can be sent: the opening handshake is done and
// no Close has gone in either direction.
func (p *Peer) IsOpen() bool { return p.state == open && !p.halted }

func (p *Peer) record(r wirelog.Record) { p.log.Add(time.Now(), r) }

// Mute stops, or with false resumes, the keeping of octets and frames in the log.
func (p *Peer) Mute(on bool) {
	p.sweep()
	p.log.Mute(time.Now(), on)
}

// logs reports whether frames are kept in the log now. What ended a conversation is kept
// in any case, but where the reference's logs are wanted.
func (p *Peer) logs(op ws.Opcode) bool {
	return !p.log.IsMuted() || op == ws.Close && p.cfg.ReadOut
}

// maskKey draws the next masking key (RFC 6455, 5.3).
func (p *Peer) maskKey() (key [4]byte) {
	if p.opts.ZeroMask {
		return key
	}
	k := p.rand.Uint32()
	return [4]byte{byte(k), byte(k >> 8), byte(k >> 16), byte(k >> 24)}
}

// masks reports whether our frames are masked.
func (p *Peer) masks() bool {
	if p.cfg.Role == ws.Server {
		return p.opts.MaskAsServer
	}
	return !p.opts.NoMaskAsClient
}
