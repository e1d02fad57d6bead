// SPDX-License-Identifier: Apache-2.0

// Package survey gathers what all connections of a run show of the peer under test:
// its half of each opening handshake, and the headers of its frames. Cases use it
// that no single connection can decide, such as whether masking keys repeat. It judges
// nothing, and knows neither cases nor where connections come from. Start at Evidence.
package survey

import (
	"bytes"
	"slices"
	"sync"
	"time"

	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// Bounds of what is kept, however much a peer sends.
const (
	KeepConnections = 2_000
	KeepFrames      = 512 // of each connection
)

// Connection is what one connection shows of the peer.
type Connection struct {
	Request  []byte      // the head of the request, the peer's where it is a client
	Response []byte      // that of the response, the peer's where it is a server
	Frames   []ws.Header // that came from the peer, in order
	Closes   [][]byte    // payloads of its Close frames
	Opened   bool
	// FromClient: the peer is a client.
	FromClient bool
	Secure     bool        // it is one of TLS
	Hello      wirelog.TLS // what the peer offered in its handshake, where it is a client
	// Deflate: permessage-deflate was agreed. Told: it was not, and the response names it
	// all the same.
	Deflate, Told bool
	Compressed    wirelog.Deflated // messages of the peer
	// Port is where the peer connected to, 0 where that is not known; Near says that
	// nothing on the way can have changed it.
	Port int
	Near bool
	At   time.Time // when it began; zero where that is not known
}

// Evidence is what the connections of a run show.
type Evidence struct {
	Connections []Connection
	Left        int  // connections that were not kept
	Browser     bool // the peer is one, as its profile says
}

// Gatherer collects evidence. Its methods may be called from several goroutines. The
// zero value is empty.
type Gatherer struct {
	mu sync.Mutex
	e  Evidence
}

// See takes what the log of a connection shows. Port and near are those of Connection.
func (g *Gatherer) See(log *wirelog.Log, port int, near bool) {
	c := Connection{
		Request: log.Request, Response: log.Response, Opened: log.Facts.Opened, Port: port, Near: near, At: log.Start, FromClient: log.Facts.Role == ws.Server,
		Deflate: log.Extension != "", Compressed: log.Deflated,
	}
	c.Told = !c.Deflate && bytes.Contains(bytes.ToLower(log.Response), []byte("permessage-deflate"))
	for _, r := range log.Records {
		c.Secure = c.Secure || r.Kind == wirelog.ReceivedTLS
		if r.Kind == wirelog.ReceivedTLS && r.TLS.What == wirelog.TLSHello {
			c.Hello = r.TLS
		}
		if r.Kind != wirelog.ReceivedFrame || len(c.Frames) == KeepFrames {
			continue
		}
		c.Frames = append(c.Frames, r.Frame.Header)
		if r.Frame.Opcode == ws.Close {
			c.Closes = append(c.Closes, r.Frame.Payload.Head)
		}
	}
	g.add(c)
}

// SeeRequest takes the request of a client that was refused.
func (g *Gatherer) SeeRequest(head []byte, port int, near bool) {
	g.add(Connection{Request: head[:min(len(head), wirelog.KeepHead)], Port: port, Near: near})
}

func (g *Gatherer) add(c Connection) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.e.Connections) == KeepConnections {
		g.e.Left++
		return
	}
	g.e.Connections = append(g.e.Connections, c)
}

// Evidence returns what has come together so far.
func (g *Gatherer) Evidence() Evidence {
	g.mu.Lock()
	defer g.mu.Unlock()
	return Evidence{Connections: slices.Clone(g.e.Connections), Left: g.e.Left}
}
