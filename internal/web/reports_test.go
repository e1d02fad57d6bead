// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/report/archive"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/web"
)

// secret is in every file that must not be served.
const secret = "SECRET"

// folder is a report folder among other things, which a site serves.
func folder(t *testing.T) (*web.Site, string) {
	t.Helper()
	site, store := newSite(t, "1.*")
	dir := store.Dir()
	above := filepath.Dir(dir)
	for _, name := range []string{"secret.json", "index.json", "etc"} {
		write(t, above, name, secret)
	}
	write(t, dir, "index.html", "<p>the report")
	write(t, dir, "index.json", "{}")
	write(t, dir, "summary.md", "# It went well")
	for _, name := range []string{".hidden.json", ".wsspec-1.json", "id_rsa", "main.go", "cgi.php", "noextension", "a.json~"} {
		write(t, dir, name, secret)
	}
	if err := os.Mkdir(filepath.Join(dir, "sub.json"), 0o777); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "sub.json"), "x.json", secret)
	for name, target := range map[string]string{"up.json": "../secret.json", "absolute.json": filepath.Join(above, "secret.json"), "in.json": ".hidden.json", "above.json": ".."} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil && runtime.GOOS != "windows" {
			t.Fatal(err)
		}
	}
	return site, dir
}

func TestReportFiles(t *testing.T) {
	site, _ := folder(t)
	for _, root := range []string{"/reports/", "/cwd/reports/clients/"} {
		for name, want := range map[string][2]string{
			"":           {"text/html; charset=utf-8", "<p>the report"},
			"index.html": {"text/html; charset=utf-8", "<p>the report"},
			"index.json": {"application/json", "{}"},
			"summary.md": {"text/plain; charset=utf-8", "# It went well"},
		} {
			w := get(t, site, root+name)
			if w.Code != http.StatusOK || w.Header().Get("Content-Type") != want[0] || w.Body.String() != want[1] {
				t.Errorf("%s%s: %d %s %q, want %q", root, name, w.Code, w.Header().Get("Content-Type"), w.Body, want)
			}
			if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'") {
				t.Errorf("%s%s: policy %q", root, name, policy)
			}
		}
		w := get(t, site, strings.TrimSuffix(root, "/"))
		if w.Code != http.StatusMovedPermanently || w.Header().Get("Location") != root {
			t.Errorf("%s without its slash: %d to %q", root, w.Code, w.Header().Get("Location"))
		}
	}
}

// No spelling of a path reaches anything but the plain files of the report folder.
func TestNothingElseIsServed(t *testing.T) {
	site, _ := folder(t)
	for _, spelling := range []string{
		"../secret.json", "..%2fsecret.json", "..%2Fsecret.json", "%2e%2e/secret.json", "%2e%2e%2fsecret.json", "%2E%2E%2Fsecret.json", ".%2e/secret.json",
		"%252e%252e/secret.json", "%252e%252e%252fsecret.json", "..%252fsecret.json", "..%c0%afsecret.json", "%c0%ae%c0%ae/secret.json", "..%ef%bc%8fsecret.json",
		`..\secret.json`, "..%5csecret.json", "..%5Csecret.json", "%2e%2e%5csecret.json", "..%255csecret.json",
		"./../secret.json", "index.html/../../secret.json", "sub.json/../../secret.json", "sub.json%2f..%2f..%2fsecret.json", ".//..//secret.json", "....//secret.json", "..;/secret.json",
		"/secret.json", "//secret.json", "%2fetc", "/etc/passwd", "%2fetc%2fpasswd", "C:/secret.json", "C:%5csecret.json", "file:///etc/passwd",
		"secret.json%00", "index.html%00.json", "..%00/secret.json", "%00../secret.json", "index.json%0a", "index.json%20", "index.json.", "index.json::$DATA", "index.json:x",
		".hidden.json", "%2ehidden.json", ".wsspec-1.json", "id_rsa", "main.go", "cgi.php", "noextension", "a.json~", "cgi.php/x.json", "cgi.php%2fx.json",
		"sub.json", "sub.json/", "sub.json/x.json", "sub.json%2fx.json", "up.json", "absolute.json", "in.json", "above.json", "above.json/secret.json",
		"nothing.json", "CON.json", "~/secret.json", "*", "?", "%", "%2", "%zz",
	} {
		for _, root := range []string{"/reports/", "/cwd/reports/clients/", "/cwd/", "/"} {
			target := root + spelling
			w := get(t, site, target)
			if strings.Contains(w.Body.String(), secret) {
				t.Errorf("%s gives the secret", target)
			}
			if served := w.Code == http.StatusOK; served && !(spelling == "?" && root != "/cwd/") {
				t.Errorf("%s: 200 %.80q", target, w.Body)
			}
			if l := w.Header().Get("Location"); strings.Contains(l, "secret") {
				t.Errorf("%s sends on to %s", target, l)
			}
		}
	}
	for _, target := range []string{"/cwd/", "/cwd/reports/", "/cwd/reports/clients/../../fuzzingserver.json", "/cwd/fuzzingserver.json", "http://example.com/reports/../secret.json", "/index.json"} {
		if w := get(t, site, target); w.Code == http.StatusOK || strings.Contains(w.Body.String(), secret) {
			t.Errorf("%s: %d %q", target, w.Code, w.Body)
		}
	}
}

