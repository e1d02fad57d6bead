// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	neturl "net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/fuzzserver"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/archive"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/web"
)

// deadline ends a browser that hangs. It says nothing about speed.
const deadline = 5 * time.Minute

// browser is headless Chromium with a new profile that knows no proxy.
func browser(t *testing.T) context.Context {
	t.Helper()
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" && os.Getenv("CI") != "" {
		t.Fatal("there is no Chromium here\nhint: apt-get install chromium")
	}
	if path == "" {
		t.Skip("there is no Chromium here\nhint: apt-get install chromium")
	}
	home := t.TempDir()
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.UserDataDir(filepath.Join(home, "profile")),
		chromedp.Env("HOME="+home, "TMPDIR="+home, "XDG_CONFIG_HOME="+home, "XDG_CACHE_HOME="+home),
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("disable-quic", true), chromedp.Flag("no-proxy-server", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-crash-reporter", true),
		chromedp.Flag("disable-domain-reliability", true), chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"),
	)...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx, chromedp.WithErrorf(func(string, ...any) {}))
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx) // waits for the processes, which still write to the profile
		cancel()
	})
	return ctx
}

// serve runs a fuzzing server on loopback, and its site, whose URL it returns.
func serve(t *testing.T, patterns ...string) (string, *archive.Store) {
	t.Helper()
	store, err := archive.Open(filepath.Join(t.TempDir(), "report"), false)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	planned := plan(t, patterns...)
	site := web.New(web.Config{
		Plan: planned, View: report.View{Sections: cases.Sections()}, Results: store, Port: l.Addr().(*net.TCPAddr).Port, Version: "test",
	})
	server := fuzzserver.New(fuzzserver.Config{
		Plan: planned, Settings: runner.Settings{Seed: 1, Factor: 10, Deflate: new(deflate.Pool)}, Store: store, Events: func(e fuzzserver.Event) { pass(site, e) },
	})
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return show(t, site), store
}

// show serves a site on loopback and returns its URL.
func show(t *testing.T, site http.Handler) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- web.Serve(ctx, l, site) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return "http://" + l.Addr().String()
}

// pass tells the site what the fuzzing server tells.
func pass(site *web.Site, e fuzzserver.Event) {
	switch e.Kind {
	case fuzzserver.Connected:
		site.Connected(web.Visit{Conn: e.Conn, Remote: e.Remote.String(), Path: e.Path, Agent: e.Agent, Case: e.ID, Since: e.At})
	case fuzzserver.Disconnected:
		site.Disconnected(e.Conn)
	case fuzzserver.CaseDone:
		site.Done(*e.Result)
	case fuzzserver.Updated:
		site.Updated()
	case fuzzserver.Trouble:
		site.Trouble(e.Err)
	}
}

// grades are those of a case.
type grades struct{ Behavior, Closing verdict.Grade }

// oracle is what the reference said of Chromium.
func oracle(t *testing.T) map[string]grades {
	t.Helper()
	b, err := os.ReadFile(filepath.FromSlash("../../interop/testdata/oracle/clients.json"))
	if err != nil {
		t.Fatal(err)
	}
	var peers map[string]struct {
		Cases map[string][3]any
	}
	if err := json.Unmarshal(b, &peers); err != nil {
		t.Fatal(err)
	}
	want := map[string]grades{}
	for id, c := range peers["chromium"].Cases {
		want[id] = grades{verdict.Grade(c[0].(string)), verdict.Grade(c[1].(string))}
	}
	return want
}

// shown is what the page has of the cases: the class of each tile.
func shown() chromedp.Action[map[string]string] {
	return chromedp.Evaluate[map[string]string](`Object.fromEntries([...document.querySelectorAll('.tile')].map(t => [t.dataset.id, t.className.replace('tile ', '')]))`)
}

