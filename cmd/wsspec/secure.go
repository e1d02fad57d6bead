// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"os"

	"github.com/wsspec/wsspec/internal/report/archive"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/stream/secure"
)

// Security is how a server of ours serves TLS.
type Security struct {
	TLSCert       string   `name:"tls-cert" type:"existingfile" placeholder:"FILE" group:"TLS" help:"Certificate (PEM): serve wss."`
	TLSKey        string   `name:"tls-key" type:"existingfile" placeholder:"FILE" group:"TLS" help:"Key of the certificate (PEM)."`
	TLSSelfSigned bool     `name:"tls-self-signed" group:"TLS" help:"Serve wss with a certificate made for this run."`
	TLSAuthority  string   `name:"tls-authority" placeholder:"FILE" complete:"file" group:"TLS" help:"Serve wss with a certificate signed by an authority made for this run, and write the authority's certificate (PEM) to FILE, for clients to trust."`
	TLSName       []string `name:"tls-name" placeholder:"NAME" group:"TLS" help:"Another name or address of this machine, for the certificate of --tls-authority. Repeatable."`
	ClientCA      string   `name:"client-ca" type:"existingfile" placeholder:"FILE" group:"TLS" help:"Let only clients in that show a certificate signed by an authority in this PEM file."`
	Keylog        string   `placeholder:"FILE" complete:"file" group:"TLS" help:"Append the secrets of TLS connections to this file, so that Wireshark can decrypt them. Without the flag, the environment variable SSLKEYLOGFILE names the file."`
}

// config is nil where TLS is not asked for, and so is the authority where none is to be
// made. With http2, HTTP/2 is served too.
func (c Security) config(p *process, http2 bool) (*tls.Config, *secure.Authority, error) {
	if err := c.check(); err != nil || !c.isOn() {
		return nil, nil, err
	}
	server := stream.ServerTLS{CertFile: c.TLSCert, KeyFile: c.TLSKey, ClientCAFile: c.ClientCA}
	f, err := p.keyLog(c.Keylog)
	if err != nil {
		return nil, nil, err
	}
	if f != nil {
		server.KeyLog = f
	}
	config, err := server.Config()
	if err != nil {
		return nil, nil, badUsage(err, "")
	}
	if http2 {
		config.NextProtos = append([]string{"h2"}, config.NextProtos...)
	}
	var authority *secure.Authority
	var pair tls.Certificate
	switch {
	case c.TLSSelfSigned:
		pair, err = selfSigned()
	case c.TLSAuthority != "":
		if authority, err = c.authority(); err == nil {
			pair, err = authority.Certificate(secure.Flawless)
		}
	default:
		return config, nil, nil
	}
	config.Certificates = []tls.Certificate{pair}
	return config, authority, err
}

// authority makes one, and writes its certificate.
func (c Security) authority() (*secure.Authority, error) {
	names := append([]string{"localhost", "127.0.0.1", "::1"}, c.TLSName...)
	if name, err := os.Hostname(); err == nil {
		names = append(names, name)
	}
	a, err := secure.NewAuthority(names...)
	if err != nil {
		return nil, err
	}
	if err := archive.WriteOutput(c.TLSAuthority, a.PEM()); err != nil {
		return nil, badUsage(fmt.Errorf("--tls-authority: %w", err), "name a file that can be written to")
	}
	return a, nil
}

// isOn reports whether TLS is asked for.
func (c Security) isOn() bool { return c.TLSCert != "" || c.TLSSelfSigned || c.TLSAuthority != "" }

// check looks for flags that do not go together.
func (c Security) check() error {
	const with = "--tls-cert, --tls-self-signed or --tls-authority"
	ways := 0
	for _, is := range []bool{c.TLSCert != "", c.TLSSelfSigned, c.TLSAuthority != ""} {
		if is {
			ways++
		}
	}
	switch {
	case (c.TLSCert == "") != (c.TLSKey == ""):
		return badUsage(errors.New("--tls-cert and --tls-key go together"), "")
	case ways > 1:
		return badUsage(errors.New("--tls-cert, --tls-self-signed and --tls-authority exclude each other: there is one certificate"), "")
	case c.ClientCA != "" && ways == 0:
		return badUsage(errors.New("--client-ca goes with "+with+": there are no certificates without TLS"), "")
	case c.Keylog != "" && ways == 0:
		return badUsage(errors.New("--keylog goes with "+with+": there are no secrets without TLS"), "")
	case len(c.TLSName) > 0 && c.TLSAuthority == "":
		return badUsage(errors.New("--tls-name goes with --tls-authority: other certificates have the names that they have"), "")
	}
	return nil
}

// repeat adds the flags on which results depend.
func (c Security) repeat(d *dependence) {
	d.text("--tls-cert", c.TLSCert)
	d.text("--tls-key", c.TLSKey)
	d.set("--tls-self-signed", c.TLSSelfSigned)
	d.text("--tls-authority", c.TLSAuthority)
	d.text("--tls-name", c.TLSName...)
	d.text("--client-ca", c.ClientCA)
}
