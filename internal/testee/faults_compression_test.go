// SPDX-License-Identifier: Apache-2.0

package testee_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/ws"
)

// A stored block with the text and the begin of the next, which the receiver completes.
func stored(text string) string {
	n := byte(len(text))
	return "\x00" + string([]byte{n, 0, ^n, 0xff}) + text + "\x00"
}

func packed(messages ...string) []string {
	var frames []string
	z := deflate.NewCompressor(deflate.Params{})
	for _, m := range messages {
		frames = append(frames, "rsv4 text "+string(z.Compress(nil, []byte(m))))
	}
	return frames
}

// notation returns what a transcript has for the payloads of messages that the
// endpoint compresses.
func notation(messages ...string) []string {
	var payloads []string
	for _, f := range packed(messages...) {
		payloads = append(payloads, strings.TrimPrefix(payload([]byte(strings.TrimPrefix(f, "rsv4 text "))), " "))
	}
	return payloads
}

const pmd = "permessage-deflate"

func TestCompressionFaults(t *testing.T) {
	hello := notation("Hello")[0]
	frames := packed("Hello")
	again := "rsv4 text \xf2\x00\x11\x00\x00" // refers to the "Hello" before it (RFC 7692, 7.2.3.2)
	half := "more rsv4 text \xf2H\xcd"
	cannot := "close 1007 cannot inflate: "
	play(t, []conversation{
		{fault: "leaves-tail-of-deflate", ext: pmd, send: frames[:1], want: `rsv4 text ` + hello + `\x00\x00\xff\xff; open`},
		{fault: "compresses-empty-messages-to-nothing", ext: pmd, send: []string{"rsv4 text \x00", frames[0]}, want: `rsv4 text; rsv4 text ` + hello + `; open`},
		{fault: "sets-rsv1-on-continuations", ext: pmd, send: frames[:1], want: "rsv4 more text " + strings.Replace(hello, `\xcd`, `\xcd; rsv4 continuation `, 1) + "; open"},
		{fault: "compresses-control-frames", ext: pmd, send: []string{"ping Hello", "text a"}, want: `rsv4 pong ` + hello + `; text a; open`},
		{fault: "never-compresses", ext: pmd, send: frames[:1], want: "text Hello; open"},
		{fault: "compresses-without-rsv1", ext: pmd, send: frames[:1], want: "text " + hello + "; open"},
		{fault: "sets-rsv1-on-uncompressed-messages", ext: pmd, send: frames[:1], want: "rsv4 text Hello; open"},
		{fault: "inflates-without-context", ext: pmd, send: []string{frames[0], again}, want: `rsv4 text ` + hello + `; close 1007 "cann"..."sage" 121; fin`},
		{fault: "inflates-each-fragment-alone", ext: pmd, send: []string{half, "continuation \xc9\xc9\x07\x00"}, want: "close 1007 cannot inflate the fragment; fin"},
		{fault: "inflates-without-tail", ext: pmd, send: []string{frames[0], frames[0]}, want: "rsv4 text " + hello + "; " + cannot + "bad stored block; fin"},
		{fault: "fails-on-empty-end-of-compressed-message", ext: pmd, send: []string{"more text", "continuation", half, "more continuation", "more continuation \xc9\xc9\x07\x00", "continuation"}, want: "text; close 1002 empty fragment of a compressed message; fin"},
		{fault: "ping-breaks-inflating", ext: pmd, send: []string{"ping", frames[0], half, "ping", "continuation \xc9\xc9\x07\x00"}, want: "pong; rsv4 text " + hello + "; pong; " + cannot + "stream is disturbed; fin"},
		{fault: "inflates-pings-between-fragments", ext: pmd, send: []string{half, "ping", "ping \xff", "continuation \xc9\xc9\x07\x00"}, want: `pong; pong \xff; ` + badText},
		{fault: "inflates-nothing-after-final-block", ext: pmd, send: []string{"rsv4 text \xf3H\xcd\xc9\xc9\x07\x00\x00", "rsv4 text \xf2\x00\x11\x00\x00"}, want: `rsv4 text ` + hello + `; rsv4 text \x00; open`},
		{fault: "drops-data-behind-final-block", ext: pmd, send: []string{"rsv4 text \xf3H\xcd\x01\x00\xcb\xc9\x07\x00\x00"}, want: "rsv4 text " + notation("Hel")[0] + "; open"},
		{fault: "delivers-truncated-deflate", ext: pmd, send: []string{"rsv4 text \xf2H\xcd"}, want: `rsv4 text \xf2H\xcd\x00\x00; open`},
		{fault: "skips-zlib-header", ext: pmd, send: []string{"rsv4 text \x78\x9c\xf2H\xcd\xc9\xc9\x07\x00"}, want: "rsv4 text " + hello + "; open"},
		{fault: "accepts-cut-compressed-text", ext: pmd, send: []string{"rsv4 text " + stored("\xc3"), "rsv4 text " + stored("\xff")}, want: "rsv4 text " + notation("\xc3")[0] + "; " + badText},
		{fault: "accepts-rsv1-although-declined", ext: "permessage-deflate; x=1", send: []string{"rsv4 text a", "rsv4 ping"}, want: "text a; " + reservedBits, only: testee.AsServer},
		{fault: "refuses-stored-blocks", ext: pmd, send: []string{"rsv4 text " + stored("Hello")}, want: cannot + "stored block; fin"},
		{fault: "refuses-uncompressed-with-deflate", ext: pmd, send: []string{"ping", "text a"}, want: "pong; close 1002 uncompressed message; fin"},
		{fault: "final-block-ends-inflating", ext: pmd, send: []string{"rsv4 text \xf3H\xcd\xc9\xc9\x07\x00\x00", frames[0]}, want: `rsv4 text ` + hello + `; ` + cannot + "stream has ended; fin"},
		{fault: "delivers-what-it-could-inflate", ext: pmd, send: []string{"rsv4 binary \xff"}, want: `rsv4 binary \x00; open`},
		{fault: "hangs-on-invalid-deflate", ext: pmd, send: []string{frames[0], "rsv4 binary \xff", "ping"}, want: "rsv4 text " + hello + "; open"},
		{fault: "drops-tcp-on-invalid-deflate", ext: pmd, send: []string{frames[0], "rsv4 binary \xff", "ping"}, want: "rsv4 text " + hello + "; fin"},
		{fault: "1000-for-invalid-deflate", ext: pmd, send: []string{frames[0], "rsv4 binary \xff", "ping"}, want: "rsv4 text " + hello + "; close 1000; fin"},
		{fault: "no-utf8-check-of-compressed-text", ext: pmd, send: []string{"rsv4 text " + stored("\xff"), "text \xff"}, want: "rsv4 text " + notation("\xff")[0] + "; " + badText},
		{fault: "checks-utf8-of-compressed-octets", ext: pmd, send: []string{"rsv4 binary " + frames[0][len("rsv4 text "):], frames[0]}, want: "rsv4 binary " + hello + "; " + badText},
		{fault: "accepts-rsv1-on-continuation", ext: pmd, send: []string{half, "rsv4 continuation \xc9\xc9\x07\x00"}, want: "rsv4 text " + hello + "; open"},
		{fault: "accepts-rsv1-on-control", ext: pmd, send: []string{"rsv4 ping a", "rsv2 ping"}, want: "pong a; " + reservedBits},
		{fault: "accepts-rsv2-with-deflate", ext: pmd, send: []string{"rsv2 text a", "rsv1 text b"}, want: "text a; " + reservedBits},
	})
}

