// SPDX-License-Identifier: Apache-2.0

package peer_test

import (
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/ws"
)

// A muted log has the Close frames that ended the conversation, but where the
// reference's logs are wanted.
func TestAMutedLogHasTheClose(t *testing.T) {
	for _, readOut := range []bool{false, true} {
		got := conversation{
			config: func(c *peer.Config) { c.ReadOut = readOut },
			script: func(p *peer.Peer) {
				p.Mute(true)
				p.Echo(peer.Message{Data: ws.Literal([]byte("Hello"))})
			},
			other: func(o *other) {
				o.readFrame()
				o.close(1008)
			},
		}.run(t)
		if lines := got.lines(); strings.Contains(lines, "< close 0x03f0") != readOut || strings.Contains(lines, "> text") {
			t.Errorf("to be read out: %v\n%s", readOut, lines)
		}
	}
}
