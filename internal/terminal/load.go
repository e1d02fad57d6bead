// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/wsspec/wsspec/internal/load"
	"github.com/wsspec/wsspec/internal/visible"
)

// loadPage is what is printed of the result of a load test.
type loadPage struct {
	width int
	color bool
	lines []string
	r     *load.Result
}

// Load prints the result of a load test so that it fits a screen. Of the surroundings,
// Width is that of the terminal at Out.
func Load(on Surroundings, r *load.Result) {
	p := &loadPage{width: plainWidth, color: on.color(), r: r}
	if on.Width > 0 {
		p.width = min(max(on.Width, narrowest), widest)
	}
	p.head()
	p.connections()
	p.messages()
	p.steps()
	p.latencies()
	p.plots()
	p.failures()
	p.resources()
	p.thresholds()
	if p.r.Amiss != "" {
		p.add("")
		p.text("  ", red, "✗ "+visible.Text(p.r.Amiss))
	}
	if text := p.r.Unjudged(); text != "" {
		p.add("")
		p.text("  ", yellow, "! "+text)
	}
	for _, line := range p.lines {
		fmt.Fprintln(on.Out, strings.TrimRight(clipColored(line, p.width), " "))
	}
}

func (p *loadPage) add(format string, args ...any) {
	p.lines = append(p.lines, fmt.Sprintf(format, args...))
}

// text is a paragraph in a colour: its first line begins as given, and the others below its text.
func (p *loadPage) text(begin, look, text string) {
	for _, line := range wrap(text, p.width-len(begin)) {
		p.add("%s%s", begin, p.paint(look, line))
		begin = strings.Repeat(" ", len(begin))
	}
}

func (p *loadPage) paint(look, s string) string {
	if !p.color || s == "" {
		return s
	}
	return look + s + "\x1b[0m"
}

func (p *loadPage) head() {
	p.add("")
	p.add("  %s", p.paint(bold, "load "+string(p.r.Kind)+"  "+visible.Text(p.r.URL)))
	if text := p.r.Cut(); text != "" {
		p.text("  ", yellow, visible.Text(text))
	}
	p.add("")
}

// row is a line of the summary: what, and items with their own colour.
func (p *loadPage) row(what string, items ...string) {
	line := fmt.Sprintf("  %-12s", what)
	used := utf8.RuneCountInString(line)
	for i, item := range items {
		n := visibleLen(item)
		if i > 0 && used+2+n > p.width {
			p.lines = append(p.lines, line)
			line, used = strings.Repeat(" ", 14), 14
		} else if i > 0 {
			line, used = line+"  ", used+2
		}
		line, used = line+item, used+n
	}
	p.lines = append(p.lines, line)
}

// bad is a count that is red unless it is 0.
func (p *loadPage) bad(n int64, what string) string {
	text := load.Thousands(n) + " " + what
	if n > 0 {
		return p.paint(red, text)
	}
	return text
}

func (p *loadPage) connections() {
	r := p.r
	p.row("connections", fmt.Sprintf("%s opened", load.Thousands(r.Opened)), p.bad(r.Failed, "failed"), p.bad(r.Lost, "lost"), load.Thousands(r.Retries)+" retries")
	p.row("opening", fmt.Sprintf("%s/s", load.Decimal(r.ConnectRate)), "in "+load.Seconds(r.ConnectS))
	if r.Kind == load.Find {
		p.row("steps", load.Thousands(int64(len(r.Curve))), "in "+load.Seconds(r.DurationS))
		return
	}
	held := []string{load.Thousands(r.Held) + " at the end", "after " + load.Seconds(r.DurationS)}
	if r.Pings > 0 {
		held = append(held, fmt.Sprintf("%s pings, %s pongs", load.Thousands(r.Pings), load.Thousands(r.Pongs)))
	}
	p.row("held", held...)
}

func (p *loadPage) messages() {
	r := p.r
	if r.Kind == load.Connect {
		return
	}
	p.row("messages", fmt.Sprintf("%s sent", load.Thousands(r.Sent)), fmt.Sprintf("%s came back", load.Thousands(r.Messages)), p.bad(r.Missing, "missing"), p.bad(r.Wrong, "wrong"), p.bad(r.Unsent, "not sent"))
	if r.Kind == load.Broadcast {
		p.lines[len(p.lines)-1] = strings.Replace(p.lines[len(p.lines)-1], "came back", "received", 1)
	}
	rate := []string{load.Decimal(r.MessageRate) + "/s", "for " + load.Seconds(r.MessagingS)}
	if r.MessagingS > 0 {
		rate = append(rate, load.Octets(float64(r.Bytes)/r.MessagingS)+"/s")
	}
	p.row("rate", rate...)
}

// named is a distribution with what it is called.
type named struct {
	name string
	d    *load.Distribution
}

func (p *loadPage) latencies() {
	l := p.r.Latency
	all := []named{
		{"tcp", l.TCP}, {"tls", l.TLS}, {"upgrade", l.Upgrade}, {"message", l.Message}, {"service", l.Service},
		{"ping", l.Ping}, {"first", l.First}, {"median", l.Median}, {"last", l.Last},
	}
	any := false
	for _, n := range all {
		any = any || n.d != nil
	}
	if !any {
		return
	}
	p.add("")
	if p.r.Best != nil {
		p.add("  There:")
	}
	wide := p.width >= 76
	cell := func(s string) string { return strings.Repeat(" ", max(8-utf8.RuneCountInString(s), 1)) + s }
	if !wide {
		cell = func(s string) string { return strings.Repeat(" ", max(7-utf8.RuneCountInString(s), 1)) + s }
	}
	line := func(name string, min, mean, p50, p90, p99, p999, max string) {
		text := fmt.Sprintf("  %-10s%s", name, cell(min))
		if wide {
			text += cell(mean)
		}
		text += cell(p50) + cell(p90) + cell(p99) + cell(p999) + cell(max)
		p.lines = append(p.lines, text)
	}
	line("latency", "min", "mean", "p50", "p90", "p99", "p99.9", "max")
	for _, n := range all {
		if n.d != nil {
			line("  "+n.name, us(n.d.Min), us(n.d.Mean), us(n.d.P50), us(n.d.P90), us(n.d.P99), us(n.d.P999), us(n.d.Max))
		}
	}
	if l.Service != nil {
		p.text("  ", "", "message: from when it was to be sent; service: from when it was")
	}
}

