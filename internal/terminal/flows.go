// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"cmp"
	"fmt"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/telling"
	"github.com/wsspec/wsspec/internal/visible"
)

// flowLines is a table of what moved in the compression cases, a line a section,
// or nothing.
func flowLines(flows []report.Flow, titles map[string]string, width int) []string {
	if len(flows) == 0 {
		return nil
	}
	const whole = 80
	head, gap := "  compression           MB/s in    out  ratio in    out   RSV1  reach  context", "    "
	if width < whole {
		head, gap = "       MB/s in    out ratio in    out   RSV1  reach  context", "   "
	}
	lines := []string{"", clip(head, width)}
	for _, f := range flows {
		reach, compressed, context := "-", "-", "-"
		if f.Watched() {
			reach, compressed, context = fmt.Sprint(f.Farthest), telling.ShareText(f.In.Share()), f.Takeover()
		}
		title := ""
		if width >= whole {
			title = fmt.Sprintf("%-17s", clip(cmp.Or(titles[f.Section], "-"), 16))
		}
		lines = append(lines, clip(fmt.Sprintf("  %-5s %s%6s %6s%s%6s %6s  %5s  %5s  %s", visible.Text(f.Section), title,
			rate(f.In.Rate(f.Took)), rate(f.Out.Rate(f.Took)), gap, telling.RatioText(f.In.Ratio()), telling.RatioText(f.Out.Ratio()), compressed, reach, context), width))
	}
	for _, text := range []string{telling.FlowNote, "in: from the peer. RSV1: share of its messages that were compressed.", "reach: octets it referred back, at most; context: of earlier messages."} {
		for _, line := range wrap(text, width-2) {
			lines = append(lines, "  "+line)
		}
	}
	return lines
}

func rate(mb float64) string {
	if mb < 10 {
		return fmt.Sprintf("%.1f", mb)
	}
	return fmt.Sprintf("%.0f", mb)
}
