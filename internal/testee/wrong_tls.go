// SPDX-License-Identifier: Apache-2.0

package testee

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"time"

	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/ws"
)

// Faults in TLS, below the connection. They make no difference without it.
const (
	sendsNoSNI         = "sends-no-sni"
	sendsAddressAsSNI  = "sends-address-as-sni"
	trustsAnyone       = "accepts-any-certificate"
	acceptsOtherHosts  = "accepts-certificates-of-other-hosts"
	acceptsExpired     = "accepts-expired-certificates"
	offersH2Alone      = "offers-h2-alone"
	ignoresALPN        = "ignores-protocol-chosen-by-alpn"
	sendsNoCloseNotify = "sends-no-close-notify"
	unmaskedInTLS      = "does-not-mask-over-tls"
	truncationIsEnd    = "takes-tls-truncation-for-end"
	speaksOldTLS       = "accepts-tls-1.0"
	servesPlainOnTLS   = "serves-plain-http-on-tls-port"
	diesOfKeyUpdate    = "drops-tcp-on-tls-key-update"
	refusesOtherSNI    = "refuses-other-sni"
	wantsTLS13         = "refuses-tls-1.2"
)

func tlsFaults() []Fault {
	return []Fault{
		{Name: sendsNoSNI, Title: "Does not name the host in the handshake of TLS (SNI)", Roles: AsClient},
		{Name: sendsAddressAsSNI, Title: "Sends IP addresses as names of hosts (SNI)", Roles: AsClient},
		{Name: trustsAnyone, Title: "Accepts any certificate", Roles: AsClient},
		{Name: acceptsOtherHosts, Title: "Accepts certificates of other hosts, if an authority has signed them", Roles: AsClient},
		{Name: acceptsExpired, Title: "Accepts certificates that have expired", Roles: AsClient},
		{Name: offersH2Alone, Title: "Offers h2 alone by ALPN, and speaks HTTP/1.1", Roles: AsClient},
		{Name: ignoresALPN, Title: "Speaks HTTP/1.1, whatever protocol the server has chosen by ALPN", Roles: AsClient},
		{Name: sendsNoCloseNotify, Title: "Ends TCP without a close_notify", Roles: InBoth},
		{Name: unmaskedInTLS, Title: "Does not mask over TLS, as it is encrypted anyway", Roles: AsClient},
		{Name: truncationIsEnd, Title: "Takes the end of TCP without a close_notify for that of the last message and the connection", Roles: InBoth},
		{Name: speaksOldTLS, Title: "Agrees on TLS 1.0 and 1.1", Roles: InBoth},
		{Name: servesPlainOnTLS, Title: "Answers plain HTTP on a port for TLS", Roles: AsServer},
		{Name: diesOfKeyUpdate, Title: "Ends TCP where the peer changes its keys of TLS", Roles: InBoth},
		{Name: refusesOtherSNI, Title: "Refuses the handshake of TLS for a host that it does not serve", Roles: AsServer, Legal: true},
		{Name: wantsTLS13, Title: "Refuses TLS 1.2", Roles: AsServer, Legal: true},
	}
}

// tlsCatalogue says which faults stand for M350 to M355.
func tlsCatalogue() [][]string {
	return [][]string{
		{"M350", sendsNoSNI},
		{"M351", trustsAnyone},
		{"M352", acceptsOtherHosts},
		{"M353", sendsNoCloseNotify},
		{"M354", unmaskedInTLS},
		{"M355", truncationIsEnd},
	}
}

// wrongServerTLS is the configuration of a server with faults.
func wrongServerTLS(config *tls.Config, faults Faults) *tls.Config {
	config = config.Clone()
	switch {
	case faults[speaksOldTLS]:
		config.MinVersion = tls.VersionTLS10
	case faults[wantsTLS13]:
		config.MinVersion = tls.VersionTLS13
	case faults[refusesOtherSNI]:
		config.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			if hello.ServerName != "" && hello.ServerName != "localhost" {
				return nil, errors.New("this host is not served")
			}
			return nil, nil
		}
	}
	return config
}

