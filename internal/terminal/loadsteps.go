// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

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
	over := cmp.Or(r.Plan.Over, load.OverRate)
	p.add("%s", p.step(max(len(over), 9), over, "answered/s", "p50", "p99", "max", "server", "memory"))
	notes := ""
	for _, s := range curve {
		cpu, memory := "", ""
		if s.ServerMemory > 0 {
			cpu, memory = load.Percent(s.ServerCPU), load.Octets(float64(s.ServerMemory))
		}
		line := p.step(max(len(over), 9), load.Decimal(s.At), load.Decimal(s.Rate), us(s.P50), us(s.P99), us(s.Max), cpu, memory)
		p.add("%s  %s", line, p.mark(s, p.width-len([]rune(line))-2))
		if s.Note != "" && !s.Holds {
			notes = s.Note
		}
	}
	p.add("")
	if notes != "" {
		p.text("  * ", "", notes)
		p.add("")
	}
	if r.Best == nil {
		p.text("  ", red, "Not even "+load.Decimal(r.Plan.From)+", where the search begins, holds: --from begins lower.")
		return
	}
	p.text("  ", bold, fmt.Sprintf("Highest %s at which %s: %s", found(r.Plan.Over), objective(r.Plan.SLO), load.Decimal(r.Best.At)))
	if r.OpenEnd() {
		p.text("  ", "", "It may hold for more: the search ended there.")
	}
}

// How many columns it takes to have all that there is to say of latency and of the processor, and
// memory, too.
const (
	wideSteps  = 76
	widerSteps = 100
)

// step is a line of the table of steps, as far as there is room for it beside what does not hold.
func (p *loadPage) step(first int, at, rate, p50, p99, most, cpu, memory string) string {
	if p.width < wideSteps {
		return fmt.Sprintf("  %*s %8s %8s", first, at, p50, p99)
	}
	line := fmt.Sprintf("  %*s %10s %8s %8s %8s", first, at, rate, p50, p99, most)
	if p.r.Watched() {
		line += fmt.Sprintf(" %6s", cpu)
	}
	if p.r.Watched() && p.width >= widerSteps {
		line += fmt.Sprintf(" %9s", memory)
	}
	return line
}

// mark is a tick, or a cross and what does not hold, in short where there is little room.
func (p *loadPage) mark(s load.Step, room int) string {
	if s.Holds {
		return p.paint(green, "✓")
	}
	mark := p.paint(red, "✗")
	if s.Note != "" {
		mark += "*"
	}
	v := s.Reason()
	if v == nil {
		return mark
	}
	text := mark + " " + visible.Text(v.Text) + ": " + v.Value
	if visibleLen(text) > room {
		text = mark + " " + visible.Text(v.Text[:max(strings.IndexAny(v.Text, "<>=!"), 0)]) + ": " + v.Value
	}
	return text
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
