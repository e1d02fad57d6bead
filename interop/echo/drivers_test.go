// SPDX-License-Identifier: Apache-2.0

package echo_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	coder "github.com/coder/websocket"
	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	gorilla "github.com/gorilla/websocket"
	"github.com/lxzan/gws"
)

// Opcodes of data messages.
const (
	text   = 1
	binary = 2
)

type message struct {
	opcode  int
	payload string
}

func (m message) String() string {
	return fmt.Sprintf("opcode %d, %d octets, %.20q", m.opcode, len(m.payload), m.payload)
}

// A driver opens connections with one library, and leaves to the test what to
// say on them. The calls of a test are exchanges first, then ping, then close.
type driver struct {
	name string
	dial func(ctx context.Context, url string) (conn, error)
}

type conn interface {
	exchange(message) (message, error)
	ping(payload string) error
	close(code int) (int, error) // returns the code that came back, or errDeaf
	drop()
}

func drivers() []driver {
	return []driver{
		{"gorilla", dialGorilla},
		{"coder", dialCoder},
		{"gobwas", dialGobwas},
		{"gws", dialGWS},
	}
}

var (
	errPong = errors.New("no pong with that payload")
	errDeaf = errors.New("library does not wait for the answer to its Close")
)

type gorillaConn struct{ *gorilla.Conn }

func dialGorilla(ctx context.Context, url string) (conn, error) {
	d := gorilla.Dialer{EnableCompression: true}
	c, _, err := d.DialContext(ctx, url, nil)
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { c.Close() })
	return gorillaConn{c}, nil
}

func (c gorillaConn) exchange(m message) (message, error) {
	if err := c.WriteMessage(m.opcode, []byte(m.payload)); err != nil {
		return message{}, err
	}
	opcode, payload, err := c.ReadMessage()
	return message{opcode, string(payload)}, err
}

// ping has a message follow the ping: pongs are seen while reading one.
func (c gorillaConn) ping(payload string) error {
	err := errPong
	c.SetPongHandler(func(p string) error {
		if p == payload {
			err = nil
		}
		return nil
	})
	c.WriteControl(gorilla.PingMessage, []byte(payload), time.Time{})
	if _, err := c.exchange(message{text, "behind the ping"}); err != nil {
		return err
	}
	return err
}

func (c gorillaConn) close(code int) (int, error) {
	c.WriteControl(gorilla.CloseMessage, gorilla.FormatCloseMessage(code, ""), time.Time{})
	_, _, err := c.ReadMessage()
	if code := closeCode(err); code != gorilla.CloseAbnormalClosure {
		return code, nil
	}
	return 0, err
}

func (c gorillaConn) drop() { c.Close() }

// closeCode is the code of the Close frame that err stands for; the library
// itself makes 1006 of a connection that ended without one.
func closeCode(err error) int {
	var e *gorilla.CloseError
	if errors.As(err, &e) {
		return e.Code
	}
	return gorilla.CloseAbnormalClosure
}

type coderConn struct {
	*coder.Conn
	ctx context.Context
}

func dialCoder(ctx context.Context, url string) (conn, error) {
	c, _, err := coder.Dial(ctx, url, &coder.DialOptions{CompressionMode: coder.CompressionContextTakeover})
	if err != nil {
		return nil, err
	}
	c.SetReadLimit(-1)
	return coderConn{c, ctx}, nil
}

func (c coderConn) exchange(m message) (message, error) {
	if err := c.Write(c.ctx, coder.MessageType(m.opcode), []byte(m.payload)); err != nil {
		return message{}, err
	}
	opcode, payload, err := c.Read(c.ctx)
	return message{int(opcode), string(payload)}, err
}

// ping lets the library choose the payload, and compare it. Pongs are seen
// while reading a message.
func (c coderConn) ping(string) error {
	pong := make(chan error, 1)
	go func() { pong <- c.Ping(c.ctx) }()
	for {
		if _, err := c.exchange(message{text, "near the ping"}); err != nil {
			return err
		}
		select {
		case err := <-pong:
			return err
		default:
		}
	}
}

