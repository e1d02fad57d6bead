// SPDX-License-Identifier: Apache-2.0

package corpus

import "fmt"

var stops = []string{
	"Am Mühlbach", "Schloßplatz", "Hauptbahnhof", "Gänsemarkt", "Universität", "Südfriedhof", "Klärwerk", "Messegelände",
}

// A clock counts the minutes of a day.
type clock int

func (c clock) String() string { return fmt.Sprintf("%02d:%02d", int(c)/60%24, int(c)%60) }

// generateJSON makes the departures of a day.
func generateJSON() []byte {
	const size = 194_056
	s := newSource(1)
	b := []byte("{\n  \"network\": \"Stadtverkehr Übersee\",\n  \"departures\": [")
	now := clock(300)
	for id := 10_000; len(b) < size-330; id++ {
		if id > 10_000 {
			b = append(b, ',')
		}
		if s.below(3) == 0 {
			now++
		}
		b = fmt.Appendf(b, `
    {
      "departure": {
        "identifier": %d,
        "scheduledTime": "2011-12-01T%v:00+01:00",
        "estimatedTime": null,
        "cancelled": false
      },
      "vehicle": {
        "number": %d,
        "wheelchairAccessible": true
      },
      "stop": {
        "name": "%s",
        "passengers": %d
      }
    }`, id, now, 401+s.below(400), s.favour(stops), s.below(300))
	}
	return append(b, "\n  ]\n}\n"...)
}

// generateHTML makes a page with the same kind of facts in a table.
func generateHTML() []byte {
	const size = 263_647
	s := newSource(4)
	b := []byte(`<!DOCTYPE html>
<html lang="de">
<head>
<meta charset="utf-8">
<title>Stadtverkehr Übersee: Abfahrten</title>
</head>
<body>
<h1>Abfahrten</h1>
<table class="departures">
<tbody>
`)
	now := clock(300)
	for id := 10_000; len(b) < size-400; id++ {
		if s.below(3) == 0 {
			now++
		}
		b = fmt.Appendf(b, `<tr class="departure" id="departure-%d">
  <td class="time scheduled"><time datetime="2011-12-01T%v">%v</time></td>
  <td class="line"><a href="/lines/%d.html" title="Fahrplan der Linie %[4]d">Linie %[4]d</a></td>
  <td class="stop"><a href="/stops/%d.html" title="Alle Abfahrten an dieser Haltestelle">%s</a></td>
  <td>%d</td>
</tr>
`, id, now, now, 1+s.below(12), 1000+s.below(900), s.pick(stops), s.below(900))
	}
	return append(b, "</tbody>\n</table>\n</body>\n</html>\n"...)
}
