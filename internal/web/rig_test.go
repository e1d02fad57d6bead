// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"bufio"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/archive"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/web"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// newSite is a site on a report folder of its own, with the cases of the patterns.
func newSite(t *testing.T, patterns ...string) (*web.Site, *archive.Store) {
	t.Helper()
	store, err := archive.Open(filepath.Join(t.TempDir(), "report"), false)
	if err != nil {
		t.Fatal(err)
	}
	return web.New(web.Config{
		Plan: plan(t, patterns...), View: report.View{Sections: cases.Sections()}, Results: store, Port: 9001, Version: "1.2.3",
	}), store
}

func plan(t *testing.T, patterns ...string) []runner.Planned {
	t.Helper()
	picked, err := conform.Select(cases.All(cases.Current), patterns, nil)
	if err != nil {
		t.Fatal(err)
	}
	return runner.Plan(picked, ws.Server)
}

// get asks for a target exactly as it is written.
func get(t *testing.T, h http.Handler, target string, fields ...string) *httptest.ResponseRecorder {
	t.Helper()
	return ask(t, h, "GET", target, "example.com:8080", fields...)
}

// ask sends a request in the notation of the wire. One that net/http itself
// refuses to read is answered with 400, as its server does.
func ask(t *testing.T, h http.Handler, method, target, host string, fields ...string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	head := method + " " + target + " HTTP/1.1\r\nHost: " + host + "\r\n" + strings.Join(append(fields, ""), "\r\n") + "\r\n"
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(head)))
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return w
	}
	h.ServeHTTP(w, r.WithContext(t.Context()))
	return w
}

// result is one of an agent with a verdict.
func result(agent, id string, behavior, closing verdict.Grade) report.Result {
	log := wirelog.New(ws.Server)
	log.Facts.Remote = wirelog.CloseFacts{Sent: true, Coded: true, Code: 1002}
	return report.Result{
		Agent: agent, ID: id, Title: "A case", Log: log, Started: time.Now(), Took: 12 * time.Millisecond,
		Verdict: verdict.Verdict{Behavior: behavior, Close: closing, Result: "Behaved so.", CloseResult: "Closed so."},
	}
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}
