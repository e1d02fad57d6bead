// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"strings"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// A server that does not serve the host named by SNI may say so with an HTTP error, most often 421.
func TestMisdirectedRequest(t *testing.T) {
	for _, c := range Full(Current) {
		if c.ID != "22.1.16" {
			continue
		}
		log := wirelog.New(ws.Client)
		log.Response = []byte("HTTP/1.1 421 Misdirected Request\r\nContent-Length: 0\r\n\r\n")
		log.Add(log.Start.Add(time.Second), wirelog.Record{Kind: wirelog.DroppedByPeer})
		v := verdict.Judge(c.Want, conform.Case{}.Close, log)
		if v.Behavior != verdict.Informational || !strings.Contains(v.Result, "The request was refused") {
			t.Errorf("%s: %s", v.Behavior, v.Result)
		}
		return
	}
	t.Error("there is no case 22.1.16")
}
