// SPDX-License-Identifier: Apache-2.0

package echo

import (
	"context"
	"net"
	"runtime"

	"github.com/lxzan/gws"
)

func gwsDeflate() gws.PermessageDeflate {
	return gws.PermessageDeflate{
		Enabled:               true,
		ServerContextTakeover: true,
		ClientContextTakeover: true,
		Threshold:             1,
	}
}

func serveGWS(l net.Listener) error {
	server := gws.NewServer(gwsEcho{}, &gws.ServerOption{
		PermessageDeflate:   gwsDeflate(),
		CheckUtf8Enabled:    true,
		ReadMaxPayloadSize:  MaxMessage,
		WriteMaxPayloadSize: MaxMessage,
		Recovery:            gws.Recovery,
	})
	// RunListener never returns: it goes on accepting from a closed listener
	// in a busy loop. Leaving its goroutine from inside is the only way out.
	ended := make(chan error, 1)
	server.OnError = func(conn net.Conn, err error) {
		if conn == nil { // from Accept
			ended <- err
			runtime.Goexit()
		}
	}
	go server.RunListener(l)
	return <-ended
}

// gwsEcho answers from within the callback, so that what was received before a
// broken frame is echoed before the connection fails.
type gwsEcho struct{ gws.BuiltinEventHandler }

func (gwsEcho) OnPing(c *gws.Conn, payload []byte) { c.WritePong(payload) }

func (gwsEcho) OnMessage(c *gws.Conn, m *gws.Message) {
	defer m.Close()
	c.WriteMessage(m.Opcode, m.Bytes())
}

// gwsReceive keeps the first message and starts the closing handshake.
type gwsReceive struct {
	gws.BuiltinEventHandler
	first []byte
}

func (h *gwsReceive) OnMessage(c *gws.Conn, m *gws.Message) {
	defer m.Close()
	if h.first == nil {
		h.first = append([]byte{}, m.Bytes()...)
		c.WriteClose(1000, nil)
	}
}

type gwsClient struct{}

func (gwsClient) run(ctx context.Context, url string, handler gws.Event) error {
	c, _, err := gws.NewClient(handler, &gws.ClientOption{
		Addr:                url,
		PermessageDeflate:   gwsDeflate(),
		CheckUtf8Enabled:    true,
		ReadMaxPayloadSize:  MaxMessage,
		WriteMaxPayloadSize: MaxMessage,
	})
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { c.NetConn().Close() })()
	c.ReadLoop()
	return nil
}

func (g gwsClient) Echo(ctx context.Context, url string) error {
	return g.run(ctx, url, gwsEcho{})
}

func (g gwsClient) Receive(ctx context.Context, url string) ([]byte, error) {
	var h gwsReceive
	err := g.run(ctx, url, &h)
	return h.first, err
}
