// SPDX-License-Identifier: Apache-2.0

package telling_test

import (
	"fmt"
	"testing"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/reporttest"
	"github.com/wsspec/wsspec/internal/report/telling"
	"github.com/wsspec/wsspec/internal/verdict"
)

func TestAttemptLines(t *testing.T) {
	judged := func(g verdict.Grade) report.Result {
		r := reporttest.Simple("a", "1.1.1")
		r.Verdict.Behavior = g
		return r
	}
	tries := report.Tries{Explain: telling.Explain}
	for _, g := range []verdict.Grade{verdict.OK, verdict.OK, verdict.OK, verdict.Failed, verdict.OK, verdict.Failed, verdict.Failed} {
		tries.AddWorst(judged(g))
	}
	const want = "[1–3, 5: OK, closing OK 4, 6, 7: FAILED, closing OK]"
	if got := fmt.Sprint(telling.AttemptLines(tries.Result())); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if lines := telling.AttemptLines(judged(verdict.OK)); lines != nil {
		t.Errorf("one attempt: %q", lines)
	}
}
