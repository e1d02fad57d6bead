// SPDX-License-Identifier: Apache-2.0

package report_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/reporttest"
	"github.com/wsspec/wsspec/internal/verdict"
)

func TestAnchor(t *testing.T) {
	for _, agent := range []string{"a b/c%+&=#", "κόσμε", "\xff", "<script>"} {
		a := report.Anchor(agent, "1.1 &")
		q, err := url.ParseQuery(a)
		if err != nil || q.Get("agent") != string([]rune(agent)) || q.Get("case") != "1.1 &" || strings.ContainsAny(a, " <>#\"'") {
			t.Errorf("%q: %s reads as %v, %v", agent, a, q, err)
		}
	}
}

func TestView(t *testing.T) {
	r := reporttest.Simple("a", "1.1.1")
	r.Verdict = verdict.Verdict{Behavior: verdict.NonStrict, Close: verdict.WrongCode}
	v := report.View{Known: func(report.Result) (string, bool) { return "because", true }}
	if _, known := v.KnownReason(r); known || v.Fails(r) {
		t.Error("NON-STRICT fails without Strict")
	}
	v.Strict = true
	if reason, known := v.KnownReason(r); !known || reason != "because" || !v.Fails(r) {
		t.Error("NON-STRICT does not fail with Strict")
	}
	if report.Worst(r.Verdict) != verdict.NonStrict || report.Worst(verdict.Verdict{Behavior: verdict.OK, Close: verdict.Unclean}) != verdict.Unclean {
		t.Error("the worse half is another")
	}
	if report.Severity("") != 3 || report.Severity(verdict.Unimplemented) != 1 {
		t.Error("severities")
	}
	if v.PageLink(r) != "" {
		t.Error("a link to nowhere")
	}
	v.Link = "report/index.html"
	if got, want := v.PageLink(r), "report/index.html#case=1.1.1&agent=a"; got != want {
		t.Errorf("link %s, want %s", got, want)
	}
}
