// SPDX-License-Identifier: Apache-2.0

package cases_test

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// seed is a row of testdata/seeds.json: a published report.
type seed struct {
	Report, Case string
	Edition      cases.Edition
	IsServer     bool
	Head         string // the peer's half of the opening handshake
	Exchange     []struct {
		Read int    // octets to read from us
		Send string // octets to answer with, in hex
	}
	Behavior, BehaviorClose verdict.Grade
	Facts                   seedFacts
	Received                map[int]int    `json:"rxOctetStats"`
	Sent                    map[int]int    `json:"txOctetStats"`
	SentHead                int            `json:"txHead"`
	ReceivedFrames          map[string]int `json:"rxFrameStats"`
	SentFrames              map[string]int `json:"txFrameStats"`
}

// seedFacts are the closing facts of a report, null as nil.
type seedFacts struct {
	ClosedByMe, FailedByMe, DroppedByMe, WasClean                                     bool
	WasNotCleanReason                                                                 *string
	WasServerConnectionDropTimeout, WasOpenHandshakeTimeout, WasCloseHandshakeTimeout bool
	LocalCloseCode                                                                    *ws.CloseCode
	LocalCloseReason                                                                  *string
	RemoteCloseCode                                                                   *ws.CloseCode
	RemoteCloseReason                                                                 *string
}

// Peers that send the very octets of published reports get the verdicts, facts
// and statistics printed there. Our own half of the opening handshake has other
// fields and so another size, which is compared apart.
func TestPublishedReports(t *testing.T) {
	b, err := os.ReadFile("testdata/seeds.json")
	if err != nil {
		t.Fatal(err)
	}
	var seeds []seed
	if err := json.Unmarshal(b, &seeds); err != nil {
		t.Fatal(err)
	}
	for _, s := range seeds {
		all := cases.All(s.Edition)
		c := all[slices.IndexFunc(all, func(c conform.Case) bool { return c.ID == s.Case })]
		t.Run(s.Report+" "+s.Case, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { s.check(t, c, s.play(t, c)) })
		})
	}
}

func (s seed) play(t *testing.T, c conform.Case) *wirelog.Log {
	role := ws.Client
	if s.IsServer {
		role = ws.Server
	}
	ours, theirs := memnet.Pipe(0)
	p := peer.New(t.Context(), ours, configFor(c, role))
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		s.answer(t, theirs)
	}()
	if !open(p, c.Open) {
		t.Fatalf("opening handshake: %s", p.Log().Refused)
	}
	c.Play(p)
	p.Finish(c.Patience(), c.End)
	<-gone
	return p.Log()
}

// answer is the peer of the report.
func (s seed) answer(t *testing.T, conn stream.Stream) {
	defer conn.Close()
	r := bufio.NewReader(conn)
	if s.IsServer {
		_, _ = io.WriteString(conn, s.Head)
		readHead(r)
	} else {
		_, key, _ := strings.Cut(readHead(r), "Sec-WebSocket-Key: ")
		key, _, _ = strings.Cut(key, "\r\n")
		accept := regexp.MustCompile(`(Accept: ).{28}`)
		_, _ = io.WriteString(conn, accept.ReplaceAllString(s.Head, "${1}"+ws.AcceptKey(key)))
	}
	for _, e := range s.Exchange {
		discard(r, e.Read)
		b, err := hex.DecodeString(e.Send)
		if err != nil {
			t.Error(err)
		}
		_, _ = conn.Write(b)
		time.Sleep(time.Millisecond) // a read of its own
	}
	if s.Facts.DroppedByMe {
		_, _ = io.Copy(io.Discard, r)
	}
}

func readHead(r *bufio.Reader) string {
	var b strings.Builder
	for !strings.HasSuffix(b.String(), "\r\n\r\n") {
		line, err := r.ReadString('\n')
		if b.WriteString(line); err != nil {
			break
		}
	}
	return b.String()
}

func (s seed) check(t *testing.T, c conform.Case, log *wirelog.Log) {
	v := verdict.Judge(c.Want, c.Close, log)
	if v.Behavior != s.Behavior || v.Close != s.BehaviorClose {
		t.Errorf("verdict %+v, want %s and %s", v, s.Behavior, s.BehaviorClose)
	}
	if got, want := asJSON(t, factsOf(log.Facts)), asJSON(t, s.Facts); got != want {
		t.Errorf("facts %s\nwant  %s", got, want)
	}
	if !maps.Equal(log.Stats.ReceivedOctets, s.Received) {
		t.Errorf("octets received %v, want %v", log.Stats.ReceivedOctets, s.Received)
	}
	head := len(log.Request)
	if s.IsServer {
		head = len(log.Response)
	}
	s.Sent[s.SentHead]--
	s.Sent[head]++
	maps.DeleteFunc(s.Sent, func(_, times int) bool { return times == 0 })
	if !maps.Equal(log.Stats.SentOctets, s.Sent) {
		t.Errorf("octets sent %v, want %v", log.Stats.SentOctets, s.Sent)
	}
	for _, x := range []struct {
		what string
		got  [16]int
		want map[string]int
	}{{"received", log.Stats.ReceivedFrames, s.ReceivedFrames}, {"sent", log.Stats.SentFrames, s.SentFrames}} {
		got := map[int]int{}
		for op, n := range x.got {
			if n > 0 {
				got[op] = n
			}
		}
		if asJSON(t, got) != asJSON(t, x.want) {
			t.Errorf("frames %s %v, want %v", x.what, got, x.want)
		}
	}
}

func factsOf(f wirelog.Facts) seedFacts {
	optional := func(s string) *string {
		if s == "" {
			return nil
		}
		return &s
	}
	code := func(c wirelog.CloseFacts) *ws.CloseCode {
		if !c.Coded {
			return nil
		}
		return &c.Code
	}
	return seedFacts{
		f.ClosedByMe, f.FailedByMe, f.DroppedByMe, f.WasClean, optional(f.WasNotCleanReason),
		f.WasServerConnectionDropTimeout, f.WasOpenHandshakeTimeout, f.WasCloseHandshakeTimeout,
		code(f.Local), optional(f.Local.Reason), code(f.Remote), optional(f.Remote.Reason),
	}
}

func asJSON(t *testing.T, v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
