// SPDX-License-Identifier: Apache-2.0

package wirelog_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// One line of each kind: printed, read back, printed again.
const everyKind = `0.000000 >> 5 810548656c
0.000001 >> 70 474554...
0.000002 << 2 8100
0.000003 > text mask=37fa213d "Hello"
0.000004 > text more rsv=4 form=16 declared=5 repeat=65536 chop=997 sync len=65536 "***"...
0.000004 > binary cut=3-9 gap=10ms 0x00ff
0.000004 < binary declared=18446744073709551615 ""
0.000005 < pong ""
0.000006 < opcode11 0xff00
0.000006 > h2 headers stream=1 :method CONNECT :path / sec-websocket-version 13 x-empty "" "x y" "a\tb\""
0.000006 < h2 headers stream=1 end_stream "x-late" yes
0.000006 > h2 settings ENABLE_CONNECT_PROTOCOL=1 INITIAL_WINDOW_SIZE=65535
0.000006 < h2 settings ack
0.000006 < h2 window_update stream=1 65535
0.000006 < h2 goaway last=1 ENHANCE_YOUR_CALM debug="too much"
0.000006 > h3 data stream=0 len=7
0.000007 = text "Hello, \"world\"!\n"
0.000008 = binary 0x00fffefdfcfb00ff
0.000009 = text len=65536 sha256=0102030405060708091011121314151617181920212223242526272829303132 "***"...
0.000010 = pong "x=y len=3 z"
0.000011 = timeout A
0.500000 # wait 1s A
0.500001 # wait 1.5s
1.000000 # waited A
1.000001 # waited
1.000002 # fail after 500ms
1.000003 # fail
1.000004 # close after 1m40s
1.000005 # close
1.000006 # log off
1.000007 # log on
1.000008 # violation "RFC 6455, 5.5: fragmented control frame"
1.000009 # not sent ping ""
1.000010 # dropped by me
1.000011 # dropped by peer
1.000012 # reset by peer
1.000013 # still open
1.000014 # settled
1.000015 # lapse "RFC 6455, 7.1.7: no code"
1.000016 # not judged "the client offers no subprotocol"
1.000017 # dead "connection refused"
1.000018 # note "64 keys"
1.000019 = unasked pong "hello"
1.000019 = message begun
1.000020 # deflate sent "fixed, 5 literals, end; tail"
1.000021 # deflate received "stored 5; tail"
1.000022 # log full
1.000023 > tls hello 1.3,1.2 sni="example.org" alpn="h2","http/1.1"
1.000023 < tls hello none
1.000024 < tls certificate "for localhost, until 2030-01-02, verified"
1.000025 < tls agreed 1.3 TLS_AES_128_GCM_SHA256 alpn="a \"b\", c"
1.000025 < tls agreed 0300 0x1234
1.000026 > tls key_update
1.000027 < tls alert 42 bad_certificate
1.000028 > tls close_notify
1.000029 < tls truncated
1.000030 < tls broken "tls: first record does not look like a TLS handshake"
`

func TestNotationRoundTrip(t *testing.T) {
	rs, err := wirelog.Parse(everyKind)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, r := range rs {
		b.WriteString(r.String() + "\n")
	}
	if b.String() != everyKind {
		t.Errorf("got:\n%s\nwant:\n%s", b.String(), everyKind)
	}
	seen := map[wirelog.Kind]bool{}
	for _, r := range rs {
		seen[r.Kind] = true
	}
	for k := wirelog.SentOctets; k <= wirelog.ReceivedTLS; k++ {
		if !seen[k] {
			t.Errorf("kind %d is not in the example", k)
		}
	}
}

