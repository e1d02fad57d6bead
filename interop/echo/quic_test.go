// SPDX-License-Identifier: Apache-2.0

package echo

import (
	"net"
	"testing"

	"github.com/gobwas/ws/wsutil"
)

// Server and client speak with each other.
func TestQUIC(t *testing.T) {
	p, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error)
	go func() { served <- ServeQUIC(p) }()
	conn, s, deflate, err := QUICClient{}.open(t.Context(), "wss://"+p.LocalAddr().String()+"/")
	if err != nil {
		t.Fatal(err)
	}
	if !deflate {
		t.Error("permessage-deflate was not agreed on")
	}
	if err := wsutil.WriteClientText(s, []byte("Hello")); err != nil {
		t.Fatal(err)
	}
	if b, err := wsutil.ReadServerText(quicStream{s}); string(b) != "Hello" || err != nil {
		t.Errorf("%q, %v", b, err)
	}
	leave(conn, s)
	<-conn.Context().Done()
	_ = p.Close()
	if err := <-served; err == nil {
		t.Error("the server ended without an error")
	}
}
