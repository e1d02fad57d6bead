// SPDX-License-Identifier: Apache-2.0

package testee

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/ws"
)

// sections is a stream of HTTP/2 or HTTP/3 with one request on it. Heads are field sections
// there, beside the octets.
type sections interface {
	stream.Stream
	// readSection waits for the next field section.
	readSection() (ws.Fields, error)
	// writeSection sends one, and with end nothing behind it.
	writeSection(fields ws.Fields, end bool) error
	// malform ends the stream because of a malformed request (RFC 9113, 8.1.1; RFC 9114, 4.1.2).
	malform() error
}

var errMalformed = errors.New("malformed request")

// gateway lets an endpoint that speaks HTTP/1.1 open a WebSocket on a stream of HTTP/2 or
// HTTP/3 (RFC 8441, 5; RFC 9220, 3), as a proxy in front of it would: a request to upgrade is an extended
// CONNECT on the other side, and 101 is 200.
type gateway struct {
	sections
	role   ws.Role // of the endpoint
	scheme string  // of its URI
	faults Faults

	in    []byte // of the peer's head, which the endpoint has still to read
	heard bool   // the peer's head has come
	out   []byte // of the endpoint's head, as far as it has been written
	said  bool   // the endpoint's head has gone out
	key   string // that a client has sent
}

// gatewayKey stands for the Sec-WebSocket-Key that a request has not got.
const gatewayKey = "Z2F0ZXdheSBvZiBIVFRQMw=="

func (g *gateway) Read(p []byte) (int, error) {
	if !g.heard {
		fields, err := g.readSection()
		if err != nil {
			return 0, err
		}
		if g.role == ws.Server {
			g.in, err = g.fromConnect(fields)
		} else {
			g.in, err = g.fromStatus(fields)
		}
		if err != nil {
			return 0, err
		}
	}
	if len(g.in) > 0 {
		n := copy(p, g.in)
		g.in = g.in[n:]
		return n, nil
	}
	return g.sections.Read(p)
}

func (g *gateway) Write(p []byte) (int, error) {
	if g.said {
		return g.sections.Write(p)
	}
	g.out = append(g.out, p...)
	for !g.said {
		n := ws.HeadEnd(g.out)
		if n == 0 {
			return len(p), nil
		}
		head := g.out[:n]
		g.out = g.out[n:]
		var fields ws.Fields
		var err error
		if g.role == ws.Server {
			fields, err = g.toStatus(head)
		} else {
			fields, err = g.toConnect(head)
		}
		if err == nil {
			err = g.writeSection(fields, false)
		}
		if err != nil {
			return 0, err
		}
	}
	if len(g.out) > 0 {
		if _, err := g.sections.Write(g.out); err != nil {
			return 0, err
		}
	}
	g.out = nil
	return len(p), nil
}

// hopByHop are fields that HTTP/2 and HTTP/3 do not have (RFC 9113, 8.2.2; RFC 9114, 4.2).
func hopByHop(name string) bool {
	return slices.Contains([]string{"connection", "upgrade", "keep-alive", "proxy-connection", "transfer-encoding"}, name)
}

// isMalformed reports whether a request is one that nobody may take for a request
// (RFC 9114, 4.2 and 4.3).
func (g *gateway) isMalformed(f ws.Fields) bool {
	regular := false
	seen := map[string]bool{}
	for _, l := range f {
		pseudo := strings.HasPrefix(l.Name, ":")
		switch {
		case l.Name != strings.ToLower(l.Name) && !g.faults[acceptsUpperCase], strings.ContainsAny(l.Name+l.Value, "\r\n\x00"):
			return true
		case hopByHop(l.Name) && !g.faults[acceptsConnectionFields]:
			return true
		case !pseudo:
			regular = true
		case regular && !g.faults[acceptsLatePseudo], seen[l.Name] && !g.faults[acceptsTwoOfAPseudo]:
			return true
		case !slices.Contains([]string{":method", ":scheme", ":path", ":authority", ":protocol"}, l.Name):
			return true
		}
		seen[l.Name] = true
	}
	connect, extended := f.Get(":method") == "CONNECT", seen[":protocol"]
	target := f.Get(":scheme") != "" && f.Get(":path") != "" || g.faults[acceptsNoPath]
	switch {
	case extended:
		return !connect && !g.faults[acceptsAnyConnect] || !target
	case connect: // RFC 9114, 4.4
		return seen[":scheme"] || seen[":path"]
	}
	return !target || f.Get(":method") == ""
}

