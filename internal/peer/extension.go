// SPDX-License-Identifier: Apache-2.0

package peer

import (
	"fmt"
	"net/http"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/ws"
)

// Opening is what a case wants of the opening handshake. The zero value is a
// plain one.
type Opening struct {
	Offers []deflate.Offer // as a client: permessage-deflate as offered
	Accept deflate.Accept  // as a server: which offer to take; nil takes none
}

// codec compresses and inflates the messages of a connection on which
// permessage-deflate was agreed.
type codec struct {
	in *deflate.Inflater
}

// offer is the value of Sec-WebSocket-Extensions in our request.
func (o Opening) offer() string {
	var xs []ws.Extension
	for _, offer := range o.Offers {
		xs = append(xs, offer.Extension())
	}
	return ws.FormatExtensions(xs)
}

// takeAnswer reads the server's answer to our offers.
func (o Opening) takeAnswer(f ws.Fields, role ws.Role) (*codec, string, error) {
	xs, err := ws.ParseExtensions(f.Values("Sec-WebSocket-Extensions"))
	if err != nil || len(xs) == 0 {
		return nil, "", err
	}
	for _, x := range xs {
		if x.Name != deflate.Name {
			return nil, "", errNotOffered(x.Name)
		}
	}
	a, _, err := deflate.FindAnswer(xs)
	if err == nil {
		err = a.Fits(o.Offers)
	}
	if err != nil {
		return nil, "", err
	}
	return newCodec(a, role), a.String(), nil
}

// answer picks one of the client's offers, or none.
func (o Opening) answer(f ws.Fields, role ws.Role) (*codec, string) {
	xs, err := ws.ParseExtensions(f.Values("Sec-WebSocket-Extensions"))
	if err != nil || o.Accept == nil {
		return nil, ""
	}
	offers, _ := deflate.ParseOffers(xs) // offers that break the RFC are declined
	a, ok := o.Accept(offers)
	if !ok {
		return nil, ""
	}
	return newCodec(a, role), a.String()
}

func statusText(status int) string { return http.StatusText(status) }

// errNotOffered names an extension that is in the answer and was not in the offer.
type errNotOffered string

func (e errNotOffered) Error() string {
	return fmt.Sprintf("extension %.80q was not offered", string(e))
}

func newCodec(a deflate.Answer, role ws.Role) *codec {
	theirs := a.Server()
	if role == ws.Server {
		theirs = a.Client()
	}
	return &codec{in: deflate.NewInflater(theirs)}
}

func (c *codec) inflate(msg []byte, limit int) ([]byte, error) {
	out, _, err := c.in.Inflate(nil, msg, limit)
	return out, err
}

func (c *codec) deflate(m ws.Pattern) []byte { return nil }

func (c *codec) release() {}
