// SPDX-License-Identifier: Apache-2.0

package testee_test

import (
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/ws"
)

// ask sends octets to a server and returns its answer: all that comes until the
// connection ends, or until nothing has for longer than the server's patience,
// followed by FIN where the connection has ended.
func ask(t *testing.T, cfg testee.Config, octets ...string) string {
	t.Helper()
	var answer string
	synctest.Test(t, func(t *testing.T) {
		s, server := memnet.Pipe(0)
		done := make(chan error, 1)
		go func() { done <- testee.Serve(t.Context(), server, cfg) }()
		for _, o := range octets {
			_, _ = io.WriteString(s, o) // the server may be gone
			synctest.Wait()
		}
		_ = s.SetReadDeadline(time.Now().Add(10 * time.Second))
		b, err := io.ReadAll(s)
		answer = string(b)
		if err == nil {
			answer += "FIN"
		}
		_ = s.Close()
		<-done
	})
	return answer
}

// differently returns the request with parts replaced: old, new, old, new.
func differently(t *testing.T, oldNew ...string) string {
	t.Helper()
	for i := 0; i < len(oldNew); i += 2 {
		if !strings.Contains(request, oldNew[i]) {
			t.Fatalf("the request has no %q", oldNew[i])
		}
	}
	return strings.NewReplacer(oldNew...).Replace(request)
}

func TestRequestFaults(t *testing.T) {
	const (
		yes = "HTTP/1.1 101 "
		key = "dGhlIHNhbXBsZSBub25jZQ=="
		end = "13\r\n\r\n"
	)
	frame := "\x82\x81\x00\x00\x00\x00x"
	long := end[:4] + "X: " + x(5000) + "\r\n\r\n"
	for _, tt := range []struct {
		fault  string
		change []string
		want   string // begin of the answer with the fault
	}{
		{"accepts-any-method", []string{"GET", "POST"}, yes},
		{"accepts-http-1.0", []string{"HTTP/1.1", "HTTP/1.0"}, yes},
		{"accepts-any-request-target", []string{"GET / ", "GET /#a "}, yes},
		{"accepts-fragment-in-request-target", []string{"GET / ", "GET /#a "}, yes},
		{"refuses-absolute-form", []string{"GET / ", "GET http://h/ "}, "HTTP/1.1 400 "},
		{"accepts-missing-host", []string{"Host: h\r\n", ""}, yes},
		{"accepts-several-hosts", []string{"Host: h", "Host: h\r\nHost: h"}, yes},
		{"accepts-missing-upgrade", []string{"Upgrade: WebSocket\r\n", ""}, yes},
		{"matches-upgrade-by-substring", []string{"WebSocket\r\n", "websocketx\r\n"}, yes},
		{"compares-upgrade-case-sensitively", nil, "HTTP/1.1 426 "},
		{"refuses-upgrade-list", []string{"Upgrade: WebSocket", "Upgrade: foo, websocket"}, "HTTP/1.1 426 "},
		{"reads-only-first-origin", []string{end, "13\r\nOrigin: http://a\r\nOrigin: http://b\r\n\r\n"}, yes},
		{"passes-over-malformed-subprotocols", []string{end, "13\r\nSec-WebSocket-Protocol: a, a\r\n\r\n"}, yes},
		{"passes-over-malformed-extensions", []string{end, "13\r\nSec-WebSocket-Extensions: permessage-deflate;\r\n\r\n"}, yes},
		{"reads-only-first-version-line", []string{end, "13\r\nSec-WebSocket-Version: 8\r\n\r\n"}, yes},
		{"accepts-missing-connection", []string{"Connection: Upgrade\r\n", ""}, yes},
		{"matches-connection-by-substring", []string{"Connection: Upgrade", "Connection: upgraded"}, yes},
		{"compares-connection-case-sensitively", []string{"Connection: Upgrade", "Connection: upgrade"}, "HTTP/1.1 426 "},
		{"refuses-connection-list", []string{"Connection: Upgrade", "Connection: keep-alive, Upgrade"}, "HTTP/1.1 426 "},
		{"reads-only-first-connection-line", []string{"Connection: Upgrade", "Connection: keep-alive\r\nConnection: Upgrade"}, "HTTP/1.1 426 "},
		{"wants-host-first", []string{"Host: h\r\nUpgrade: WebSocket\r\n", "Upgrade: WebSocket\r\nHost: h\r\n"}, "HTTP/1.1 400 "},
		{"accepts-blank-before-colon", []string{"Upgrade:", "Upgrade \t:"}, yes},
		{"unfolds-folded-fields", []string{end, "13\r\nX: a\r\n b\r\n\tc\r\n\r\n"}, yes},
		{"dies-of-field-that-is-not-utf8", []string{end, "13\r\nX: \xff\r\n\r\n"}, ""},
		{"refuses-subprotocols-in-two-fields", []string{end, "13\r\nSec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: b\r\n\r\n"}, "HTTP/1.1 400 "},
		{"ignores-origin-policy", []string{end, "13\r\nOrigin: http://bad\r\n\r\n"}, yes},
		{"compares-field-names-case-sensitively", []string{"Host", "host"}, "HTTP/1.1 400 "},
		{"accepts-missing-key", []string{"Sec-WebSocket-Key: " + key + "\r\n", ""}, yes},
		{"accepts-any-key", []string{key, "short"}, yes},
		{"accepts-several-keys", []string{key, key + "\r\nSec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA=="}, yes},
		{"accepts-missing-version", []string{"Sec-WebSocket-Version: 13\r\n", ""}, yes},
		{"accepts-any-version", []string{"13", "12"}, yes},
		{"reads-version-as-leading-number", []string{"13\r\n", "013x\r\n"}, yes},
		{"takes-request-content-for-frames", []string{end, "13\r\nContent-Length: 7\r\n\r\n" + frame}, yes},
		{"accepts-malformed-extensions", []string{end, "13\r\nSec-WebSocket-Extensions: permessage-deflate;\r\n\r\n"}, yes},
		{"drops-tcp-on-bad-request", []string{"GET", "POST"}, "FIN"},
		{"drops-tcp-on-version-mismatch", []string{"13", "12"}, "FIN"},
		{"reads-heads-of-up-to-16-mib", []string{end, "13\r\nX: " + x(1<<20) + "\r\n\r\n"}, yes},
		{"keeps-tcp-open-after-refusal", []string{"GET", "POST"}, ""},
		{"ignores-requests-above-4k", []string{end, long}, ""},
		{"refuses-every-request", nil, "HTTP/1.1 404 "},
	} {
		t.Run(tt.fault, func(t *testing.T) {
			octets := differently(t, tt.change...)
			cfg := testee.Config{ForbiddenOrigins: []string{"http://bad"}}
			right := ask(t, cfg, octets)
			cfg.Faults = testee.Faults{tt.fault: true}
			got := ask(t, cfg, octets)
			if !strings.HasPrefix(got, tt.want) || tt.want == "" && got != "" {
				t.Errorf("got %.60q, want %q", got, tt.want)
			}
			if tt.want != "" && strings.HasPrefix(right, tt.want) || right == got {
				t.Errorf("without the fault: %.60q", right)
			}
		})
	}
}

