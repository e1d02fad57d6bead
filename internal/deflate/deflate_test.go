// SPDX-License-Identifier: Apache-2.0

package deflate_test

import (
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/ws"
)

func extensions(t *testing.T, header string) []ws.Extension {
	t.Helper()
	xs, err := ws.ParseExtensions([]string{header})
	if err != nil {
		t.Fatal(err)
	}
	return xs
}

// The offers of the cases 12.* and 13.*, octet by octet.
func TestOfferOnTheWire(t *testing.T) {
	tests := []struct {
		offer deflate.Offer
		wire  string
	}{
		{deflate.Offer{}, "permessage-deflate"},
		{deflate.Offer{ClientNoContextTakeover: true, ClientMaxWindowBits: deflate.AnyWindow},
			"permessage-deflate; client_no_context_takeover; client_max_window_bits"},
		{deflate.Offer{ClientNoContextTakeover: true, ClientMaxWindowBits: deflate.AnyWindow, ServerNoContextTakeover: true},
			"permessage-deflate; client_no_context_takeover; client_max_window_bits; server_no_context_takeover"},
		{deflate.Offer{ClientNoContextTakeover: true, ClientMaxWindowBits: deflate.AnyWindow, ServerMaxWindowBits: 15},
			"permessage-deflate; client_no_context_takeover; client_max_window_bits; server_max_window_bits=15"},
		{deflate.Offer{ClientNoContextTakeover: true, ClientMaxWindowBits: deflate.AnyWindow, ServerNoContextTakeover: true, ServerMaxWindowBits: 9},
			"permessage-deflate; client_no_context_takeover; client_max_window_bits; server_no_context_takeover; server_max_window_bits=9"},
		{deflate.Offer{ClientMaxWindowBits: 8}, "permessage-deflate; client_max_window_bits=8"},
	}
	for _, tt := range tests {
		if got := tt.offer.String(); got != tt.wire {
			t.Errorf("got %s, want %s", got, tt.wire)
		}
		got, err := deflate.ParseOffer(extensions(t, tt.wire)[0])
		if err != nil || got != tt.offer {
			t.Errorf("%s was read as %+v, %v", tt.wire, got, err)
		}
	}
}

func TestAnswerOnTheWire(t *testing.T) {
	answer := deflate.Answer{ClientNoContextTakeover: true, ClientMaxWindowBits: 10, ServerNoContextTakeover: true, ServerMaxWindowBits: 8}
	const wire = "permessage-deflate; server_no_context_takeover; server_max_window_bits=8; client_no_context_takeover; client_max_window_bits=10"
	if got := answer.String(); got != wire {
		t.Errorf("got %s, want %s", got, wire)
	}
	for _, header := range []string{
		wire,
		`permessage-deflate;client_max_window_bits="1\0";server_max_window_bits="8";server_no_context_takeover;client_no_context_takeover`,
	} {
		got, found, err := deflate.FindAnswer(extensions(t, "other, "+header))
		if err != nil || !found || got != answer {
			t.Errorf("%s was read as %+v, %t, %v", header, got, found, err)
		}
	}
	if got, want := answer.Client(), (deflate.Params{NoContextTakeover: true, WindowBits: 10}); got != want || got.Window() != 1024 {
		t.Errorf("client compresses with %+v, want %+v", got, want)
	}
	if got, want := answer.Server(), (deflate.Params{NoContextTakeover: true, WindowBits: 8}); got != want || got.Window() != 256 {
		t.Errorf("server compresses with %+v, want %+v", got, want)
	}
	if got := (deflate.Params{}).Window(); got != 32768 {
		t.Errorf("window is %d if nothing was agreed", got)
	}
}

func TestParameterErrors(t *testing.T) {
	tests := []struct {
		params string
		want   string // after "permessage-deflate: "
	}{
		{"foo", "foo is not a parameter of this extension"},
		{"Server_no_context_takeover", "Server_no_context_takeover is not a parameter of this extension"},
		{"server_no_context_takeover; server_no_context_takeover", "server_no_context_takeover is repeated"},
		{"client_max_window_bits=9; client_max_window_bits=9", "client_max_window_bits is repeated"},
		{"server_no_context_takeover=1", "server_no_context_takeover=1 has a value, which it may not"},
		{`client_no_context_takeover="true"`, `client_no_context_takeover="true" has a value, which it may not`},
		{"server_max_window_bits", "server_max_window_bits has no value"},
		{"server_max_window_bits=7", "server_max_window_bits=7 is not within 8 to 15"},
		{"server_max_window_bits=16", "server_max_window_bits=16 is not within 8 to 15"},
		{"client_max_window_bits=0", "client_max_window_bits=0 is not within 8 to 15"},
		{"client_max_window_bits=99999999999999999999", "client_max_window_bits=99999999999999999999 is not within 8 to 15"},
		{"client_max_window_bits=08", "client_max_window_bits=08 has a leading zero"},
		{`server_max_window_bits="010"`, `server_max_window_bits="010" has a leading zero`},
		{"client_max_window_bits=+9", "client_max_window_bits=+9 is not a decimal number"},
		{"client_max_window_bits=0x9", "client_max_window_bits=0x9 is not a decimal number"},
		{"x" + strings.Repeat("y", 100), "x" + strings.Repeat("y", 79) + "... is not a parameter of this extension"},
	}
	for _, tt := range tests {
		x := extensions(t, "permessage-deflate; "+tt.params)[0]
		want := "permessage-deflate: " + tt.want
		if o, err := deflate.ParseOffer(x); err == nil || err.Error() != want {
			t.Errorf("offer %s: got %+v, %v, want %s", tt.params, o, err, want)
		}
		if a, err := deflate.ParseAnswer(x); err == nil || err.Error() != want {
			t.Errorf("answer %s: got %+v, %v, want %s", tt.params, a, err, want)
		}
	}
	x := extensions(t, "permessage-deflate; client_max_window_bits")[0]
	if _, err := deflate.ParseAnswer(x); err == nil || !strings.Contains(err.Error(), "client_max_window_bits has no value") {
		t.Errorf("client_max_window_bits without value in an answer: %v", err)
	}
	if _, err := deflate.ParseOffer(ws.Extension{Name: "mux"}); err == nil {
		t.Error("another extension was read as an offer")
	}
}

