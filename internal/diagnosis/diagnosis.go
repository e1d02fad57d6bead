// SPDX-License-Identifier: Apache-2.0

// Package diagnosis turns the table of faults round: from what a peer's cases came to,
// it finds the fewest known faults that explain it, and says how well they fit. It
// knows nothing of how results came about, nor of how they are shown. Start at Of.
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
	Explains []string // cases that it explains, and no cause before it, in order
	Of       int      // cases that were played and show the fault where a peer has it
	Missing  []string // of those, the ones that did not show it, in order
	Example  string   // the case that shows it best: one that few other faults break
	Or       []Fault  // faults that show in just the same way
}

// Diagnosis is what explains a peer's results.
type Diagnosis struct {
	Causes []Cause  // what explains most first
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

// What a step of the search gains and costs, in cases.
const (
	alike     = 1.0  // a case that went wrong as the fault says
	otherwise = 0.5  // one that went wrong in another way
	unseen    = 1.5  // one that the fault breaks, and that was all right
	another   = 0.75 // one more cause
	leastFit  = 0.7  // of what a fault shows
	fewNew    = 2    // cases that only this fault explains, which are too few where they are less than
	leastNew  = 0.2  // of all that it explains
)

// Of explains the results of a peer in the role by faults of the table.
func Of(role ws.Role, results []Observed) Diagnosis {
	s := newSearch(results)
	if len(s.wrong) == 0 {
		return Diagnosis{} // most runs end here, without the table
	}
	return s.explain(Load(role))
}

// explain adds the fault that gains most, as long as one gains anything, and then
// takes out those that the later ones have made needless.
func (s *search) explain(faults []Fault) Diagnosis {
	var chosen []Fault
	for {
		best, gain := -1, 0.0
		for i, f := range faults {
			if g := s.gain(f, chosen); g > gain {
				best, gain = i, g
			}
		}
		if best < 0 {
			break
		}
		chosen = append(chosen, faults[best])
	}
	needless := func(f Fault, others []Fault) bool { return s.gain(f, others) <= 0 }
	return s.diagnosis(faults, without(without(chosen, needless), s.faint))
}

// without takes out those faults, the last first, of which that holds beside the rest.
func without(chosen []Fault, holds func(f Fault, others []Fault) bool) []Fault {
	for i := len(chosen) - 1; i >= 0; i-- {
		if rest := slices.Delete(slices.Clone(chosen), i, i+1); holds(chosen[i], rest) {
			chosen = rest
		}
	}
	return chosen
}

// search is the results to be explained.
type search struct {
	played map[string]Outcome
	wrong  []string // ids in order
}

func newSearch(results []Observed) *search {
	s := &search{played: map[string]Outcome{}}
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
	return s
}

// gain is what a fault adds to those chosen already, in cases.
func (s *search) gain(f Fault, chosen []Fault) float64 {
	gain, shown, seen := -another, 0, 0
	for id, o := range f.Shows {
		got, played := s.played[id]
		if !played || !o.wrong() {
			continue
		}
		shown++
		if !o.may(got) {
			gain -= unseen
			continue
		}
		seen++
		gain += max(worth(o, got)-s.explained(id, got, chosen), 0)
	}
	if shown == 0 || float64(seen) < leastFit*float64(shown) {
		return 0
	}
	return gain
}

// faint reports whether a fault explains next to nothing that the others do not: one
// or two cases of many may be owed to something else as well.
func (s *search) faint(f Fault, others []Fault) bool {
	shown, fresh := s.shownBy(f), 0
	for _, id := range shown {
		if s.explained(id, s.played[id], others) == 0 {
			fresh++
		}
	}
	return fresh <= fewNew && float64(fresh) < leastNew*float64(len(shown))
}

// explained is how well the chosen faults explain a case.
func (s *search) explained(id string, got Outcome, chosen []Fault) float64 {
	best := 0.0
	for _, f := range chosen {
		if o, ok := f.Shows[id]; ok && o.wrong() && o.may(got) {
			best = max(best, worth(o, got))
		}
	}
	return best
}

func worth(want, got Outcome) float64 {
	if want == got {
		return alike
	}
	return otherwise
}

// diagnosis tells of the chosen faults, what explains most first.
func (s *search) diagnosis(faults, chosen []Fault) Diagnosis {
	d := Diagnosis{Wrong: len(s.wrong)}
	slices.SortStableFunc(chosen, func(a, b Fault) int { return cmp.Compare(len(s.shownBy(b)), len(s.shownBy(a))) })
	explained := map[string]bool{}
	for _, f := range chosen {
		c := Cause{Fault: f, Or: s.same(faults, f)}
		for _, id := range s.wrong {
			if o, ok := f.Shows[id]; ok && o.wrong() && o.may(s.played[id]) && !explained[id] {
				explained[id] = true
				c.Explains = append(c.Explains, id)
			}
		}
		for id, o := range f.Shows {
			got, played := s.played[id]
			if !played || !o.wrong() {
				continue
			}
			c.Of++
			if !o.may(got) {
				c.Missing = append(c.Missing, id)
			}
		}
		slices.SortFunc(c.Missing, conform.CompareIDs)
		c.Example = example(faults, f, s.shownBy(f))
		d.Causes = append(d.Causes, c)
	}
	for _, id := range s.wrong {
		if !explained[id] {
			d.Left = append(d.Left, id)
		}
	}
	return d
}

// shownBy are the cases that went wrong and that the fault breaks, in order.
func (s *search) shownBy(f Fault) []string {
	return slices.DeleteFunc(slices.Clone(s.wrong), func(id string) bool {
		o, ok := f.Shows[id]
		return !ok || !o.wrong() || !o.may(s.played[id])
	})
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

// example is the case that fewest faults break, the first of equals.
func example(faults []Fault, f Fault, shown []string) string {
	best, fewest := "", 0
	for _, id := range shown {
		n := 0
		for _, g := range faults {
			if o, ok := g.Shows[id]; ok && o.wrong() {
				n++
			}
		}
		if best == "" || n < fewest {
			best, fewest = id, n
		}
	}
	return best
}
