// SPDX-License-Identifier: Apache-2.0

package secure

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"sync"

	"github.com/wsspec/wsspec/internal/wirelog"
)

// The parts of RFC 8446, 4 to 6, that are written by hand.
const (
	recordHeader    = 5
	alert           = 21
	handshake       = 22
	applicationData = 23
	warning         = 1
	closeNotify     = 0
	keyUpdate       = 24
	mostContent     = 16 << 10 // octets of content in a record
)

// KeyUpdate changes the keys of what we send, without asking the other side to do the same
// (RFC 8446, 4.6.3). crypto/tls cannot be told to, so from now on our records are sealed
// here, with the secrets that it logs. The error says why the connection cannot do it.
func (c *Conn) KeyUpdate() error {
	if c.own == nil {
		own, err := c.takeOver()
		if err != nil {
			return err
		}
		c.own = own
	}
	const notRequested = 0
	if _, err := c.own.write(c.raw, handshake, []byte{keyUpdate, 0, 0, 1, notRequested}); err != nil {
		return err
	}
	c.note(true, wirelog.TLS{What: wirelog.TLSKeyUpdate})
	return c.own.update()
}

// takeOver makes what goes on where crypto/tls leaves off.
func (c *Conn) takeOver() (*sealer, error) {
	s := c.ConnectionState()
	if !s.HandshakeComplete || s.Version != tls.VersionTLS13 {
		return nil, errors.New("only TLS 1.3 updates keys")
	}
	label := "SERVER_TRAFFIC_SECRET_0"
	if c.client {
		label = "CLIENT_TRAFFIC_SECRET_0"
	}
	sl := &sealer{secret: c.secrets.get(label), seq: c.raw.sealed - c.before}
	switch s.CipherSuite {
	case tls.TLS_AES_128_GCM_SHA256:
		sl.hash, sl.keyLen = sha256.New, 16
	case tls.TLS_AES_256_GCM_SHA384:
		sl.hash, sl.keyLen = sha512.New384, 32
	default:
		return nil, fmt.Errorf("wsspec does not seal records with %s itself", tls.CipherSuiteName(s.CipherSuite))
	}
	return sl, sl.rekey()
}

// sealer seals records of TLS 1.3 (RFC 8446, 5.2 and 7.3).
type sealer struct {
	hash   func() hash.Hash
	keyLen int
	secret []byte
	aead   cipher.AEAD
	iv     []byte
	seq    uint64
}

func (s *sealer) expand(label string, n int) ([]byte, error) {
	return expandLabel(s.hash, s.secret, label, nil, n)
}

// expandLabel is HKDF-Expand-Label (RFC 8446, 7.1).
func expandLabel(h func() hash.Hash, secret []byte, label string, context []byte, n int) ([]byte, error) {
	label = "tls13 " + label
	info := append([]byte{byte(n >> 8), byte(n), byte(len(label))}, label...)
	info = append(append(info, byte(len(context))), context...)
	return hkdf.Expand(h, secret, string(info), n)
}

// rekey derives key and IV from the secret.
func (s *sealer) rekey() error {
	key, err := s.expand("key", s.keyLen)
	if err != nil {
		return err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return err
	}
	if s.aead, err = cipher.NewGCM(block); err != nil {
		return err
	}
	s.iv, err = s.expand("iv", s.aead.NonceSize())
	return err
}

// update goes on to the next secret (RFC 8446, 7.2).
func (s *sealer) update() (err error) {
	if s.secret, err = s.expand("traffic upd", s.hash().Size()); err != nil {
		return err
	}
	s.seq = 0
	return s.rekey()
}

// write writes records with the content, and returns how many octets of it went out.
func (s *sealer) write(w io.Writer, kind byte, content []byte) (n int, err error) {
	for first := true; first || len(content) > 0; first = false {
		part := content[:min(len(content), mostContent)]
		if _, err := w.Write(s.seal(kind, part)); err != nil {
			return n, err
		}
		n += len(part)
		content = content[len(part):]
	}
	return n, nil
}

func (s *sealer) seal(kind byte, content []byte) []byte {
	size := len(content) + 1 + s.aead.Overhead()
	record := []byte{applicationData, 3, 3, byte(size >> 8), byte(size)}
	inner := append(bytes.Clone(content), kind)
	return s.aead.Seal(record, s.nonce(), inner, record[:recordHeader])
}

// nonce is that of the next record.
func (s *sealer) nonce() []byte {
	nonce := bytes.Clone(s.iv)
	for i := range 8 {
		nonce[len(nonce)-1-i] ^= byte(s.seq >> (8 * i))
	}
	s.seq++
	return nonce
}

// open opens the body of a record that came.
func (s *sealer) open(body []byte) (kind byte, content []byte, err error) {
	head := []byte{applicationData, 3, 3, byte(len(body) >> 8), byte(len(body))}
	inner, err := s.aead.Open(nil, s.nonce(), body, head)
	if err != nil {
		return 0, nil, err
	}
	inner = bytes.TrimRight(inner, "\x00") // padding
	if len(inner) == 0 {
		return 0, nil, errors.New("a record without a type")
	}
	return inner[len(inner)-1], inner[:len(inner)-1], nil
}

// secrets are those of a connection, in the form of SSLKEYLOGFILE, as crypto/tls logs them.
type secrets struct {
	mu  sync.Mutex
	log bytes.Buffer
}

// take has the configuration log here too.
func (s *secrets) take(c *tls.Config) {
	if also := c.KeyLogWriter; also != nil {
		c.KeyLogWriter = io.MultiWriter(also, s)
		return
	}
	c.KeyLogWriter = s
}

func (s *secrets) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.Write(p)
}

// get returns the secret with the label, nil where there is none.
func (s *secrets) get(label string) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	for line := range bytes.Lines(s.log.Bytes()) {
		words := bytes.Fields(line)
		if len(words) == 3 && string(words[0]) == label {
			secret, _ := hex.DecodeString(string(words[2])) // crypto/tls wrote it
			return secret
		}
	}
	return nil
}
