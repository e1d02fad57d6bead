// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"time"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/ws"
)

func autoFragmentation() []conform.Case {
	return []conform.Case{
		{
			ID: "10.1.1", Title: "Text message of 64 KiB, cut into 51 frames of at most 1300 octets", Spec: "RFC 6455, 5.4",
			Play: func(p *peer.Peer) {
				p.SendMessage(peer.Message{Data: ws.Pattern{Unit: []byte("*"), Len: 64 << 10}, Fragment: 1300})
			},
			Want: ok(echoOf(repeated(64<<10, text("*")))), Close: weClose(), Limit: 10 * time.Second,
		},
	}
}
