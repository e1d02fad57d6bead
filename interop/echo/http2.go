// SPDX-License-Identifier: Apache-2.0

//lint:file-ignore SA1019 http.Transport refuses requests with the field :protocol, http2.Transport sends them.

package echo

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/gobwas/httphead"
	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsflate"
	"golang.org/x/net/http2"
)

// HTTP2 is WebSocket over HTTP/2 (RFC 8441) with the HTTP/2 of Go: the server of net/http,
// which takes HTTP/1.1 on the same port, and the client of golang.org/x/net/http2; the
// frames on a stream are gobwas'. It is no entry of Libraries, as what it is tested with
// has to speak HTTP/2 in the clear.
func HTTP2() Library { return Library{"http2", serveHTTP2, http2Client{}} }

// errNoExtendedConnect says what the program has to be started with: net/http looks for
// it before anything of ours runs.
var errNoExtendedConnect = errors.New("the HTTP/2 server of Go takes extended CONNECT only if GODEBUG=http2xconnect=1 is set in the environment")

func serveHTTP2(l net.Listener) error {
	if !strings.Contains(os.Getenv("GODEBUG"), "http2xconnect=1") {
		return errNoExtendedConnect
	}
	s := http.Server{Handler: http.HandlerFunc(echoHTTP2), Protocols: new(http.Protocols)}
	s.Protocols.SetHTTP1(true)
	s.Protocols.SetUnencryptedHTTP2(true)
	return s.Serve(l)
}

func echoHTTP2(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodConnect {
		upgradeGobwas(w, r)
		return
	}
	if r.Header.Get(":protocol") != "websocket" {
		http.Error(w, "want :protocol = websocket", http.StatusNotImplemented)
		return
	}
	if r.Header.Get("Sec-WebSocket-Version") != "13" {
		w.Header().Set("Sec-WebSocket-Version", "13")
		http.Error(w, "want Sec-WebSocket-Version: 13", http.StatusUpgradeRequired)
		return
	}
	e := wsflate.Extension{Parameters: wsflate.DefaultParameters}
	accepted, ok := negotiated(&e, r.Header.Values("Sec-WebSocket-Extensions"))
	if !ok {
		http.Error(w, "malformed Sec-WebSocket-Extensions", http.StatusBadRequest)
		return
	}
	if accepted != "" {
		w.Header().Set("Sec-WebSocket-Extensions", accepted)
	}
	out := flushed{w, http.NewResponseController(w)}
	w.WriteHeader(http.StatusOK)
	if out.Flush() == nil {
		newGobwasEcho(out, r.Body, ws.StateServerSide, accepted != "").run()
	}
}

// flushed sends what is written at once: what a handler writes is otherwise kept until
// there is more of it.
type flushed struct {
	io.Writer
	*http.ResponseController
}

func (f flushed) Write(p []byte) (int, error) {
	n, err := f.Writer.Write(p)
	if err != nil {
		return n, err
	}
	return n, f.Flush()
}

type http2Client struct{}

// dial opens a connection of HTTP/2 for one WebSocket connection. Closing out ends our side of
// the stream; done closes the HTTP/2 connection too.
func (http2Client) dial(ctx context.Context, address string) (out io.WriteCloser, in io.Reader, deflate bool, done func(), err error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, nil, false, nil, err
	}
	u.Scheme = "http"
	t := &http2.Transport{
		AllowHTTP: true, DisableCompression: true,
		DialTLSContext: func(ctx context.Context, network, addr string, _ *tls.Config) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, addr)
		},
	}
	ctx, cancel := context.WithCancel(ctx)
	r, w := io.Pipe()
	done = func() {
		w.Close()
		cancel()
		t.CloseIdleConnections()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodConnect, u.String(), r)
	if err != nil {
		done()
		return nil, nil, false, nil, err
	}
	var offer bytes.Buffer
	_, _ = httphead.WriteOptions(&offer, []httphead.Option{wsflate.DefaultParameters.Option()}) // into memory
	req.Header = http.Header{":protocol": {"websocket"}, "Sec-Websocket-Version": {"13"}, "Sec-Websocket-Extensions": {offer.String()}}
	resp, err := t.RoundTrip(req)
	if err != nil {
		done()
		return nil, nil, false, nil, err
	}
	if resp.StatusCode/100 != 2 {
		done()
		return nil, nil, false, nil, fmt.Errorf("status %s", resp.Status)
	}
	answer, ok := httphead.ParseOptions([]byte(resp.Header.Get("Sec-WebSocket-Extensions")), nil)
	deflate = ok && len(answer) == 1 && bytes.Equal(answer[0].Name, wsflate.ExtensionNameBytes)
	switch {
	case !deflate && resp.Header.Get("Sec-WebSocket-Extensions") != "":
		done()
		return nil, nil, false, nil, ws.ErrHandshakeBadExtensions
	case len(resp.Header.Values("Sec-WebSocket-Protocol")) > 0: // none was asked for
		done()
		return nil, nil, false, nil, ws.ErrHandshakeBadSubProtocol
	}
	return w, resp.Body, deflate, done, nil
}

func (c http2Client) Echo(ctx context.Context, url string) error {
	out, in, deflate, done, err := c.dial(ctx, url)
	if err != nil {
		return err
	}
	defer done()
	newGobwasEcho(out, in, ws.StateClientSide, deflate).run()
	return end(ctx, out, in)
}

// end ends our side of the stream and waits for the server to end its own: giving the
// stream up resets it, and what we sent last may be lost with it.
func end(ctx context.Context, out io.Closer, in io.Reader) error {
	out.Close()
	_, _ = io.Copy(io.Discard, in) // how the server ends the stream is not for us to judge
	return ctx.Err()
}

func (c http2Client) Receive(ctx context.Context, url string) ([]byte, error) {
	out, in, deflate, done, err := c.dial(ctx, url)
	if err != nil {
		return nil, err
	}
	defer done()
	e := newGobwasEcho(out, in, ws.StateClientSide, deflate)
	if _, err := e.receive(); err != nil {
		return nil, nil
	}
	return e.message.Bytes(), nil
}
