// SPDX-License-Identifier: Apache-2.0

// Package secure is TLS under a WebSocket connection, by crypto/tls, with the record layer
// below it in our hands: it tells what happened there, ends TCP without a close_notify, cuts
// records as small as one octet, and updates keys. It knows nothing of WebSocket, nor of what
// is right. Start at Conn.
package secure

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/wirelog"
)

// Manner is what is special about the TLS of a connection. The zero value is nothing.
type Manner struct {
	Min, Max uint16   // versions to agree on, such as tls.VersionTLS12; 0: as configured
	ALPN     []string // protocols to offer; nil: as configured
	Name     string   // SNI; the server's certificate need not have it; empty: as configured
	Plain    bool     // nothing of it: what is sent goes to a port for TLS as it is
	Record   int      // octets of content in a record at most; 0: as many as are written

	// As a server:
	Flaw   Flaw   // of the certificate that is presented
	Choose string // protocol that is chosen by ALPN whatever was offered; empty: none is
}

// Apart reports whether a server has to speak so before a client has said, by its request,
// what it has come for, so that it takes a port of its own.
func (m *Manner) Apart() bool {
	return m != nil && (m.Flaw != Flawless || m.Max != 0 || m.Choose != "")
}

// Flaw is what is wrong with a certificate.
type Flaw uint8

// Flaws of certificates. But for SelfSigned, they are signed by the usual authority.
const (
	Flawless   Flaw = iota
	SelfSigned      // by nobody else
	OtherName       // of another host
	Expired         // since yesterday
)

// Event is something that happened in TLS.
type Event struct {
	At   time.Time
	Sent bool // by us
	wirelog.TLS
}

// Conn is a connection of TLS over a stream. One goroutine may read and one may write, as
// with other streams.
type Conn struct {
	*tls.Conn
	raw    *tap
	client bool
	config *tls.Config

	record  int
	own     *sealer // in place of what Conn writes; nil: nothing is
	forged  *forged // in place of all of Conn, as far as octets go; nil: it is not
	secrets secrets

	mu      sync.Mutex
	events  []Event
	agreed  bool   // the handshake is done, and has been noted
	told    bool   // what was forged has been noted
	over    bool   // how it ended has been noted
	closing bool   // our close_notify has gone out, or is not to
	before  uint64 // records of application data on the outside that belonged to the handshake
}

// Client is our end of a connection to a server, in the manner, nil for the usual one.
// Nothing is sent before the first Write, Read or Handshake.
func Client(raw stream.Stream, config *tls.Config, m *Manner) *Conn {
	config = config.Clone()
	if m == nil {
		m = new(Manner)
	}
	if m.Min != 0 {
		config.MinVersion = m.Min
	}
	if m.Max != 0 {
		config.MaxVersion = m.Max
	}
	if m.ALPN != nil {
		config.NextProtos = m.ALPN
	}
	if m.Name != "" {
		config.ServerName, config.InsecureSkipVerify = m.Name, true
	}
	c := &Conn{raw: &tap{Stream: raw}, client: true, config: config}
	c.secrets.take(config)
	c.Conn = tls.Client(c.raw, config)
	c.note(true, wirelog.TLS{What: wirelog.TLSHello, Versions: versions(config), Name: config.ServerName, ALPN: config.NextProtos})
	return c
}

// Server is our end of a connection from a client.
func Server(raw stream.Stream, config *tls.Config) *Conn {
	return server(raw, config, "")
}

// server is Server, where a protocol may be chosen whatever was offered.
func server(raw stream.Stream, config *tls.Config, choose string) *Conn {
	config = config.Clone()
	config.SessionTicketsDisabled = true // each connection shows the whole handshake
	c := &Conn{raw: &tap{Stream: raw}, config: config}
	c.secrets.take(config)
	if choose != "" {
		c.forged = &forged{raw: c.raw, cert: config.Certificates[0], choose: choose}
	}
	get := config.GetConfigForClient
	config.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		c.note(false, wirelog.TLS{What: wirelog.TLSHello, Versions: known(hello.SupportedVersions), Name: hello.ServerName, ALPN: hello.SupportedProtos})
		if get != nil {
			return get(hello)
		}
		return nil, nil
	}
	c.Conn = tls.Server(c.raw, config)
	return c
}

// versions are those that a client with the configuration offers, newest first.
func versions(c *tls.Config) []uint16 {
	least, most := c.MinVersion, c.MaxVersion
	if least == 0 {
		least = tls.VersionTLS12
	}
	if most == 0 {
		most = tls.VersionTLS13
	}
	var vs []uint16
	for v := most; v >= least; v-- {
		vs = append(vs, v)
	}
	return vs
}

// known leaves out versions that are none, which clients send so that servers get used to
// passing them over (RFC 8701).
func known(vs []uint16) []uint16 {
	return slices.DeleteFunc(slices.Clone(vs), func(v uint16) bool { return v < tls.VersionTLS10 || v > tls.VersionTLS13 })
}

// Handshake conducts the handshake of TLS. Without it, the first Read or Write does.
func (c *Conn) Handshake(ctx context.Context) error {
	if c.seen() {
		return nil
	}
	if c.forged != nil {
		return c.forge()
	}
	err := c.HandshakeContext(ctx)
	c.see(err)
	return err
}

// Take returns what has happened since the last call.
func (c *Conn) Take() []Event {
	c.mu.Lock()
	defer c.mu.Unlock()
	es := c.events
	c.events = nil
	return es
}

// Version is that which was agreed, 0 before.
func (c *Conn) Version() uint16 {
	if s := c.ConnectionState(); s.HandshakeComplete {
		return s.Version
	}
	return 0
}