// fromConnect makes of an extended CONNECT the request to upgrade that it stands for. Other
// requests are answered, which ends the connection for the endpoint.
func (g *gateway) fromConnect(f ws.Fields) ([]byte, error) {
	refuse := func(status int, why string, more ...ws.Field) ([]byte, error) {
		answer := append(ws.Fields{{Name: ":status", Value: strconv.Itoa(status)}}, more...)
		if err := g.writeSection(answer, true); err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("answered %d: %s", status, why)
	}
	protocol := f.Get(":protocol")
	if protocol != "" && g.faults[authorityIsTarget] || f.Get(":method") == "CONNECT" && protocol == "" && g.faults[tunnelsAnywhere] {
		visit(f.Get(":authority"))
	}
	switch {
	case g.isMalformed(f):
		if err := g.malform(); err != nil {
			return nil, err
		}
		return nil, errMalformed
	case f.Get(":method") == "GET" && protocol == "":
		return refuse(200, "not a WebSocket", ws.Field{Name: "content-length", Value: "0"})
	case f.Get(":method") != "CONNECT" && protocol == "":
		return refuse(405, "not a WebSocket", ws.Field{Name: "allow", Value: "GET, CONNECT"})
	case protocol == "" && g.faults[tunnelsAnywhere]:
		return refuse(200, "we are a proxy")
	case protocol == "":
		return refuse(405, "we are no proxy")
	case protocol != "websocket" && !g.faults[acceptsAnyProtocol]:
		return refuse(501, "unknown :protocol") // RFC 9220, 3
	case f.Get(":scheme") != "http" && f.Get(":scheme") != "https" && !g.faults[acceptsAnyScheme] && f.Get(":scheme") != "":
		return refuse(400, "unknown :scheme")
	case f.Get(":authority") == "" && f.Get("host") == "" && !g.faults[acceptsNoAuthority]:
		return refuse(400, "no :authority")
	case g.faults[refusesKeyInConnect] && f.Get("sec-websocket-key") != "":
		return refuse(400, "a Sec-WebSocket-Key")
	case g.faults[wantsKeyInConnect] && f.Get("sec-websocket-key") == "":
		return refuse(400, "no Sec-WebSocket-Key")
	}
	req := ws.Request{Method: "GET", Target: f.Get(":path"), Proto: "HTTP/1.1", Fields: ws.Fields{{Name: "Host", Value: cmp.Or(f.Get(":authority"), f.Get("host"), "unknown")}}}
	if req.Target == "" {
		req.Target = "/"
	}
	for _, l := range f {
		if !strings.HasPrefix(l.Name, ":") && !hopByHop(l.Name) && !slices.Contains([]string{"host", "sec-websocket-key", "content-length"}, l.Name) {
			req.Fields = append(req.Fields, l)
		}
	}
	req.Fields = append(req.Fields, ws.Field{Name: "Upgrade", Value: "websocket"}, ws.Field{Name: "Connection", Value: "Upgrade"},
		ws.Field{Name: "Sec-WebSocket-Key", Value: gatewayKey})
	g.heard = true
	return req.Append(nil), nil
}

// toStatus makes of the endpoint's answer the field section that it stands for.
func (g *gateway) toStatus(head []byte) (ws.Fields, error) {
	resp, err := ws.ParseResponse(head)
	if err != nil {
		return nil, err
	}
	g.said = resp.Status == 101 || resp.Status >= 200
	status := resp.Status
	if status == 101 && !g.faults[answers101ToConnect] {
		status = 200
	}
	f := ws.Fields{{Name: ":status", Value: strconv.Itoa(status)}}
	for _, l := range resp.Fields {
		name := strings.ToLower(l.Name)
		if !hopByHop(name) && name != "sec-websocket-accept" || hopByHop(name) && g.faults[answersWithUpgrade] || g.faults[answersWithAccept] && !hopByHop(name) {
			f = append(f, ws.Field{Name: name, Value: l.Value})
		}
	}
	return f, nil
}

// toConnect makes of the endpoint's request to upgrade an extended CONNECT.
func (g *gateway) toConnect(head []byte) (ws.Fields, error) {
	req, err := ws.ParseRequest(head)
	if err != nil {
		return nil, err
	}
	g.said = true
	g.key = req.Fields.Get("Sec-WebSocket-Key")
	f := ws.Fields{
		{Name: ":method", Value: "CONNECT"}, {Name: ":protocol", Value: "websocket"}, {Name: ":scheme", Value: g.scheme},
		{Name: ":authority", Value: req.Fields.Get("Host")}, {Name: ":path", Value: req.Target},
	}
	for _, l := range req.Fields {
		name := strings.ToLower(l.Name)
		if name != "host" && (name != "sec-websocket-key" || g.faults[sendsKeyInConnect]) && (!hopByHop(name) || g.faults[sendsConnectionFields]) {
			f = append(f, ws.Field{Name: name, Value: l.Value})
		}
	}
	return f, nil
}

// fromStatus makes of the peer's answer the one that the endpoint waits for.
func (g *gateway) fromStatus(f ws.Fields) ([]byte, error) {
	status, err := strconv.Atoi(f.Get(":status"))
	if status == 101 && g.faults[takes101] {
		status = 200
	}
	switch {
	case g.faults[wantsAccept] && status == 200 && f.Get("sec-websocket-accept") == "":
		return nil, errors.Join(errors.New("answer without Sec-WebSocket-Accept"), g.malform())
	case err != nil || status < 100 || status > 999 || status == 101: // RFC 9114, 4.5
		return nil, errors.Join(errors.New("answer without a status that may be"), g.malform())
	case slices.ContainsFunc(f, func(l ws.Field) bool { return strings.ContainsAny(l.Name+l.Value, "\r\n\x00") }):
		return nil, errors.Join(errors.New("answer with fields that are none"), g.malform())
	}
	g.heard = status >= 200
	resp := ws.Response{Proto: "HTTP/1.1", Status: status, Reason: "-"}
	if status/100 == 2 || status >= 200 && g.faults[ignoresStatus] {
		resp.Status = 101
		resp.Fields = ws.Fields{{Name: "Upgrade", Value: "websocket"}, {Name: "Connection", Value: "Upgrade"}, {Name: "Sec-WebSocket-Accept", Value: ws.AcceptKey(g.key)}}
	}
	for _, l := range f {
		if l.Name != ":status" && l.Name != "sec-websocket-accept" {
			resp.Fields = append(resp.Fields, l)
		}
	}
	return resp.Append(nil), nil
}

// visit connects to an address, and leaves it at that.
func visit(addr string) {
	const patience = 5 * time.Second
	if c, err := net.DialTimeout("tcp", addr, patience); err == nil {
		_ = c.Close() // it was there
	}
}
