// SPDX-License-Identifier: Apache-2.0

package h3_test

import (
	"io"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"

	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/stream/h3"
	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/ws"
)

// A second opinion: quic-go's own HTTP/3 server takes our extended CONNECT, and a GET beside
// it.
func TestAgainstServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := memnet.Packets()
		srv := &http3.Server{TLSConfig: http3.ConfigureTLSConfig(memnet.ServerTLS()), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodConnect || r.Proto != "websocket" {
				_, _ = io.WriteString(w, r.Method+" "+r.URL.Path)
				return
			}
			if r.URL.Path != "/chat" || r.Host != "memory" || r.Header.Get("Sec-Websocket-Version") != "13" {
				w.WriteHeader(http.StatusBadRequest)
				return
			}
			w.WriteHeader(http.StatusOK)
			s, err := w.(http3.HTTPStreamer).HTTPStream()
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := io.Copy(s, s); err != nil {
				t.Error(err)
			}
			_ = s.Close()
		})}
		served := make(chan error)
		go func() { served <- srv.Serve(b) }()
		d := &h3.Dialer{TLS: memnet.ClientTLS(), Packets: a}
		s, err := d.DialStream(t.Context(), "127.0.0.1:2")
		if err != nil {
			t.Fatal(err)
		}
		if err := s.WriteHead(asks()); err != nil {
			t.Fatal(err)
		}
		if answer, err := s.ReadHead(); err != nil || answer.Get(":status") != "200" {
			t.Fatalf("answer %v, %v", answer, err)
		}
		_ = s.SendFrame(h3.FrameType(h3.Reserved(1)), []byte("grease"))
		sent := make([]byte, 1<<20)
		go func() {
			_, _ = s.Write(sent)
			_ = s.CloseWrite()
		}()
		if got, err := io.ReadAll(s); len(got) != len(sent) || err != nil {
			t.Errorf("%d octets came back, %v", len(got), err)
		}

		other, err := s.Conn().Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		get := ws.Fields{{Name: ":method", Value: "GET"}, {Name: ":scheme", Value: "https"}, {Name: ":path", Value: "/page"}, {Name: ":authority", Value: "memory"}}
		_ = other.WriteHead(get)
		_ = other.CloseWrite()
		if answer, err := other.ReadHead(); err != nil || answer.Get(":status") != "200" {
			t.Errorf("GET: %v, %v", answer, err)
		}
		if b, err := io.ReadAll(other); string(b) != "GET /page" || err != nil {
			t.Errorf("GET: %q, %v", b, err)
		}
		_, _ = other.Close(), s.Close()
		_ = d.Close()
		_ = srv.Close()
		<-served
		_, _ = a.Close(), b.Close()
	})
}

// And its client asks our server.
func TestAgainstClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := memnet.Packets()
		l, err := h3.ListenOn(b, memnet.ServerTLS(), h3.Config{})
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				s := conn.(*h3.Stream)
				fields, err := s.ReadHead()
				if err != nil {
					t.Error(err)
					continue
				}
				_ = s.WriteHead(ws.Fields{{Name: ":status", Value: "200"}, {Name: "x-protocol", Value: fields.Get(":protocol")}})
				if _, err := io.Copy(s, s); err != nil {
					t.Error(err)
				}
				_ = s.Close()
			}
		}()
		tr := &quic.Transport{Conn: a}
		config := memnet.ClientTLS()
		config.NextProtos = []string{"h3"}
		q, err := tr.Dial(t.Context(), b.LocalAddr(), config, nil)
		if err != nil {
			t.Fatal(err)
		}
		hc := (&http3.Transport{}).NewClientConn(q)
		<-hc.ReceivedSettings()
		if !hc.Settings().EnableExtendedConnect {
			t.Error("extended CONNECT is not allowed")
		}
		s, err := hc.OpenRequestStream(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodConnect, "https://memory/chat", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Proto = "websocket"
		if err := s.SendRequestHeader(r); err != nil {
			t.Fatal(err)
		}
		resp, err := s.ReadResponse()
		if err != nil || resp.StatusCode != 200 || resp.Header.Get("X-Protocol") != "websocket" {
			t.Fatalf("%v, %v", resp, err)
		}
		if _, err := s.Write([]byte("Hello")); err != nil {
			t.Fatal(err)
		}
		_ = s.Close()
		if got, err := io.ReadAll(s); string(got) != "Hello" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
		_ = q.CloseWithError(0x100, "")
		_, _ = l.Close(), tr.Close()
		_, _ = a.Close(), b.Close()
	})
}

var _ peer.Tunnel = (*h3.Stream)(nil)
