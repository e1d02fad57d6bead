// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"crypto/tls"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/ws"
)

func TestLocate(t *testing.T) {
	for _, tt := range []struct{ url, addr, host, path, err string }{
		{"ws://127.0.0.1:9001/chat?room=1", "127.0.0.1:9001", "127.0.0.1:9001", "/chat?room=1", ""},
		{"ws://127.0.0.1", "127.0.0.1:80", "127.0.0.1", "/", ""},
		{"wss://[::1]/a%20b", "[::1]:443", "[::1]", "/a%20b", ""},
		{"http://127.0.0.1", "", "", "", "want ws://"},
	} {
		got, err := Locate(t.Context(), tt.url)
		switch {
		case tt.err != "":
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%s: error %v, want %q", tt.url, err, tt.err)
			}
		case err != nil:
			t.Errorf("%s: %v", tt.url, err)
		case got.Addr.String() != tt.addr || got.Host != tt.host || got.Path != tt.path || (got.TLS != nil) != strings.HasPrefix(tt.url, "wss"):
			t.Errorf("%s: %+v", tt.url, got)
		}
	}
}

func TestLocateBy(t *testing.T) {
	pin := stream.Pin{Host: "*", Port: "80", Addrs: []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")}}
	for name, tt := range map[string]struct {
		way      stream.Way
		addr     string
		indirect bool
	}{
		"elsewhere": {stream.Way{ConnectTo: "127.0.0.1:81"}, "127.0.0.1:81", false},
		"pinned":    {stream.Way{Pins: []stream.Pin{pin}}, "192.0.2.1:80", false},
		"proxy":     {stream.Way{Proxy: &url.URL{Scheme: "http", Host: "127.0.0.1"}, ConnectTo: "b.example:81"}, "127.0.0.1:80", true},
		"socket":    {stream.Way{Unix: "/s"}, "invalid AddrPort", true},
	} {
		got, err := LocateBy(t.Context(), "ws://a.example/x", tt.way)
		if err != nil || got.Addr.String() != tt.addr || got.Way.Indirect() != tt.indirect || got.Authority != "a.example:80" || got.Host != "a.example" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// What cannot be sent is refused before anything is.
func TestTargetsThatAreNone(t *testing.T) {
	e, err := New(Config{Loops: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	right := Target{Addr: netip.MustParseAddrPort("127.0.0.1:9"), Host: "a"}
	for want, change := range map[string]func(t *Target){
		"without an address": func(t *Target) { t.Addr = netip.AddrPort{} },
		"path":               func(t *Target) { t.Path = "/a b" },
		"host":               func(t *Target) { t.Host = "a\r\nb" },
		"not a field":        func(t *Target) { t.Fields = ws.Fields{{Name: "a", Value: "b\r\nc: d"}} },
		"is always sent":     func(t *Target) { t.Fields = ws.Fields{{Name: "upgrade", Value: "x"}} },
		"subprotocol":        func(t *Target) { t.Subprotocols = []string{"a", "a"} },
		"source address":     func(t *Target) { t.Sources = []netip.Addr{netip.MustParseAddr("::1")} },
	} {
		target := right
		change(&target)
		if _, err := e.Dialer(target); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	if _, err := e.Dialer(right); err != nil {
		t.Error(err)
	}
}

func TestLoopback(t *testing.T) {
	got := Loopback(255, 3)
	for i, want := range []string{"127.1.0.255", "127.1.1.0", "127.1.1.1"} {
		if got[i].String() != want {
			t.Errorf("address %d is %s, want %s", i, got[i], want)
		}
	}
	for _, a := range Loopback(1<<24-1<<16-3, 4) { // around the end
		if !a.IsLoopback() || a.String() == "127.255.255.255" {
			t.Errorf("%s", a)
		}
	}
}

// Failures have causes, on each backend the same.
func TestCauses(t *testing.T) {
	shut := netip.MustParseAddrPort("127.0.0.1:1") // one that is free may be somebody's by now
	plain, stop := serveEcho(t, Config{}, Service{})
	defer stop()
	for name, cfg := range map[string]Config{"loop": {Loops: 1}, "portable": {Portable: true}} {
		for _, tt := range []struct {
			name   string
			target Target
			want   Cause
			phase  Phase
		}{
			{"refused", Target{Addr: shut}, Refused, InTCP},
			{"a source that is not ours", Target{Addr: shut, Sources: []netip.Addr{netip.MustParseAddr("192.0.2.1")}}, Ports, InTCP},
			{"a proxy that is none", Target{Authority: plain, Way: stream.Way{Proxy: &url.URL{Scheme: "http", Host: plain}}}, Proxy, InTCP},
			{"no proxy there", Target{Authority: plain, Way: stream.Way{Proxy: &url.URL{Scheme: "http", Host: shut.String()}}}, Proxy, InTCP},
			{"no socket there", Target{Authority: plain, Way: stream.Way{Unix: filepath.Join(t.TempDir(), "s")}}, Other, InTCP},
			{"TLS with a server that has none", Target{Addr: netip.MustParseAddrPort(plain), TLS: &tls.Config{ServerName: "a"}}, Secure, InTLS},
		} {
			t.Run(name+"/"+tt.name, func(t *testing.T) {
				e, err := New(cfg)
				if err != nil {
					t.Fatal(err)
				}
				defer e.Close()
				tt.target.Host = "a"
				d, err := e.Dialer(tt.target)
				if err != nil {
					t.Fatal(err)
				}
				r := newDiary()
				d.Dial(r)
				if end := <-r.done; end.Cause != tt.want || end.Phase != tt.phase || !end.Failed() || end.Err == nil {
					t.Errorf("ended as %v in phase %v (%v)", end, end.Phase, end.Cause)
				}
			})
		}
	}
}

// Every connection is told of its end, however the engine is closed.
func TestEngineCloses(t *testing.T) {
	for name, cfg := range map[string]Config{"loop": {}, "portable": {Portable: true}} {
		t.Run(name, func(t *testing.T) {
			addr, _ := serveEcho(t, Config{}, Service{})
			e, err := New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			target, err := Locate(t.Context(), "ws://"+addr)
			if err != nil {
				t.Fatal(err)
			}
			d, err := e.Dialer(target)
			if err != nil {
				t.Fatal(err)
			}
			r := &diary{done: make(chan Closing, 1000)}
			opened := make(chan struct{}, 1)
			c := d.Dial(&diary{done: r.done, do: func(*Conn) { opened <- struct{}{} }})
			<-opened
			if c.LocalAddr() == nil {
				t.Error("has no address while it is open")
			}
			for range 200 {
				d.Dial(r)
			}
			if err := e.Close(); err != nil {
				t.Error(err)
			}
			if n := len(r.done); n != 201 {
				t.Errorf("%d of 201 have been told when the engine is closed", n)
			}
			for range 201 {
				if end := <-r.done; end.Cause != Aborted || end.Failed() {
					t.Fatalf("ended as %v", end)
				}
			}
			if c.LocalAddr() != nil {
				t.Error("has an address after the end")
			}
			d.Dial(r)
			if end := <-r.done; end.Cause != Aborted {
				t.Errorf("dialled when the engine was closed: %v", end)
			}
			c.Abort()
			c.Close(ws.NormalClosure, "")
			if err := c.Ping(nil); err != ErrNotOpen {
				t.Errorf("ping: %v", err)
			}
		})
	}
}

// Send refuses what a peer that does not read leaves waiting, and says so.
func TestBacklog(t *testing.T) {
	for _, b := range backends() {
		t.Run(b.name, func(t *testing.T) {
			full := make(chan struct{})
			_, d := b.start(t, Target{Limits: Limits{MaxQueue: 1 << 20}}, func(p *peer) { p.open(); <-full })
			r := newDiary()
			r.do = func(c *Conn) {
				go func() {
					defer close(full)
					payload := make([]byte, 1<<20)
					var err error
					for i := 0; err == nil && i < 256; i++ {
						err = c.Send(ws.Binary, payload)
					}
					if err != ErrBacklog {
						t.Errorf("256 MiB that nobody reads: %v", err)
					}
					c.Abort()
				}()
			}
			d.Dial(r)
			if end := <-r.done; end.Cause != Aborted {
				t.Errorf("ended as %v", end)
			}
		})
	}
}

// A connection can be given up at any time.
func TestAbortWhileOpening(t *testing.T) {
	for _, b := range backends() {
		t.Run(b.name, func(t *testing.T) {
			asked := make(chan struct{})
			_, d := b.start(t, Target{}, func(p *peer) { p.take(); close(asked); p.next() })
			r := newDiary()
			c := d.Dial(r)
			<-asked
			if a := c.LocalAddr(); a == nil {
				t.Error("no address")
			}
			c.Close(ws.NormalClosure, "")
			if end := <-r.done; end.Cause != Aborted || end.Phase != InUpgrade || len(r.events) != 0 {
				t.Errorf("ended as %v in phase %v", end, end.Phase)
			}
		})
	}
}
