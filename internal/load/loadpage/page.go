// SPDX-License-Identifier: Apache-2.0

// Package loadpage writes the result of a load test as one HTML file, with its plots as SVG in it, that
// needs no network and no script; or what is in that page, for one that is served. It knows nothing of how results
// come about. Start at Write and Body.
package loadpage

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/wsspec/wsspec/internal/load"
	"github.com/wsspec/wsspec/internal/visible"
)

//go:embed page.tmpl
var text string

//go:embed page.css
var style string

// view is what the template shows.
type view struct {
	*load.Result
	Running bool // it is of a run that goes on
	Style   template.CSS
	Title   string
	Facts   []fact
	Rows    []row
	Plots   []plot
	Causes  []cause
	Watched bool // it is known what the server has used in the steps
}

// A fact is a number with what it is. Bad ones are red.
type fact struct {
	Name, Value string
	Bad         bool
}

// A row is a distribution.
type row struct {
	Name  string
	Cells []string
}

type cause struct {
	load.Failure
	Share float64 // of the most frequent one, in percent
}

// Write writes the page.
func Write(w io.Writer, r *load.Result) error { return write(w, "page", r, false) }

// Body writes what is in the page, of a run that has ended or goes on. It goes with Style.
func Body(w io.Writer, r *load.Result, running bool) error { return write(w, "body", r, running) }

// Style is the style sheet.
func Style() string { return style }

// Title is what the page is called.
func Title(r *load.Result) string { return "load " + string(r.Kind) + " " + visible.Text(r.URL) }

func write(w io.Writer, part string, r *load.Result, running bool) error {
	t, err := template.New("page").Funcs(template.FuncMap{"visible": visible.Text, "sentence": sentence, "thousands": load.Thousands, "decimal": load.Decimal, "us": us, "seconds": load.Seconds, "octets": load.Octets, "percent": load.Percent, "memory": func(n int64) string { return load.Octets(float64(n)) }}).Parse(text)
	if err != nil {
		return err
	}
	v := view{Result: r, Running: running, Style: template.CSS(style), Title: Title(r), Facts: facts(r, running), Rows: rows(r.Latency), Plots: plots(r, running), Watched: r.Watched()}
	for _, f := range r.Failures {
		v.Causes = append(v.Causes, cause{f, 100 * float64(f.Count) / float64(max(r.Failures[0].Count, 1))})
	}
	return t.ExecuteTemplate(w, part, v)
}

// sentence is a text that is one, as such.
func sentence(text string) string { return strings.ToUpper(text[:1]) + visible.Text(text[1:]) + "." }

// us is a number of microseconds in words.
func us(v float64) string { return load.Words(time.Duration(v * 1e3)) }

func facts(r *load.Result, running bool) []fact {
	n := load.Thousands
	all := []fact{
		{"opened", n(r.Opened), false}, {"failed", n(r.Failed), r.Failed > 0}, {"lost", n(r.Lost), r.Lost > 0}, {"retries", n(r.Retries), false},
		{"opened a second", load.Decimal(r.ConnectRate), false},
	}
	held, took := "held at the end", "took"
	if running {
		held, took = "open now", "so far"
	}
	if r.Kind != load.Find {
		all = append(all, fact{held, n(r.Held), false})
	}
	if r.Pings > 0 {
		all = append(all, fact{"pings", n(r.Pings), false}, fact{"pongs", n(r.Pongs), r.Kind != load.Find && !running && r.Pongs < r.Pings && r.Lost == 0 && r.Interrupted == ""})
	}
	if r.Kind != load.Connect {
		answered := "answered"
		if r.Kind == load.Broadcast {
			answered = "received"
		}
		all = append(all, fact{"messages sent", n(r.Sent), false}, fact{answered, n(r.Messages), false}, fact{"missing", n(r.Missing), r.Missing > 0},
			fact{"wrong", n(r.Wrong), r.Wrong > 0}, fact{"not sent", n(r.Unsent), r.Unsent > 0}, fact{answered + " a second", load.Decimal(r.MessageRate), false})
	}
	return append(all, fact{took, load.Seconds(r.DurationS), false})
}

// named are the distributions there are, with their names, in order.
func named(l load.Latency) (names []string, ds []*load.Distribution) {
	for _, one := range []struct {
		name string
		d    *load.Distribution
	}{
		{"tcp", l.TCP}, {"tls", l.TLS}, {"upgrade", l.Upgrade}, {"open", l.Open}, {"message", l.Message}, {"service", l.Service},
		{"ping", l.Ping}, {"first", l.First}, {"median", l.Median}, {"last", l.Last},
	} {
		if one.d != nil {
			names, ds = append(names, one.name), append(ds, one.d)
		}
	}
	return names, ds
}

