// SPDX-License-Identifier: Apache-2.0

package stream

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/wsspec/wsspec/internal/visible"
)

// ParseProxy reads the URL of a proxy: http://host:port, or http://user:password@host:port.
// The error says nothing of the password.
func ParseProxy(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case !strings.Contains(raw, "://"):
		return nil, errors.New("want http://host:port")
	case err != nil:
		return nil, fmt.Errorf("%w: want http://host:port", errors.Unwrap(err)) // without the URL
	case u.Scheme != "http":
		return nil, fmt.Errorf("the scheme is %q: only HTTP proxies are spoken to, http://host:port", u.Scheme)
	case u.Hostname() == "":
		return nil, errors.New("there is no host: want http://host:port")
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("there is something behind the port: want http://host:port")
	case u.Port() != "":
		if err := checkPort(u.Port()); err != nil {
			return nil, err
		}
	}
	return u, nil
}

// ProxyError says that a proxy has not connected us to the server. What the proxy has
// sent is made visible and bounded.
type ProxyError struct {
	Proxy    string // its URL, without credentials
	To       string // host:port that was asked for
	LoggedIn bool   // credentials were sent
	Status   int    // of its answer, 0 where there was none
	Reason   string
	Err      error // where there was none; ErrNotHTTP, or that of the network
}

// ErrNotHTTP says that what came is no answer in HTTP.
var ErrNotHTTP = errors.New("the answer is no HTTP")

func (e *ProxyError) Error() string {
	if e.Status == 0 {
		return fmt.Sprintf("proxy %s: %v", e.Proxy, e.Err)
	}
	return fmt.Sprintf("proxy %s: it refuses CONNECT %s: %s", e.Proxy, e.To, strings.TrimSpace(fmt.Sprintf("HTTP status %d %s", e.Status, e.Reason)))
}

// Unwrap is the error of the network, if it was one.
func (e *ProxyError) Unwrap() error { return e.Err }

// Permanent reports whether asking again is of no use. A gateway may reach in a moment
// what it does not reach now.
func (e *ProxyError) Permanent() bool {
	return errors.Is(e.Err, ErrNotHTTP) || e.Status != 0 && e.Status < 500
}

// proxyAddress is the host:port of a proxy.
func proxyAddress(proxy *url.URL) string {
	if proxy.Port() == "" {
		return net.JoinHostPort(proxy.Hostname(), "80")
	}
	return proxy.Host
}

// tunnelled connects to addr through a proxy (RFC 9110, 9.3.6).
func tunnelled(ctx context.Context, proxy *url.URL, addr string) (net.Conn, error) {
	failed := &ProxyError{Proxy: "http://" + proxy.Host, To: addr, LoggedIn: proxy.User != nil}
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", proxyAddress(proxy))
	if err != nil {
		failed.Err = err
		return nil, failed
	}
	over := context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) })
	resp, err := connect(c, proxy, addr)
	if !over() && err == nil {
		err = context.Cause(ctx)
	}
	switch {
	case err != nil && ctx.Err() != nil:
		failed.Err = fmt.Errorf("no answer to CONNECT %s: %w", addr, context.Cause(ctx))
		if late := context.Cause(ctx); late == context.DeadlineExceeded {
			failed.Err = &WordedError{fmt.Sprintf("no answer to CONNECT %s in time", addr), late}
		}
	case IsReset(err):
		failed.Err = &WordedError{"it reset the connection before its answer was complete", err}
	case err != nil:
		failed.Err = err
	case resp.StatusCode/100 != 2:
		_, reason, _ := strings.Cut(resp.Status, " ")
		failed.Status, failed.Reason = resp.StatusCode, visible.Text(reason[:min(len(reason), maxReason)])
	default:
		tcp, _ := c.(*net.TCPConn) // of a Dialer for tcp: always
		return tunnel{tcp}, nil
	}
	c.Close()
	return nil, failed
}

// Bounds of what a proxy may send before the tunnel begins, in octets.
const (
	maxReason = 200
	maxHead   = 64 << 10
)

// connect asks for a tunnel, and returns the head of the answer.
func connect(c net.Conn, proxy *url.URL, addr string) (*http.Response, error) {
	request := "CONNECT " + addr + " HTTP/1.1\r\nHost: " + addr + "\r\nUser-Agent: wsspec\r\n"
	if u := proxy.User; u != nil {
		password, _ := u.Password()
		request += "Proxy-Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(u.Username()+":"+password)) + "\r\n"
	}
	if _, err := io.WriteString(c, request+"\r\n"); err != nil {
		return nil, err
	}
	for {
		head, err := readHead(c)
		if err != nil {
			return nil, err
		}
		resp, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(head)), &http.Request{Method: http.MethodConnect})
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrNotHTTP, err)
		}
		if resp.StatusCode/100 != 1 { // RFC 9110, 15.2: what is interim is passed over
			return resp, nil
		}
	}
}

// readHead reads the head of an answer and nothing of what follows, which is the
// server's.
func readHead(c net.Conn) ([]byte, error) {
	const begins = "HTTP/"
	var head []byte
	for b := make([]byte, 1); ; {
		if _, err := io.ReadFull(c, b); err != nil {
			if errors.Is(err, io.EOF) {
				err = errors.New("it closed the connection before its answer was complete")
			}
			return nil, err
		}
		head = append(head, b[0])
		switch {
		case len(head) <= len(begins) && b[0] != begins[len(head)-1]:
			return nil, fmt.Errorf("%w: it begins with %q", ErrNotHTTP, head)
		case bytes.HasSuffix(head, []byte("\r\n\r\n")) || bytes.HasSuffix(head, []byte("\n\n")):
			return head, nil
		case len(head) >= maxHead:
			return nil, fmt.Errorf("%w: its head has no end within %d octets", ErrNotHTTP, maxHead)
		}
	}
}

// tunnel is a connection to a proxy that is one to a server. What the proxy has read,
// the server need not have: it is not asked for, as its address is not that of a socket.
type tunnel struct{ *net.TCPConn }

func (t tunnel) RemoteAddr() net.Addr { return proxyAddr{t.TCPConn.RemoteAddr()} }

// proxyAddr is the address of a proxy.
type proxyAddr struct{ net.Addr }
