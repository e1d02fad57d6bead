// SPDX-License-Identifier: Apache-2.0

package testee_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/ws"
)

// What a correct endpoint does, in both roles.
func TestConversations(t *testing.T) {
	for _, tt := range []struct {
		name string
		send []string
		want string
	}{
		{"all in one read", []string{"join text a|ping b|more binary c|ping d|continuation e|close \x03\xe8"}, "text a; pong b; pong d; binary ce; " + bye},
		{"octet by octet", []string{"chop text abc", "chop more text \u20ac", "chop continuation d", "chop ping e"}, `text abc; text \u20acd; pong e; open`},
		{"boundaries of lengths", []string{"binary " + x(125), "binary " + x(126), "binary " + x(65535), "binary " + x(65536)},
			`binary "xxxx"..."xxxx" 125; binary "xxxx"..."xxxx" 126; binary "xxxx"..."xxxx" 65535; binary "xxxx"..."xxxx" 65536; open`},
		{"empty messages", []string{"text", "more binary", "more continuation", "continuation"}, "text; binary; open"},
		{"binary is not text", []string{"binary \xff"}, `binary \xff; open`},
		{"unasked Pong", []string{"pong a"}, "open"},
		{"echo before failure", []string{"join text a|rsv2 text b|ping"}, "text a; " + reservedBits},
		{"reserved data opcode", []string{"opcode3"}, "close 1002 reserved opcode; fin"},
		{"reserved control opcode", []string{"opcode11"}, "close 1002 reserved opcode; fin"},
		{"RSV1 without extension", []string{"rsv4 text a"}, reservedBits},
		{"masked or not", []string{"flip text a"}, ""},
		{"length too long for it", []string{"len16 text a"}, "close 1002 length not in its shortest form; fin"},
		{"fragmented Ping", []string{"more ping a"}, "close 1002 fragmented control frame; fin"},
		{"long Ping", []string{"ping " + x(126)}, "close 1002 control frame above 125 octets; fin"},
		{"orphan", []string{"more text a", "continuation b", "continuation c"}, "text ab; close 1002 continuation of nothing; fin"},
		{"nested", []string{"more text a", "binary b"}, "close 1002 new message inside a fragmented one; fin"},
		{"text across fragments", []string{"more text \xc3", "continuation \xa4"}, `text \u00e4; open`},
		{"text that cannot be completed", []string{"more text \xe2\x82", "ping a", "more continuation b"}, "pong a; " + badText},
		{"text cut short", []string{"text a\xc3"}, badText},
		{"empty Close", []string{"close"}, "close; fin"},
		{"Close in a message", []string{"more text a", "close \x03\xe9bye"}, "close 1001; fin"},
		{"data behind Close", []string{"join close \x0f\xa0|text a|ping"}, "close 4000; fin"},
		{"half a code", []string{"close a"}, "close 1002 Close with half a code; fin"},
		{"code 1005", []string{"close \x03\xed"}, "close 1002 Close with a code that may not be sent; fin"},
		{"bad reason", []string{"close \x03\xe8\xff"}, "close 1007 Close reason is not UTF-8; fin"},
		{"end without Close", []string{"text a", "fin"}, "text a; fin"},
		{"end inside a frame", []string{"raw \x81", "fin"}, "fin"},
	} {
		for role, mask := range map[ws.Role]string{ws.Client: "masked frame from a server", ws.Server: "unmasked frame from a client"} {
			if tt.name == "masked or not" {
				tt.want = "close 1002 " + mask + "; fin"
			}
			if got := talk(t, role, testee.Config{}, "", tt.send); got != tt.want {
				t.Errorf("%s, %s: got %s\nwant %s", tt.name, role, got, tt.want)
			}
		}
	}
}

// What is wrong is noticed at the first octet that tells, while the rest of the
// frame is still to come.
func TestFailsFast(t *testing.T) {
	for name, octets := range map[string]string{
		"text beyond Unicode":         "\x81\x95\x00\x00\x00\x00abcdefghijk\xf4\x90",
		"reserved opcode":             "\x83\xff\x00\x00\x00\x00\x00\x10\x00\x00\x00\x00\x00\x00",
		"unmasked":                    "\x82\x7f\x00\x00\x00\x00\x00\x10\x00\x00",
		"more than fits":              "\x82\xff\x3f\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00",
		"more than can be":            "\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00",
		"more than fits, in fragment": "\x02\x80\x00\x00\x00\x00\x80\xff\x00\x00\x00\x00\x04\x00\x00\x01\x00\x00\x00\x00",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, server := memnet.Pipe(0)
				start := time.Now()
				done := make(chan error, 1)
				go func() { done <- testee.Serve(t.Context(), server, testee.Config{}) }()
				write(t, s, request)
				readHead(t, s)
				write(t, s, octets)
				if got := transcribe(ws.Server, []byte(rest(t, s))); !strings.HasPrefix(got, "close 100") || time.Since(start) > 0 {
					t.Errorf("got %s after %s", got, time.Since(start))
				}
				s.Close()
				<-done
			})
		})
	}
}

