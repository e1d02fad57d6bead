// SPDX-License-Identifier: Apache-2.0

package secure

import (
	"bytes"
	"crypto"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"hash"
	"io"
	"net"
	"slices"
	"time"

	"github.com/wsspec/wsspec/internal/wirelog"
)

// forged is a server of TLS 1.3 that chooses a protocol by ALPN whatever was offered, which
// crypto/tls does not do. It knows one cipher suite and one group, TLS_AES_128_GCM_SHA256 and
// X25519, and believes what the client says of itself.
type forged struct {
	raw    *tap
	cert   tls.Certificate
	choose string

	hello      *clientHello
	transcript hash.Hash
	in, out    *sealer
	secret     []byte // of which the next ones are derived
	finished   bool   // the client has
	next       *sealer
	pending    []byte // content that has been opened
	err        error
	began      bool
}

// Handshake messages, by number.
const (
	clientHelloMessage  = 1
	serverHelloMessage  = 2
	encryptedExtensions = 8
	certificateMessage  = 11
	certificateVerify   = 15
	finishedMessage     = 20
	changeCipherSpec    = 20 // the type of a record
	mostHello           = 64 << 10
)

// alertError is an alert that has come.
type alertError uint8

func (e alertError) Error() string { return "tls: " + wirelog.AlertName(uint8(e)) }

var errCannotForge = errors.New("the client does not offer TLS 1.3 with X25519 and TLS_AES_128_GCM_SHA256, which is all that wsspec speaks where it chooses another protocol")

// handshake reads the ClientHello and answers it with all that a server has to say.
func (f *forged) handshake() error {
	if f.began || f.err != nil {
		return f.err
	}
	f.err = f.answer()
	f.began = true
	return f.err
}

func (f *forged) answer() error {
	message, err := f.readHello()
	if err != nil {
		return err
	}
	if f.hello, err = parseHello(message[4:]); err != nil {
		return err
	}
	h := f.hello
	if !h.version || h.share == nil || !slices.Contains(h.suites, tls.TLS_AES_128_GCM_SHA256) {
		return errCannotForge
	}
	theirs, err := ecdh.X25519().NewPublicKey(h.share)
	if err != nil {
		return errHello
	}
	ours, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	shared, err := ours.ECDH(theirs)
	if err != nil {
		return errHello
	}
	f.transcript = sha256.New()
	f.transcript.Write(message)
	hello := f.serverHello(ours.PublicKey().Bytes())
	f.transcript.Write(hello)
	if err := f.derive(shared); err != nil {
		return err
	}
	flight, err := f.flight()
	if err != nil {
		return err
	}
	first := append([]byte{handshake, 3, 3, byte(len(hello) >> 8), byte(len(hello))}, hello...)
	first = append(first, changeCipherSpec, 3, 3, 0, 1, 1) // RFC 8446, D.4
	f.raw.hold(true)
	_, err = f.raw.Write(first)
	if err == nil {
		_, err = f.out.write(f.raw, handshake, flight)
	}
	if held := f.raw.hold(false); err == nil {
		err = held
	}
	if err != nil {
		return err
	}
	return f.application()
}

// readHello reads the whole message, which may come in several records.
func (f *forged) readHello() (message []byte, err error) {
	for {
		kind, content, err := f.record()
		switch {
		case err != nil:
			return nil, err
		case kind == alert && len(content) == 2:
			return nil, &net.OpError{Op: "remote error", Err: alertError(content[1])}
		case kind != handshake:
			return nil, tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}
		}
		message = append(message, content...)
		if len(message) < 4 {
			continue
		}
		length := int(message[1])<<16 | int(message[2])<<8 | int(message[3])
		switch {
		case message[0] != clientHelloMessage || length > mostHello:
			return nil, errHello
		case len(message) == 4+length:
			return message, nil
		case len(message) > 4+length:
			return nil, errHello
		}
	}
}

// record reads one as it comes.
func (f *forged) record() (kind byte, content []byte, err error) {
	head := make([]byte, recordHeader)
	if _, err := io.ReadFull(f.raw, head); err != nil {
		return 0, nil, err
	}
	length := int(head[3])<<8 | int(head[4])
	if length > mostContent+256 || head[1] != 3 {
		return 0, nil, tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}
	}
	content = make([]byte, length)
	_, err = io.ReadFull(f.raw, content)
	return head[0], content, err
}

// message is a message of the handshake.
func message(kind byte, body ...[]byte) []byte {
	all := bytes.Join(body, nil)
	return append([]byte{kind, byte(len(all) >> 16), byte(len(all) >> 8), byte(len(all))}, all...)
}

// sized has its length in two octets in front.
func sized(body ...[]byte) []byte {
	all := bytes.Join(body, nil)
	return append([]byte{byte(len(all) >> 8), byte(len(all))}, all...)
}

func (f *forged) serverHello(public []byte) []byte {
	random := make([]byte, 32)
	_, _ = rand.Read(random) // never fails
	extensions := sized(
		[]byte{0, extVersions}, sized([]byte{3, 4}),
		[]byte{0, extShare}, sized([]byte{0, x25519}, sized(public)))
	return message(serverHelloMessage, []byte{3, 3}, random, []byte{byte(len(f.hello.session))}, f.hello.session, []byte{0x13, 0x01, 0}, extensions)
}

