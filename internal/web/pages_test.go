// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/web"
)

// Pages are whole, load nothing from elsewhere, and all that they load is there.
func TestPages(t *testing.T) {
	site, _ := newSite(t, "1.*")
	loads := regexp.MustCompile(`(?:src|href)="?(/assets/[^" >]+)|from '\./([^']+)'|import '\./([^']+)'`)
	foreign := regexp.MustCompile(`(?i)(?:src|href|url\(|from|import) *=? *["'(]?(?:https?:)?//`)
	pages := []string{"/", "/browser", "/live"}
	var seen []string
	for todo := slices.Concat(pages, []string{"/reports/"}); len(todo) > 0; todo = todo[1:] {
		target := todo[0]
		w := get(t, site, target)
		if want := http.StatusOK; w.Code != want && target != "/reports/" {
			t.Errorf("%s: %d", target, w.Code)
		}
		h := w.Header()
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" || h.Get("Content-Security-Policy") == "" {
			t.Errorf("%s: %v", target, h)
		}
		if path.Ext(target) == "" && (h.Get("Content-Type") != "text/html; charset=utf-8" || !strings.HasSuffix(w.Body.String(), "</html>\n") ||
			!strings.Contains(h.Get("Content-Security-Policy"), "script-src 'self'; ")) {
			t.Errorf("%s: %v\n%s", target, h, w.Body)
		}
		if m := foreign.FindString(w.Body.String()); m != "" {
			t.Errorf("%s: %s", target, m)
		}
		for _, m := range loads.FindAllStringSubmatch(w.Body.String(), -1) {
			if next := path.Join("/assets", strings.TrimPrefix(m[1], "/assets")+m[2]+m[3]); !slices.Contains(seen, next) {
				seen = append(seen, next)
				todo = append(todo, next)
			}
		}
	}
	for _, want := range []string{"/assets/style.css", "/assets/base.js", "/assets/browser.js", "/assets/run.js", "/assets/live.js"} {
		if !slices.Contains(seen, want) {
			t.Errorf("nothing loads %s", want)
		}
	}
	for target, want := range map[string]string{"/assets/style.css": "text/css; charset=utf-8", "/assets/run.js": "text/javascript; charset=utf-8"} {
		if got := get(t, site, target).Header().Get("Content-Type"); got != want {
			t.Errorf("%s: %s", target, got)
		}
	}
}

func TestNotFound(t *testing.T) {
	site, _ := newSite(t, "1.*")
	for _, target := range []string{"/x", "/browser/", "/assets/", "/assets/start.tmpl", "/assets/web.go", "/assets/..%2fweb.go", "/assets/x.js", "/api/", "/api/cases/x", "/live%00"} {
		if w := get(t, site, target); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", target, w.Code)
		}
	}
	for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS", "CONNECT", "TRACE", "x"} {
		if w := ask(t, site, method, "/reports/", "x"); w.Code < 400 {
			t.Errorf("%s: %d", method, w.Code)
		}
	}
}

// Clients are pointed to the host under which the visitor has found us.
func TestServerURL(t *testing.T) {
	for host, want := range map[string]string{
		"example.com":                         "ws://example.com:9001",
		"example.com:8080":                    "ws://example.com:9001",
		"127.0.0.1:8080":                      "ws://127.0.0.1:9001",
		"[::1]:8080":                          "ws://[::1]:9001",
		"[2001:db8::1]":                       "ws://[2001:db8::1]:9001",
		"[fe80::1%25eth0]:8080":               "ws://localhost:9001",
		"my_host-2.local":                     "ws://my_host-2.local:9001",
		"":                                    "ws://localhost:9001",
		"x\"><script>alert(1)</script>":       "ws://localhost:9001",
		"evil.example/path":                   "ws://localhost:9001",
		"user@evil.example":                   "ws://localhost:9001",
		strings.Repeat("x", 254) + ".example": "ws://localhost:9001",
	} {
		for _, secure := range []bool{false, true} {
			_, store := newSite(t, "1.*")
			site := web.New(web.Config{Results: store, Port: 9001, Secure: secure})
			if secure {
				want = strings.Replace(want, "ws:", "wss:", 1)
			}
			for _, target := range []string{"/", "/browser"} {
				body := ask(t, site, "GET", target, host).Body.String()
				if !strings.Contains(body, `="`+want+`"`) || strings.Contains(body, "<script>alert") {
					t.Errorf("%s of %q: no %s in\n%s", target, host, want, body)
				}
			}
			command := "wsspec client " + want
			if secure {
				command += " --insecure"
			}
			if body := ask(t, site, "GET", "/", host).Body.String(); !strings.Contains(body, "<code>"+command+"</code>") {
				t.Errorf("%q: no %s in\n%s", host, command, body)
			}
		}
	}
}

