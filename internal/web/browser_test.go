// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http/httptest"
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
func serve(t *testing.T, patterns ...string) (string, *report.Store) {
	t.Helper()
	store, err := report.Open(filepath.Join(t.TempDir(), "report"), false)
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
		Plan: planned, Settings: runner.Settings{Seed: 1, Deflate: new(deflate.Pool)}, Store: store, Events: func(e fuzzserver.Event) { pass(site, e) },
	})
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx, l) }()
	pages := httptest.NewServer(site)
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
		pages.CloseClientConnections()
		pages.Close()
	})
	return pages.URL, store
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
	progress := do(t, ctx, chromedp.Text("#picked"))
	if want := fmt.Sprintf("%d of %d", len(planned), len(planned)); trouble != "" || progress != want {
		t.Errorf("the page says %q and %q, want %q", trouble, progress, want)
	}
	compare(t, store, agent, planned, kinds)

	failure := do(t, ctx, chromedp.Text("#failures li:first-child .id"))
	do(t, ctx, chromedp.Click("#failures li:first-child .id"))
	heading := do(t, ctx, chromedp.Text(".story h2"))
	if failure != "7.9.1" || !strings.Contains(heading, "7.9.1") || !strings.Contains(heading, agent) {
		t.Errorf("the first failure is %q and its page is about %q", failure, heading)
	}
}

// compare holds the store against the oracle, and the page against the store.
func compare(t *testing.T, store *report.Store, agent string, planned []runner.Planned, kinds map[string]string) {
	t.Helper()
	rep, err := report.Load(store.Dir())
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