func TestMessageLimit(t *testing.T) {
	cfg := testee.Config{MaxMessage: 100}
	tooLong := "close 1009 message too long; fin"
	for _, tt := range []struct {
		send []string
		want string
	}{
		{[]string{"binary " + x(40), "text " + x(101)}, "binary " + x(40) + "; " + tooLong},
		{[]string{"more text " + x(60), "ping", "continuation " + x(41)}, "pong; " + tooLong},
		{[]string{"text " + x(100)}, `text "xxxx"..."xxxx" 100; open`},
		{packed(x(101)), "close 1009 message too long when inflated; fin"},
	} {
		if got := talk(t, ws.Server, cfg, "permessage-deflate", tt.send); got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
	}
	cfg.Faults = testee.Faults{"inflates-without-limit": true}
	if got := talk(t, ws.Server, cfg, "permessage-deflate", packed(x(101))); !strings.HasPrefix(got, "rsv4 text ") {
		t.Errorf("with the fault got %s", got)
	}
	cfg.Faults = testee.Faults{"dies-of-inflating-beyond-limit": true}
	if got := talk(t, ws.Server, cfg, "permessage-deflate", packed(x(101))); got != "rst" {
		t.Errorf("with the other fault got %s", got)
	}
}

// A client waits for the server to close TCP, a server does not wait; neither
// waits for ever.
func TestPatienceAfterClose(t *testing.T) {
	for _, tt := range []struct {
		role      ws.Role
		send      string
		sees, end time.Duration // when our peer sees FIN, when the endpoint has ended
	}{
		{ws.Server, "close \x03\xe8", 0, 2 * time.Second},
		{ws.Server, "rsv1 text", 0, 2 * time.Second},
		{ws.Client, "close \x03\xe8", 2 * time.Second, 2 * time.Second},
		{ws.Client, "rsv1 text", 2 * time.Second, 2 * time.Second},
	} {
		t.Run(fmt.Sprint(tt.role, " ", tt.send), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, theirs := memnet.Pipe(0)
				done := make(chan time.Time, 1)
				go func() {
					if tt.role == ws.Server {
						_ = testee.Serve(t.Context(), theirs, testee.Config{})
					} else {
						_ = testee.Echo(t.Context(), theirs, "h", "/", testee.Config{})
					}
					done <- time.Now()
				}()
				if tt.role == ws.Server {
					write(t, s, request)
					readHead(t, s)
				} else {
					answerHandshake(t, s)
				}
				start := time.Now()
				write(t, s, encode(t, tt.role.Other(), tt.send)[0])
				rest(t, s)
				if saw := time.Since(start); saw != tt.sees {
					t.Errorf("FIN after %s, want %s", saw, tt.sees)
				}
				if end := (<-done).Sub(start); end != tt.end {
					t.Errorf("ended after %s, want %s", end, tt.end)
				}
			})
		})
	}
}

// Two faults that are a matter of time: a frame is answered late, others are not.
func TestSlowFaults(t *testing.T) {
	for _, tt := range []struct {
		fault, frame, other string
		late                time.Duration
	}{
		{"answers-close-after-1.5s", frame("close", "\x03\xe8"), frame("text", "a"), 1500 * time.Millisecond},
		{"echoes-after-100ms", frame("text", "a"), frame("ping", ""), 100 * time.Millisecond},
	} {
		synctest.Test(t, func(t *testing.T) {
			s, server := memnet.Pipe(0)
			done := make(chan error, 1)
			cfg := testee.Config{Faults: testee.Faults{tt.fault: true}}
			go func() { done <- testee.Serve(t.Context(), server, cfg) }()
			write(t, s, request)
			readHead(t, s)
			start := time.Now()
			for i, octets := range []string{tt.other, tt.frame} {
				write(t, s, octets)
				if h, _ := readFrame(t, s); time.Since(start) != time.Duration(i)*tt.late {
					t.Errorf("%s: %s after %s", tt.fault, h.Opcode, time.Since(start))
				}
			}
			s.Close()
			<-done
		})
	}
}

