// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"os"

	"github.com/wsspec/wsspec/internal/load"
	"github.com/wsspec/wsspec/internal/load/drive"
	"github.com/wsspec/wsspec/internal/load/wire"
)

// plan says in a plan how to connect. The password for a proxy is apart from what is written.
func (c Connection) plan(p load.Plan) load.Plan {
	p.Insecure, p.CAFile, p.SNI, p.ClientCert, p.ClientKey = c.Insecure, c.CAFile, c.SNI, c.ClientCert, c.ClientKey
	p.ALPN, p.TLSMin, p.Keylog = c.ALPN, nonDefault(c.TLSMin, "1.2"), c.Keylog
	p.Unix, p.ConnectTo, p.Resolve, p.Proxy = c.Unix, c.ConnectTo, c.Resolve, c.Proxy
	if u, err := url.Parse(c.Proxy); err == nil && u.User != nil {
		p.ProxyPassword, _ = u.User.Password()
		u.User = url.User(u.User.Username())
		p.Proxy = u.String()
	}
	return p
}

// connectionOf is how a plan says to connect.
func connectionOf(p load.Plan) Connection {
	c := Connection{
		Insecure: p.Insecure, CAFile: p.CAFile, SNI: p.SNI, ClientCert: p.ClientCert, ClientKey: p.ClientKey,
		ALPN: p.ALPN, TLSMin: cmp.Or(p.TLSMin, "1.2"), Keylog: p.Keylog, Unix: p.Unix, ConnectTo: p.ConnectTo, Resolve: p.Resolve, Proxy: p.Proxy,
	}
	if u, err := url.Parse(p.Proxy); err == nil && p.ProxyPassword != "" {
		u.User = url.UserPassword(u.User.Username(), p.ProxyPassword)
		c.Proxy = u.String()
	}
	return c
}

// locator finds where and how plans connect that this process carries out.
func (p *process) locator() drive.Locator {
	var log *os.File // for all of them
	return func(ctx context.Context, plan load.Plan) (wire.Target, error) {
		c := connectionOf(plan)
		secure, way, err := c.read(p)
		if err != nil {
			return wire.Target{}, err
		}
		secure.Name = c.SNI
		t, err := drive.NewTarget(ctx, plan, secure, way)
		if err != nil {
			return t, err
		}
		if err := c.useless(way, []string{t.Authority}, t.TLS != nil); err != nil || t.TLS == nil {
			return t, err
		}
		if log == nil {
			if log, err = p.keyLog(c.Keylog); err != nil {
				return t, err
			}
		}
		if log != nil {
			t.TLS.KeyLogWriter = log
		}
		return t, nil
	}
}

// asUsage is an error as a mistake on the command line, if it is not one already.
func asUsage(err error) error {
	if _, is := errors.AsType[*usageError](err); is {
		return err
	}
	return badUsage(err, "")
}
