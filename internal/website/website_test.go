// SPDX-License-Identifier: Apache-2.0

package website_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/folder"
	"github.com/wsspec/wsspec/internal/fuzzserver"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/reporttest"
	"github.com/wsspec/wsspec/internal/website"
)

// config is one of a site for clients that connect to a port of loopback.
func config(t *testing.T, log io.Writer) website.Config {
	t.Helper()
	f, err := folder.Open(filepath.Join(t.TempDir(), "report"), false, report.View{})
	if err != nil {
		t.Fatal(err)
	}
	clients, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { clients.Close() })
	return website.Config{Clients: clients, Folder: f, Version: "test", Log: log}
}

// A site answers where it says, knows what it is told, and ends with its context.
func TestSite(t *testing.T) {
	s, err := website.Listen("127.0.0.1:0", config(t, io.Discard))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	s.Serve(ctx)
	if !s.Open() || !strings.HasPrefix(s.Address(), "http://127.0.0.1:") {
		t.Errorf("open %v at %s", s.Open(), s.Address())
	}
	r := reporttest.Simple("<b>poor", "1.1.1")
	remote := &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 7}
	for _, e := range []fuzzserver.Event{
		{Kind: fuzzserver.Connected, Conn: 1, Remote: remote, Path: "/runCase", Agent: "<b>poor"},
		{Kind: fuzzserver.CaseBegun, Conn: 1, Remote: remote, Path: "/runCase", Agent: "<b>poor", ID: "1.1.1", At: time.Unix(1, 0)},
		{Kind: fuzzserver.CaseDone, Conn: 1, Remote: remote, Result: &r},
		{Kind: fuzzserver.Trouble, Conn: 1, Remote: remote, Err: errors.New("disk full")},
		{Kind: fuzzserver.Refused, Conn: 2, Remote: remote}, // no page is about these
		{Kind: fuzzserver.Unheard, Conn: 3, Remote: remote},
		{Kind: fuzzserver.CaseLost, Conn: 1, Remote: remote},
		{Kind: fuzzserver.Updated},
		{Kind: fuzzserver.Disconnected, Conn: 1, Remote: remote},
	} {
		s.Event(e)
	}
	resp, err := http.Get(s.Address() + "live")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("%s", resp.Status)
	}
	http.DefaultClient.CloseIdleConnections()
	cancel()
	cause := errors.New("what ended it")
	if err := s.Wait(cause); !errors.Is(err, cause) {
		t.Errorf("%v", err)
	}
	if resp, err := http.Get(s.Address()); err == nil {
		resp.Body.Close()
		t.Error("it answers when it has ended")
	}
}

// A port that was asked for and cannot be had is an error. Without one asked for there
// are no pages then, which is said, and all else goes on.
func TestPortTaken(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	if _, err := website.Listen(taken.Addr().String(), config(t, io.Discard)); err == nil || !strings.Contains(err.Error(), "web pages: ") {
		t.Errorf("%v", err)
	}

	usual, err := net.Listen("tcp", ":8080")
	if err != nil {
		t.Skip("somebody else has the usual port")
	}
	defer usual.Close()
	var log bytes.Buffer
	s, err := website.Listen("", config(t, &log))
	if err != nil || s.Open() || !strings.HasPrefix(log.String(), "No web pages: ") {
		t.Fatalf("%v, open %v: %q", err, s.Open(), log.String())
	}
	s.Serve(t.Context())
	s.Event(fuzzserver.Event{Kind: fuzzserver.Updated})
	cause := errors.New("what ended it")
	if err := s.Wait(cause); err != cause {
		t.Errorf("%v", err)
	}
}
