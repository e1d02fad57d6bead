// SPDX-License-Identifier: Apache-2.0

package echo

import (
	"context"
	"net"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"
)

func serveGorilla(l net.Listener) error {
	// The buffer sizes decide where long compressed messages are fragmented.
	upgrader := websocket.Upgrader{
		ReadBufferSize:    4096,
		WriteBufferSize:   4096,
		EnableCompression: true,
		CheckOrigin:       func(*http.Request) bool { return true },
	}
	return http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return // Upgrade has answered the request
		}
		echoGorilla(c)
	}))
}

type gorillaClient struct{}

func (gorillaClient) dial(ctx context.Context, url string) (*websocket.Conn, error) {
	d := websocket.Dialer{EnableCompression: true, HandshakeTimeout: 10 * time.Second}
	c, _, err := d.DialContext(ctx, url, nil)
	return c, err
}

func (g gorillaClient) Echo(ctx context.Context, url string) error {
	c, err := g.dial(ctx, url)
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { c.Close() })()
	echoGorilla(c)
	return nil
}

func (g gorillaClient) Receive(ctx context.Context, url string) ([]byte, error) {
	c, err := g.dial(ctx, url)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	c.SetReadLimit(MaxMessage)
	_, data, err := c.ReadMessage()
	if err != nil {
		return nil, nil
	}
	return data, nil
}

// echoGorilla checks UTF-8 itself: the library leaves that to its users.
func echoGorilla(c *websocket.Conn) {
	defer c.Close()
	c.SetReadLimit(MaxMessage)
	for {
		kind, data, err := c.ReadMessage()
		if err != nil {
			return
		}
		if kind == websocket.TextMessage && !utf8.Valid(data) {
			body := websocket.FormatCloseMessage(websocket.CloseInvalidFramePayloadData, "")
			c.WriteControl(websocket.CloseMessage, body, time.Time{})
			return
		}
		if c.WriteMessage(kind, data) != nil {
			return
		}
	}
}
