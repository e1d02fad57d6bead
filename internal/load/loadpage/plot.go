// SPDX-License-Identifier: Apache-2.0

package loadpage

import (
	"cmp"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"
)

// A point is a place in a plot, in the units of its axes.
type point struct{ x, y float64 }

// A line is a series of points with a name, or points alone.
type line struct {
	name   string
	points []point
	dots   bool
}

// A plot is a picture with its title and the names of its lines.
type plot struct {
	Title string
	Lines []string
	SVG   template.HTML
}

// Sizes of a picture, in its own units.
const (
	width, height             = 560, 240
	left, right, above, below = 62, 26, 10, 48
)

// draw makes a plot. x and y say what the numbers at the axes are. Nothing in it is text of others.
func draw(title, axis string, x, y func(float64) string, lines ...line) plot {
	p := plot{Title: title}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg viewBox="0 0 %d %d" role="img" aria-label="%s">`, width, height, template.HTMLEscapeString(title))
	minX, maxX, maxY := extent(lines)
	atX := func(v float64) float64 { return left + (v-minX)/(maxX-minX)*(width-left-right) }
	atY := func(v float64) float64 { return height - below - v/maxY*(height-above-below) }
	for _, v := range steps(0, maxY) {
		fmt.Fprintf(&b, `<line class="grid" x1="%d" x2="%d" y1="%.1f" y2="%.1f"/><text class="y" x="%d" y="%.1f">%s</text>`,
			left, width-right, atY(v), atY(v), left-6, atY(v)+4, template.HTMLEscapeString(y(v)))
	}
	for _, v := range steps(minX, maxX) {
		fmt.Fprintf(&b, `<text class="x" x="%.1f" y="%d">%s</text>`, atX(v), height-below+20, template.HTMLEscapeString(x(v)))
	}
	fmt.Fprintf(&b, `<text class="axis" x="%d" y="%d">%s</text>`, width-right, height-4, template.HTMLEscapeString(axis))
	for i, l := range lines {
		p.Lines = append(p.Lines, l.name)
		points := slices.SortedStableFunc(slices.Values(l.points), func(a, b point) int { return cmp.Compare(a.x, b.x) })
		if !l.dots {
			fmt.Fprintf(&b, `<polyline class="l%d" points="`, i%colours)
			for _, pt := range points {
				fmt.Fprintf(&b, "%.1f,%.1f ", atX(pt.x), atY(pt.y))
			}
			b.WriteString(`"/>`)
			continue
		}
		for _, pt := range points {
			fmt.Fprintf(&b, `<circle class="l%d" r="2.5" cx="%.1f" cy="%.1f"/>`, i%colours, atX(pt.x), atY(pt.y))
		}
	}
	b.WriteString("</svg>")
	p.SVG = template.HTML(b.String())
	return p
}

// colours is how many the style has for lines.
const colours = 8

// extent is the part of the plane that has all points, which is never empty.
func extent(lines []line) (minX, maxX, maxY float64) {
	minX, maxX = math.Inf(1), math.Inf(-1)
	for _, l := range lines {
		for _, p := range l.points {
			minX, maxX, maxY = min(minX, p.x), max(maxX, p.x), max(maxY, p.y)
		}
	}
	if math.IsInf(minX, 0) {
		minX, maxX = 0, 1
	}
	if minX > 0 && minX < maxX/2 {
		minX = 0
	}
	if maxX <= minX {
		maxX = minX + 1
	}
	if maxY <= 0 {
		maxY = 1
	}
	return minX, maxX, maxY * 1.04
}

// steps are round numbers from low to high, about five.
func steps(low, high float64) (all []float64) {
	rough := (high - low) / 5
	unit := math.Pow(10, math.Floor(math.Log10(rough)))
	for _, m := range []float64{1, 2, 5, 10} {
		if m*unit >= rough {
			unit *= m
			break
		}
	}
	for k := math.Ceil(low / unit); k*unit <= high*(1+1e-9); k++ {
		all = append(all, k*unit)
	}
	return all
}

// nines is how many nines a share has: 0 for 0, 1 for 90%, 2 for 99%.
func nines(q float64) float64 { return -math.Log10(1 - q) }
