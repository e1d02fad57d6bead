// SPDX-License-Identifier: Apache-2.0

package deflate

import (
	"errors"
	"fmt"
)

// ErrFormality is what [Answer.Honours] returns where a window of 15 bits was offered and
// the answer leaves it out. A server accepts the parameter "by including" it (RFC 7692,
// 7.1.2.1), but without it the window has the same size.
var ErrFormality = paramError(serverMaxWindowBits+"=15", "was offered but is not in the answer, which agrees on the same window")

// Honours reports, by its error, whether the answer is one that a server may give
// to a client that sent these offers. One of them has to permit all that it says
// (RFC 7692, 5.1 and 7.1.2). It also has to repeat server_no_context_takeover and
// server_max_window_bits where that offer has them, because this is how a server
// accepts them (RFC 7692, 7.1.1.1 and 7.1.2.1).
func (a Answer) Honours(offers []Offer) error {
	if len(offers) == 0 {
		return errors.New(Name + ": answered but not offered")
	}
	var first error
	for _, o := range offers {
		err := a.honours(o)
		if err == nil {
			return nil
		}
		if first == nil {
			first = err
		}
	}
	if len(offers) > 1 {
		return fmt.Errorf("%w (first of %d offers, none of which the answer fits)", first, len(offers))
	}
	return first
}

func (a Answer) honours(o Offer) error {
	if a.ClientMaxWindowBits != 0 && o.ClientMaxWindowBits == 0 {
		return paramError(clientMaxWindowBits, "is in the answer but was not offered")
	}
	if err := within(clientMaxWindowBits, a.ClientMaxWindowBits, o.ClientMaxWindowBits); err != nil {
		return err
	}
	if err := within(serverMaxWindowBits, a.ServerMaxWindowBits, o.ServerMaxWindowBits); err != nil {
		return err
	}
	if o.ServerNoContextTakeover && !a.ServerNoContextTakeover {
		return paramError(serverNoContextTakeover, "was offered but is not in the answer")
	}
	if o.ServerMaxWindowBits == MaxWindowBits && a.ServerMaxWindowBits == 0 {
		return ErrFormality
	}
	if o.ServerMaxWindowBits != 0 && a.ServerMaxWindowBits == 0 {
		return paramError(serverMaxWindowBits, "was offered but is not in the answer")
	}
	return nil
}

func within(name string, answered, offered int) error {
	if offered > 0 && answered > offered {
		return paramError(fmt.Sprintf("%s=%d", name, answered),
			fmt.Sprintf("is larger than the %d offered", offered))
	}
	return nil
}

// An Accept is the policy of a server: it picks one of the offers and answers
// it, or reports false to do without the extension.
type Accept func(offers []Offer) (Answer, bool)

// FirstAllowing accepts the first offer that lets the server ask the client to
// compress as ask says, and asks for it. The zero Params ask for nothing and
// accept the first offer. Every client can be asked to give up context takeover,
// whether its offer hints at it or not (RFC 7692, 7.1.1.2). Where the client
// offers a smaller window than asked for, that one is answered.
func FirstAllowing(ask Params) Accept {
	return func(offers []Offer) (Answer, bool) {
		for _, o := range offers {
			if ask.WindowBits != 0 && o.ClientMaxWindowBits == 0 {
				continue
			}
			a := Answer{
				ClientNoContextTakeover: ask.NoContextTakeover,
				ClientMaxWindowBits:     ask.WindowBits,
				ServerNoContextTakeover: o.ServerNoContextTakeover,
				ServerMaxWindowBits:     o.ServerMaxWindowBits,
			}
			if o.ClientMaxWindowBits > 0 {
				a.ClientMaxWindowBits = min(a.ClientMaxWindowBits, o.ClientMaxWindowBits)
			}
			return a, true
		}
		return Answer{}, false
	}
}

// FirstOf asks the policies in order and takes the first answer.
func FirstOf(policies ...Accept) Accept {
	return func(offers []Offer) (Answer, bool) {
		for _, accept := range policies {
			if a, ok := accept(offers); ok {
				return a, true
			}
		}
		return Answer{}, false
	}
}
