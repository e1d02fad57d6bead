// SPDX-License-Identifier: Apache-2.0

package report_test

import (
	"net/url"
	"os/exec"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

func TestCommand(t *testing.T) {
	server := simple("a", "6.4.1")
	server.Log.Facts.Role = ws.Server
	seeded := simple("a", "6.4.1")
	seeded.Seed = 7
	hostile := simple("a", "1.1.1; rm -rf /")
	hostile.URL = "ws://h/?a=`id`&b='$(x)'\n\x1b[2J"
	plain := simple("a", "6.4.1")
	plain.URL = "ws://localhost:9001/a%20b"
	for want, r := range map[string]report.Result{
		"wsspec serve --cases 6.4.1":                                                         server,
		"wsspec test --cases 6.4.1 --seed 7 URL":                                             seeded,
		"wsspec test --cases 6.4.1 ws://localhost:9001/a%20b":                                plain,
		`wsspec test --cases '1.1.1; rm -rf /' 'ws://h/?a=` + "`id`" + `&b='\''$(x)'\''[2J'`: hostile,
	} {
		if got := report.Command(r); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	// A shell takes the words as they are.
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no shell")
	}
	out, err := exec.Command(sh, "-c", "wsspec() { printf '%s\\n' \"$@\"; }; "+report.Command(hostile)).Output()
	if want := "test\n--cases\n1.1.1; rm -rf /\nws://h/?a=`id`&b='$(x)'[2J\n"; err != nil || string(out) != want {
		t.Errorf("the shell reads %q, %v, want %q", out, err, want)
	}
}

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
	r := simple("a", "1.1.1")
	r.Verdict = verdict.Verdict{Behavior: verdict.NonStrict, Close: verdict.Unclean}
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
