// SPDX-License-Identifier: Apache-2.0

// Package echo holds echo servers and echo clients on third-party WebSocket
// libraries: the peers that a fuzzing client or a fuzzing server is measured
// against. It knows nothing of cases. Start at Libraries.
//
// Each library gets the most capable configuration it offers without code of
// ours in the protocol: permessage-deflate with context takeover where it
// exists, compression from the first octet, UTF-8 checked by the library or
// right behind it. What a testee then does wrong is what the library does wrong.
package echo

import (
	"context"
	"net"
)

// MaxMessage is the longest message, in octets after decompression, that a
// testee accepts. The largest messages of the reference suite have 16 MiB.
const MaxMessage = 64 << 20

// A Client is an echo client on one library. An error of its methods always
// concerns the opening handshake: how an open connection ends is for the other
// side to judge.
type Client interface {
	// Echo opens url and sends each message back until the connection ends
	// or ctx is done.
	Echo(ctx context.Context, url string) error

	// Receive opens url and returns the first message, or nil when the
	// connection ends without one.
	Receive(ctx context.Context, url string) ([]byte, error)
}

// A Library is one third-party WebSocket library in the roles we use it in.
type Library struct {
	// Name is what the command line calls the library.
	Name string

	// Serve answers connections of the listener until accepting fails, and
	// returns why; closing the listener ends it. Open connections go on
	// until their clients end them.
	Serve func(net.Listener) error

	// Client is nil where the library is measured as a server only.
	Client Client
}

// Libraries returns all libraries, in the order in which they are listed to
// people.
func Libraries() []Library {
	return []Library{
		{"gorilla", serveGorilla, gorillaClient{}},
		{"coder", serveCoder, coderClient{}},
		{"gobwas", serveGobwas, gobwasClient{}},
		{"gws", serveGWS, gwsClient{}},
		{"xnet", serveXNet, nil},
	}
}