func TestCases(t *testing.T) {
	site, _ := newSite(t, "6.4.1", "9.1.1", "12.1.1")
	w := get(t, site, "/api/cases")
	var all struct {
		Sections []conform.Section
		Cases    []struct {
			ID, Title, Spec string
			Tags            []string
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &all); err != nil || w.Header().Get("Content-Type") != "application/json" {
		t.Fatal(err, w.Header())
	}
	if len(all.Cases) != 3 || all.Cases[0].ID != "6.4.1" || all.Cases[0].Title == "" || all.Cases[0].Spec == "" || !slices.Contains(all.Cases[1].Tags, "slow") {
		t.Errorf("%+v", all.Cases)
	}
	if len(all.Sections) < 50 || !slices.Contains(all.Sections, conform.Section{ID: "1", Title: "Framing"}) {
		t.Errorf("%+v", all.Sections)
	}
}

func TestResults(t *testing.T) {
	_, store := newSite(t, "1.*")
	known := func(r report.Result) (string, bool) { return "an old bug", r.ID == "1.1.3" }
	site := web.New(web.Config{Plan: plan(t, "1.*"), Results: store, View: report.View{Known: known}})
	const evil = `</script><img src=x onerror=alert(1)> & "`
	long := result(evil, "1.1.4", verdict.Failed, verdict.FailedByClient)
	long.Verdict.Result = strings.Repeat("é", 10000)
	long.Log.Facts.Remote.Coded = false
	twice := result(evil, "1.1.7", verdict.Failed, verdict.WrongCode)
	twice.Verdict.CloseResult = twice.Verdict.Result
	for _, r := range []report.Result{
		twice,
		result(evil, "1.1.10", verdict.OK, verdict.OK), result(evil, "1.1.2", verdict.OK, verdict.WrongCode), result(evil, "1.1.3", verdict.Failed, verdict.OK), long,
		result(evil, "1.1.5", verdict.Informational, verdict.Informational), result(evil, "1.1.6", verdict.Unimplemented, verdict.OK),
		result(evil, "1.1.2", verdict.NonStrict, verdict.OK), // replaces
		result("other", "1.1.1", verdict.OK, verdict.OK),
	} {
		site.Done(r)
	}
	ask := func(query url.Values) (list []struct {
		Agent, Case, Standing, Why string
		Code                       *int
	}) {
		w := get(t, site, "/api/results?"+query.Encode())
		if strings.ContainsAny(w.Body.String(), "<>&") {
			t.Errorf("%s", w.Body)
		}
		if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil {
			t.Fatal(err)
		}
		return list
	}
	var got []string
	for _, r := range ask(url.Values{"agent": {evil}}) {
		code := 0
		if r.Code != nil {
			code = *r.Code
		}
		if r.Agent != evil || len(r.Why) > 400 {
			t.Errorf("%+v", r)
		}
		got = append(got, fmt.Sprintf("%s %s %d", r.Case, r.Standing, code))
	}
	if want := "1.1.2 soft 1002, 1.1.3 known 1002, 1.1.4 fail 0, 1.1.5 pass 1002, 1.1.6 none 1002, 1.1.7 fail 1002, 1.1.10 pass 1002"; strings.Join(got, ", ") != want {
		t.Errorf("%s, want %s", strings.Join(got, ", "), want)
	}
	if one := ask(url.Values{"agent": {evil}, "case": {"1.1.7"}}); len(one) != 1 || one[0].Case != "1.1.7" || one[0].Why != "Behaved so." {
		t.Errorf("%+v", one)
	}
	for _, query := range []url.Values{{}, {"agent": {"nobody"}}, {"agent": {"other"}, "case": {"1.1.2"}}} {
		if none := ask(query); none == nil || len(none) != 0 {
			t.Errorf("%v: %+v", query, none)
		}
	}
}

// What is odd about an agent stays text on its way to a page.
func TestEventsAreEscaped(t *testing.T) {
	site, _ := newSite(t, "1.*")
	const evil = "<script>alert(1)</script>\n\ndata: forged\u2028"
	site.Connected(web.Visit{Conn: 1, Remote: evil, Path: evil, Agent: evil})
	site.Done(result(evil, "1.1.1", verdict.Failed, verdict.OK))
	site.Trouble(errors.New(evil))
	b, err := json.Marshal(evil)
	if err != nil {
		t.Fatal(err)
	}
	body := firstEvent(t, site)
	if strings.Contains(body, "<script") || strings.Contains(body, "\ndata: forged") || strings.Count(body, string(b)) < 4 {
		t.Errorf("%s", body)
	}
}
