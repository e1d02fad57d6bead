// SPDX-License-Identifier: Apache-2.0

package pcap_test

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/capture"
	"github.com/wsspec/wsspec/internal/inspect"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/pcap"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

const (
	request = "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
	response = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
)

// logged makes a result whose log has these records, in the notation.
func logged(t *testing.T, role ws.Role, records string) report.Result {
	t.Helper()
	rs, err := wirelog.Parse(records)
	if err != nil {
		t.Fatal(err)
	}
	log := wirelog.New(role)
	log.Start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	log.Request, log.Response, log.Records = []byte(request), []byte(response), rs
	return report.Result{ID: "1.1", Agent: "an agent", Title: "something", Log: log}
}

// octets are the records of octets for a text, as a log keeps them.
func octets(at, sign, text string) string {
	return fmt.Sprintf("%s %s %d %x%s\n", at, sign, len(text), text[:min(len(text), 64)], strings.Repeat("...", min(1, max(0, len(text)-64))))
}

// told are the octets of both sides with what is missing, read back from a file.
type told struct {
	sides  [2]strings.Builder
	other  []string
	conn   *inspect.Connection
	result inspect.Result
}

func (h *told) Octets(from capture.Side, at time.Time, p []byte) {
	h.sides[from].Write(p)
	h.conn.Feed(ws.Role(from), 0, p)
}

func (h *told) Missing(from capture.Side, at time.Time, n int64) {
	fmt.Fprintf(&h.sides[from], "<%d>", n)
	h.conn.Missing(ws.Role(from), 0, n)
}

func (h *told) Comment(_ capture.Side, _ time.Time, text string) { h.other = append(h.other, text) }

func (h *told) End(from capture.Side, _ time.Time, reset bool) {
	h.other = append(h.other, fmt.Sprintf("end %d %t", from, reset))
}

func (h *told) Done() { h.result = h.conn.Finish() }

func written(t *testing.T, r report.Result) *told {
	t.Helper()
	var b bytes.Buffer
	if err := pcap.Write(&b, r); err != nil {
		t.Fatal(err)
	}
	h := &told{conn: inspect.New(inspect.Options{Payload: 64}, false)}
	if _, err := capture.Read(&b, func(capture.Conn) capture.Listener { return h }); err != nil {
		t.Fatal(err)
	}
	return h
}

// A conversation is read back as it was, with what the log does not have missing.
func TestRoundTrip(t *testing.T) {
	r := logged(t, ws.Client, octets("0", ">>", request)+octets("0.1", "<<", response)+
		`0.2 > text mask=01020304 "Hello"`+"\n"+`0.2 >> 11 8185010203044967686f6e`+"\n"+
		"0.3 << 4 8180810a\n"+ // two frames in a read, which a server must not mask
		"0.3 < text mask=00000000 \"\"\n"+ // whose octets come with the next read
		`0.5 # violation "RFC 6455, 5.1: a server must not mask"`+"\n"+"0.6 # dropped by me\n")
	h := written(t, r)
	client := h.sides[0].String()
	if !strings.HasPrefix(client, request+"\x81\x85\x01\x02\x03\x04") || !strings.Contains(client, "ghon") {
		t.Errorf("the client sent %q", client)
	}
	if got := h.sides[1].String(); got != response+"\x81\x80\x81\x0a" {
		t.Errorf("the server sent %q", got)
	}
	if want := []string{`wsspec: violation "RFC 6455, 5.1: a server must not mask"`, "end 0 false"}; !slices.Equal(h.other, want) {
		t.Errorf("got %q, want %q", h.other, want)
	}
}

