// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/wsspec/wsspec/internal/load"
	"github.com/wsspec/wsspec/internal/visible"
)

// mostSteps is how many steps of a search are listed.
const mostSteps = 24

// steps are those of a search, lowest first, and what it has found.
func (p *loadPage) steps() {
	r := p.r
	if r.Kind != load.Find || len(r.Curve) == 0 {
		return
	}
	curve := slices.SortedStableFunc(slices.Values(r.Curve), func(a, b load.Step) int { return cmp.Compare(a.At, b.At) })
	p.add("")
	if left := len(curve) - mostSteps; left > 0 {
		p.add("  %d lower steps are in the reports", left)
		curve = curve[left:]
	}
	p.add("  %11s %11s %8s %8s %8s", cmp.Or(r.Plan.Over, load.OverRate), "answered/s", "p50", "p99", "max")
	notes := ""
	for _, s := range curve {
		p.add("  %11s %11s %8s %8s %8s  %s", load.Decimal(s.At), load.Decimal(s.Rate), us(s.P50), us(s.P99), us(s.Max), p.mark(s))
		if s.Note != "" && !s.Holds {
			notes = s.Note
		}
	}
	p.add("")
	if notes != "" {
		p.add("  * %s", notes)
		p.add("")
	}
	if r.Best == nil {
		p.add("  %s", p.paint(red, "Not even "+load.Decimal(r.Plan.From)+", where the search begins, holds: --from begins lower."))
		return
	}
	p.add("  %s", p.paint(bold, fmt.Sprintf("Highest %s at which %s: %s", found(r.Plan.Over), objective(r.Plan.SLO), load.Decimal(r.Best.At))))
	if !slices.ContainsFunc(r.Curve, func(s load.Step) bool { return !s.Holds && s.At > r.Best.At }) {
		p.add("  It may hold for more: the search ended there.")
	}
}

// mark is a tick, or a cross and what does not hold.
func (p *loadPage) mark(s load.Step) string {
	if s.Holds {
		return p.paint(green, "✓")
	}
	mark := p.paint(red, "✗")
	if s.Note != "" {
		mark += "*"
	}
	for _, v := range s.Verdicts {
		if !v.OK {
			return mark + " " + visible.Text(v.Text) + ": " + v.Value
		}
	}
	return mark
}

func objective(slo []string) string {
	if len(slo) == 1 {
		return visible.Text(slo[0])
	}
	return "the objectives hold"
}

func found(over string) string {
	if over == load.OverConnections {
		return "number of connections"
	}
	return "rate, in messages a second,"
}
