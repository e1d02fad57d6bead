// SPDX-License-Identifier: Apache-2.0

// Package deflate is the permessage-deflate extension (RFC 7692): offers and
// answers as values, a [Compressor] that keeps to a window, and an [Inflater]
// that enforces one and tells how the sender used it, down to each block and
// symbol if asked ([Inflater.List]). [Blocks] starts hand-made data, right or wrong.
//
// It works on whole messages and knows neither frames nor connections: RSV1 and
// fragments are the caller's. Start at Compressor and Inflater.
package deflate

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/wsspec/wsspec/internal/ws"
)

// Name is the name of the extension in Sec-WebSocket-Extensions.
const Name = "permessage-deflate"

// Window sizes are given as base-2 logarithms, "window bits", in this range
// (RFC 7692, 7.1.2).
const (
	MinWindowBits = 8
	MaxWindowBits = 15
)

// AnyWindow stands for the offered client_max_window_bits without a value: the
// client supports the parameter and leaves the size to the server.
const AnyWindow = -1

// An Offer is what a client proposes. The Client parameters say what the client
// is ready to do, the Server parameters what it demands of the server.
type Offer struct {
	ClientNoContextTakeover bool
	ClientMaxWindowBits     int // window bits, AnyWindow, or 0 for not offered
	ServerNoContextTakeover bool
	ServerMaxWindowBits     int // window bits, or 0 for no demand
}

// An Answer is what the server made of an offer, and so what was agreed.
type Answer struct {
	ClientNoContextTakeover bool
	ClientMaxWindowBits     int // window bits, or 0 for absent
	ServerNoContextTakeover bool
	ServerMaxWindowBits     int // window bits, or 0 for absent
}

// Params is how the messages of one direction are compressed. The zero value
// is what holds where nothing was agreed.
type Params struct {
	NoContextTakeover bool // each message starts with an empty window
	WindowBits        int  // size of the window; 0 is MaxWindowBits
}

// Window returns the size of the window in octets.
func (p Params) Window() int { return 1 << p.bits() }

func (p Params) bits() int {
	if p.WindowBits == 0 {
		return MaxWindowBits
	}
	return p.WindowBits
}

// Client returns how the client has to compress what it sends.
func (a Answer) Client() Params { return Params{a.ClientNoContextTakeover, a.ClientMaxWindowBits} }

// Server returns how the server has to compress what it sends.
func (a Answer) Server() Params { return Params{a.ServerNoContextTakeover, a.ServerMaxWindowBits} }

// The parameters of RFC 7692, 7.1.
const (
	clientNoContextTakeover = "client_no_context_takeover"
	clientMaxWindowBits     = "client_max_window_bits"
	serverNoContextTakeover = "server_no_context_takeover"
	serverMaxWindowBits     = "server_max_window_bits"
)

// Extension returns the offer in the form of the header, the parameters of the
// client first.
func (o Offer) Extension() ws.Extension {
	x := ws.Extension{Name: Name}
	x.Params = appendFlag(x.Params, clientNoContextTakeover, o.ClientNoContextTakeover)
	x.Params = appendBits(x.Params, clientMaxWindowBits, o.ClientMaxWindowBits)
	x.Params = appendFlag(x.Params, serverNoContextTakeover, o.ServerNoContextTakeover)
	x.Params = appendBits(x.Params, serverMaxWindowBits, o.ServerMaxWindowBits)
	return x
}

// String returns the offer as it stands in the header.
func (o Offer) String() string { return o.Extension().String() }

// Extension returns the answer in the form of the header, the parameters of the
// server first.
func (a Answer) Extension() ws.Extension {
	x := ws.Extension{Name: Name}
	x.Params = appendFlag(x.Params, serverNoContextTakeover, a.ServerNoContextTakeover)
	x.Params = appendBits(x.Params, serverMaxWindowBits, a.ServerMaxWindowBits)
	x.Params = appendFlag(x.Params, clientNoContextTakeover, a.ClientNoContextTakeover)
	x.Params = appendBits(x.Params, clientMaxWindowBits, a.ClientMaxWindowBits)
	return x
}

// String returns the answer as it stands in the header.
func (a Answer) String() string { return a.Extension().String() }

func appendFlag(ps []ws.Param, name string, set bool) []ws.Param {
	if !set {
		return ps
	}
	return append(ps, ws.Param{Name: name})
}

