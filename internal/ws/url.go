// SPDX-License-Identifier: Apache-2.0

package ws

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

var errNoScheme = errors.New("there is no scheme: want ws:// or wss:// (RFC 6455, 3)")

// ParseURL reads a WebSocket URL and returns its port beside it, which is 80 or 443 where
// the URL has none (RFC 6455, 3). An error does not name the URL: its caller says where it
// stands.
func ParseURL(raw string) (u *url.URL, port string, err error) {
	u, err = url.Parse(raw)
	if err != nil && !strings.Contains(raw, "://") {
		return nil, "", errNoScheme // such as 127.0.0.1:9001
	}
	if err != nil {
		return nil, "", errors.Unwrap(err)
	}
	port = u.Port()
	switch {
	case u.Scheme == "":
		return nil, "", errNoScheme
	case u.Scheme != "ws" && u.Scheme != "wss":
		return nil, "", fmt.Errorf("the scheme is %q: want ws:// or wss:// (RFC 6455, 3)", u.Scheme)
	case u.Hostname() == "":
		return nil, "", errors.New("there is no host")
	case strings.Contains(u.Hostname(), ":") && !strings.Contains(u.Host, "["):
		return nil, "", errors.New("an IPv6 address stands in brackets: [::1]")
	case u.User != nil:
		return nil, "", errors.New("a WebSocket URL has no user and password (RFC 6455, 3): send a header Authorization")
	case strings.Contains(raw, "#"):
		return nil, "", errors.New("a WebSocket URL has no fragment (RFC 6455, 3)")
	case port == "" && u.Scheme == "wss":
		port = "443"
	case port == "":
		port = "80"
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return nil, "", fmt.Errorf("there is no port %s", port)
	}
	return u, port, nil
}