// Frames that the log has the beginnings of are as long as they were.
func TestLongPayloads(t *testing.T) {
	for role, heads := range [...]string{
		ws.Client: octets("0", ">>", request) + octets("0", "<<", response),
		ws.Server: octets("0", "<<", request) + octets("0", ">>", response),
	} {
		frame := func(sign string, from int) string {
			mask, header := "", 10
			if from == int(ws.Client) {
				mask, header = " mask=01020304", 14
			}
			return fmt.Sprintf("0.2 %s binary%s len=70000 \"%s\"...\n0.2 %s%s %d 82...\n", sign, mask, strings.Repeat("x", 64), sign, sign, header+70_000)
		}
		h := written(t, logged(t, ws.Role(role), heads+frame(">", role)+frame("<", 1-role)))
		if r := h.result; r.Frames != 2 || r.Violations != 0 || r.Messages != 2 || r.Unjudged != 2 {
			t.Errorf("%v: %q", ws.Role(role), r.Lines(false))
		}
		for side := range h.sides {
			missing := 0
			for _, gap := range regexp.MustCompile(`<(\d+)>`).FindAllStringSubmatch(h.sides[side].String(), -1) {
				n, _ := strconv.Atoi(gap[1]) // digits
				missing += n
			}
			if missing != 70_000-64 {
				t.Errorf("%v: %d octets of the %v are missing", ws.Role(role), missing, ws.Role(side))
			}
		}
	}
}

// Octets that are no frame, and a log without octets.
func TestWhatIsNoFrame(t *testing.T) {
	h := written(t, logged(t, ws.Client, octets("0", ">>", request)+octets("0", "<<", response)+
		"0.1 >> 100 deadbeef...\n"+`0.2 > ping mask=00000000 ""`+"\n0.2 >> 6 898000000000\n0.3 # log off\n0.4 # log on\n0.5 # reset by peer\n"))
	if got := h.sides[0].String(); got != request+"\xde\xad\xbe\xef<96>\x89\x80\x00\x00\x00\x00" {
		t.Errorf("the client sent %q", got)
	}
	if want := "end 1 true"; h.other[len(h.other)-1] != want || !strings.Contains(h.other[0], "not in the log") {
		t.Errorf("got %q", h.other)
	}

	h = written(t, logged(t, ws.Server, "0.1 < text mask=00000000 \"hi\"\n0.2 > text \"ho\"\n0.3 # dropped by peer\n"))
	if c, s := h.sides[0].String(), h.sides[1].String(); c != request+"\x81\x82\x00\x00\x00\x00hi" || s != response+"\x81\x02ho" {
		t.Errorf("without octets: %q, %q", c, s)
	}
	if h.result.Messages != 2 || h.result.Violations != 0 || len(h.other) != 2 {
		t.Errorf("%q, %q", h.result.Lines(false), h.other)
	}
}

func TestWhatCannotBeWritten(t *testing.T) {
	empty := logged(t, ws.Client, "")
	if err := pcap.Write(&bytes.Buffer{}, empty); !errors.Is(err, pcap.ErrNoConversation) {
		t.Errorf("no log: %v", err)
	}
	huge := logged(t, ws.Client, "0.1 >> 2000000000 00...\n")
	if err := pcap.Write(&bytes.Buffer{}, huge); err == nil || !strings.Contains(err.Error(), "more than 268435456 octets") {
		t.Errorf("too much: %v", err)
	}
	if got := pcap.Name(report.Result{ID: `6.4/..\1`}); got != "case_6.4_.._1.pcapng" {
		t.Errorf("name %q", got)
	}
}

// FuzzWrite: any log is written, and reads back as one connection.
func FuzzWrite(f *testing.F) {
	f.Add("0 >> 5 8100\n0 < text \"x\"\n", true)
	f.Add("0.1 > text mask=01020304 len=100 \"abc\"...\n0.1 >> 106 81e401020304...\n0.2 # reset by peer\n", false)
	f.Fuzz(func(t *testing.T, records string, server bool) {
		rs, err := wirelog.Parse(records)
		if err != nil {
			return
		}
		total := 0
		for _, r := range rs {
			total += r.Data.Len + r.Frame.Payload.Len
		}
		if total > 1<<20 || total < 0 {
			return
		}
		log := wirelog.New(ws.Client)
		if server {
			log.Facts.Role = ws.Server
		}
		log.Request, log.Response, log.Records = []byte(request), []byte(response), rs
		var b bytes.Buffer
		err = pcap.Write(&b, report.Result{Log: log})
		if len(rs) == 0 && errors.Is(err, pcap.ErrNoConversation) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		counts, err := capture.Read(&b, func(capture.Conn) capture.Listener {
			return &told{conn: inspect.New(inspect.Options{}, false)}
		})
		if err != nil || counts.Connections < 1 || counts.Other > 0 {
			t.Fatalf("%+v, %v", counts, err)
		}
	})
}
