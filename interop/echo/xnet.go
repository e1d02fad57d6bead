// SPDX-License-Identifier: Apache-2.0

package echo

import (
	"net"
	"net/http"

	"golang.org/x/net/websocket"
)

// serveXNet is on golang.org/x/net/websocket, which hands out frames instead of
// messages and is known not to comply: it shows what a poor server looks like.
func serveXNet(l net.Listener) error {
	// A Server without Handshake takes any Origin; a bare Handler would not.
	return http.Serve(l, websocket.Server{Handler: echoXNet})
}

// xnetFrame is a payload and its opcode, which the codecs of the library lose.
type xnetFrame struct {
	payload []byte
	opcode  byte
}

func echoXNet(c *websocket.Conn) {
	codec := websocket.Codec{
		Marshal: func(v any) ([]byte, byte, error) {
			f := v.(*xnetFrame)
			return f.payload, f.opcode, nil
		},
		Unmarshal: func(payload []byte, opcode byte, v any) error {
			*v.(*xnetFrame) = xnetFrame{payload, opcode}
			return nil
		},
	}
	c.MaxPayloadBytes = MaxMessage
	for {
		var f xnetFrame
		if codec.Receive(c, &f) != nil || codec.Send(c, &f) != nil {
			return
		}
	}
}
