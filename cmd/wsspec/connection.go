// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/wsspec/wsspec/internal/fuzzclient"
	"github.com/wsspec/wsspec/internal/stream"
)

// Connection is how servers are connected to.
type Connection struct {
	Insecure   bool     `group:"TLS" help:"Accept any certificate of a wss server."`
	CAFile     string   `name:"cafile" type:"existingfile" placeholder:"FILE" group:"TLS" help:"Trust the certificate authorities in this PEM file instead of the system's."`
	SNI        string   `name:"sni" placeholder:"NAME" group:"TLS" help:"Server name to send in TLS, if it is not the host of the URL."`
	ClientCert string   `type:"existingfile" placeholder:"FILE" group:"TLS" help:"Certificate (PEM) to show to a server that asks for one."`
	ClientKey  string   `type:"existingfile" placeholder:"FILE" group:"TLS" help:"Key of the client certificate (PEM), if it is in a file of its own."`
	ALPN       []string `name:"alpn" placeholder:"NAME" group:"TLS" help:"Offer these protocols (ALPN) instead of http/1.1; \"none\" offers none."`
	TLSMin     string   `name:"tls-min" enum:"1.0,1.1,1.2,1.3" default:"1.2" placeholder:"VERSION" group:"TLS" help:"Lowest version of TLS to accept: 1.0, 1.1, 1.2 or 1.3 (${default})."`
	Keylog     string   `placeholder:"FILE" complete:"file" group:"TLS" help:"Append the secrets of TLS connections to this file, so that Wireshark can decrypt them. Without the flag, the environment variable SSLKEYLOGFILE names the file."`

	Proxy     string   `placeholder:"URL" group:"Route" help:"Connect through an HTTP proxy (CONNECT): http://host:port or http://user:password@host:port. The environment variable WSSPEC_PROXY_PASSWORD may hold the password instead. No other variable names a proxy."`
	Unix      string   `placeholder:"PATH" complete:"file" group:"Route" help:"Connect to this Unix domain socket; the URL still says what to ask it for."`
	ConnectTo string   `placeholder:"HOST:PORT" group:"Route" help:"Connect to this address instead of that in the URL; all that is sent stays the same."`
	Resolve   []string `sep:"none" placeholder:"HOST:PORT:ADDR" group:"Route" help:"Use this address for the host and port of a URL instead of resolving the name, as with curl. Repeatable."`
}

// proxyPassword is the variable that may hold the password for a proxy, as others can
// read command lines.
const proxyPassword = "WSSPEC_PROXY_PASSWORD"

// connect gives servers what the flags say of connecting to them, and looks for mistakes
// in it.
func (c Connection) connect(p *process, servers []fuzzclient.Server) error {
	secure, way, err := c.read(p)
	if err != nil {
		return err
	}
	var addresses []string
	anyTLS := false
	for i := range servers {
		s := &servers[i]
		secure.Name = cmp.Or(c.SNI, s.TLS.Name)
		s.TLS, s.Way = secure, way
		e, err := s.Resolve("")
		if err != nil {
			return badUsage(err, "")
		}
		addresses, anyTLS = append(addresses, e.Address()), anyTLS || e.Secure()
	}
	if err := c.useless(way, addresses, anyTLS); err != nil || !anyTLS {
		return err
	}
	log, err := p.keyLog(c.Keylog)
	if log == nil {
		return err
	}
	for i := range servers {
		servers[i].TLS.KeyLog = log
	}
	return nil
}

// overHTTP is an error where a flag does not go with a version of HTTP.
func (c Connection) overHTTP(v HTTPVersion) error {
	switch {
	case v.HTTP2 && len(c.ALPN) > 0:
		return badUsage(errors.New("--alpn and --http2 exclude each other: over TLS, HTTP/2 is what ALPN offers"), "")
	case v.HTTP3 && len(c.ALPN) > 0:
		return badUsage(errors.New("--alpn and --http3 exclude each other: HTTP/3 is what ALPN offers"), "")
	case v.HTTP3 && c.Proxy != "":
		return badUsage(errors.New("--proxy and --http3 exclude each other: CONNECT makes tunnels for TCP, and HTTP/3 is over UDP"), "")
	case v.HTTP3 && c.Unix != "":
		return badUsage(errors.New("--unix and --http3 exclude each other: HTTP/3 is over UDP"), "")
	}
	return nil
}

// read makes of the flags what package stream understands.
func (c Connection) read(p *process) (stream.ClientTLS, stream.Way, error) {
	secure := stream.ClientTLS{Insecure: c.Insecure, CAFile: c.CAFile, CertFile: c.ClientCert, KeyFile: c.ClientKey, MinVersion: tlsVersions()[c.TLSMin]}
	none := stream.Way{}
	if c.ClientKey != "" && c.ClientCert == "" {
		return secure, none, badUsage(errors.New("--client-key goes with --client-cert"), "")
	}
	for i, name := range c.ALPN {
		if name == "" || len(name) > 255 || slices.Contains(c.ALPN[:i], name) || name == noALPN && len(c.ALPN) > 1 {
			return secure, none, badUsage(fmt.Errorf("--alpn %s: want names of 1 to 255 octets, each once, or %q alone", strings.Join(c.ALPN, ","), noALPN), "")
		}
	}
	if secure.ALPN = c.ALPN; slices.Equal(c.ALPN, []string{noALPN}) {
		secure.ALPN = []string{}
	}
	way, err := c.way(p)
	return secure, way, err
}

