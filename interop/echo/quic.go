// SPDX-License-Identifier: Apache-2.0

package echo

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/gobwas/httphead"
	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsflate"
	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
)

// QUIC is what people call quic-go's HTTP/3 with gobwas' frames on it: no library of WebSocket does
// HTTP/3 by itself (RFC 9220).
const QUIC = "quic-go"

// ServeQUIC echoes WebSocket over HTTP/3 with a certificate of its own until the socket is
// closed.
func ServeQUIC(packets net.PacketConn) error {
	config, err := selfSigned()
	if err != nil {
		return err
	}
	s := http3.Server{TLSConfig: http3.ConfigureTLSConfig(config), Handler: http.HandlerFunc(echoOverQUIC)}
	return s.Serve(packets)
}

func selfSigned() (*tls.Config, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(10 * 24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, nil
}

// echoOverQUIC answers an extended CONNECT (RFC 8441, 5) and echoes on its stream.
func echoOverQUIC(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method != http.MethodConnect:
		fmt.Fprintln(w, "an echo server for WebSocket over HTTP/3")
		return
	case r.Proto != "websocket":
		w.WriteHeader(http.StatusNotImplemented)
		return
	case r.Header.Get("Sec-Websocket-Version") != "13":
		w.Header().Set("Sec-Websocket-Version", "13")
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	e := wsflate.Extension{Parameters: wsflate.DefaultParameters}
	answer, ok := negotiated(&e, r.Header.Values("Sec-Websocket-Extensions"))
	if !ok {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if answer != "" {
		w.Header().Set("Sec-Websocket-Extensions", answer)
	}
	w.WriteHeader(http.StatusOK)
	s, err := w.(http3.HTTPStreamer).HTTPStream()
	if err != nil {
		return
	}
	_, deflate := e.Accepted()
	newGobwasEcho(quicStream{s}, s, ws.StateServerSide, deflate).run()
	s.Close()
	s.CancelRead(quic.StreamErrorCode(http3.ErrCodeNoError)) // or a client that still sends waits for ever
}

// negotiated has gobwas answer the offers and returns the field for the answer.
func negotiated(e *wsflate.Extension, fields []string) (answer string, ok bool) {
	offers, ok := httphead.ParseOptions([]byte(strings.Join(fields, ",")), nil)
	if len(fields) == 0 {
		return "", true
	}
	if !ok {
		return "", false
	}
	var accepted []httphead.Option
	for _, o := range offers {
		a, err := e.Negotiate(o)
		if err != nil {
			return "", false
		}
		if a.Size() > 0 {
			accepted = append(accepted, a)
		}
	}
	var b bytes.Buffer
	_, _ = httphead.WriteOptions(&b, accepted)
	return b.String(), true
}

// stream is what the two kinds of streams of HTTP/3 have in common.
type stream interface {
	Read(p []byte) (int, error)
	Write(p []byte) (int, error)
	Close() error
	SetDeadline(t time.Time) error
	SetReadDeadline(t time.Time) error
	SetWriteDeadline(t time.Time) error
}

// quicStream makes a net.Conn of a stream.
type quicStream struct{ stream }

func (quicStream) LocalAddr() net.Addr  { return &net.UDPAddr{} }
func (quicStream) RemoteAddr() net.Addr { return &net.UDPAddr{} }

// QUICClient is the client. It takes any certificate.
type QUICClient struct{}

// open connects, and asks for a WebSocket once the server's SETTINGS allow that.
func (QUICClient) open(ctx context.Context, url string) (conn *quic.Conn, s *http3.RequestStream, deflate bool, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodConnect, strings.Replace(url, "wss:", "https:", 1), nil)
	if err != nil {
		return nil, nil, false, err
	}
	r.Proto = "websocket"
	r.Header.Set("Sec-Websocket-Version", "13")
	var offer bytes.Buffer
	_, _ = httphead.WriteOptions(&offer, []httphead.Option{wsflate.DefaultParameters.Option()})
	r.Header.Set("Sec-Websocket-Extensions", offer.String())
	conn, err = quic.DialAddr(ctx, r.URL.Host, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{http3.NextProtoH3}}, nil)
	if err != nil {
		return nil, nil, false, err
	}
	s, deflate, err = ask(ctx, conn, r)
	if err != nil {
		_ = conn.CloseWithError(quic.ApplicationErrorCode(http3.ErrCodeNoError), "")
		return nil, nil, false, err
	}
	return conn, s, deflate, nil
}

func ask(ctx context.Context, conn *quic.Conn, r *http.Request) (s *http3.RequestStream, deflate bool, err error) {
	c := new(http3.Transport).NewClientConn(conn)
	select {
	case <-c.ReceivedSettings():
	case <-conn.Context().Done():
		return nil, false, context.Cause(conn.Context())
	case <-ctx.Done():
		return nil, false, ctx.Err()
	}
	if !c.Settings().EnableExtendedConnect {
		return nil, false, fmt.Errorf("%s does not allow extended CONNECT", r.URL.Host)
	}
	if s, err = c.OpenRequestStream(ctx); err != nil {
		return nil, false, err
	}
	if err := s.SendRequestHeader(r); err != nil {
		return nil, false, err
	}
	resp, err := s.ReadResponse()
	if err != nil {
		return nil, false, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, false, fmt.Errorf("status %d", resp.StatusCode)
	}
	answers, ok := httphead.ParseOptions([]byte(strings.Join(resp.Header.Values("Sec-Websocket-Extensions"), ",")), nil)
	for _, o := range answers {
		if !ok || !bytes.Equal(o.Name, wsflate.ExtensionNameBytes) || deflate {
			return nil, false, fmt.Errorf("extensions that were not offered: %q", resp.Header.Values("Sec-Websocket-Extensions"))
		}
		deflate = true
	}
	return s, deflate, nil
}

// leave ends the stream, and its connection once the server has ended the stream, too: what a
// server has not read yet is lost to it when the connection ends.
func leave(conn *quic.Conn, s *http3.RequestStream) {
	const patience, underWay = time.Second, 50 * time.Millisecond // what has been written may still be here
	s.Close()
	_ = s.SetReadDeadline(time.Now().Add(patience))
	_, _ = io.Copy(io.Discard, s)
	s.CancelRead(quic.StreamErrorCode(http3.ErrCodeNoError))
	time.AfterFunc(underWay, func() { _ = conn.CloseWithError(quic.ApplicationErrorCode(http3.ErrCodeNoError), "") })
}

// Echo is that of Client.
func (q QUICClient) Echo(ctx context.Context, url string) error {
	conn, s, deflate, err := q.open(ctx, url)
	if err != nil {
		return err
	}
	defer leave(conn, s)
	defer context.AfterFunc(ctx, func() { s.CancelRead(quic.StreamErrorCode(http3.ErrCodeRequestCanceled)) })()
	newGobwasEcho(quicStream{s}, s, ws.StateClientSide, deflate).run()
	return nil
}

// Receive is that of Client.
func (q QUICClient) Receive(ctx context.Context, url string) ([]byte, error) {
	conn, s, deflate, err := q.open(ctx, url)
	if err != nil {
		return nil, err
	}
	defer leave(conn, s)
	e := newGobwasEcho(quicStream{s}, s, ws.StateClientSide, deflate)
	if _, err := e.receive(); err != nil {
		return nil, nil
	}
	return e.message.Bytes(), nil
}
