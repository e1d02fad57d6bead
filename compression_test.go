// SPDX-License-Identifier: Apache-2.0

package wsspec

import (
	"testing"

	"github.com/wsspec/wsspec/internal/ws"
)

// Of the 216 compression cases 48 are run unless they are asked for; all others always.
func TestCut(t *testing.T) {
	for name, tt := range map[string]struct {
		opts []Option
		cut  int
	}{
		"by default":    {nil, 168},
		"with all":      {[]Option{AllCompression()}, 0},
		"asked for":     {[]Option{Cases("12.*", "13.1.2")}, 0},
		"some left out": {[]Option{Exclude("12.*")}, 98},
	} {
		c, plan := plan(t, ws.Client, tt.opts)
		cut := 0
		for _, k := range plan {
			if c.cut(k) {
				cut++
			}
		}
		if cut != tt.cut {
			t.Errorf("%s: %d are left out, want %d", name, cut, tt.cut)
		}
	}
}