// noALPN is what --alpn takes for offering nothing.
const noALPN = "none"

func tlsVersions() map[string]uint16 {
	return map[string]uint16{"1.0": tls.VersionTLS10, "1.1": tls.VersionTLS11, "1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}
}

// way reads the flags of the group Route.
func (c Connection) way(p *process) (way stream.Way, err error) {
	way.Unix = c.Unix
	if c.Proxy != "" {
		if way.Proxy, err = stream.ParseProxy(c.Proxy); err != nil {
			return way, badUsage(fmt.Errorf("--proxy: %w", err), "")
		}
		if _, given := way.Proxy.User.Password(); way.Proxy.User != nil && !given {
			way.Proxy.User = url.UserPassword(way.Proxy.User.Username(), p.getenv(proxyPassword))
		}
	}
	if c.ConnectTo != "" {
		if way.ConnectTo, err = stream.ParseConnectTo(c.ConnectTo); err != nil {
			return way, badUsage(fmt.Errorf("--connect-to %w", err), "")
		}
	}
	for _, text := range c.Resolve {
		pin, err := stream.ParsePin(text)
		if err != nil {
			return way, badUsage(fmt.Errorf("--resolve %w", err), "")
		}
		way.Pins = append(way.Pins, pin)
	}
	if err := way.Check(); err != nil {
		return way, badUsage(err, "")
	}
	return way, nil
}

// useless is an error where a flag asks for what none of the servers has a use for, who
// gave it having meant something else: addresses are the host:port of the servers.
func (c Connection) useless(way stream.Way, addresses []string, anyTLS bool) error {
	if len(addresses) == 0 {
		for _, f := range c.given() {
			return badUsage(fmt.Errorf("%s: there is no server to connect to", f.name), "give its URL, such as wss://host:port/path")
		}
	}
	for _, f := range c.given() {
		if f.ofTLS && !anyTLS {
			return badUsage(fmt.Errorf("%s: there is no TLS without a URL of the scheme wss", f.name), "")
		}
	}
	for i, pin := range way.Pins {
		if !slices.ContainsFunc(addresses, pin.Covers) {
			return badUsage(fmt.Errorf("--resolve %s: no server is at this host and port: want that of a URL, %s", c.Resolve[i], strings.Join(addresses, " or ")), "")
		}
	}
	return nil
}

// givenFlag is a flag of a Connection that has been given.
type givenFlag struct {
	name  string
	ofTLS bool
}

// given are those that make no sense without a server, or without TLS.
func (c Connection) given() (flags []givenFlag) {
	for _, f := range []struct {
		givenFlag
		is bool
	}{
		{givenFlag{"--client-cert", true}, c.ClientCert != ""}, {givenFlag{"--alpn", true}, len(c.ALPN) > 0},
		{givenFlag{"--tls-min", true}, nonDefault(c.TLSMin, "1.2") != ""}, {givenFlag{"--keylog", true}, c.Keylog != ""},
		{givenFlag{"--proxy", false}, c.Proxy != ""}, {givenFlag{"--unix", false}, c.Unix != ""},
		{givenFlag{"--connect-to", false}, c.ConnectTo != ""}, {givenFlag{"--resolve", false}, len(c.Resolve) > 0},
	} {
		if f.is {
			flags = append(flags, f.givenFlag)
		}
	}
	return flags
}

// repeat adds the flags on which results depend. A password is not for reports.
func (c Connection) repeat(d *dependence, s fuzzclient.Server) {
	d.set("--insecure", s.TLS.Insecure)
	d.text("--cafile", s.TLS.CAFile)
	d.text("--sni", s.TLS.Name)
	d.text("--client-cert", c.ClientCert)
	d.text("--client-key", c.ClientKey)
	d.text("--alpn", strings.Join(c.ALPN, ","))
	d.text("--tls-min", nonDefault(c.TLSMin, "1.2"))
	if proxy := s.Way.Proxy; proxy != nil {
		bare := url.URL{Scheme: proxy.Scheme, Host: proxy.Host}
		if proxy.User != nil {
			bare.User = url.User(proxy.User.Username())
		}
		d.text("--proxy", bare.String())
	}
	d.text("--unix", c.Unix)
	d.text("--connect-to", c.ConnectTo)
	d.text("--resolve", c.Resolve...)
}

// keyLog opens the file of a flag --keylog, or else that of SSLKEYLOGFILE, for as long as
// the process lives. It is nil where neither names one.
func (p *process) keyLog(flag string) (*os.File, error) {
	file, from := flag, "--keylog"
	if file == "" {
		file, from = p.getenv(keyLogVariable), keyLogVariable
	}
	if file == "" {
		return nil, nil
	}
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, badUsage(fmt.Errorf("%s: %w", from, err), "name a file that can be written to")
	}
	p.later(func() { _ = f.Close() }) // each line is written at once
	return f, nil
}

// keyLogVariable is what browsers, curl and others call it.
const keyLogVariable = "SSLKEYLOGFILE"