// Faults that show in messages too long to write down: the echoes are compared
// with what a correct endpoint sends.
func TestLongCompressionFaults(t *testing.T) {
	long := strings.Repeat("The quick brown fox jumps over the lazy dog. ", 20)
	far := randomLetters(3000) // then the same again, beyond a window of 9 bits
	mid := far + far
	near := strings.Repeat(randomLetters(300), 2) // beyond one of 8
	inbound := packed(long, long)
	edge := randomLetters(32600)
	edge += edge[:200]
	for _, tt := range []struct {
		fault, ext string
		send       []string
		check      func(right, wrong string) bool
	}{
		{"keeps-context-against-agreement", pmd + "; server_no_context_takeover; client_no_context_takeover", []string{single(long), single(long)}, differs},
		{"exceeds-agreed-window", pmd + "; server_max_window_bits=9; client_max_window_bits=9", []string{narrow(9, mid)}, shorter},
		{"takes-agreed-window-of-8-bits-for-9", pmd + "; server_max_window_bits=8; client_max_window_bits=8", []string{narrow(8, near)}, shorter},
		{"compresses-without-context", pmd, packed(long, long), differs},
		{"inflates-with-window-of-9-bits", pmd, packed(mid), failsNow},
		{"refuses-distances-above-32506", pmd, packed(edge), failsNow},
		{"loses-last-octet-of-large-compressed", pmd, packed(strings.Repeat(long, 80)), differs},
		{"uncompressed-message-resets-context", pmd, []string{inbound[0], "text a", inbound[1]}, failsNow},
		{"inflates-beyond-agreed-window", pmd + "; server_max_window_bits=9; client_max_window_bits=9", packed(mid), succeedsNow},
		{"accepts-unremoved-tail", pmd, []string{"rsv4 text \xf2H\xcd\xc9\xc9\x07\x00\x00\x00\xff\xff"}, succeedsNow},
	} {
		t.Run(tt.fault, func(t *testing.T) {
			for _, role := range []ws.Role{ws.Client, ws.Server} {
				faults, err := testee.ParseFaults(tt.fault)
				if err != nil {
					t.Fatal(err)
				}
				cfg := testee.Config{Offers: []deflate.Offer{{
					ClientNoContextTakeover: true, ClientMaxWindowBits: deflate.AnyWindow,
				}}}
				cfg.Accept = deflate.FirstOf(deflate.FirstAllowing(deflate.Params{WindowBits: 9}), deflate.FirstAllowing(deflate.Params{}))
				right := talk(t, role, cfg, tt.ext, tt.send)
				cfg.Faults = faults
				if wrong := talk(t, role, cfg, tt.ext, tt.send); !tt.check(right, wrong) {
					t.Errorf("%s: got %s\nwithout the fault %s", role, wrong, right)
				}
			}
		})
	}
}

