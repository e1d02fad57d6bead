// SPDX-License-Identifier: Apache-2.0

package secure

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"time"

	"github.com/wsspec/wsspec/internal/stream"
)

// Authority signs certificates for a server, right and wrong ones. It lives as long as
// the process: a key that clients trust is nothing to leave lying around.
type Authority struct {
	now   time.Time
	names []string
	cert  *x509.Certificate
	key   *ecdsa.PrivateKey
}

// Times from now, in days, within which certificates are good.
const (
	since       = -7
	until       = 2
	expiredDays = -1
)

// NewAuthority makes one for a server that is reached at the names and addresses.
func NewAuthority(names ...string) (*Authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make the key of an authority: %w", err)
	}
	a := &Authority{now: time.Now(), names: names, key: key}
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: "wsspec test authority"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := a.sign(template, template, until, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		return nil, fmt.Errorf("make an authority: %w", err)
	}
	return a, nil
}

// PEM is the certificate that clients are to trust.
func (a *Authority) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})
}

// Pool has it as the only one.
func (a *Authority) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

// Certificate makes one for the server.
func (a *Authority) Certificate(flaw Flaw) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("make a TLS key: %w", err)
	}
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: "wsspec"}, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	names, days := a.names, until
	parent, signer := a.cert, a.key
	switch flaw {
	case SelfSigned:
		parent, signer = template, key
	case OtherName:
		names = []string{"another-host.invalid"}
	case Expired:
		days = expiredDays
	}
	for _, n := range names {
		if ip := net.ParseIP(n); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, n)
		}
	}
	der, err := a.sign(template, parent, days, &key.PublicKey, signer)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

// Config is that of a server that speaks TLS in the manner, nil for the usual one.
func (a *Authority) Config(m *Manner) (*tls.Config, error) {
	if m == nil {
		m = new(Manner)
	}
	cert, err := a.Certificate(m.Flaw)
	if err != nil {
		return nil, err
	}
	return &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{stream.HTTP1}, MinVersion: m.Min, MaxVersion: m.Max}, nil
}

func (a *Authority) sign(template, parent *x509.Certificate, days int, public *ecdsa.PublicKey, signer *ecdsa.PrivateKey) ([]byte, error) {
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		return nil, fmt.Errorf("make a TLS certificate: %w", err)
	}
	template.SerialNumber, template.NotBefore, template.NotAfter = serial, a.now.AddDate(0, 0, since), a.now.AddDate(0, 0, days)
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, signer)
	if err != nil {
		return nil, fmt.Errorf("make a TLS certificate: %w", err)
	}
	return der, nil
}