// wrongClientTLS is the configuration of a client with faults.
func wrongClientTLS(config *tls.Config, faults Faults) *tls.Config {
	base := config
	config = config.Clone()
	host := config.ServerName
	verify := func(name string, opts x509.VerifyOptions) {
		if !config.InsecureSkipVerify {
			config.InsecureSkipVerify = true
			config.VerifyConnection = verifyChain(base, name, opts)
		}
	}
	switch {
	case faults[speaksOldTLS]:
		config.MinVersion = tls.VersionTLS10
	case faults[offersH2Alone]:
		config.NextProtos = []string{"h2"}
	case faults[ignoresALPN]:
		config.NextProtos = []string{stream.HTTP1, "http/1.0"}
		config.KeyLogWriter = forgetful(config.NextProtos)
	case faults[trustsAnyone]:
		config.InsecureSkipVerify = true
	case faults[acceptsOtherHosts]:
		verify("", x509.VerifyOptions{})
	case faults[acceptsExpired]:
		verify(host, x509.VerifyOptions{CurrentTime: time.Now().AddDate(0, 0, -3)})
	case faults[sendsNoSNI]:
		verify(host, x509.VerifyOptions{})
		config.ServerName = "" // crypto/tls needs none where it does not verify
	case faults[sendsAddressAsSNI] && net.ParseIP(host) != nil:
		// crypto/tls sends no address. It does not take this for one, and cuts the dot off.
		verify(host, x509.VerifyOptions{})
		config.ServerName = host + "."
	}
	return config
}

// forgetful are the protocols that crypto/tls takes for those it has offered. It logs a
// secret when the offer is in the transcript, and before it looks at the answer: from then
// on it takes h2 for the second of them.
type forgetful []string

func (f forgetful) Write(p []byte) (int, error) {
	f[1] = "h2"
	return len(p), nil
}

// twoFaced is a connection to a port on which a server with a fault speaks TLS, or not.
type twoFaced struct {
	stream.Stream
	secure  secured
	decided stream.Stream // what is spoken, once that is known
}

func (s *twoFaced) Read(p []byte) (int, error) {
	if s.decided != nil {
		return s.decided.Read(p)
	}
	first := make([]byte, 1)
	if _, err := s.Stream.Read(first); err != nil {
		return 0, err
	}
	const handshake = 22
	again := &sniffed{s.secure.below.Stream, first}
	if s.secure.below.Stream = again; first[0] == handshake {
		s.decided = s.secure
	} else {
		s.decided = again
	}
	return s.decided.Read(p)
}

func (s *twoFaced) Write(p []byte) (int, error) { return s.decided.Write(p) } // a server reads first

// CloseWrite and Close end what is spoken.
func (s *twoFaced) CloseWrite() error {
	if s.decided == nil {
		return s.Stream.CloseWrite()
	}
	return s.decided.CloseWrite()
}

// Close: see CloseWrite.
func (s *twoFaced) Close() error {
	if s.decided == nil {
		return s.Stream.Close()
	}
	return s.decided.Close()
}

// records follows the headers of records that come in.
type records struct {
	head []byte
	rest int
	seen int // records of application data
}

// keyUpdate reports whether a record is among the octets that has the size of a KeyUpdate
// of TLS 1.3, and comes behind the handshake.
func (r *records) keyUpdate(p []byte) bool {
	const size, inHandshake = 5 + 1 + 16, 4 // message, type and tag of AEAD
	for len(p) > 0 {
		if r.rest > 0 {
			n := min(r.rest, len(p))
			r.rest, p = r.rest-n, p[n:]
			continue
		}
		n := min(5-len(r.head), len(p))
		r.head, p = append(r.head, p[:n]...), p[n:]
		if len(r.head) < 5 {
			return false
		}
		r.rest = int(r.head[3])<<8 | int(r.head[4])
		if r.head[0] == 23 {
			if r.seen++; r.rest == size && r.seen > inHandshake {
				return true
			}
		}
		r.head = r.head[:0]
	}
	return false
}

// wrongTruncation returns what an endpoint with a fault makes of the end of TCP without a
// close_notify.
func (c *Conn) wrongTruncation(err error) error {
	s, ok := c.s.(secured)
	if !ok || !s.truncated() || !c.opened || !c.has(truncationIsEnd) {
		return err
	}
	if c.msg.open {
		c.msg.packed = false
		_ = c.echo() // the connection ends anyway
	}
	c.sendClose(ws.AppendClosePayload(nil, ws.NormalClosure, ""))
	return errClosed
}

// inTLS reports whether the connection is one of TLS.
func (c *Conn) inTLS() bool {
	_, is := c.s.(secured)
	return is
}