func randomLetters(n int) string {
	letters := make([]byte, n)
	for i, v := 0, uint32(1); i < n; i++ {
		v = v*1664525 + 1013904223
		letters[i] = 'a' + byte(v>>24)%26
	}
	return string(letters)
}

// single compresses a message by itself.
func single(m string) string {
	return "rsv4 text " + string(deflate.NewCompressor(deflate.Params{NoContextTakeover: true}).Compress(nil, []byte(m)))
}

// narrow compresses a message with a window of so many bits.
func narrow(bits int, m string) string {
	return "rsv4 text " + string(deflate.NewCompressor(deflate.Params{WindowBits: bits}).Compress(nil, []byte(m)))
}

// The answer to a few octets inflates to a gigabyte: no reader may take it to the
// end.
func TestBomb(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := memnet.Pipe(0)
		faults, err := testee.ParseFaults("answers-with-bomb")
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- testee.Serve(t.Context(), theirs, testee.Config{Faults: faults}) }()
		write(t, ours, offering(pmd))
		readHead(t, ours)
		write(t, ours, string(ws.Header{Fin: true, RSV: 4, Opcode: ws.Text, Masked: true, Length: 7}.Append(nil))+"\xf2H\xcd\xc9\xc9\x07\x00")
		h, bomb := readFrame(t, ours)
		if h.RSV != 4 || len(bomb) > 16<<20 {
			t.Errorf("RSV %d, %d octets", h.RSV, len(bomb))
		}
		const limit = 10 << 20
		inflated, _, err := deflate.NewInflater(deflate.Params{}).Inflate(nil, []byte(bomb), limit)
		if len(inflated) != limit || !errors.Is(err, deflate.ErrLimit) {
			t.Errorf("inflates to %d octets: %v", len(inflated), err)
		}
		ours.Close()
		<-done
	})
}

func differs(right, wrong string) bool { return right != wrong && strings.HasSuffix(wrong, "open") }

// shorter reports whether the last echo is shorter where it is wrong.
func shorter(right, wrong string) bool {
	r, w := lastLength(right), lastLength(wrong)
	return w > 0 && w < r
}

// lastLength reads the length of the last payload off a transcript of a
// connection that is still open, or returns 0.
func lastLength(transcript string) int {
	words := strings.Fields(strings.TrimSuffix(transcript, "; open"))
	n, _ := strconv.Atoi(words[len(words)-1])
	return n
}

func failsNow(right, wrong string) bool {
	return strings.HasSuffix(right, "open") && strings.Contains(wrong, "close 1007")
}

func succeedsNow(right, wrong string) bool { return failsNow(wrong, right) }