// keys returns the masking keys of a client's first echoes.
func keys(t *testing.T, fault string) []string {
	t.Helper()
	var keys []string
	synctest.Test(t, func(t *testing.T) {
		s, client := memnet.Pipe(0)
		done := make(chan error, 1)
		cfg := testee.Config{NoDeflate: true, Faults: testee.Faults{fault: true}}
		go func() { done <- testee.Echo(t.Context(), client, "h", "/", cfg) }()
		answerHandshake(t, s)
		for range 4 {
			write(t, s, "\x81\x00")
			h, _ := readFrame(t, s)
			keys = append(keys, string(h.Key[:]))
		}
		s.Close()
		<-done
	})
	return keys
}

func TestMaskingKeyFaults(t *testing.T) {
	for fault, wrong := range map[string]func([]string) bool{
		"masks-with-zero-key":        func(k []string) bool { return k[0] == "\x00\x00\x00\x00" && k[3] == k[0] },
		"masks-with-one-key":         func(k []string) bool { return k[0] == k[1] && k[1] == k[3] },
		"masks-with-counter":         func(k []string) bool { return k[0] == "\x00\x00\x00\x01" && k[3] == "\x00\x00\x00\x04" },
		"masks-with-handshake-nonce": func(k []string) bool { return k[0][:3] == k[3][:3] && k[0][3]+3 == k[3][3] },
	} {
		if k := keys(t, fault); !wrong(k) {
			t.Errorf("%s: keys %q", fault, k)
		}
		if k := keys(t, "no-pong"); wrong(k) {
			t.Errorf("without %s: keys %q", fault, k)
		}
	}
}

// Compressed input that does not follow RFC 7692.
func TestCompressedConversations(t *testing.T) {
	hello := notation("Hello", "Hello")
	for _, tt := range []struct {
		send []string
		want string
	}{
		{packed("Hello", "Hello"), "rsv4 text " + hello[0] + "; rsv4 text " + hello[1] + "; open"},
		{[]string{"text Hello", "binary"}, "text Hello; binary; open"},
		{[]string{"more rsv4 text \xf2H\xcd", "ping", "continuation \xc9\xc9\a\x00"}, "pong; rsv4 text " + hello[0] + "; open"},
		{[]string{"more rsv4 text \xf2H\xcd", "rsv4 continuation \xc9\xc9\a\x00"}, reservedBits},
		{[]string{"rsv4 ping"}, reservedBits},
		{[]string{"rsv6 text"}, reservedBits},
		{[]string{"rsv4 binary \xff"}, "close 1007"},
		{[]string{"rsv4 text " + stored("\xff")}, badText},
	} {
		for _, role := range []ws.Role{ws.Client, ws.Server} {
			if got := talk(t, role, testee.Config{}, "permessage-deflate", tt.send); !strings.HasPrefix(got, tt.want) {
				t.Errorf("%s: got %s, want %s", role, got, tt.want)
			}
			cfg := testee.Config{NoDeflate: true}
			if role == ws.Server && tt.send[0][:4] == "rsv4" {
				if got := talk(t, role, cfg, "permessage-deflate", tt.send); got != reservedBits {
					t.Errorf("where it was declined: got %s", got)
				}
			}
		}
	}
}

// Long messages and short ones take turns, so that buffers grow and are given up.
func TestMessagesOfAllSizes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, server := memnet.Pipe(0)
		done := make(chan error, 1)
		go func() { done <- testee.Serve(t.Context(), server, testee.Config{}) }()
		write(t, s, offering(deflate.Name))
		readHead(t, s)
		z, f := deflate.NewCompressor(deflate.Params{}), deflate.NewInflater(deflate.Params{})
		for _, n := range []int{1, 5000, 1 << 20, 3, 100, 200000, 0, 70000, 4, 4} {
			text := strings.Repeat("0123456789\u20ac", n/13+1)[:n/13*13]
			write(t, s, frame("text", text))
			if _, got := readFrame(t, s); got != text {
				t.Errorf("%d octets came back as %d others", len(text), len(got))
			}
			octets := string(z.Compress(nil, []byte(text)))
			whole := frame("text", octets)
			write(t, s, string([]byte{whole[0] | 0x40})+whole[1:])
			_, got := readFrame(t, s)
			plain, _, err := f.Inflate(nil, []byte(got), 1<<21)
			if err != nil || string(plain) != text {
				t.Errorf("%d octets compressed came back as %d others: %v", len(text), len(plain), err)
			}
		}
		_ = s.Close()
		if err := <-done; err == nil {
			t.Error("no error without a Close")
		}
	})
}
