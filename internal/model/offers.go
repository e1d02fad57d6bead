// SPDX-License-Identifier: Apache-2.0

package model

import (
	"slices"
	"strconv"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/ws"
)

// offers are the extensions of a request.
type offers struct {
	malformed bool
	soundPart bool // all the same, permessage-deflate can be told from what is malformed
	names     []string
	deflate   []deflate.Offer // those that a server may accept
	others    bool            // there are other extensions
	unfit     string          // the sentence by which one of permessage-deflate has to be declined
}

const extensionsName = "Sec-WebSocket-Extensions"

func readOffers(f ws.Fields) offers {
	var o offers
	values := f.Values(extensionsName)
	if len(values) == 0 {
		return o
	}
	xs, err := ws.ParseExtensions(values)
	if err != nil {
		o.malformed, o.soundPart = true, soundPart(values)
		return o
	}
	for _, x := range xs {
		o.names = append(o.names, x.Name)
		if x.Name != deflate.Name {
			o.others = true
			continue
		}
		if why := unfit(x, true); why != fit {
			o.unfit = [...]string{unknown: "7692-7-1", value: "7692-7-2", repeated: "7692-7-3"}[why]
			continue
		}
		offer, _ := deflate.ParseOffer(x) // it is fit
		o.deflate = append(o.deflate, offer)
	}
	return o
}

// soundPart reports whether in malformed fields an offer of permessage-deflate stands
// behind a comma, with nothing wrong from there on.
func soundPart(values []string) bool {
	for _, v := range values {
		for i := range len(v) {
			if v[i] != ',' {
				continue
			}
			xs, err := ws.ParseExtensions([]string{v[i+1:]})
			if err == nil && slices.ContainsFunc(xs, func(x ws.Extension) bool { return x.Name == deflate.Name && unfit(x, true) == fit }) {
				return true
			}
		}
	}
	return false
}

// unfitness is what is wrong with the parameters of permessage-deflate.
type unfitness uint8

const (
	fit unfitness = iota
	unknown
	value
	repeated
)

// unfit says what is wrong with parameters, in an offer or an answer (RFC 7692, 7.1).
func unfit(x ws.Extension, offer bool) unfitness {
	seen := map[string]bool{}
	for _, p := range x.Params {
		switch {
		case seen[p.Name]:
			return repeated
		case p.Name == "server_no_context_takeover" || p.Name == "client_no_context_takeover":
			if p.HasValue {
				return value
			}
		case p.Name == "server_max_window_bits" || p.Name == "client_max_window_bits":
			n, err := strconv.Atoi(p.Value)
			bare := !p.HasValue && offer && p.Name == "client_max_window_bits"
			if !bare && (err != nil || n < deflate.MinWindowBits || n > deflate.MaxWindowBits || strconv.Itoa(n) != p.Value) {
				return value
			}
		default:
			return unknown
		}
		seen[p.Name] = true
	}
	return fit
}

// acceptedExtensions judges those in the 101 of a server. known is false where there is
// one that was offered and of which the model knows nothing.
func (m *Model) acceptedExtensions(f ws.Fields) (agreed *deflate.Answer, known bool) {
	values := f.Values(extensionsName)
	if len(values) == 0 {
		return nil, true
	}
	o := &m.opening.offers
	xs, err := ws.ParseExtensions(values)
	if err != nil {
		m.find(Must, "6455-9.1-1", "the Sec-WebSocket-Extensions of its 101 is malformed")
		return nil, true
	}
	known = true
	if o.malformed { // what was offered is for the server to say
		a, found, err := deflate.FindAnswer(xs)
		if !found || err != nil {
			return nil, true
		}
		if !o.soundPart {
			m.find(Must, "6455-9.1-1", "it accepted an offer of permessage-deflate that is malformed")
		}
		return &a, true
	}
	for _, x := range xs {
		offered := slices.ContainsFunc(o.names, func(name string) bool { return ws.EqualFold(name, x.Name) })
		switch {
		case !offered:
			m.find(Must, "6455-9-1", "its 101 has an extension that was not offered")
		case x.Name != deflate.Name:
			known = false
		case agreed != nil:
			m.find(Must, "7692-5-4", "its 101 has permessage-deflate twice")
		case unfit(x, false) != fit:
			m.find(Must, unfitAnswer(x), "its 101 has permessage-deflate with a parameter that cannot be")
		case len(o.deflate) == 0:
			m.find(Must, o.unfit, "it accepted an offer of permessage-deflate that has to be declined")
		default:
			a, _ := deflate.ParseAnswer(x) // it is fit
			agreed = &a
			if w, requirement := bestFit(a, o.deflate); w == must {
				m.find(Must, requirement, "its answer %q does not fit what was offered", a)
			} else if w == should {
				m.find(Should, requirement, "its answer %q leaves out what was offered", a)
			}
		}
	}
	return agreed, known
}