func TestLinesThatAreNoRecord(t *testing.T) {
	for _, tt := range []struct{ line, want string }{
		{"x > text \"\"", "no time"},
		{"NaN > text \"\"", "no time"},
		{"-1 > text \"\"", "no time"},
		{"0 ~ text", "sign"},
		{"0 > texty \"\"", "opcode"},
		{"0 > text rsv=8 \"\"", "rsv=8"},
		{"0 > text mask=00 \"\"", "4 octets"},
		{"0 > text form=8 \"\"", "want 7, 16 or 64"},
		{"0 > text", "payload"},
		{"0 >> 5 zz", "octets"},
		{"0 >> 1 0102", "2 shown of 1"},
		{"0 >> 5 01", "1 shown of 5"},
		{"0 >> 2 0102...", "2 shown of 2"},
		{`0 > text len=5 "abc"`, "3 octets shown of 5"},
		{`0 > text "abc"...`, "3 octets shown of 3"},
		{`0 > text len=2 "abc"...`, "3 octets shown of 2"},
		{"0 = message \"\"", "event"},
		{"0 = http 1000", "want a status"},
		{"0 = http x", "want a status"},
		{"0 # nonsense", "remark"},
		{"0 # wait ever", "duration"},
		{"0 > tls goodbye", "want hello"},
		{"0 > tls hello 1.x", "want such as 1.3"},
		{`0 > tls hello 1.3 sni=x`, "want a quoted string"},
		{`0 > tls hello 1.3 name="x"`, "neither sni= nor alpn="},
		{`0 > tls hello 1.3 alpn="x"y`, "neither sni= nor alpn="},
		{"0 < tls alert bad", "invalid syntax"},
		{"0 < tls close_notify now", "nothing follows"},
		{"0 < tls broken x", "want a quoted string"},
	} {
		if _, err := wirelog.Parse("\n" + tt.line); err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "line 2: ") {
			t.Errorf("%s: got %v, want line 2 and %s", tt.line, err, tt.want)
		}
	}
}

func FuzzParseRecord(f *testing.F) {
	for line := range strings.Lines(everyKind) {
		f.Add(strings.TrimSpace(line))
	}
	f.Fuzz(func(t *testing.T, line string) {
		r, err := wirelog.ParseRecord(line)
		if err != nil {
			return
		}
		printed := r.String()
		back, err := wirelog.ParseRecord(printed)
		if err != nil {
			t.Fatalf("%q prints as %q: %v", line, printed, err)
		}
		if again := back.String(); again != printed {
			t.Fatalf("%q prints as %q and then as %q", line, printed, again)
		}
	})
}

func TestCompactKeepsWhatAComparisonNeeds(t *testing.T) {
	l := wirelog.New(ws.Client)
	big := bytes.Repeat([]byte("*"), 65536)
	l.Add(l.Start.Add(time.Millisecond), wirelog.Record{Kind: wirelog.Event, Data: wirelog.Whole(big)})
	l.Compact()
	e := l.Events()[0]
	if e.Data.Len != 65536 || len(e.Data.Head) != wirelog.KeepEvent || len(e.Data.Sum) != 32 {
		t.Errorf("got %d octets, %d kept, sum %x", e.Data.Len, len(e.Data.Head), e.Data.Sum)
	}
	if e.At != time.Millisecond {
		t.Errorf("at %v", e.At)
	}
}

func TestAFullLogKeepsTheEnd(t *testing.T) {
	l := wirelog.New(ws.Client)
	for range wirelog.MaxRecords + 10 {
		l.Add(l.Start, wirelog.Record{Kind: wirelog.ReceivedOctets})
	}
	l.Add(l.Start, wirelog.Record{Kind: wirelog.DroppedByPeer})
	if n := len(l.Records); n != wirelog.MaxRecords+2 || l.Records[n-1].Kind != wirelog.DroppedByPeer || l.Records[n-2].Kind != wirelog.Full {
		t.Errorf("%d records, last %v", n, l.Records[len(l.Records)-1])
	}
}

func TestReadSizesAreBounded(t *testing.T) {
	l := wirelog.New(ws.Server)
	for n := range 2 * wirelog.MaxSizes {
		l.Stats.CountOctets(false, n)
	}
	if got := len(l.Stats.ReceivedOctets); got != wirelog.MaxSizes+1 || l.Stats.ReceivedOctets[-1] != wirelog.MaxSizes {
		t.Errorf("%d sizes, %d under -1", got, l.Stats.ReceivedOctets[-1])
	}
}

// The end is kept of a log that it just does not fit into, too.
func TestALogThatEndsWhereItIsFull(t *testing.T) {
	l := wirelog.New(ws.Client)
	for range wirelog.MaxRecords {
		l.Add(l.Start, wirelog.Record{Kind: wirelog.ReceivedOctets})
	}
	l.Add(l.Start, wirelog.Record{Kind: wirelog.DroppedByPeer})
	if last := l.Records[len(l.Records)-1]; last.Kind != wirelog.DroppedByPeer {
		t.Errorf("%d records, last %v", len(l.Records), last)
	}
}