func TestParseOffersLeavesOutWhatHasToBeDeclined(t *testing.T) {
	offers, err := deflate.ParseOffers(extensions(t,
		"mux, permessage-deflate; foo, permessage-deflate; server_max_window_bits=9, permessage-deflate; bar, permessage-deflate"))
	if len(offers) != 2 || offers[0].ServerMaxWindowBits != 9 || offers[1] != (deflate.Offer{}) {
		t.Errorf("got %v", offers)
	}
	for _, name := range []string{"foo", "bar"} {
		if err == nil || !strings.Contains(err.Error(), name+" is not a parameter") {
			t.Errorf("error does not name %s: %v", name, err)
		}
	}
}

func TestFindAnswer(t *testing.T) {
	if _, found, err := deflate.FindAnswer(extensions(t, "mux")); found || err != nil {
		t.Errorf("without the extension: %t, %v", found, err)
	}
	if _, found, err := deflate.FindAnswer(extensions(t, "permessage-deflate, permessage-deflate; server_no_context_takeover")); found || err == nil {
		t.Errorf("answered twice: %t, %v", found, err)
	}
	if _, found, err := deflate.FindAnswer(extensions(t, "permessage-deflate; foo")); found || err == nil {
		t.Errorf("unknown parameter: %t, %v", found, err)
	}
}

func TestAnswerAgainstOffers(t *testing.T) {
	tests := []struct {
		offers, answer string
		want           string // part of the error, "" for none
	}{
		{"permessage-deflate", "permessage-deflate", ""},
		{"permessage-deflate", "permessage-deflate; server_max_window_bits=9; server_no_context_takeover; client_no_context_takeover", ""},
		{"permessage-deflate", "permessage-deflate; client_max_window_bits=15",
			"client_max_window_bits is in the answer but was not offered"},
		{"permessage-deflate; client_max_window_bits", "permessage-deflate; client_max_window_bits=15", ""},
		{"permessage-deflate; client_max_window_bits=10", "permessage-deflate; client_max_window_bits=10", ""},
		{"permessage-deflate; client_max_window_bits=10", "permessage-deflate; client_max_window_bits=11",
			"client_max_window_bits=11 is larger than the 10 offered"},
		{"permessage-deflate; server_max_window_bits=10", "permessage-deflate; server_max_window_bits=10", ""},
		{"permessage-deflate; server_max_window_bits=10", "permessage-deflate; server_max_window_bits=11",
			"server_max_window_bits=11 is larger than the 10 offered"},
		{"permessage-deflate; server_max_window_bits=10", "permessage-deflate",
			"server_max_window_bits was offered but is not in the answer"},
		{"permessage-deflate; server_no_context_takeover", "permessage-deflate",
			"server_no_context_takeover was offered but is not in the answer"},
		{"permessage-deflate; server_max_window_bits=9, permessage-deflate", "permessage-deflate", ""},
		{"permessage-deflate; server_max_window_bits=9, permessage-deflate; server_max_window_bits=10",
			"permessage-deflate; server_max_window_bits=11", "larger than the 9 offered (first of 2 offers"},
	}
	for _, tt := range tests {
		offers, err := deflate.ParseOffers(extensions(t, tt.offers))
		if err != nil {
			t.Fatal(err)
		}
		answer, err := deflate.ParseAnswer(extensions(t, tt.answer)[0])
		if err != nil {
			t.Fatal(err)
		}
		if err := answer.Honours(offers); (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s, answered with %s: got %v, want %q", tt.offers, tt.answer, err, tt.want)
		}
	}
	if err := (deflate.Answer{}).Honours(nil); err == nil {
		t.Error("an answer to no offer fits")
	}
}

