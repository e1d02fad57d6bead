// SPDX-License-Identifier: Apache-2.0

package tour

import (
	"context"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/ws"
)

// Our client, led to something that is no fuzzing server, says so and ends.
func TestClientOfNoFuzzingServer(t *testing.T) {
	for count, want := range map[string]string{
		"":           "getCaseCount: no answer within 10s: is this a fuzzing server",
		"1000000000": `getCaseCount: "1000000000" is no number of cases: is this a fuzzing server`,
		"-1":         `"-1" is no number of cases`,
		"hello":      `"hello" is no number of cases`,
	} {
		synctest.Test(t, func(t *testing.T) {
			dial := func(ctx context.Context, target string) (*testee.Conn, error) {
				ours, theirs := memnet.Pipe(1 << 16)
				go answerCount(theirs, count)
				return testee.Dial(ctx, ours, "h", target, testee.Config{})
			}
			begun := time.Now()
			_, err := Tour{Dial: dial, Agent: "me", Parallel: 1}.Do(t.Context())
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%q: got %v, want %s", count, err, want)
			}
			if took := time.Since(begun); took > countPatience+5*time.Second { // for the end of the connection
				t.Errorf("%q: took %v", count, took)
			}
		})
	}
}

// answerCount is a server that opens the connection, sends the text and a Close
// where there is a text, and reads to the end.
func answerCount(s stream.Stream, text string) {
	defer s.Close()
	var head []byte
	for b := make([]byte, 1); ws.HeadEnd(head) == 0; head = append(head, b...) {
		if _, err := io.ReadFull(s, b); err != nil {
			return
		}
	}
	req, err := ws.ParseRequest(head)
	if err != nil {
		return
	}
	_, _ = io.WriteString(s, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "+
		ws.AcceptKey(req.Fields.Get("Sec-WebSocket-Key"))+"\r\n\r\n")
	if text != "" {
		_, _ = io.WriteString(s, "\x81"+string(rune(len(text)))+text+"\x88\x00")
	}
	_, _ = io.Copy(io.Discard, s)
}
