// SPDX-License-Identifier: Apache-2.0

package html

import (
	"fmt"
	"html/template"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/telling"
)

// octetTable shows the octets around the first that is not as it should be, in hex and
// as text, or nothing where another thing is wrong.
func octetTable(r report.Result) template.HTML {
	o, ok := telling.Around(r)
	if !ok {
		return ""
	}
	var m markup
	m.tag("<div class=\"pair octets\">")
	for _, side := range []struct {
		name         string
		octets, than []byte
		of           int
	}{{"Expected", o.Want, o.Got, o.OfWant}, {"Received", o.Got, o.Want, o.OfGot}} {
		m.tag("<div><h4>%s octets</h4><pre>", side.name)
		for at := 0; at < len(side.octets); at += telling.OctetsRow {
			m.octetRow(o.From, at, side.octets, side.than)
		}
		if o.From+len(side.octets) <= o.At {
			m.tag("<b>the end, after %s</b>\n", count(side.of, "octet"))
		}
		m.tag("</pre></div>")
	}
	m.tag("</div>")
	return template.HTML(m.String())
}

// octetRow writes the octets from place at on, those marked that the other side has
// otherwise.
func (m *markup) octetRow(from, at int, octets, than []byte) {
	m.tag("<i>%7d</i> ", from+at)
	end := min(at+telling.OctetsRow, len(octets))
	differs := func(i int) bool { return i >= len(than) || octets[i] != than[i] }
	for i := at; i < end; i++ {
		if differs(i) {
			m.tag(" <b>%02x</b>", octets[i])
		} else {
			m.tag(" %02x", octets[i])
		}
	}
	m.tag("%*s", 2+3*(at+telling.OctetsRow-end), "")
	for i := at; i < end; i++ {
		text := "·"
		if c := octets[i]; c > ' ' && c < 0x7f {
			text = fmt.Sprintf("%c", c)
		}
		if differs(i) {
			m.tag("<b>")
		}
		m.text(text)
		if differs(i) {
			m.tag("</b>")
		}
	}
	m.tag("\n")
}
