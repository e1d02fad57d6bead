// SPDX-License-Identifier: Apache-2.0

package website_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/website"
)

// The page knows where the server is, runs its own script alone, and is all there is.
func TestTalk(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	talk := website.Talk{Title: "<Echo>", What: "Each message comes back from", Server: l, Secure: true, Log: io.Discard}
	h, err := talk.Handler()
	if err != nil {
		t.Fatal(err)
	}
	get := func(path string) (int, http.Header, string) {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		return w.Code, w.Header(), w.Body.String()
	}
	status, header, page := get("/")
	policy := header.Get("Content-Security-Policy")
	if status != http.StatusOK || !strings.Contains(policy, "script-src 'sha256-") || strings.Contains(policy, "script-src 'unsafe") {
		t.Errorf("%d, %s", status, policy)
	}
	for _, want := range []string{"&lt;Echo&gt;", "data-scheme=wss data-port=" + port, "new WebSocket(address)"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in %s", want, page)
		}
	}
	if status, _, _ := get("/etc/passwd"); status != http.StatusNotFound {
		t.Errorf("status %d", status)
	}
}

// Where the usual port is not free there is no page; where another is asked for, that is an error.
func TestTalkServe(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var log bytes.Buffer
	talk := website.Talk{Title: "T", Server: l, Log: &log}
	if _, _, err := talk.Serve(t.Context(), l.Addr().String()); err == nil {
		t.Error("two on one port")
	}
	ctx, cancel := context.WithCancel(t.Context())
	url, wait, err := talk.Serve(ctx, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Get(url)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%v, %v", resp, err)
	}
	resp.Body.Close()
	cancel()
	if err := wait(); err != nil {
		t.Error(err)
	}
}
