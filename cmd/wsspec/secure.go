// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/tls"
	"errors"

	"github.com/wsspec/wsspec/internal/stream"
)

// Security is how a server of ours serves TLS.
type Security struct {
	TLSCert       string `name:"tls-cert" type:"existingfile" placeholder:"FILE" group:"TLS" help:"Certificate (PEM): serve wss."`
	TLSKey        string `name:"tls-key" type:"existingfile" placeholder:"FILE" group:"TLS" help:"Key of the certificate (PEM)."`
	TLSSelfSigned bool   `name:"tls-self-signed" group:"TLS" help:"Serve wss with a certificate made for this run."`
	ClientCA      string `name:"client-ca" type:"existingfile" placeholder:"FILE" group:"TLS" help:"Let only clients in that show a certificate signed by an authority in this PEM file."`
	Keylog        string `placeholder:"FILE" complete:"file" group:"TLS" help:"Append the secrets of TLS connections to this file, so that Wireshark can decrypt them. Without the flag, the environment variable SSLKEYLOGFILE names the file."`
}

// config is nil where TLS is not asked for.
func (c Security) config(p *process) (*tls.Config, error) {
	secure := c.TLSCert != "" || c.TLSSelfSigned
	switch {
	case (c.TLSCert == "") != (c.TLSKey == ""):
		return nil, badUsage(errors.New("--tls-cert and --tls-key go together"), "")
	case c.TLSCert != "" && c.TLSSelfSigned:
		return nil, badUsage(errors.New("--tls-cert and --tls-self-signed exclude each other: there is one certificate"), "")
	case c.ClientCA != "" && !secure:
		return nil, badUsage(errors.New("--client-ca goes with --tls-cert or --tls-self-signed: there are no certificates without TLS"), "")
	case c.Keylog != "" && !secure:
		return nil, badUsage(errors.New("--keylog goes with --tls-cert or --tls-self-signed: there are no secrets without TLS"), "")
	case !secure:
		return nil, nil
	}
	server := stream.ServerTLS{CertFile: c.TLSCert, KeyFile: c.TLSKey, ClientCAFile: c.ClientCA}
	f, err := p.keyLog(c.Keylog)
	if err != nil {
		return nil, err
	}
	if f != nil {
		server.KeyLog = f
	}
	config, err := server.Config()
	if err != nil {
		return nil, badUsage(err, "")
	}
	if c.TLSSelfSigned {
		pair, err := selfSigned()
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

// repeat adds the flags on which results depend.
func (c Security) repeat(d *dependence) {
	d.text("--tls-cert", c.TLSCert)
	d.text("--tls-key", c.TLSKey)
	d.set("--tls-self-signed", c.TLSSelfSigned)
	d.text("--client-ca", c.ClientCA)
}