// unfitAnswer is the sentence that such an answer breaks.
func unfitAnswer(x ws.Extension) string {
	for _, p := range x.Params {
		switch {
		case p.Name == "client_max_window_bits" && !p.HasValue:
			return "7692-7.1.2.2-3"
		case (p.Name == "server_no_context_takeover" || p.Name == "client_no_context_takeover") && p.HasValue:
			return "7692-7.1-1"
		}
	}
	if unfit(x, false) == value {
		return "7692-7.1-2"
	}
	return "6455-9-2"
}

// bestFit says how bad the answer is for the offer that it fits best, and by which sentence.
func bestFit(a deflate.Answer, os []deflate.Offer) (weight, string) {
	best, requirement := must+1, ""
	for _, o := range os {
		if w, r := misfit(a, o); w < best {
			best, requirement = w, r
		}
	}
	return best, requirement
}

func misfit(a deflate.Answer, o deflate.Offer) (weight, string) {
	switch {
	case a.ClientMaxWindowBits != 0 && o.ClientMaxWindowBits == 0:
		return must, "7692-7.1.2.2-2"
	case o.ClientMaxWindowBits > 0 && a.ClientMaxWindowBits > o.ClientMaxWindowBits:
		return must, "7692-7.1.2.2-3"
	case o.ServerNoContextTakeover && !a.ServerNoContextTakeover:
		return must, "7692-7.1.1.1-2"
	case o.ServerMaxWindowBits > 0 && a.ServerMaxWindowBits > o.ServerMaxWindowBits:
		return must, "7692-7.1.2.1-2"
	case o.ServerMaxWindowBits == deflate.MaxWindowBits && a.ServerMaxWindowBits == 0:
		return should, "7692-7.1.2.1-2" // without it the window has that size all the same
	case o.ServerMaxWindowBits > 0 && a.ServerMaxWindowBits == 0:
		return must, "7692-7.1.2.1-2"
	}
	return free, ""
}

// answerExtensions judges the extensions of our response to a client.
func (m *Model) answerExtensions(f ws.Fields) {
	values := f.Values(extensionsName)
	if len(values) == 0 || m.fault.set {
		return
	}
	if len(values) == 1 && values[0] == "" {
		m.choose(choice{opens: should, requirement: "6455-9.1-1", what: "an empty Sec-WebSocket-Extensions"})
		return
	}
	xs, err := ws.ParseExtensions(values)
	if err != nil {
		m.avoid("6455-4.1-34", "a response with a malformed Sec-WebSocket-Extensions")
		return
	}
	o := &m.opening.offers
	var agreed *deflate.Answer
	for _, x := range xs {
		switch {
		case !slices.Contains(o.names, x.Name):
			m.avoid("6455-4.1-32", "a response with an extension that was not offered")
			return
		case x.Name != deflate.Name:
			m.phase = over // of this one the model knows nothing
			return
		case agreed != nil:
			m.avoid("7692-5-8", "a response with permessage-deflate twice")
			return
		}
		if why := unfit(x, false); why != fit {
			m.avoid([...]string{unknown: "7692-7-5", value: "7692-7-6", repeated: "7692-7-7"}[why], "a response with a parameter of permessage-deflate that cannot be")
			return
		}
		a, _ := deflate.ParseAnswer(x) // it is fit
		agreed = &a
		m.answerDeflate(a)
	}
	if !m.fault.set {
		m.useAgreed(agreed)
	}
}

// answerDeflate judges our answer to a client's offers. What it did not ask for it may
// not be able to do (RFC 7692, 7).
func (m *Model) answerDeflate(a deflate.Answer) {
	const requirement = "7692-5-6"
	os := m.opening.offers.deflate
	unasked, larger := true, true
	for _, o := range os {
		if w, _ := misfit(a, o); w != must {
			larger = false
			if (!a.ServerNoContextTakeover || o.ServerNoContextTakeover) && (a.ServerMaxWindowBits == 0 || o.ServerMaxWindowBits > 0) &&
				(!a.ClientNoContextTakeover || o.ClientNoContextTakeover) {
				unasked = false
			}
		}
		if !(o.ServerMaxWindowBits > 0 && a.ServerMaxWindowBits > o.ServerMaxWindowBits) && (a.ClientMaxWindowBits == 0 || o.ClientMaxWindowBits != 0) {
			larger = false
		}
	}
	switch w, _ := bestFit(a, os); {
	case len(os) == 0 || larger:
		m.avoid(requirement, "an answer of permessage-deflate that no offer permits")
	case w != free:
		m.choose(choice{opens: should, requirement: requirement, what: "an answer that does not fit what was offered"})
	case a.ClientMaxWindowBits == deflate.MinWindowBits:
		m.choose(choice{requirement: requirement, what: "a window of 8 bits"})
	case unasked:
		m.choose(choice{fails: should, requirement: requirement, what: "parameters that were not asked for"})
	}
}
