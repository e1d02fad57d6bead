// SPDX-License-Identifier: Apache-2.0

package echo

import (
	"context"
	"net"
	"net/http"
	"unicode/utf8"

	"github.com/coder/websocket"
)

func serveCoder(l net.Listener) error {
	options := &websocket.AcceptOptions{
		InsecureSkipVerify:   true, // any Origin
		CompressionMode:      websocket.CompressionContextTakeover,
		CompressionThreshold: 1,
	}
	return http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, options)
		if err != nil {
			return // Accept has answered the request
		}
		// Not r.Context(): it may end while the hijacked connection lives.
		echoCoder(context.Background(), c)
	}))
}

type coderClient struct{}

func (coderClient) dial(ctx context.Context, url string) (*websocket.Conn, error) {
	c, _, err := websocket.Dial(ctx, url, &websocket.DialOptions{
		CompressionMode:      websocket.CompressionContextTakeover,
		CompressionThreshold: 1,
	})
	return c, err
}

func (cl coderClient) Echo(ctx context.Context, url string) error {
	c, err := cl.dial(ctx, url)
	if err != nil {
		return err
	}
	echoCoder(ctx, c)
	return nil
}

func (cl coderClient) Receive(ctx context.Context, url string) ([]byte, error) {
	c, err := cl.dial(ctx, url)
	if err != nil {
		return nil, err
	}
	defer c.Close(websocket.StatusNormalClosure, "")
	c.SetReadLimit(MaxMessage)
	_, data, err := c.Read(ctx)
	if err != nil {
		return nil, nil
	}
	return data, nil
}

// echoCoder checks UTF-8 itself: the library leaves that to its users.
func echoCoder(ctx context.Context, c *websocket.Conn) {
	defer c.CloseNow()
	c.SetReadLimit(MaxMessage)
	for {
		kind, data, err := c.Read(ctx)
		if err != nil {
			return
		}
		if kind == websocket.MessageText && !utf8.Valid(data) {
			c.Close(websocket.StatusInvalidFramePayloadData, "")
			return
		}
		if c.Write(ctx, kind, data) != nil {
			return
		}
	}
}
