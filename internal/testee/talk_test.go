// SPDX-License-Identifier: Apache-2.0

package testee_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/ws"
)

// talk opens a connection to an endpoint in a role, sends frames, and returns
// what came back, both in the notation of encode and transcribe. It waits for
// three seconds of silence at the end. extensions, if not empty, are offered or
// answered.
func talk(t *testing.T, role ws.Role, cfg testee.Config, extensions string, send []string) string {
	t.Helper()
	var got string
	synctest.Test(t, func(t *testing.T) {
		s, theirs := memnet.Pipe(0)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		if role == ws.Server {
			go func() { done <- testee.Serve(ctx, theirs, cfg) }()
			write(t, s, strings.Replace(offering(extensions), "/", target(cfg), 1))
			readHead(t, s)
		} else {
			go func() { done <- testee.Echo(ctx, theirs, "h", "/", cfg) }()
			if extensions != "" {
				answerHandshake(t, s, "Sec-WebSocket-Extensions: "+extensions)
			} else {
				answerHandshake(t, s)
			}
		}
		for _, f := range send {
			switch f {
			case "fin":
				_ = s.CloseWrite()
				continue
			case "reset":
				_ = s.Reset()
				continue
			case "pause":
				time.Sleep(100 * time.Millisecond)
				continue
			}
			for _, octets := range encode(t, role.Other(), f) {
				_, _ = io.WriteString(s, octets) // the endpoint may be gone
				synctest.Wait()
			}
		}
		_ = s.SetReadDeadline(time.Now().Add(3 * time.Second))
		b, err := io.ReadAll(s)
		got = transcribe(role, b)
		switch {
		case err == nil:
			got += "fin"
		case errors.Is(err, stream.ErrReset):
			got += "rst"
		default:
			got += "open"
		}
		_ = s.Close()
		cancel() // some do not notice that their peer is gone
		<-done
	})
	return got
}

// target is the request target that gives a server the commands of the configuration.
func target(cfg testee.Config) string {
	if len(cfg.Commands) == 0 {
		return "/"
	}
	return "/?wsct=" + ws.FormatCommands(cfg.Commands)
}

func offering(extensions string) string {
	if extensions == "" {
		return request
	}
	return strings.TrimSuffix(request, "\r\n") + "Sec-WebSocket-Extensions: " + extensions + "\r\n\r\n"
}

// encode returns the octets of a frame, in the writes they are sent with. The
// frame is words and the payload behind one more blank: modifiers, then the
// opcode. Modifiers are rsv1 to rsv7 (the number of the bits), more (no FIN),
// flip (masked or not, the other way round), zero (masking key), len16, len64,
// chop (octet by octet). "raw" stands for octets, "join" for frames, separated
// by |, in one write; talk knows "pause", "fin" and "reset" too.
func encode(t *testing.T, from ws.Role, frame string) []string {
	t.Helper()
	if rest, ok := strings.CutPrefix(frame, "join "); ok {
		var all strings.Builder
		for f := range strings.SplitSeq(rest, "|") {
			all.WriteString(strings.Join(encode(t, from, f), ""))
		}
		return []string{all.String()}
	}
	h := ws.Header{Fin: true, Masked: from == ws.Client, Key: [4]byte{0x11, 0x22, 0x33, 0x44}}
	chop := false
	for {
		var word string
		word, frame, _ = strings.Cut(frame, " ")
		switch {
		case strings.HasPrefix(word, "rsv"):
			h.RSV = word[3] - '0'
		case word == "more":
			h.Fin = false
		case word == "flip":
			h.Masked = !h.Masked
		case word == "zero":
			h.Key = [4]byte{}
		case word == "len16":
			h.Form = ws.Length16
		case word == "len64":
			h.Form = ws.Length64
		case word == "chop":
			chop = true
		case word == "raw":
			return []string{frame}
		default:
			op, ok := ws.ParseOpcode(word)
			if !ok {
				t.Fatalf("no opcode %q", word)
			}
			h.Opcode, h.Length = op, uint64(len(frame))
			payload := []byte(frame)
			if h.Masked {
				ws.Mask(h.Key, 0, payload)
			}
			octets := string(h.Append(nil)) + string(payload)
			if chop {
				var single []string
				for i := range len(octets) {
					single = append(single, octets[i:i+1])
				}
				return single
			}
			return []string{octets}
		}
	}
}

// transcribe writes down frames that came from an endpoint, each followed by
// "; ". It notes what is wrong with masking and length: everything that can be
// said about a frame, except for a masking key.
func transcribe(role ws.Role, b []byte) string {
	var out strings.Builder
	for len(b) > 0 {
		h, n := ws.ParseHeader(b)
		if n == 0 || h.Length > uint64(len(b)-n) {
			fmt.Fprintf(&out, "cut % x; ", b[:min(len(b), 8)])
			break
		}
		p := append([]byte(nil), b[n:n+int(h.Length)]...)
		b = b[n+int(h.Length):]
		if h.Masked {
			ws.Mask(h.Key, 0, p)
		}
		if h.RSV != 0 {
			fmt.Fprintf(&out, "rsv%d ", h.RSV)
		}
		if !h.Fin {
			out.WriteString("more ")
		}
		if h.Masked != (role == ws.Client) {
			out.WriteString("flip ")
		}
		if !h.Minimal() {
			out.WriteString("long ")
		}
		out.WriteString(h.Opcode.String())
		if code, reason, ok := ws.ParseClosePayload(p); ok && h.Opcode == ws.Close {
			out.WriteString(" " + strconv.Itoa(int(code)))
			p = reason
		}
		out.WriteString(payload(p) + "; ")
	}
	return out.String()
}

func payload(p []byte) string {
	const most = 40
	s := strings.Trim(strconv.QuoteToASCII(string(p[:min(len(p), most)])), `"`)
	switch {
	case len(p) > most:
		return fmt.Sprintf(" %q...%q %d", p[:4], p[len(p)-4:], len(p))
	case len(p) > 0:
		return " " + s
	}
	return ""
}

// A conversation shows one fault.
type conversation struct {
	fault string
	send  []string
	want  string // with the fault; client adds or replaces for that role
	ext   string // extensions to negotiate
	only  testee.Roles
	told  string // commands
}

// play holds conversations with and without their faults: with it they have to
// go as wanted, and without it otherwise.
func play(t *testing.T, conversations []conversation) {
	for _, tt := range conversations {
		for _, role := range []ws.Role{ws.Client, ws.Server} {
			if tt.only != 0 && !tt.only.Has(role) {
				continue
			}
			t.Run(fmt.Sprintf("%s/%s", tt.fault, role), func(t *testing.T) {
				faults, err := testee.ParseFaults(tt.fault)
				if err != nil {
					t.Fatal(err)
				}
				cfg := testee.Config{}
				if tt.told != "" {
					if cfg.Commands, err = ws.ParseCommands(tt.told); err != nil {
						t.Fatal(err)
					}
				}
				right := talk(t, role, cfg, tt.ext, tt.send)
				cfg.Faults = faults
				got := talk(t, role, cfg, tt.ext, tt.send)
				if got != tt.want {
					t.Errorf("got  %s\nwant %s", got, tt.want)
				}
				if right == tt.want {
					t.Errorf("the fault makes no difference")
				}
			})
		}
	}
}