// Read reads what the other side sends. A close_notify and the end of TCP without one
// are both io.EOF: Take tells them apart.
func (c *Conn) Read(p []byte) (int, error) {
	if err := c.Handshake(context.Background()); err != nil { // bounded by the deadline for reading
		return 0, err
	}
	var r io.Reader = c.Conn
	if c.forged != nil {
		r = c.forged
	}
	n, err := r.Read(p)
	if err != nil {
		c.see(err)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF // inside a record
	}
	return n, err
}

// Write writes all of p, in as many records as Split wants.
func (c *Conn) Write(p []byte) (n int, err error) {
	if err := c.Handshake(context.Background()); err != nil {
		return 0, err
	}
	if c.record == 0 || len(p) <= c.record {
		return c.writeRecord(p)
	}
	// All records share a write: it is they that are small, not the packets.
	c.raw.hold(true)
	for chunk := range slices.Chunk(p, c.record) {
		var m int
		m, err = c.writeRecord(chunk)
		if n += m; err != nil {
			break
		}
	}
	if late := c.raw.hold(false); late != nil {
		return 0, late
	}
	return n, err
}

func (c *Conn) writeRecord(p []byte) (int, error) {
	switch {
	case c.own != nil:
		return c.own.write(c.raw, applicationData, p)
	case c.forged != nil:
		return c.forged.Write(p)
	}
	return c.Conn.Write(p)
}

// Split has records hold so many octets of content from now on, 0: as many as are
// written, up to the 16 KiB of RFC 8446, 5.1.
func (c *Conn) Split(octets int) { c.record = octets }

// CloseWrite sends a close_notify and keeps reading (RFC 8446, 6.1).
func (c *Conn) CloseWrite() error {
	if c.forged != nil {
		return c.raw.CloseWrite()
	}
	if !c.notify() {
		return nil
	}
	if c.own != nil {
		_, err := c.own.write(c.raw, alert, []byte{warning, closeNotify})
		return err
	}
	return c.Conn.CloseWrite()
}

// notify reports whether a close_notify is still to be sent, and notes that it is.
func (c *Conn) notify() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing || !c.agreed {
		return c.Version() == 0 // crypto/tls knows what it can send
	}
	c.closing = true
	c.events = append(c.events, Event{time.Now(), true, wirelog.TLS{What: wirelog.TLSCloseNotify}})
	return true
}

// Close sends a close_notify, if there was none, and lets go of the connection.
func (c *Conn) Close() error {
	if c.forged != nil {
		return c.raw.Close()
	}
	if c.own != nil {
		_ = c.SetWriteDeadline(time.Now().Add(parting))
		_ = c.CloseWrite() // it is closed either way
		return c.raw.Close()
	}
	c.notify()
	return c.Conn.Close()
}

// parting is how long the last record may take to be written.
const parting = 5 * time.Second

// Truncate ends our half of TCP without a close_notify, and keeps reading.
func (c *Conn) Truncate() error {
	c.note(true, wirelog.TLS{What: wirelog.TLSTruncated})
	c.mu.Lock()
	c.closing = true
	c.mu.Unlock()
	return c.raw.CloseWrite()
}

// Reset drops the connection at once.
func (c *Conn) Reset() error { return c.raw.Reset() }

// Unread is that of the stream below, in octets of TLS.
func (c *Conn) Unread() (octets int, sure bool) { return c.raw.Unread() }

func (c *Conn) note(sent bool, t wirelog.TLS) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.events = append(c.events, Event{time.Now(), sent, t})
}

func (c *Conn) seen() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.agreed
}

// see notes what was agreed, once there is something, and what an error says of the end.
func (c *Conn) see(err error) {
	s := c.ConnectionState()
	c.mu.Lock()
	defer c.mu.Unlock()
	add := func(sent bool, t wirelog.TLS) { c.events = append(c.events, Event{time.Now(), sent, t}) }
	if s.HandshakeComplete && !c.agreed {
		c.agreed, c.before = true, c.raw.sealed
		agreed := wirelog.TLS{What: wirelog.TLSAgreed, Versions: []uint16{s.Version}, Suite: tls.CipherSuiteName(s.CipherSuite)}
		if s.NegotiatedProtocol != "" {
			agreed.ALPN = []string{s.NegotiatedProtocol}
		}
		if len(s.PeerCertificates) > 0 {
			add(false, wirelog.TLS{What: wirelog.TLSCertificate, Note: describe(s.PeerCertificates[0], !c.client || !c.config.InsecureSkipVerify)})
		}
		add(!c.client, agreed)
	}
	ours := stream.IsTimeout(err) || errors.Is(err, net.ErrClosed) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
	if err == nil || c.over || ours {
		return
	}
	if t, ok := c.ending(err); ok {
		c.over = true
		add(false, t)
	}
}

// ending is what an error says of how TLS ended, if anything.
func (c *Conn) ending(err error) (t wirelog.TLS, ok bool) {
	op, isOp := errors.AsType[*net.OpError](err)
	switch {
	case errors.Is(err, io.EOF) && c.raw.ended():
		t.What = wirelog.TLSTruncated
		return t, c.agreed
	case errors.Is(err, io.EOF):
		t.What = wirelog.TLSCloseNotify
	case errors.Is(err, io.ErrUnexpectedEOF):
		t.What = wirelog.TLSTruncated
		return t, c.agreed
	case isOp && op.Op == "remote error":
		t.What = wirelog.TLSAlert
		if v := reflect.ValueOf(op.Err); v.Kind() == reflect.Uint8 {
			t.Alert = uint8(v.Uint())
		}
	case stream.IsReset(err) || isOp && op.Op != "local error":
		return t, false
	default:
		t.What, t.Note = wirelog.TLSBroken, err.Error()
	}
	return t, true
}