func (c coderConn) close(code int) (int, error) {
	return code, c.Close(coder.StatusCode(code), "") // fails for another code
}

func (c coderConn) drop() { c.CloseNow() }

type gobwasConn struct {
	net.Conn
	io.Reader
}

func dialGobwas(ctx context.Context, url string) (conn, error) {
	c, br, _, err := ws.Dial(ctx, url)
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { c.Close() })
	if br != nil {
		return gobwasConn{c, br}, nil
	}
	return gobwasConn{c, c}, nil
}

func (c gobwasConn) Read(p []byte) (int, error) { return c.Reader.Read(p) }

func (c gobwasConn) exchange(m message) (message, error) {
	if err := wsutil.WriteClientMessage(c, ws.OpCode(m.opcode), []byte(m.payload)); err != nil {
		return message{}, err
	}
	payload, opcode, err := wsutil.ReadServerData(c)
	return message{int(opcode), string(payload)}, err
}

func (c gobwasConn) ping(payload string) error {
	if err := wsutil.WriteClientMessage(c, ws.OpPing, []byte(payload)); err != nil {
		return err
	}
	f, err := ws.ReadFrame(c)
	if err == nil && (f.Header.OpCode != ws.OpPong || string(f.Payload) != payload) {
		err = errPong
	}
	return err
}

func (c gobwasConn) close(code int) (int, error) {
	body := ws.NewCloseFrameBody(ws.StatusCode(code), "")
	if err := wsutil.WriteClientMessage(c, ws.OpClose, body); err != nil {
		return 0, err
	}
	f, err := ws.ReadFrame(c)
	if err != nil {
		return 0, err
	}
	got, _ := ws.ParseCloseFrameData(f.Payload)
	return int(got), nil
}

func (c gobwasConn) drop() { c.Close() }

// gwsConn turns the callbacks of the library into channels.
type gwsConn struct {
	gws.BuiltinEventHandler
	*gws.Conn
	messages chan message
	pongs    chan string
	ended    chan error
}

func dialGWS(ctx context.Context, url string) (conn, error) {
	h := &gwsConn{messages: make(chan message, 1), pongs: make(chan string, 1), ended: make(chan error, 1)}
	c, _, err := gws.NewClient(h, &gws.ClientOption{
		Addr: url,
		PermessageDeflate: gws.PermessageDeflate{
			Enabled: true, ServerContextTakeover: true, ClientContextTakeover: true,
		},
	})
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { c.NetConn().Close() })
	h.Conn = c
	go c.ReadLoop()
	return h, nil
}

func (c *gwsConn) OnMessage(_ *gws.Conn, m *gws.Message) {
	defer m.Close()
	c.messages <- message{int(m.Opcode), string(m.Bytes())}
}

func (c *gwsConn) OnPong(_ *gws.Conn, payload []byte) { c.pongs <- string(payload) }

func (c *gwsConn) OnClose(_ *gws.Conn, err error) { c.ended <- err }

func (c *gwsConn) exchange(m message) (message, error) {
	if err := c.WriteMessage(gws.Opcode(m.opcode), []byte(m.payload)); err != nil {
		return message{}, err
	}
	select {
	case got := <-c.messages:
		return got, nil
	case err := <-c.ended:
		return message{}, err
	}
}

func (c *gwsConn) ping(payload string) error {
	if err := c.WritePing([]byte(payload)); err != nil {
		return err
	}
	select {
	case got := <-c.pongs:
		if got != payload {
			return errPong
		}
		return nil
	case err := <-c.ended:
		return err
	}
}

func (c *gwsConn) close(code int) (int, error) {
	if err := c.WriteClose(uint16(code), nil); err != nil {
		return 0, err
	}
	<-c.ended
	return 0, errDeaf
}

func (c *gwsConn) drop() { c.NetConn().Close() }
