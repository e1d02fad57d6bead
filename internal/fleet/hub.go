// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// A Hub is a NATS server in this process, for those who have none.
type Hub struct {
	server *server.Server
	dir    string // to be removed
	token  string
	secure bool
}

// HubConfig says how a hub can be reached.
type HubConfig struct {
	Listen string      // host:port; empty is a free port of 127.0.0.1
	Token  string      // that workers have to show; empty: none
	TLS    *tls.Config // nil for plain TCP
	Dir    string      // where it keeps what is to survive it; empty is a folder that goes with it
	Inside bool        // it does not listen: Connect alone reaches it, in virtual time, too
}

// mostPayload is the longest message that a hub takes, in octets.
const mostPayload = 8 << 20

// NewHub starts a server.
func NewHub(c HubConfig) (*Hub, error) {
	host, port := "127.0.0.1", server.RANDOM_PORT
	if c.Listen != "" {
		h, p, err := net.SplitHostPort(c.Listen)
		if err != nil {
			return nil, err
		}
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil {
			return nil, fmt.Errorf("port %q: want a number up to 65535", p)
		}
		if host = h; host == "" {
			host = "0.0.0.0"
		}
		if port = int(n); port == 0 {
			port = server.RANDOM_PORT
		}
		l, err := net.Listen("tcp", c.Listen) // the server only says that it is not ready
		if err != nil {
			return nil, err
		}
		if err := l.Close(); err != nil {
			return nil, err
		}
	}
	h := &Hub{token: c.Token, secure: c.TLS != nil}
	dir := c.Dir
	if dir == "" {
		var err error
		if dir, err = os.MkdirTemp("", "wsspec-fleet-"); err != nil {
			return nil, err
		}
		h.dir = dir
	}
	var err error
	h.server, err = server.NewServer(&server.Options{
		ServerName: "wsspec", Host: host, Port: port, JetStream: true, StoreDir: dir, MaxPayload: mostPayload,
		DontListen: c.Inside, NoSigs: true, NoLog: true, Authorization: c.Token, TLSConfig: c.TLS, TLS: c.TLS != nil, TLSTimeout: connectPatience.Seconds(),
	})
	if err != nil {
		return nil, errors.Join(err, h.clean())
	}
	go h.server.Start()
	if !h.server.ReadyForConnections(hubPatience) {
		h.Close()
		return nil, errors.New("the NATS server in this process does not get ready")
	}
	return h, nil
}

// hubPatience is how long a hub may take to start.
const hubPatience = 15 * time.Second

// Connect is a connection to the hub, within this process.
func (h *Hub) Connect(ctx context.Context) (*Bus, error) {
	a := Address{URL: "nats://127.0.0.1", Token: h.token, Extra: []nats.Option{nats.InProcessServer(h.server)}}
	return Connect(ctx, a)
}

// URLs are the addresses at which workers reach the hub, with its token: the one for this machine
// first, then, if it listens on all interfaces, those for others.
func (h *Hub) URLs() []string {
	scheme := "nats://"
	if h.secure {
		scheme = "tls://"
	}
	if h.token != "" {
		scheme += h.token + "@"
	}
	addr, ok := h.server.Addr().(*net.TCPAddr)
	if !ok {
		return nil
	}
	url := func(ip net.IP) string {
		return scheme + net.JoinHostPort(ip.String(), strconv.Itoa(addr.Port))
	}
	if !addr.IP.IsUnspecified() {
		return []string{url(addr.IP)}
	}
	urls := []string{url(net.IPv4(127, 0, 0, 1))}
	own, err := net.InterfaceAddrs()
	if err != nil {
		return urls
	}
	for _, a := range own {
		if n, ok := a.(*net.IPNet); ok && n.IP.IsGlobalUnicast() && !strings.HasPrefix(n.IP.String(), "169.254.") {
			urls = append(urls, url(n.IP))
		}
	}
	return urls
}

// Close ends the server.
func (h *Hub) Close() {
	h.server.Shutdown()
	h.server.WaitForShutdown()
	_ = h.clean()
}

func (h *Hub) clean() error {
	if h.dir == "" {
		return nil
	}
	return os.RemoveAll(h.dir)
}
