// SPDX-License-Identifier: Apache-2.0

package html

import (
	"fmt"
	"html/template"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/telling"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/visible"
	"github.com/wsspec/wsspec/internal/wirelog"
)

// face is how a grade looks: a class, a sign that tells it apart without colour,
// and the reference's word for it in pages.
type face struct{ Class, Sign, Word string }

func behaviorFace(g verdict.Grade) face {
	switch g {
	case verdict.OK:
		return face{"ok", "✓", "Pass"}
	case verdict.NonStrict:
		return face{"soft", "≈", "Non-Strict"}
	case verdict.Informational:
		return face{"info", "i", "Info"}
	case verdict.Unimplemented:
		return face{"none", "–", "Unimplemented"}
	case verdict.Failed:
		return face{"fail", "✗", "Fail"}
	case "":
		return face{"none", "?", "Missing"}
	}
	return face{"fail", "?", cut(visible.Text(string(g)), maxName)}
}

// closingFace has the code of the peer's Close as its word where there is nothing
// to complain about.
func closingFace(g verdict.Grade, remote wirelog.CloseFacts) face {
	code := "None"
	if remote.Coded {
		code = strconv.Itoa(int(remote.Code))
	}
	switch g {
	case verdict.OK:
		return face{"ok", "✓", code}
	case verdict.Informational:
		return face{"info", "i", code}
	case verdict.WrongCode:
		return face{"soft", "≈", code}
	case verdict.Unclean:
		return face{"soft", "≈", "Unclean"}
	case verdict.FailedByClient, verdict.Failed:
		return face{"fail", "✗", "Fail"}
	case verdict.Unimplemented:
		return face{"none", "–", code}
	case "":
		return face{"none", "?", "Missing"}
	}
	return face{"fail", "?", cut(visible.Text(string(g)), maxName)}
}

// requirement finds "RFC 6455, 5.2" and "RFC 7692, 7.1.2.1" in a text.
var requirement = regexp.MustCompile(`RFC (\d{3,5}), (\d+(?:\.\d+)*)`)

// linked is a text in which requirements are links to their sections.
func linked(s string) template.HTML {
	var m markup
	s = sentence(s)
	at := 0
	for _, f := range requirement.FindAllStringSubmatchIndex(s, -1) {
		m.text(s[at:f[0]])
		m.tag(`<a href="https://www.rfc-editor.org/rfc/rfc%s#section-%s">%s</a>`, s[f[2]:f[3]], s[f[4]:f[5]], s[f[0]:f[1]])
		at = f[1]
	}
	m.text(s[at:])
	return template.HTML(m.String())
}

// took is a duration as people read it.
func took(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 10*time.Second:
		return fmt.Sprintf("%.2f s", d.Seconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// count is a number with its noun.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// ratios are both as the reference shows them: [in/out].
func ratios(t wirelog.Traffic) string {
	in, hasIn := t.In.Ratio()
	out, hasOut := t.Out.Ratio()
	if !hasIn && !hasOut {
		return ""
	}
	return fmt.Sprintf("[%s/%s]", telling.RatioText(in, hasIn), telling.RatioText(out, hasOut))
}

// rate is one of megabytes a second: three digits tell enough.
func rate(mb float64) string {
	if mb < 10 {
		return strconv.FormatFloat(mb, 'f', 2, 64)
	}
	return strconv.FormatFloat(mb, 'f', 0, 64)
}

// PageName is the name of a case's page beside its file.
func PageName(r report.Result) string { return strings.TrimSuffix(r.File, ".json") + ".html" }