func TestRequestInPieces(t *testing.T) {
	frame := "\x82\x81\x00\x00\x00\x00x"
	for _, tt := range []struct {
		fault  string
		octets []string
		want   string // end of the answer with the fault
		right  string // and without
	}{
		{"needs-request-in-one-read", []string{request[:20], request[20:] + frame}, "FIN", "\r\n\r\n\x82\x01x"},
		{"drops-octets-behind-handshake", []string{request + frame, "\x89\x81\x00\x00\x00\x00y"}, "\r\n\r\n\x8a\x01y", "\x82\x01x\x8a\x01y"},
	} {
		t.Run(tt.fault, func(t *testing.T) {
			if got := ask(t, testee.Config{Faults: testee.Faults{tt.fault: true}}, tt.octets...); !strings.HasSuffix(got, tt.want) {
				t.Errorf("got %q", got)
			}
			if got := ask(t, testee.Config{}, tt.octets...); !strings.HasSuffix(got, tt.right) {
				t.Errorf("without the fault %q", got)
			}
		})
	}
}

func TestAnswerFaults(t *testing.T) {
	version12 := differently(t, "13", "12")
	deflated := offering("permessage-deflate; client_max_window_bits=10; server_max_window_bits=9; server_no_context_takeover")
	plain := offering("permessage-deflate")
	protocols := differently(t, "13\r\n\r\n", "13\r\nSec-WebSocket-Protocol: a, b\r\n\r\n")
	other := differently(t, "13\r\n\r\n", "13\r\nSec-WebSocket-Protocol: Chat\r\n\r\n")
	blanks := differently(t, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Key:  \tdGhlIHNhbXBsZSBub25jZQ== ")
	recoded := differently(t, "dGhlIHNhbXBsZSBub25jZQ==", "AQIDBAUGBwgJCgsMDQ4PEC==")
	extensions := "\r\nSec-WebSocket-Extensions: "
	accept := "\r\nSec-WebSocket-Accept: "
	for _, tt := range []struct {
		fault, octets string
		has           string // what the answer has with the fault and not without, or
		lacks         string // the other way round
	}{
		{"computes-accept-from-decoded-key", request, accept + ws.AcceptKey("the sample nonce"), ""},
		{"computes-accept-with-lower-case-guid", request, "", accept + "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"},
		{"computes-accept-from-recoded-key", recoded, accept + ws.AcceptKey("AQIDBAUGBwgJCgsMDQ4PEA=="), ""},
		{"computes-accept-from-key-with-blanks", blanks, accept + ws.AcceptKey(" \tdGhlIHNhbXBsZSBub25jZQ== "), ""},
		{"matches-subprotocols-without-case", other, "\r\nSec-WebSocket-Protocol: chat\r\n", ""},
		{"answers-101-with-transfer-encoding", request, "\r\nTransfer-Encoding: chunked\r\n", ""},
		{"omits-accept", request, "", accept},
		{"omits-upgrade", request, "", "\r\nUpgrade: websocket\r\n"},
		{"omits-connection", request, "", "\r\nConnection: Upgrade\r\n"},
		{"sends-accept-twice", request, accept + "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" + accept, ""},
		{"answers-200", request, "HTTP/1.1 200 OK\r\n", ""},
		{"answers-subprotocol-not-requested", request, "\r\nSec-WebSocket-Protocol: chat\r\n", ""},
		{"answers-all-subprotocols", protocols, "\r\nSec-WebSocket-Protocol: a, b\r\n", ""},
		{"answers-all-extensions", offering("x-unknown; a=1, permessage-deflate"), extensions + "x-unknown; a=1, permessage-deflate\r\n", ""},
		{"answers-101-with-content-length", request, "\r\nContent-Length: 0\r\n", ""},
		{"omits-version-on-mismatch", version12, "", "\r\nSec-WebSocket-Version: 13\r\n"},
		{"sends-103-before-101", request, "HTTP/1.1 103 Early Hints\r\n", ""},
		{"sends-lower-case-field-names", request, "\r\nupgrade: websocket\r\n", "\r\nUpgrade: websocket\r\n"},

		{"declines-deflate", plain, "", extensions},
		{"answers-deflate-not-offered", request, extensions + "permessage-deflate\r\n", ""},
		{"forgets-server-parameters", deflated, extensions + "permessage-deflate\r\n", ""},
		{"forgets-server-no-context-takeover", deflated, extensions + "permessage-deflate; server_max_window_bits=9\r\n", ""},
		{"forgets-server-max-window-bits", deflated, extensions + "permessage-deflate; server_no_context_takeover\r\n", ""},
		{"adds-server-no-context-takeover", plain, extensions + "permessage-deflate; server_no_context_takeover\r\n", ""},
		{"adds-server-max-window-bits", plain, extensions + "permessage-deflate; server_max_window_bits=10\r\n", ""},
		{"accepts-unknown-parameters-of-offers", offering("permessage-deflate; x=1; server_max_window_bits=9"), extensions + "permessage-deflate; server_max_window_bits=9\r\n", ""},
		{"accepts-repeated-parameters-of-offers", offering("permessage-deflate; server_max_window_bits=9; server_max_window_bits=10"), extensions + "permessage-deflate; server_max_window_bits=9\r\n", ""},
		{"accepts-leading-zeros-of-offers", offering("permessage-deflate; server_max_window_bits=010"), extensions + "permessage-deflate; server_max_window_bits=10\r\n", ""},
		{"reads-quoted-windows-of-offers-as-15", offering(`permessage-deflate; server_max_window_bits="10"`), extensions + "permessage-deflate; server_max_window_bits=15\r\n", ""},
		{"answers-500-to-invalid-offer", offering("permessage-deflate; client_max_window_bits=16"), "HTTP/1.1 500 ", ""},
		{"considers-only-first-offer", offering("permessage-deflate; x=1, permessage-deflate"), "", extensions},
		{"answers-parameter-not-offered", plain, extensions + "permessage-deflate; client_max_window_bits=10\r\n", ""},
		{"answers-unknown-parameter", plain, "; x-unknown\r\n", ""},
		{"answers-client-window-without-value", plain, "; client_max_window_bits\r\n", ""},
		{"answers-window-above-offer", deflated, "; server_max_window_bits=15; client_max_window_bits=15\r\n", ""},
		{"answers-deflate-twice", plain, extensions + "permessage-deflate, permessage-deflate\r\n", ""},
		{"accepts-invalid-offers", offering("permessage-deflate; x=1"), extensions + "permessage-deflate\r\n", ""},
		{"refuses-handshake-for-invalid-offer", offering("permessage-deflate; x=1"), "HTTP/1.1 400 ", ""},
		{"considers-only-first-offer", offering("permessage-deflate; client_max_window_bits, permessage-deflate; server_max_window_bits=9"), "", ""},
		{"reads-only-first-extensions-line", offering("x-unknown\r\nSec-WebSocket-Extensions: permessage-deflate"), "", extensions + "permessage-deflate"},
	} {
		t.Run(tt.fault, func(t *testing.T) {
			cfg := testee.Config{}
			if tt.fault == "considers-only-first-offer" && tt.lacks == "" {
				cfg.Accept = secondOffer
				tt.lacks = extensions
			}
			right := ask(t, cfg, tt.octets)
			cfg.Faults = testee.Faults{tt.fault: true}
			got := ask(t, cfg, tt.octets)
			if !strings.Contains(got, tt.has) || tt.lacks != "" && strings.Contains(got, tt.lacks) {
				t.Errorf("got\n%s", got)
			}
			if tt.has != "" && strings.Contains(right, tt.has) || !strings.Contains(right, tt.lacks) {
				t.Errorf("without the fault\n%s", right)
			}
		})
	}
}