// Before the first report there is a page that says when there will be one.
func TestNoReportYet(t *testing.T) {
	site, store := newSite(t, "1.*")
	for range 2 { // without index.html, then without the folder
		w := get(t, site, "/reports/")
		if w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "There is no report yet") || w.Header().Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("%d %q", w.Code, w.Body)
		}
		if err := os.RemoveAll(store.Dir()); err != nil {
			t.Fatal(err)
		}
	}
}

func FuzzReportPath(f *testing.F) {
	for _, s := range []string{"index.html", "..%2fsecret.json", `..\secret.json`, "%00", "sub.json/x.json", "up.json", "?x", "#"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, path string) {
		site, _ := folder(t)
		w := get(t, site, "/reports/"+path)
		if strings.Contains(w.Body.String(), secret) {
			t.Errorf("%q gives the secret", path)
		}
	})
}

// The story of a case is there as soon as its result is, whatever its agent is called.
func TestStory(t *testing.T) {
	site, store := newSite(t, "1.*")
	const evil = `<script>alert("1")</script> & ../../x`
	if err := store.Put(result(evil, "1.1.1", verdict.Failed, verdict.OK)); err != nil {
		t.Fatal(err)
	}
	w := get(t, site, "/reports/result?"+url.Values{"agent": {evil}, "case": {"1.1.1"}}.Encode())
	if body := w.Body.String(); w.Code != http.StatusOK || strings.Contains(body, "<script>alert") || !strings.Contains(body, "&lt;script&gt;alert") || !strings.Contains(body, "Behaved so.") {
		t.Errorf("%d %s", w.Code, body)
	}
	for _, query := range []string{"", "agent=x", "case=1.1.1", "agent=x&case=1.1.1", "agent=" + url.QueryEscape(evil) + "&case=1.1.2", "agent=" + url.QueryEscape(evil) + "&case=../1.1.1", "agent=%zz&case=%00"} {
		if w := get(t, site, "/reports/result?"+query); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", query, w.Code)
		}
	}
}

// Asking for results of agents that do not exist leaves nothing behind.
func TestStoriesOfNobody(t *testing.T) {
	_, store := newSite(t, "1.*")
	names := &named{Store: store}
	site := web.New(web.Config{Plan: plan(t, "1.*"), Results: names})
	get(t, site, "/reports/result?agent=nobody&case=1.1.1")
	if names.asked > 0 {
		t.Error("the store was asked for the file of an agent that does not exist")
	}
}

// named counts how often a store is asked for a name.
type named struct {
	*archive.Store
	asked int
}

func (n *named) FileName(agent, id string) string {
	n.asked++
	return n.Store.FileName(agent, id)
}