func appendBits(ps []ws.Param, name string, bits int) []ws.Param {
	switch bits {
	case 0:
		return ps
	case AnyWindow:
		return append(ps, ws.Param{Name: name})
	}
	return append(ps, ws.Param{Name: name, Value: strconv.Itoa(bits), HasValue: true})
}

// ParseOffer reads an offer. An error means that a server has to decline it
// (RFC 7692, 7.1); it names the parameter.
func ParseOffer(x ws.Extension) (Offer, error) {
	return parse(x)
}

// ParseOffers returns what a client offers of this extension, in its order of
// preference; other extensions are passed over. The error joins those of the
// offers that have to be declined, which the result leaves out.
func ParseOffers(xs []ws.Extension) ([]Offer, error) {
	var offers []Offer
	var declined []error
	for _, x := range xs {
		if x.Name != Name {
			continue
		}
		o, err := ParseOffer(x)
		if err != nil {
			declined = append(declined, err)
			continue
		}
		offers = append(offers, o)
	}
	return offers, errors.Join(declined...)
}

// ParseAnswer reads an answer. An error means that the client has to fail the
// connection (RFC 7692, 7.1); it names the parameter. Whether the answer fits
// what was offered is for [Answer.Honours] to say.
func ParseAnswer(x ws.Extension) (Answer, error) {
	o, err := parse(x)
	if err != nil {
		return Answer{}, err
	}
	if o.ClientMaxWindowBits == AnyWindow {
		return Answer{}, paramError(clientMaxWindowBits, "has no value, which only an offer may omit")
	}
	return Answer(o), nil
}

// FindAnswer returns the answer among the extensions a server named, and
// whether there is one. Two of them are an error: both would use RSV1. Other
// extensions are passed over.
func FindAnswer(xs []ws.Extension) (a Answer, found bool, err error) {
	for _, x := range xs {
		if x.Name != Name {
			continue
		}
		if found {
			return Answer{}, false, errors.New(Name + ": answered more than once")
		}
		if a, err = ParseAnswer(x); err != nil {
			return Answer{}, false, err
		}
		found = true
	}
	return a, found, nil
}

func parse(x ws.Extension) (Offer, error) {
	if x.Name != Name {
		return Offer{}, fmt.Errorf("%s: the extension is %q", Name, x.Name)
	}
	var o Offer
	for i, p := range x.Params {
		for _, earlier := range x.Params[:i] {
			if earlier.Name == p.Name {
				return Offer{}, paramError(p.Name, "is repeated")
			}
		}
		var err error
		switch p.Name {
		case clientNoContextTakeover:
			o.ClientNoContextTakeover, err = parseFlag(p)
		case serverNoContextTakeover:
			o.ServerNoContextTakeover, err = parseFlag(p)
		case clientMaxWindowBits:
			o.ClientMaxWindowBits = AnyWindow
			if p.HasValue {
				o.ClientMaxWindowBits, err = parseBits(p)
			}
		case serverMaxWindowBits:
			o.ServerMaxWindowBits, err = parseBits(p)
		default:
			err = paramError(p.Name, "is not a parameter of this extension")
		}
		if err != nil {
			return Offer{}, err
		}
	}
	return o, nil
}

func parseFlag(p ws.Param) (bool, error) {
	if p.HasValue {
		return false, paramError(p.String(), "has a value, which it may not")
	}
	return true, nil
}

// parseBits reads "a decimal integer value without leading zeroes between 8 to
// 15, inclusive" (RFC 7692, 7.1.2).
func parseBits(p ws.Param) (int, error) {
	if !p.HasValue {
		return 0, paramError(p.Name, "has no value")
	}
	for _, c := range []byte(p.Value) {
		if c < '0' || c > '9' {
			return 0, paramError(p.String(), "is not a decimal number")
		}
	}
	if len(p.Value) > 1 && p.Value[0] == '0' {
		return 0, paramError(p.String(), "has a leading zero")
	}
	bits, err := strconv.Atoi(p.Value)
	if err != nil || bits < MinWindowBits || bits > MaxWindowBits {
		return 0, paramError(p.String(), "is not within 8 to 15")
	}
	return bits, nil
}

// paramError says what is wrong with a parameter. What a peer made up is cut to
// a length that can be shown.
func paramError(param, wrong string) error {
	const most = 80
	if len(param) > most {
		param = param[:most] + "..."
	}
	return fmt.Errorf("%s: %s %s", Name, param, wrong)
}
