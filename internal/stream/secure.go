// SPDX-License-Identifier: Apache-2.0

package stream

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// HTTP1 is the name of HTTP/1.1 in ALPN (RFC 7301, 6).
const HTTP1 = "http/1.1"

// ClientTLS is how a client uses TLS: whom it trusts, and what it shows and offers.
type ClientTLS struct {
	Insecure   bool      // take any certificate
	CAFile     string    // PEM of the authorities to trust, instead of the system's
	Name       string    // SNI and name to verify; empty: the host of the URL
	CertFile   string    // PEM of the client's own certificate; empty: none
	KeyFile    string    // PEM of its key; empty: it is in CertFile
	ALPN       []string  // protocols to offer; nil: HTTP/1.1; not nil and empty: none
	MinVersion uint16    // such as tls.VersionTLS13; 0: TLS 1.2
	KeyLog     io.Writer // where the secrets go (SSLKEYLOGFILE); nil: nowhere
}

// Config is what package crypto/tls needs for it. The error names the file that is
// wrong, and what about it.
func (t ClientTLS) Config(host string) (*tls.Config, error) {
	c := &tls.Config{
		ServerName: host, InsecureSkipVerify: t.Insecure, NextProtos: []string{HTTP1}, MinVersion: t.MinVersion, KeyLogWriter: t.KeyLog,
	}
	if t.Name != "" {
		c.ServerName = t.Name
	}
	if t.ALPN != nil {
		c.NextProtos = t.ALPN
	}
	if t.CertFile != "" {
		pair, err := loadPair("client certificate", t.CertFile, t.KeyFile)
		if err != nil {
			return nil, err
		}
		// Whatever authorities the server names: it is for the server to refuse it.
		c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
	}
	var err error
	if t.CAFile != "" {
		c.RootCAs, err = loadAuthorities(t.CAFile)
	}
	return c, err
}

// ServerTLS is how a server uses TLS.
type ServerTLS struct {
	CertFile, KeyFile string    // PEM
	ClientCAFile      string    // PEM of those who sign the certificates that clients have to show; empty: none are asked for
	KeyLog            io.Writer // see ClientTLS
}

// Config is what package crypto/tls needs for it. Where no file has a certificate, there
// is none in it. What is served is HTTP/1.1.
func (t ServerTLS) Config() (*tls.Config, error) {
	c := &tls.Config{NextProtos: []string{HTTP1}, KeyLogWriter: t.KeyLog}
	if t.CertFile != "" {
		pair, err := loadPair("TLS certificate", t.CertFile, t.KeyFile)
		if err != nil {
			return nil, err
		}
		c.Certificates = []tls.Certificate{pair}
	}
	var err error
	if t.ClientCAFile != "" {
		c.ClientCAs, err = loadAuthorities(t.ClientCAFile)
		c.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return c, err
}

// loadPair reads a certificate and its key, which may be in the same file.
func loadPair(what, cert, key string) (tls.Certificate, error) {
	place := what + " " + cert
	if key != "" {
		place += " and key " + key
	}
	certPEM, err := os.ReadFile(cert)
	keyPEM := certPEM
	if err == nil && key != "" {
		keyPEM, err = os.ReadFile(key)
	}
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("%s: %w", place, err)
	}
	pair, err := tls.X509KeyPair(certPEM, keyPEM)
	switch {
	case err == nil:
		return pair, nil
	case key == "" && !bytes.Contains(keyPEM, []byte("PRIVATE KEY-----")):
		err = errors.New("there is no key in it, and no other file is named")
	case bytes.Contains(keyPEM, []byte("ENCRYPTED")):
		err = errors.New("the key is encrypted: write it without its password, such as with openssl pkey")
	}
	return tls.Certificate{}, fmt.Errorf("%s: %w", place, err)
}

// loadAuthorities reads certificates of authorities.
func loadAuthorities(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read certificate authorities: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s: there is no certificate in it", file)
	}
	return pool, nil
}

// ProtocolError says that the server chose a protocol by ALPN that we offered but do
// not go on to speak.
type ProtocolError struct{ Chosen string }

func (e *ProtocolError) Error() string {
	return fmt.Sprintf("the server chose the protocol %q (ALPN), which is not spoken here", e.Chosen)
}

// CheckProtocol is an error where the server has chosen what the caller does not speak. A
// name other than those of HTTP is the user's own, and says nothing of what is spoken.
func (t Target) CheckProtocol(chosen string) error {
	speaks := t.Speaks
	if speaks == nil {
		speaks = []string{HTTP1}
	}
	if (chosen == "h2" || chosen == "h3") && !slices.Contains(speaks, chosen) {
		return &ProtocolError{chosen}
	}
	return nil
}
