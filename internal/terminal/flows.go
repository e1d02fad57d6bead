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
func flowLines(flows []report.Flow, titles map[string]string) []string {
	if len(flows) == 0 {
		return nil
	}
	lines := []string{"", "  compression           MB/s in    out  ratio in    out   RSV1  reach  context"}
	for _, f := range flows {
		window, compressed, context := "-", "-", "-"
		if f.Watched() {
			window, compressed, context = fmt.Sprint(f.Farthest), telling.ShareText(f.In.Share()), f.Takeover()
		}
		lines = append(lines, clip(fmt.Sprintf("  %-5s %-16s %6s %6s    %6s %6s  %5s  %5s  %s", visible.Text(f.Section), clip(cmp.Or(titles[f.Section], "-"), 16),
			rate(f.In.Rate(f.Took)), rate(f.Out.Rate(f.Took)), telling.RatioText(f.In.Ratio()), telling.RatioText(f.Out.Ratio()), compressed, window, context), 80))
	}
	return append(lines, "  in: from the peer. RSV1: its messages that were compressed.",
		"  reach: octets it referred back, at most; context: of earlier messages.")
}

func rate(mb float64) string {
	if mb < 10 {
		return fmt.Sprintf("%.1f", mb)
	}
	return fmt.Sprintf("%.0f", mb)
}