// The policies of the reference's cases for clients: a rule, the offers, what
// is answered ("" for nothing).
func TestAccept(t *testing.T) {

	accept1 := deflate.FirstAllowing(deflate.Params{})
	accept2 := deflate.FirstAllowing(deflate.Params{NoContextTakeover: true})
	accept3 := deflate.FirstAllowing(deflate.Params{WindowBits: 9})
	accept4 := deflate.FirstAllowing(deflate.Params{WindowBits: 15})
	accept5 := deflate.FirstAllowing(deflate.Params{NoContextTakeover: true, WindowBits: 9})
	accept6 := deflate.FirstAllowing(deflate.Params{NoContextTakeover: true, WindowBits: 15})
	accept7 := deflate.FirstOf(accept5, accept2, accept1)

	const (
		plain = "permessage-deflate"
		both  = "permessage-deflate; client_no_context_takeover; client_max_window_bits"
		keep  = "permessage-deflate; client_max_window_bits"
		drop  = "permessage-deflate; client_no_context_takeover"
	)
	tests := []struct {
		name   string
		accept deflate.Accept
		offers string
		want   string
	}{
		{"1 plain", accept1, plain, "permessage-deflate"},
		{"1 honours demands", accept1, both + "; server_no_context_takeover; server_max_window_bits=9",
			"permessage-deflate; server_no_context_takeover; server_max_window_bits=9"},
		{"1 takes the first", accept1, drop + "; server_max_window_bits=12, " + plain, "permessage-deflate; server_max_window_bits=12"},
		{"2 asks whoever offers", accept2, plain, "permessage-deflate; client_no_context_takeover"},
		{"2 takes the first", accept2, keep + "; server_max_window_bits=12, " + both,
			"permessage-deflate; server_max_window_bits=12; client_no_context_takeover"},
		{"3 plain", accept3, drop, ""},
		{"3 the first that allows it", accept3, drop + ", " + keep, "permessage-deflate; client_max_window_bits=9"},
		{"3 offered 8", accept3, keep + "=8", "permessage-deflate; client_max_window_bits=8"},
		{"4", accept4, both, "permessage-deflate; client_max_window_bits=15"},
		{"4 offered 12", accept4, keep + "=12", "permessage-deflate; client_max_window_bits=12"},
		{"5", accept5, keep + ", " + drop + ", " + both, "permessage-deflate; client_no_context_takeover; client_max_window_bits=9"},
		{"5 needs no hint", accept5, keep, "permessage-deflate; client_no_context_takeover; client_max_window_bits=9"},
		{"5 needs the window", accept5, drop, ""},
		{"6", accept6, both, "permessage-deflate; client_no_context_takeover; client_max_window_bits=15"},
		{"7 by 5", accept7, plain + ", " + both, "permessage-deflate; client_no_context_takeover; client_max_window_bits=9"},
		{"7 by 2", accept7, plain + ", " + drop, "permessage-deflate; client_no_context_takeover"},
		{"7 by 5 without the hint", accept7, keep, "permessage-deflate; client_no_context_takeover; client_max_window_bits=9"},
		{"7 nothing offered", accept7, "mux", ""},
	}
	for _, tt := range tests {
		offers, err := deflate.ParseOffers(extensions(t, tt.offers))
		if err != nil {
			t.Fatal(err)
		}
		answer, ok := tt.accept(offers)
		if ok != (tt.want != "") || ok && answer.String() != tt.want {
			t.Errorf("%s: got %s, %t, want %q", tt.name, answer, ok, tt.want)
		}
		if ok && answer.Honours(offers) != nil {
			t.Errorf("%s: the client would refuse it: %v", tt.name, answer.Honours(offers))
		}
	}
}

// Whatever is taken for an offer or an answer is printed as one that is read the
// same, and is never more than compressor and inflater can do.
func FuzzParameters(f *testing.F) {
	f.Add(`permessage-deflate; client_max_window_bits; server_max_window_bits="10", permessage-deflate; server_no_context_takeover`)
	f.Add("permessage-deflate; client_max_window_bits=8; client_no_context_takeover; client_no_context_takeover, x")
	f.Add("permessage-deflate; server_max_window_bits=08")
	f.Fuzz(func(t *testing.T, header string) {
		xs, err := ws.ParseExtensions([]string{header})
		if err != nil {
			return
		}
		offers, _ := deflate.ParseOffers(xs) // the others are declined
		for _, o := range offers {
			if again, err := deflate.ParseOffer(o.Extension()); err != nil || again != o {
				t.Fatalf("%q: offer %+v is printed as %s and read as %+v, %v", header, o, o, again, err)
			}
		}
		for _, x := range xs {
			a, err := deflate.ParseAnswer(x)
			if err != nil {
				continue
			}
			if again, err := deflate.ParseAnswer(a.Extension()); err != nil || again != a {
				t.Fatalf("%q: answer %+v is printed as %s and read as %+v, %v", header, a, a, again, err)
			}
			for _, p := range []deflate.Params{a.Client(), a.Server()} {
				if w := p.Window(); w < 256 || w > 32768 {
					t.Fatalf("%q: a window of %d octets", header, w)
				}
			}
		}
	})
}
