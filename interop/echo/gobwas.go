// SPDX-License-Identifier: Apache-2.0

package echo

import (
	"bytes"
	"compress/flate"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"unicode/utf8"

	"github.com/gobwas/httphead"
	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsflate"
	"github.com/gobwas/ws/wsutil"
)

func serveGobwas(l net.Listener) error { return http.Serve(l, http.HandlerFunc(upgradeGobwas)) }

func upgradeGobwas(w http.ResponseWriter, r *http.Request) {
	e := wsflate.Extension{Parameters: wsflate.DefaultParameters}
	u := ws.HTTPUpgrader{Negotiate: e.Negotiate}
	conn, rw, _, err := u.Upgrade(r, w)
	if err != nil { // Upgrade has answered the request, and left the connection to us
		if conn != nil {
			conn.Close()
		}
		return
	}
	defer conn.Close()
	_, deflate := e.Accepted()
	newGobwasEcho(conn, rw, ws.StateServerSide, deflate).run()
}

type gobwasClient struct{}

// dial returns the connection and what to read it from: the response may have
// been followed by frames in the same packet.
func (gobwasClient) dial(ctx context.Context, url string) (conn net.Conn, src io.Reader, deflate bool, err error) {
	d := ws.Dialer{Extensions: []httphead.Option{wsflate.DefaultParameters.Option()}}
	conn, br, hs, err := d.Dial(ctx, url)
	if err != nil {
		return nil, nil, false, err
	}
	src = conn
	if br != nil {
		src = br
	}
	deflate = slices.ContainsFunc(hs.Extensions, func(o httphead.Option) bool {
		return bytes.Equal(o.Name, wsflate.ExtensionNameBytes)
	})
	return conn, src, deflate, nil
}

func (g gobwasClient) Echo(ctx context.Context, url string) error {
	conn, src, deflate, err := g.dial(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	newGobwasEcho(conn, src, ws.StateClientSide, deflate).run()
	return nil
}

func (g gobwasClient) Receive(ctx context.Context, url string) ([]byte, error) {
	conn, src, deflate, err := g.dial(ctx, url)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	e := newGobwasEcho(conn, src, ws.StateClientSide, deflate)
	if _, err := e.receive(); err != nil {
		return nil, nil
	}
	return e.message.Bytes(), nil
}

// errGobwasTooBig is a message longer than MaxMessage.
var errGobwasTooBig = errors.New("message too big")

// gobwasEcho puts together the parts of a connection, which the library leaves
// to its users. A message that came compressed goes back compressed.
type gobwasEcho struct {
	conn     io.Writer
	client   bool
	deflate  bool
	state    wsflate.MessageState // of the last message in either direction
	control  wsutil.FrameHandlerFunc
	reader   wsutil.Reader
	writer   *wsutil.Writer
	inflater *wsflate.Reader
	deflater *wsflate.Writer
	message  bytes.Buffer
}

func newGobwasEcho(conn io.Writer, src io.Reader, side ws.State, deflate bool) *gobwasEcho {
	e := &gobwasEcho{
		conn:    conn,
		client:  side.ClientSide(),
		deflate: deflate,
		control: wsutil.ControlFrameHandler(conn, side),
	}
	e.reader = wsutil.Reader{
		Source: src,
		State:  side,
		// Of compressed messages the reader sees the compressed form: receive
		// checks them afterwards.
		CheckUTF8:      !deflate,
		OnIntermediate: e.control,
	}
	if deflate {
		side |= ws.StateExtended
		e.reader.State = side
		e.reader.Extensions = []wsutil.RecvExtension{&e.state}
	}
	// The buffer size decides where long messages are fragmented.
	e.writer = wsutil.NewWriterSize(conn, side, 0, 65536)
	if deflate {
		e.writer.SetExtensions(&e.state)
	}
	e.inflater = wsflate.NewReader(nil, func(r io.Reader) wsflate.Decompressor {
		return flate.NewReader(r)
	})
	e.deflater = wsflate.NewWriter(nil, func(w io.Writer) wsflate.Compressor {
		f, _ := flate.NewWriter(w, 6) // fails for levels out of range only
		return f
	})
	return e
}

// run echoes until the connection is broken, and says why where the RFC wants that.
func (e *gobwasEcho) run() {
	for {
		op, err := e.receive()
		if err != nil {
			e.fail(err)
			return
		}
		if e.send(op) != nil {
			return
		}
	}
}

// receive leaves the next message in e.message; control frames before and
// inside of it are answered on the way.
func (e *gobwasEcho) receive() (ws.OpCode, error) {
	for {
		h, err := e.reader.NextFrame()
		if err != nil {
			return 0, err
		}
		if !h.OpCode.IsControl() {
			return h.OpCode, e.readMessage(h.OpCode)
		}
		if err := e.control(h, &e.reader); err != nil {
			// The handler has sent the Close frame that belongs to its error.
			return 0, net.ErrClosed
		}
	}
}

func (e *gobwasEcho) readMessage(op ws.OpCode) error {
	var src io.Reader = &e.reader
	if e.compressed() {
		e.inflater.Reset(src)
		src = e.inflater
	}
	e.message.Reset()
	if _, err := e.message.ReadFrom(io.LimitReader(src, MaxMessage+1)); err != nil {
		return err
	}
	if e.message.Len() > MaxMessage {
		return errGobwasTooBig
	}
	if op == ws.OpText && e.deflate && !utf8.Valid(e.message.Bytes()) {
		return wsutil.ErrInvalidUTF8
	}
	return nil
}

func (e *gobwasEcho) send(op ws.OpCode) error {
	e.writer.ResetOp(op)
	if !e.compressed() {
		if _, err := e.writer.Write(e.message.Bytes()); err != nil {
			return err
		}
		return e.writer.Flush()
	}
	e.deflater.Reset(e.writer)
	if _, err := e.deflater.Write(e.message.Bytes()); err != nil {
		return err
	}
	if err := e.deflater.Close(); err != nil {
		return err
	}
	return e.writer.Flush()
}

func (e *gobwasEcho) compressed() bool {
	return e.deflate && e.state.IsCompressed()
}

// fail sends the Close frame for err; ends of the stream have none.
func (e *gobwasEcho) fail(err error) {
	var code ws.StatusCode
	var violation ws.ProtocolError
	switch {
	case errors.As(err, &violation):
		code = ws.StatusProtocolError
	case errors.Is(err, wsutil.ErrInvalidUTF8):
		code = ws.StatusInvalidFramePayloadData
	case errors.Is(err, errGobwasTooBig):
		code = ws.StatusMessageTooBig
	default:
		return
	}
	f := ws.NewCloseFrame(ws.NewCloseFrameBody(code, ""))
	if e.client {
		f = ws.MaskFrame(f)
	}
	ws.WriteFrame(e.conn, f)
}
