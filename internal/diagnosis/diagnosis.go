// SPDX-License-Identifier: Apache-2.0

// Package diagnosis reads the table of faults in reverse: from the results of a peer,
// it finds the fewest known faults that explain them, and says how well they fit. It
// knows nothing of how results were produced, nor of how they are shown. Start at Of.
package diagnosis

import (
	"cmp"
	"slices"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// Observed is what a case came to with the peer.
type Observed struct {
	ID string
	Outcome
}

// Cause is a fault that the peer seems to have.
type Cause struct {
	Fault
	Explains []string // cases that it explains better than all other causes, in order
	Of       int      // cases that were played and show the fault where a peer has it
	Seen     int      // of those, how many went wrong as it may
	Missing  []string // and the ones that were all right, in order
	Example  string   // the case that shows it best: one that few other faults break
	Or       []Fault  // faults that show in just the same way
}

// Diagnosis is what explains a peer's results.
type Diagnosis struct {
	Causes []Cause  // what explains most first, and last what the RFCs allow
	Left   []string // cases that are not as they should be and that nothing explains
	Wrong  int      // cases that are not as they should be
}

// wrong reports whether an outcome is not as it should be.
func (o Outcome) wrong() bool {
	return verdict.Verdict{Behavior: o.Behavior, Close: o.Close}.Failed() || o.Behavior == verdict.NonStrict || o.Close == verdict.WrongCode
}

// may reports whether what came can be owed to a fault that shows as o: something went
// wrong, and no connection was open that could not have been.
func (o Outcome) may(got Outcome) bool { return got.wrong() && (!o.Refused || got.Refused) }

// milder reports whether got is better than o, where both are wrong: what the fault does
// has not been seen. An endpoint that ends TCP without a word where the fault would accept
// does something else.
func (o Outcome) milder(got Outcome) bool {
	return o.Behavior == verdict.Failed && got.Behavior != verdict.Failed
}

// worse reports whether got is too bad for what shows as o: something else is amiss, too.
func (o Outcome) worse(got Outcome) bool {
	return o.Behavior == verdict.NonStrict && got.Behavior == verdict.Failed
}

// kin reports whether got is wrong in the way of o. How an endpoint closes depends on all
// its faults, unless it is all that is wrong.
func (o Outcome) kin(got Outcome) bool {
	return o.Behavior == got.Behavior && (o.Behavior == verdict.Failed || o.Close == got.Close)
}

// What a step of the search gains and costs, in cases.
const (
	alike     = 1.0  // a case that went wrong as the fault says
	otherwise = 0.5  // one that went wrong in another way
	unseen    = 1.5  // one that the fault breaks, and that was all right
	another   = 0.75 // one more cause
	leastFit  = 0.7  // of what a fault shows
	leastKin  = 0.5  // of what went wrong, in its own way
	fewNew    = 2    // cases that only this fault explains, which are too few where they are less than
	leastNew  = 0.2  // of all that it explains
)

// Of explains the results of a peer in the role by faults of the table.
func Of(role ws.Role, results []Observed) Diagnosis {
	return By(func() []Fault { return Load(role) }, results)
}

// By is Of with the faults that an endpoint can have, which are asked for only where
// something went wrong.
func By(faults func() []Fault, results []Observed) Diagnosis {
	s := newSearch(results)
	if len(s.wrong) == 0 {
		return Diagnosis{} // most runs end here, without the table
	}
	return s.explain(faults())
}

// explain finds the faults that explain the results best. One that explains much, and is
// not seen in some of what it breaks, may stand for several that fit: so each of those is
// tried without.
func (s *search) explain(faults []Fault) Diagnosis {
	all := make([]evidence, len(faults))
	for i, f := range faults {
		all[i] = s.evidence(f)
	}
	best := s.fewest(all)
	for _, doubtful := range best {
		if len(doubtful.missing) == 0 {
			continue
		}
		rest := slices.DeleteFunc(slices.Clone(all), func(e evidence) bool { return e.Name == doubtful.Name })
		if other := s.fewest(rest); s.total(other) > s.total(best) {
			best, all = other, rest
		}
	}
	return s.diagnosis(faults, s.without(best, evidence.faint))
}

// total is what the faults are worth together, in cases.
func (s *search) total(chosen []evidence) float64 {
	total := 0.0
	explained := make([]float64, len(s.wrong))
	for _, e := range chosen {
		total -= another + unseen*float64(len(e.missing))
		e.explain(explained)
	}
	for _, x := range explained {
		total += x
	}
	return total
}

// fewest adds the fault that gains most, as long as one gains anything, and then takes
// out those that the later ones have made needless.
func (s *search) fewest(all []evidence) []evidence {
	var chosen []evidence
	explained := make([]float64, len(s.wrong))
	for {
		best, most := -1, 0.0
		for i, e := range all {
			if g := e.gain(explained); g > most {
				best, most = i, g
			}
		}
		if best < 0 {
			break
		}
		chosen = append(chosen, all[best])
		all[best].explain(explained)
	}
	return s.without(chosen, func(e evidence, explained []float64) bool { return e.gain(explained) <= 0 })
}

// without takes out those faults, the last first, of which that holds beside the rest.
func (s *search) without(chosen []evidence, holds func(e evidence, explained []float64) bool) []evidence {
	for i := len(chosen) - 1; i >= 0; i-- {
		rest := slices.Delete(slices.Clone(chosen), i, i+1)
		explained := make([]float64, len(s.wrong))
		for _, e := range rest {
			e.explain(explained)
		}
		if holds(chosen[i], explained) {
			chosen = rest
		}
	}
	return chosen
}

// search is the results to be explained.
type search struct {
	played map[string]Outcome
	wrong  []string       // ids in order
	at     map[string]int // their places
}

func newSearch(results []Observed) *search {
	s := &search{played: map[string]Outcome{}, at: map[string]int{}}
	for _, r := range results {
		// What was not judged speaks neither for a fault nor against it.
		if r.Behavior == verdict.Unimplemented {
			continue
		}
		s.played[r.ID] = r.Outcome
		if r.wrong() {
			s.wrong = append(s.wrong, r.ID)
		}
	}
	slices.SortFunc(s.wrong, conform.CompareIDs)
	for i, id := range s.wrong {
		s.at[id] = i
	}
	return s
}

// evidence is what the results say of one fault.
type evidence struct {
	Fault
	seen    []sight
	kin     int      // of these, those that went wrong in the way of the fault
	hidden  int      // cases that the fault breaks and that went wrong less than that
	worse   int      // and those that went wrong more, which say nothing of it
	missing []string // cases that the fault breaks and that were all right
}

// sight is a case that went wrong as it may with the fault.
type sight struct {
	at    int // among those that went wrong
	worth float64
}

func (s *search) evidence(f Fault) evidence {
	e := evidence{Fault: f}
	for id, o := range f.Shows {
		got, played := s.played[id]
		switch {
		case !played || !o.wrong():
		case o.worse(got):
			e.worse++
		case o.may(got) && o.milder(got):
			e.hidden++
		case o.may(got):
			e.seen = append(e.seen, sight{s.at[id], worth(o, got)})
			if o.kin(got) {
				e.kin++
			}
		default:
			e.missing = append(e.missing, id)
		}
	}
	slices.SortFunc(e.seen, func(a, b sight) int { return cmp.Compare(a.at, b.at) })
	slices.SortFunc(e.missing, conform.CompareIDs)
	return e
}

// of is how many cases were played that show the fault.
func (e evidence) of() int { return len(e.seen) + e.hidden + len(e.missing) }

// fits reports whether enough of what the fault shows was seen, and in its own way.
func (e evidence) fits() bool {
	amiss := float64(len(e.seen) + e.worse)
	return amiss >= leastFit*float64(e.of()+e.worse) && float64(e.kin) >= leastKin*amiss
}

// gain is what the fault adds, in cases, where others explain the cases so well.
func (e evidence) gain(explained []float64) float64 {
	if !e.fits() {
		return 0
	}
	gain := -another - unseen*float64(len(e.missing))
	for _, x := range e.seen {
		gain += max(x.worth-explained[x.at], 0)
	}
	return gain
}

// faint reports whether the fault explains next to nothing that the others do not: one
// or two cases of many may be owed to something else as well.
func (e evidence) faint(explained []float64) bool {
	fresh := 0
	for _, x := range e.seen {
		if explained[x.at] == 0 {
			fresh++
		}
	}
	return fresh <= fewNew && float64(fresh) < leastNew*float64(len(e.seen))
}

// explain notes how well the fault explains the cases.
func (e evidence) explain(explained []float64) {
	for _, x := range e.seen {
		explained[x.at] = max(explained[x.at], x.worth)
	}
}

func worth(want, got Outcome) float64 {
	if want == got {
		return alike
	}
	return otherwise
}

// diagnosis tells of the chosen faults, what explains most first, and last what the RFCs
// allow.
func (s *search) diagnosis(faults []Fault, chosen []evidence) Diagnosis {
	d := Diagnosis{Wrong: len(s.wrong)}
	slices.SortStableFunc(chosen, func(a, b evidence) int {
		switch {
		case a.Legal && !b.Legal:
			return 1
		case b.Legal && !a.Legal:
			return -1
		}
		return cmp.Compare(len(b.seen), len(a.seen))
	})
	breakers := map[string]int{} // how many faults break a case
	for _, f := range faults {
		for id, o := range f.Shows {
			if o.wrong() {
				breakers[id]++
			}
		}
	}
	owner := s.owners(chosen)
	for i, e := range chosen {
		c := Cause{Fault: e.Fault, Of: e.of(), Seen: len(e.seen), Missing: e.missing, Or: s.same(faults, e.Fault)}
		for _, x := range e.seen {
			id := s.wrong[x.at]
			if owner[x.at] != i {
				continue
			}
			c.Explains = append(c.Explains, id)
			// The first of those that fewest faults break shows it best.
			if c.Example == "" || breakers[id] < breakers[c.Example] {
				c.Example = id
			}
		}
		if c.Example == "" {
			c.Example = s.wrong[e.seen[0].at]
		}
		d.Causes = append(d.Causes, c)
	}
	for i, id := range s.wrong {
		if owner[i] < 0 {
			d.Left = append(d.Left, id)
		}
	}
	return d
}

// owners says for each case that went wrong which of the faults explains it best: the one
// whose outcome is most like what came, the first of equals; -1: none does.
func (s *search) owners(chosen []evidence) []int {
	owner, best := make([]int, len(s.wrong)), make([]int, len(s.wrong))
	for i := range owner {
		owner[i] = -1
	}
	for i, e := range chosen {
		for _, x := range e.seen {
			id := s.wrong[x.at]
			want, got, like := e.Shows[id], s.played[id], 1
			if want.Behavior == got.Behavior {
				like += 2
			}
			if want.Close == got.Close {
				like++
			}
			if like > best[x.at] {
				owner[x.at], best[x.at] = i, like
			}
		}
	}
	return owner
}

// same are the other faults that break the same of the played cases in the same way.
func (s *search) same(faults []Fault, f Fault) []Fault {
	var others []Fault
	for _, g := range faults {
		if g.Name != f.Name && s.agree(f, g) && s.agree(g, f) {
			others = append(others, g)
		}
	}
	return others
}

func (s *search) agree(f, g Fault) bool {
	for id, o := range f.Shows {
		if _, played := s.played[id]; played && o.wrong() && g.Shows[id] != o {
			return false
		}
	}
	return true
}
