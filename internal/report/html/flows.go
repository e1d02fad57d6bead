// SPDX-License-Identifier: Apache-2.0

package html

import (
	escape "html"
	"html/template"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/telling"
)

// flows is the table of what moved in an agent's compression cases, or empty.
func flows(a report.Agent, v report.View) template.HTML {
	list := report.Flows(a)
	if len(list) == 0 {
		return ""
	}
	titles := conform.Titles(v.Sections)
	var m markup
	m.tag("<table class=flows><thead><tr><th><th title=\"MB of payload a second from the peer, and to it, beside other cases unless --jobs is 1\">MB/s<th title=\"compressed ÷ plain octets\">ratio" +
		"<th title=\"the peer's messages that were compressed\">RSV1<th title=\"octets that the peer referred back, at most\">reach<th title=\"whether the peer referred to earlier messages\">context</thead><tbody>")
	for _, f := range list {
		m.tag("<tr><th title=\"%s\">%s<td>%s/%s<td>%s/%s", escape.EscapeString(titles[f.Section]), escape.EscapeString(sentence(f.Section)), rate(f.In.Rate(f.Took)), rate(f.Out.Rate(f.Took)), telling.RatioText(f.In.Ratio()), telling.RatioText(f.Out.Ratio()))
		if !f.Watched() {
			m.tag("<td>-<td>-<td>-")
			continue
		}
		m.tag("<td>%s<td>%d<td>%s", telling.ShareText(f.In.Share()), f.Farthest, f.Takeover())
	}
	m.tag("</tbody></table>")
	return template.HTML(m.String())
}
