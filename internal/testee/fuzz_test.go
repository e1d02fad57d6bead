// SPDX-License-Identifier: Apache-2.0

package testee_test

import (
	"context"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/ws"
)

// Whatever a peer sends, before the handshake or behind it, an endpoint ends when
// the peer has ended, or with some faults when it is told to.
func FuzzEndpoint(f *testing.F) {
	f.Add([]byte(request), false, false, 0)
	f.Add([]byte("\x81\x85\x00\x00\x00\x00Hello\x89\x00\x88\x80\x00\x00\x00\x00"), true, false, 0)
	f.Add([]byte("\xc1\x07\xf2H\xcd\xc9\xc9\x07\x00\x01\x01a\x80\x01b\x88\x02\x03\xe8"), true, true, 0)
	for i, fault := range testee.AllFaults() {
		f.Add([]byte("\x01\x81\x00\x00\x00\x00a\x89\x81\x00\x00\x00\x00b\x80\x81\x00\x00\x00\x00c\x88\x82\x00\x00\x00\x00\x03\xe8"), true, !fault.Roles.Has(ws.Server), i)
	}
	f.Fuzz(func(t *testing.T, octets []byte, open, client bool, fault int) {
		cfg := testee.Config{MaxMessage: 1 << 20}
		if all := testee.AllFaults(); fault > 0 && fault < len(all) {
			cfg.Faults = testee.Faults{all[fault].Name: true}
		}
		synctest.Test(t, func(t *testing.T) {
			s, theirs := memnet.Pipe(0)
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan struct{})
			go func() {
				if client {
					_ = testee.Echo(ctx, theirs, "h", "/", cfg)
				} else {
					_ = testee.Serve(ctx, theirs, cfg)
				}
				close(done)
			}()
			switch {
			case open && client:
				var head []byte
				b := make([]byte, 1<<10)
				for ws.HeadEnd(head) == 0 {
					n, err := s.Read(b)
					if err != nil {
						break
					}
					head = append(head, b[:n]...)
				}
				req, _ := ws.ParseRequest(head[:ws.HeadEnd(head)])
				_, _ = io.WriteString(s, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
					"Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Accept: "+ws.AcceptKey(req.Fields.Get("Sec-WebSocket-Key"))+"\r\n\r\n")
			case open:
				_, _ = io.WriteString(s, offering("permessage-deflate"))
			}
			_, _ = s.Write(octets)
			_ = s.CloseWrite()
			if cfg.Faults == nil {
				_, _ = io.Copy(io.Discard, s)
			} else { // some do not notice that their peer is gone
				time.Sleep(time.Minute)
				cancel()
			}
			_ = s.Close()
			<-done
			cancel()
		})
	})
}