// derive makes the keys of the handshake (RFC 8446, 7.1).
func (f *forged) derive(shared []byte) error {
	zeros, empty := make([]byte, sha256.Size), sha256.Sum256(nil)
	early, err := hkdf.Extract(sha256.New, zeros, nil)
	if err != nil {
		return err
	}
	salt, err := expandLabel(sha256.New, early, "derived", empty[:], sha256.Size)
	if err != nil {
		return err
	}
	secret, err := hkdf.Extract(sha256.New, shared, salt)
	if err != nil {
		return err
	}
	if f.in, err = f.keys(secret, "c hs traffic"); err != nil {
		return err
	}
	if f.out, err = f.keys(secret, "s hs traffic"); err != nil {
		return err
	}
	if salt, err = expandLabel(sha256.New, secret, "derived", empty[:], sha256.Size); err != nil {
		return err
	}
	f.secret, err = hkdf.Extract(sha256.New, zeros, salt)
	return err
}

// keys are those of a direction, from a secret and what has been said so far.
func (f *forged) keys(secret []byte, label string) (*sealer, error) {
	traffic, err := expandLabel(sha256.New, secret, label, f.transcript.Sum(nil), sha256.Size)
	if err != nil {
		return nil, err
	}
	s := &sealer{hash: sha256.New, keyLen: 16, secret: traffic}
	return s, s.rekey()
}

// flight is what a server sends behind its ServerHello.
func (f *forged) flight() ([]byte, error) {
	protocol := append([]byte{byte(len(f.choose))}, f.choose...)
	extensions := message(encryptedExtensions, sized([]byte{0, extALPN}, sized(sized(protocol))))
	der := f.cert.Certificate[0]
	entry := append([]byte{0, byte(len(der) >> 8), byte(len(der))}, append(bytes.Clone(der), 0, 0)...)
	certificate := message(certificateMessage, []byte{0, 0, byte(len(entry) >> 8), byte(len(entry))}, entry)
	f.transcript.Write(extensions)
	f.transcript.Write(certificate)

	signed := append(bytes.Repeat([]byte{' '}, 64), "TLS 1.3, server CertificateVerify\x00"...)
	digest := sha256.Sum256(append(signed, f.transcript.Sum(nil)...))
	signer, ok := f.cert.PrivateKey.(crypto.Signer)
	if !ok {
		return nil, errors.New("the key of the certificate does not sign")
	}
	signature, err := signer.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		return nil, err
	}
	const ecdsaP256SHA256 = 0x0403
	verify := message(certificateVerify, []byte{ecdsaP256SHA256 >> 8, ecdsaP256SHA256 & 0xFF}, sized(signature))
	f.transcript.Write(verify)

	key, err := expandLabel(sha256.New, f.out.secret, "finished", nil, sha256.Size)
	if err != nil {
		return nil, err
	}
	mac := hmac.New(sha256.New, key)
	mac.Write(f.transcript.Sum(nil))
	finished := message(finishedMessage, mac.Sum(nil))
	f.transcript.Write(finished)
	return slices.Concat(extensions, certificate, verify, finished), nil
}

// application goes on to the keys of application data: at once for what we send.
func (f *forged) application() (err error) {
	if f.next, err = f.keys(f.secret, "c ap traffic"); err != nil {
		return err
	}
	f.out, err = f.keys(f.secret, "s ap traffic")
	return err
}

// Read reads application data.
func (f *forged) Read(p []byte) (int, error) {
	if err := f.handshake(); err != nil {
		return 0, err
	}
	for len(f.pending) == 0 {
		kind, content, err := f.record()
		if err != nil {
			return 0, err
		}
		if kind == applicationData {
			if kind, content, err = f.in.open(content); err != nil {
				return 0, fmt.Errorf("tls: %w", err)
			}
		}
		switch {
		case kind == alert && len(content) == 2 && content[1] == closeNotify:
			return 0, io.EOF
		case kind == alert && len(content) == 2:
			return 0, &net.OpError{Op: "remote error", Err: alertError(content[1])}
		case kind == handshake && !f.finished: // Finished, which nobody needs to check
			f.finished, f.in = true, f.next
		case kind == applicationData:
			f.pending = content
		}
	}
	n := copy(p, f.pending)
	f.pending = f.pending[n:]
	return n, nil
}

// Write sends application data.
func (f *forged) Write(p []byte) (int, error) {
	if err := f.handshake(); err != nil {
		return 0, err
	}
	return f.out.write(f.raw, applicationData, p)
}

// forge is Handshake where a protocol is chosen that was not offered.
func (c *Conn) forge() error {
	err := c.forged.handshake()
	h := c.forged.hello
	c.mu.Lock()
	if h != nil && !c.told {
		c.told = true
		vs := []uint16{tls.VersionTLS12}
		if h.version {
			vs = []uint16{tls.VersionTLS13, tls.VersionTLS12}
		}
		c.events = append(c.events, Event{time.Now(), false, wirelog.TLS{What: wirelog.TLSHello, Versions: vs, Name: h.name, ALPN: h.alpn}})
		if err == nil {
			agreed := wirelog.TLS{What: wirelog.TLSAgreed, Versions: vs[:1], Suite: tls.CipherSuiteName(tls.TLS_AES_128_GCM_SHA256), ALPN: []string{c.forged.choose}}
			c.events = append(c.events, Event{time.Now(), true, agreed})
		}
	}
	c.mu.Unlock()
	if err != nil {
		c.see(err)
	}
	return err
}