// do has the browser do something.
func do[T any](t *testing.T, ctx context.Context, action chromedp.Action[T]) T {
	t.Helper()
	v, err := chromedp.Run(ctx, action)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// text is what an element says, once there is one. It is looked up and read in one step
// by the page itself: lists are drawn anew at any time, and an element that was found is
// gone when the browser is asked about it.
func text(t *testing.T, ctx context.Context, selector string) string {
	t.Helper()
	for {
		do(t, ctx, chromedp.WaitReady(selector))
		if said := do(t, ctx, chromedp.Evaluate[*string](fmt.Sprintf("document.querySelector(%q)?.innerText.trim() ?? null", selector))); said != nil {
			return *said
		}
	}
}

// click clicks on an element, in one step as text has it.
func click(t *testing.T, ctx context.Context, selector string) {
	t.Helper()
	for {
		do(t, ctx, chromedp.WaitReady(selector))
		if do(t, ctx, chromedp.Evaluate[bool](fmt.Sprintf("(e => { e?.click(); return !!e })(document.querySelector(%q))", selector))) {
			return
		}
	}
}

// Chromium tests itself: the page takes it through the cases, results arrive, and
// the page shows them.
func TestBrowserTestsItself(t *testing.T) {
	sample := []string{"9.1.1", "9.2.1", "9.5.6", "9.7.1", "12.1.1", "12.2.2", "12.5.1", "13.1.1", "13.3.1", "13.7.1"}
	patterns := append([]string{"1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "10.*"}, sample...)
	ctx := browser(t)
	url, store := serve(t, patterns...)
	planned := plan(t, patterns...)

	do(t, ctx, chromedp.Navigate(url+"/browser"))
	do(t, ctx, chromedp.WaitVisible("body[data-state=idle]"))
	agent := do(t, ctx, chromedp.Value("#agent"))
	if kinds := do(t, ctx, shown()); !strings.Contains(agent, "Chrome/") || len(kinds) != len(planned) {
		t.Fatalf("agent %q and %d cases, want Chrome and %d", agent, len(kinds), len(planned))
	}
	do(t, ctx, chromedp.Click("#run"))
	do(t, ctx, chromedp.WaitVisible("body[data-state=done]"))
	do(t, ctx, chromedp.WaitVisible(`#finished a[href="/reports/"]`))
	kinds := do(t, ctx, shown())
	trouble := do(t, ctx, chromedp.Evaluate[string]("document.getElementById('trouble').textContent"))
	progress := text(t, ctx, "#picked")
	if want := fmt.Sprintf("%d of %d", len(planned), len(planned)); trouble != "" || progress != want {
		t.Errorf("the page says %q and %q, want %q", trouble, progress, want)
	}
	compare(t, store, agent, planned, kinds)

	failure := text(t, ctx, "#failures li:first-child .id")
	click(t, ctx, "#failures li:first-child .id")
	heading := text(t, ctx, ".story h2")
	if failure != "7.9.1" || !strings.Contains(heading, "7.9.1") || !strings.Contains(heading, agent) {
		t.Errorf("the first failure is %q and its page is about %q", failure, heading)
	}
}

// The visitor picks cases, pauses, goes on, and runs one alone.
func TestBrowserPage(t *testing.T) {
	ctx := browser(t)
	url, store := serve(t, "1.*", "2.*")
	const evil = `<img src=x onerror=document.title='evil'>`
	do(t, ctx, chromedp.Navigate(url+"/browser#cases=2.*+!2.11&agent="+neturl.QueryEscape(evil)))
	do(t, ctx, chromedp.WaitVisible("body[data-state=idle]"))
	if n := len(do(t, ctx, shown())); n != 10 {
		t.Errorf("%d cases, want 10", n)
	}
	click(t, ctx, `#chips [data-category="1"]`)
	if got := do(t, ctx, chromedp.Value("#filter")); got != "" {
		t.Errorf("with all categories the filter is %q", got)
	}
	click(t, ctx, `#chips [data-category="2"]`)
	if n := len(do(t, ctx, shown())); n != 16 {
		t.Errorf("%d cases, want 16", n)
	}

	do(t, ctx, chromedp.Evaluate[chromedp.Void]("run.click(), pause.click()"))
	do(t, ctx, chromedp.WaitVisible("body[data-state=paused]"))
	if got := text(t, ctx, "#picked"); got != "1 of 16" {
		t.Errorf("paused at %q", got)
	}
	do(t, ctx, chromedp.Click("#pause"))
	do(t, ctx, chromedp.WaitVisible("body[data-state=done]"))
	if got := text(t, ctx, "#picked"); got != "16 of 16" || !exists(store, "index.json") {
		t.Errorf("done at %q, with a report: %v", got, exists(store, "index.json"))
	}

	do(t, ctx, chromedp.Evaluate[chromedp.Void]("filter.value = '', filter.dispatchEvent(new Event('input'))"))
	click(t, ctx, `.tile[data-id="2.1"]`)
	click(t, ctx, "#detail [data-act=one]")
	do(t, ctx, chromedp.WaitVisible("#detail .pill.ok"))
	if got := text(t, ctx, "#picked"); got != "17 of 27" {
		t.Errorf("after one more: %q", got)
	}
	if _, known := store.Behavior(evil, "2.1"); !known {
		t.Error("the store has no result of 2.1")
	}

	do(t, ctx, chromedp.Reload())
	do(t, ctx, chromedp.WaitVisible("body[data-state=idle]"))
	if got := text(t, ctx, "#picked"); got != "17 of 27" {
		t.Errorf("when the page is opened again: %q", got)
	}
	do(t, ctx, chromedp.Navigate(url+"/live"))
	do(t, ctx, chromedp.WaitVisible("#link.ok"))
	name := text(t, ctx, "#agents h3")
	list := do(t, ctx, chromedp.Evaluate[int]("document.querySelectorAll('#results li').length"))
	if title := do(t, ctx, chromedp.Title()); name != evil || list != 17 || title != "wsspec: live" {
		t.Errorf("agent %q with %d results on the page %q", name, list, title)
	}
}

// A run that loses the fuzzing server stops, says so, and can go on.
func TestBrowserWithoutServer(t *testing.T) {
	ctx := browser(t)
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	_, store := newSite(t, "1.*")
	site := web.New(web.Config{Plan: plan(t, "1.*"), Results: store, Port: gone.Addr().(*net.TCPAddr).Port})
	do(t, ctx, chromedp.Navigate(show(t, site)+"/browser"))
	do(t, ctx, chromedp.WaitVisible("#trouble"))
	do(t, ctx, chromedp.Click("#run"))
	do(t, ctx, chromedp.WaitVisible("body[data-state=paused]"))
	if text := text(t, ctx, "#trouble"); !strings.Contains(text, "No connection to ws://"+gone.Addr().String()+" for case 1.1.1") {
		t.Errorf("%q", text)
	}
	if next := text(t, ctx, "#pause"); next != "Continue" {
		t.Errorf("the button says %q", next)
	}
}

func exists(store *archive.Store, name string) bool {
	_, err := os.Stat(filepath.Join(store.Dir(), name))
	return err == nil
}

// What happens is on the live page without being asked for, and words of clients
// are text there.
func TestLivePage(t *testing.T) {
	ctx := browser(t)
	site, _ := newSite(t, "1.*")
	do(t, ctx, chromedp.Navigate(show(t, site)+"/live"))
	do(t, ctx, chromedp.WaitVisible("#link.ok"))
	do(t, ctx, chromedp.WaitVisible("#nobody"))
	const evil = "<b id=evil>\u202e"
	site.Connected(web.Visit{Conn: 1, Remote: "192.0.2.1:5", Path: "/runCase", Agent: evil, Case: "1.1.1", Since: time.Now()})
	site.Connected(web.Visit{Conn: 2, Remote: "[2001:db8::1]:5", Path: evil, Since: time.Now()})
	site.Done(result(evil, "1.1.1", verdict.Failed, verdict.OK))
	site.Done(result(evil, "1.1.2", verdict.OK, verdict.OK))
	site.Trouble(errors.New(evil))
	do(t, ctx, chromedp.WaitVisible("#results li:nth-child(2)"))
	do(t, ctx, chromedp.WaitVisible("#visits tr:nth-child(2)"))
	text := text(t, ctx, "main")
	for want, n := range map[string]int{`<b id=evil>\u{202e}`: 6, "1 failed": 1, "1 passed": 1, "2 of 16": 1, "192.0.2.1:5": 1} {
		if got := strings.Count(text, want); got != n {
			t.Errorf("%q is there %d times, want %d:\n%s", want, got, n, text)
		}
	}
	do(t, ctx, chromedp.Click("#only"))
	if n := do(t, ctx, chromedp.Evaluate[int]("document.querySelectorAll('#results li').length")); n != 1 {
		t.Errorf("%d failures", n)
	}
	site.Disconnected(1)
	site.Disconnected(2)
	do(t, ctx, chromedp.WaitVisible("#nobody"))
}

// compare holds the store against the oracle, and the page against the store.
func compare(t *testing.T, store *archive.Store, agent string, planned []runner.Planned, kinds map[string]string) {
	t.Helper()
	rep, err := archive.Load(store.Dir())
	if err != nil {
		t.Fatal(err)
	}
	a, _ := rep.Agent(agent)
	got := map[string]grades{}
	for _, r := range a.Results {
		got[r.ID] = grades{r.Verdict.Behavior, r.Verdict.Close}
	}
	// How soon a late failure is noticed is a race between two processes.
	races := []string{"3.2", "3.3", "3.4", "4.1.3", "4.1.4", "4.1.5", "4.2.3", "4.2.4", "4.2.5", "5.15", "6.4.1", "6.4.2", "6.4.3", "6.4.4"}
	reference := oracle(t)
	for _, c := range planned {
		g, arrived := got[c.ID]
		if !arrived {
			t.Errorf("%s: no result", c.ID)
			continue
		}
		if want, known := reference[c.ID]; known && g != want && !slices.Contains(races, c.ID) {
			t.Errorf("%s: %v, the reference says %v", c.ID, g, want)
		}
		if g.Behavior != verdict.OK && g.Behavior != verdict.NonStrict && slices.Contains(races, c.ID) {
			t.Errorf("%s: %v", c.ID, g)
		}
		if want := kindOf(g); kinds[c.ID] != want {
			t.Errorf("%s: the page shows %q for %v, want %q", c.ID, kinds[c.ID], g, want)
		}
	}
}

// kindOf is how a result looks.
func kindOf(g grades) string {
	switch {
	case g.Behavior == verdict.Failed || g.Closing == verdict.Failed || g.Closing == verdict.FailedByClient:
		return "fail"
	case g.Behavior == verdict.NonStrict || g.Closing == verdict.WrongCode || g.Closing == verdict.Unclean:
		return "soft"
	case g.Behavior == verdict.Informational:
		return "info"
	case g.Behavior == verdict.Unimplemented:
		return "none"
	}
	return "ok"
}
