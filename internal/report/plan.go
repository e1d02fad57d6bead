// SPDX-License-Identifier: Apache-2.0

package report

import (
	"slices"
	"strings"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/visible"
)

// Planned is a case that a run was to play.
type Planned struct {
	ID, Title string
	// Needs is why the case was left out: what the run had to be told of the agent to play
	// it, and was not, or the version of HTTP ("HTTP/1.1") that the case is about, where the
	// run was over another, or that the case is about TLS (conform.OverTLS and the like), where
	// none was spoken. Empty: it was not.
	Needs string
}

// OnlyOver is the version of HTTP that the case is about, where it was left out because
// the run was over another; else empty.
func (p Planned) OnlyOver() string {
	if strings.HasPrefix(p.Needs, "HTTP/") {
		return p.Needs
	}
	return ""
}

// OfTLS reports whether the case was left out because it is about TLS.
func (p Planned) OfTLS() bool { return conform.Trait(p.Needs).OfTLS() }

// Plan notes what was to be played of an agent, beside what was noted before, and why
// some of it has no result, where that is known.
func (r *Report) Plan(agent string, planned []Planned, why string) {
	a := r.agent(agent)
	for _, p := range planned {
		p.ID = visible.Text(p.ID)
		i, found := slices.BinarySearchFunc(a.Planned, p.ID, func(x Planned, id string) int { return conform.CompareIDs(x.ID, id) })
		switch {
		case !found:
			a.Planned = slices.Insert(a.Planned, i, p)
		case p.Needs == "":
			a.Planned[i].Needs = ""
		}
	}
	if why != "" {
		a.Why = why
	}
}

// From notes suites that cases of an agent were picked from, beside those noted before.
func (r *Report) From(agent string, suites ...string) {
	a := r.agent(agent)
	for _, s := range suites {
		s = visible.Text(s)
		if i, found := slices.BinarySearch(a.Suites, s); !found {
			a.Suites = slices.Insert(a.Suites, i, s)
		}
	}
}

// Shortened reports whether the case was played with fewer messages than it has, as its
// title says, so that the result is none of the whole case.
func (r Result) Shortened() bool { return slices.Contains(r.Tags, conform.Shortened) }

// Shortened are the ids of the results that are.
func (a Agent) Shortened() []string {
	var ids []string
	for _, r := range a.Results {
		if r.Shortened() {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// Missing are the cases that were to be played and have no result, but for those that
// were left out.
func (a Agent) Missing() []Planned {
	return slices.DeleteFunc(a.unplayed(), func(p Planned) bool { return p.Needs != "" })
}

// Untold are the cases that were left out because they need a profile of the agent which
// says more.
func (a Agent) Untold() []Planned {
	return slices.DeleteFunc(a.unplayed(), func(p Planned) bool { return p.Needs == "" || p.OnlyOver() != "" || p.OfTLS() })
}

// Unfit are the cases that were left out because they make no sense over the version of
// HTTP that the run was over.
func (a Agent) Unfit() []Planned {
	return slices.DeleteFunc(a.unplayed(), func(p Planned) bool { return p.OnlyOver() == "" })
}

// InClear are the cases that were left out because they are about TLS, which was not
// spoken, or not in the way that they need.
func (a Agent) InClear() []Planned {
	return slices.DeleteFunc(a.unplayed(), func(p Planned) bool { return !p.OfTLS() })
}

// LeftOut are the cases that were left out, for whatever reason.
func (a Agent) LeftOut() []Planned { return slices.Concat(a.Untold(), a.Unfit(), a.InClear()) }

// WhyLeftOut says why a case was left out, as a clause.
func (p Planned) WhyLeftOut() string {
	if v := p.OnlyOver(); v != "" {
		return "is about " + v + ", and this was another version of HTTP"
	}
	return "needs " + conform.Trait(p.Needs).Wanted()
}

// unplayed are the cases of the plan that have no result.
func (a Agent) unplayed() []Planned {
	var missing []Planned
	at := 0
	for _, p := range a.Planned {
		for at < len(a.Results) && conform.CompareIDs(a.Results[at].ID, p.ID) < 0 {
			at++
		}
		if at == len(a.Results) || a.Results[at].ID != p.ID {
			missing = append(missing, p)
		}
	}
	return missing
}

// Unjudged are the ids of the cases that were played and say nothing about the agent:
// it does not do what they are about, or nothing came that could be looked at.
func (a Agent) Unjudged() []string {
	var ids []string
	for _, r := range a.Results {
		if !r.Judged() {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// Partly are the ids of the cases of which too few connections were played to say
// anything, and none that was shows a fault.
func (a Agent) Partly() []string {
	var ids []string
	for _, r := range a.Results {
		if r.Partly() {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// Partly reports whether the case has several connections of which some were not played,
// as where a client did not ask for them, and says nothing because of that alone.
func (r Result) Partly() bool {
	left := 0
	for _, t := range r.Turns {
		switch t.Verdict.Behavior {
		case "":
			left++
		case verdict.Unimplemented:
			return false
		}
	}
	return left > 0 && !r.Judged()
}

// NotRun says why cases have no result.
func (a Agent) NotRun() string {
	if a.Why == "" {
		return "not run"
	}
	return "not run: " + a.Why
}

// Judged reports whether the case says anything about the peer. One about an extension
// that it does not do says nothing, and such a result is neither passed nor failed.
func (r Result) Judged() bool { return r.Verdict.Behavior != verdict.Unimplemented }

// Besides are the ids of the cases that failed beside others and not alone, and of
// those among them where something wrong came, which is no matter of time.
func (a Agent) Besides() (failed, wrong []string) {
	for _, r := range a.Results {
		is, bad := r.OnlyBeside()
		if is {
			failed = append(failed, r.ID)
		}
		if bad {
			wrong = append(wrong, r.ID)
		}
	}
	return failed, wrong
}
