// SPDX-License-Identifier: Apache-2.0

package secure

import (
	"crypto/tls"
	"errors"
)

// clientHello is what is needed of a ClientHello (RFC 8446, 4.1.2).
type clientHello struct {
	session []byte // legacy_session_id, to be sent back
	suites  []uint16
	version bool   // TLS 1.3 is offered
	share   []byte // public key for X25519, nil where there is none
	alpn    []string
	name    string
}

// Extensions of it, by number.
const (
	extName     = 0
	extALPN     = 16
	extVersions = 43
	extShare    = 51
	x25519      = 29
)

var errHello = errors.New("the ClientHello is malformed")

// parseHello reads the body of a ClientHello.
func parseHello(body []byte) (*clientHello, error) {
	const versionAndRandom = 2 + 32
	r := octets{b: body}
	h := new(clientHello)
	r.take(versionAndRandom)
	h.session = r.vector(1)
	suites := octets{b: r.vector(2)}
	for len(suites.b) > 1 {
		h.suites = append(h.suites, suites.number(2))
	}
	r.vector(1) // legacy_compression_methods
	extensions := octets{b: r.vector(2)}
	for len(extensions.b) > 0 && !extensions.bad {
		kind := extensions.number(2)
		if !h.extension(int(kind), extensions.vector(2)) {
			return nil, errHello
		}
	}
	if r.bad || extensions.bad || suites.bad {
		return nil, errHello
	}
	return h, nil
}

func (h *clientHello) extension(kind int, body []byte) (ok bool) {
	r := octets{b: body}
	switch kind {
	case extName:
		list := octets{b: r.vector(2)}
		list.number(1) // host_name, as nothing else is defined
		h.name = string(list.vector(2))
		r.bad = r.bad || list.bad
	case extALPN:
		list := octets{b: r.vector(2)}
		for len(list.b) > 0 && !list.bad {
			h.alpn = append(h.alpn, string(list.vector(1)))
		}
		r.bad = r.bad || list.bad
	case extVersions:
		list := octets{b: r.vector(1)}
		for len(list.b) > 1 {
			h.version = list.number(2) == tls.VersionTLS13 || h.version
		}
	case extShare:
		list := octets{b: r.vector(2)}
		for len(list.b) > 0 && !list.bad {
			group := list.number(2)
			if key := list.vector(2); group == x25519 {
				h.share = key
			}
		}
		r.bad = r.bad || list.bad
	}
	return !r.bad
}

// octets are read from the front; bad says that there were too few.
type octets struct {
	b   []byte
	bad bool
}

func (o *octets) take(n int) []byte {
	if n > len(o.b) {
		o.bad, o.b = true, nil
		return make([]byte, n)
	}
	taken := o.b[:n]
	o.b = o.b[n:]
	return taken
}

// number is one of as many octets, at most two.
func (o *octets) number(n int) (v uint16) {
	for _, b := range o.take(n) {
		v = v<<8 | uint16(b)
	}
	return v
}

// vector has its length in so many octets in front.
func (o *octets) vector(n int) []byte {
	length := int(o.number(n))
	if length > len(o.b) {
		o.bad, o.b = true, nil
		return nil
	}
	return o.take(length)
}