func rows(l load.Latency) (all []row) {
	names, ds := named(l)
	for i, d := range ds {
		r := row{Name: names[i]}
		for _, v := range []float64{d.Min, d.Mean, d.P50, d.P90, d.P99, d.P999, d.Max} {
			r.Cells = append(r.Cells, us(v))
		}
		all = append(all, r)
	}
	return all
}

// plots are those that the result has something for.
func plots(r *load.Result, running bool) (all []plot) {
	add := func(p plot, ok bool) {
		if ok {
			all = append(all, p)
		}
	}
	var held, opening, messages, p50, p99, slowest, rateHeld []point
	for _, pt := range r.Series {
		if running && pt.AtS > r.DurationS {
			break // it has only begun
		}
		held = append(held, point{pt.AtS, float64(pt.Held)})
		opening = append(opening, point{pt.AtS, pt.ConnectRate})
		messages = append(messages, point{pt.AtS, pt.MessageRate})
		if pt.Opened > 0 {
			rateHeld = append(rateHeld, point{float64(pt.Held), pt.ConnectRate})
		}
		if pt.Max > 0 {
			p50, p99, slowest = append(p50, point{pt.AtS, pt.P50}), append(p99, point{pt.AtS, pt.P99}), append(slowest, point{pt.AtS, pt.Max})
		}
	}
	if r.Kind == load.Find {
		return append(all, searchPlots(r)...)
	}
	of := "of messages"
	if r.Kind == load.Connect {
		of = "of opening"
	}
	add(draw("Connections open", "seconds", number, number, line{"open", held, false}), r.Opened > 0 && len(held) > 1)
	add(draw("Connections opened a second", "seconds", number, number, line{"a second", opening, false}), r.Kind == load.Connect && r.Opened > 0 && len(opening) > 1)
	add(draw("Rate of opening against connections open", "connections", number, number, line{"a second", rateHeld, true}), r.Kind == load.Connect && len(rateHeld) > 2)
	add(draw("Messages a second", "seconds", number, number, line{"a second", messages, false}), r.Messages > 0 && len(messages) > 1)
	add(draw("Latency "+of+" over time", "seconds", number, us, line{"p50", p50, false}, line{"p99", p99, false}, line{"max", slowest, false}), len(p99) > 1)
	names, ds := named(r.Latency)
	var curves []line
	for i, d := range ds {
		if names[i] != "open" && d.Count > 1 {
			curves = append(curves, line{names[i], quantiles(d), false})
		}
	}
	add(draw("Latency by quantile", "of all take no longer", share, us, curves...), len(curves) > 0)
	return all
}

// number is a number at an axis, whose steps may be small.
func number(v float64) string {
	if v < 100 {
		return strconv.FormatFloat(math.Round(v*1000)/1000, 'f', -1, 64)
	}
	return load.Decimal(v)
}

// searchPlots are the curve of a search: what was answered, and at what latency.
func searchPlots(r *load.Result) []plot {
	if len(r.Curve) < 2 {
		return nil
	}
	var p50, p99, rate []point
	for _, s := range r.Curve {
		p50, p99, rate = append(p50, point{s.At, s.P50}), append(p99, point{s.At, s.P99}), append(rate, point{s.At, s.Rate})
	}
	over := "messages a second"
	if r.Plan.Over == load.OverConnections {
		over = "connections"
	}
	return []plot{
		draw("Latency by step", over, number, us, line{"p50", p50, true}, line{"p99", p99, true}),
		draw("Answered a second by step", over, number, number, line{"a second", rate, true}),
	}
}

// quantiles are the curve of a distribution, over how many nines there are: 90% is at 1, 99%
// at 2, and so on.
func quantiles(d *load.Distribution) (all []point) {
	for _, q := range d.Curve {
		if q.Q < 1 {
			all = append(all, point{nines(q.Q), q.US})
		}
	}
	return all
}

// share is a whole number of nines as a share, and nothing for others.
func share(nines float64) string {
	if nines <= 0 {
		return "0%"
	}
	whole := int(nines + .5)
	if whole < 1 || math.Abs(nines-float64(whole)) > .01 {
		return ""
	}
	text := strings.Repeat("9", whole)
	if whole > 2 {
		text = text[:2] + "." + text[2:]
	} else if whole == 1 {
		text = "90"
	}
	return fmt.Sprintf("%s%%", text)
}