// plots are the run in small.
func (p *loadPage) plots() {
	points := p.r.Series
	if len(points) < 5 || p.r.Opened == 0 || p.r.Kind == load.Find {
		return
	}
	p.add("")
	room := max(min(p.width-40, 60), 10)
	draw := func(name string, get func(load.Point) float64, unit func(float64) string) {
		var values []float64
		most := 0.0
		for _, pt := range points {
			values = append(values, get(pt))
			most = max(most, get(pt))
		}
		if most > 0 {
			p.row(name, Spark(values, room), "up to "+unit(most))
		}
	}
	connect := p.r.Kind == load.Connect
	if connect || p.r.Lost > 0 {
		draw("held", func(pt load.Point) float64 { return float64(pt.Held) }, load.Decimal)
	}
	if connect {
		draw("opening", func(pt load.Point) float64 { return pt.ConnectRate }, func(v float64) string { return load.Decimal(v) + "/s" })
	}
	draw("messages", func(pt load.Point) float64 { return pt.MessageRate }, func(v float64) string { return load.Decimal(v) + "/s" })
	draw("p99", func(pt load.Point) float64 { return pt.P99 }, us)
}

// How many causes are listed, and how many lines each has.
const (
	mostFailures = 8
	mostLines    = 2
)

func (p *loadPage) failures() {
	if len(p.r.Failures) == 0 {
		return
	}
	p.add("")
	for i, f := range p.r.Failures {
		if i == mostFailures {
			p.add("  and %d causes more", len(p.r.Failures)-i)
			return
		}
		cause := visible.Text(f.Cause)
		text := cause
		if detail := f.Detail(); detail != "" {
			text += ": " + visible.Text(detail)
		}
		lines := wrap(text, p.width-12)
		if len(lines) > mostLines {
			lines = append(lines[:mostLines-1], strings.Join(lines[mostLines-1:], " ")) // it is clipped
		}
		if rest, whole := strings.CutPrefix(lines[0], cause); whole {
			lines[0] = p.paint(red, cause) + rest
		}
		p.add("  %8s  %s", load.Thousands(f.Count), lines[0])
		for _, line := range lines[1:] {
			p.add("            %s", line)
		}
	}
}

func (p *loadPage) resources() {
	if p.r.Server != nil || p.r.Client != nil {
		p.add("")
	}
	for _, side := range []struct {
		name string
		r    *load.Resources
	}{{"server", p.r.Server}, {"client", p.r.Client}} {
		u := side.r
		if u == nil {
			continue
		}
		if u.Unknown != "" {
			p.row(side.name, visible.Text(u.Unknown))
			continue
		}
		items := []string{processes(u), load.Seconds(u.CPUS) + " of processor time", load.Octets(float64(u.MemoryPeak)) + " of memory"}
		if u.PerConnection > 0 {
			items = append(items, load.Octets(u.PerConnection)+" a connection")
		}
		if u.CPUPerMessage > 0 {
			items = append(items, us(u.CPUPerMessage)+" a message")
		}
		p.row(side.name, items...)
	}
}

// processes says which they are.
func processes(u *load.Resources) string {
	text := fmt.Sprintf("%s (%d)", visible.Text(u.Name), u.Process)
	if u.Processes > 1 {
		text += fmt.Sprintf(" and %d more", u.Processes-1)
	}
	return text
}

func (p *loadPage) thresholds() {
	if len(p.r.Thresholds) == 0 {
		return
	}
	p.add("")
	for _, v := range p.r.Thresholds {
		mark, answer := p.paint(green, "✓"), "no, it is "+v.Value
		switch {
		case v.OK:
		case v.Value == load.NotMeasured:
			mark, answer = p.paint(red, "✗"), v.Value
		default:
			mark, answer = p.paint(red, "✗"), "yes, it is "+v.Value
		}
		p.add("  %s fail if %s: %s", mark, visible.Text(v.Text), answer)
	}
}

// us is a number of microseconds in words.
func us(v float64) string { return load.Words(time.Duration(v * 1e3)) }

// visibleLen is how many columns a text takes that may have colours in it.
func visibleLen(s string) int {
	n, inside := 0, false
	for _, r := range s {
		switch {
		case r == '\x1b':
			inside = true
		case inside:
			inside = r != 'm'
		default:
			n++
		}
	}
	return n
}

// Spark draws values as bars, in at most so many columns: each has the greatest of those
// that share it.
func Spark(values []float64, columns int) string {
	bars := []rune("▁▂▃▄▅▆▇█")
	if n := len(values); n > columns {
		joined := make([]float64, columns)
		for i, v := range values {
			k := i * columns / n
			joined[k] = max(joined[k], v)
		}
		values = joined
	}
	most := 0.0
	for _, v := range values {
		most = max(most, v)
	}
	var b strings.Builder
	for _, v := range values {
		k := 0
		if most > 0 {
			k = int(v / most * float64(len(bars)-1))
		}
		b.WriteRune(bars[k])
	}
	return b.String()
}
