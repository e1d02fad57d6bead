// SPDX-License-Identifier: Apache-2.0

package peer_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// allOffers is what most of these tests offer.
func allOffers() peer.Opening {
	return peer.Opening{Offers: []deflate.Offer{{ClientMaxWindowBits: deflate.AnyWindow, ServerNoContextTakeover: true, ServerMaxWindowBits: 9}}}
}

// noise is octets that do not compress.
func noise(n int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func TestOfferAndAnswer(t *testing.T) {
	got := conversation{opening: allOffers(), extensions: "permessage-deflate; server_no_context_takeover; server_max_window_bits=9"}.run(t)
	want := "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits; server_no_context_takeover; server_max_window_bits=9\r\n"
	if !strings.Contains(string(got.Request), want) || got.Extension == "" || !got.opened {
		t.Errorf("request %q, agreed %q", got.Request, got.Extension)
	}
	if c := got.Compression; c.Window != 512 || !c.NoContext || len(c.Broken) > 0 {
		t.Errorf("%+v", c)
	}

	accept := peer.Opening{Accept: deflate.FirstAllowing(deflate.Params{NoContextTakeover: true, WindowBits: 10})}
	got = conversation{role: ws.Server, opening: accept, extensions: "x-zip, permessage-deflate; client_no_context_takeover; client_max_window_bits"}.run(t)
	want = "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; client_max_window_bits=10\r\n"
	if !strings.Contains(string(got.Response), want) || got.Compression.Window != 1024 || !got.Compression.NoContext {
		t.Errorf("response %q, %+v", got.Response, got.Compression)
	}
	for _, offer := range []string{"", "x-zip", "permessage-deflate", "permessage-deflate; client_max_window_bits=16"} {
		got := conversation{role: ws.Server, opening: accept, extensions: offer}.run(t)
		if !got.opened || strings.Contains(string(got.Response), "Extensions") || got.Extension != "" {
			t.Errorf("%q is answered with %q", offer, got.Response)
		}
	}
}

// Why an offer had to be declined is noted, with the parameter, where that leaves
// no agreement.
func TestDeclinedOffers(t *testing.T) {
	accept := peer.Opening{Accept: deflate.FirstAllowing(deflate.Params{})}
	for offers, want := range map[string][]string{
		"x-zip; level=9":     nil,
		"permessage-deflate": nil,
		"permessage-deflate; client_max_window_bits=16":             {"RFC 7692, 7.1: permessage-deflate: client_max_window_bits=16 is not within 8 to 15"},
		"permessage-deflate; server_max_window_bits":                {"RFC 7692, 7.1: permessage-deflate: server_max_window_bits"},
		"permessage-deflate; level=9, permessage-deflate; level=10": {"RFC 7692, 7.1: permessage-deflate: level", "RFC 7692, 7.1: permessage-deflate: level"},
		"permessage-deflate; level=9, permessage-deflate":           nil,
		"permessage-deflate; ;":                                     {"RFC 6455, 9.1: Sec-WebSocket-Extensions, octet 21: "},
	} {
		got := conversation{role: ws.Server, opening: accept, extensions: offers}.run(t)
		if agreed := got.Extension != ""; !got.opened || agreed != (want == nil && offers[0] == 'p') {
			t.Errorf("%q: agreed %q", offers, got.Extension)
		}
		broken := got.Compression.Broken
		if len(broken) == 0 != (want == nil) {
			t.Errorf("%q: %q, want %q", offers, broken, want)
		}
		for i, b := range broken {
			if !strings.HasPrefix(b, want[i]) {
				t.Errorf("%q: %q, want %q", offers, b, want[i])
			}
		}
	}
	got := conversation{role: ws.Server, extensions: "permessage-deflate; level=9"}.run(t)
	if len(got.Compression.Broken) > 0 {
		t.Errorf("a case without compression: %q", got.Compression.Broken)
	}
}

// What a client must not let pass in an answer, and what it can live with and notes.
func TestAnswersToOffers(t *testing.T) {
	for answer, want := range map[string]struct{ refused, broken string }{
		"permessage-deflate; server_no_context_takeover; server_max_window_bits=9":                           {},
		"permessage-deflate; server_no_context_takeover; server_max_window_bits=8; client_max_window_bits=8": {},
		"permessage-deflate":                             {broken: "RFC 7692, 7.1: permessage-deflate: server_no_context_takeover was offered but is not in the answer"},
		"permessage-deflate; server_no_context_takeover": {broken: "RFC 7692, 7.1: permessage-deflate: server_max_window_bits was offered but is not in the answer"},
		"permessage-deflate; server_max_window_bits=10":  {broken: "RFC 7692, 7.1: permessage-deflate: server_max_window_bits=10 is larger than the 9 offered"},
		"permessage-deflate; client_max_window_bits":     {refused: "RFC 7692, 7.1: permessage-deflate: client_max_window_bits has no value"},
		"permessage-deflate; server_max_window_bits=7":   {refused: "server_max_window_bits=7 is not within 8 to 15"},
		"permessage-deflate; x=1":                        {refused: "x is not a parameter"},
		"permessage-deflate, permessage-deflate":         {refused: "RFC 7692, 7.1: permessage-deflate: answered more than once"},
		"permessage-deflate, x-zip":                      {refused: "RFC 6455, 4.1: extension x-zip was not offered"},
	} {
		got := conversation{opening: allOffers(), extensions: answer}.run(t)
		if got.opened != (want.refused == "") || !strings.Contains(got.Refused, want.refused) {
			t.Errorf("%q: opened %v, refused %q, want %q", answer, got.opened, got.Refused, want.refused)
		}
		if broken := strings.Join(got.Compression.Broken, "; "); broken != want.broken {
			t.Errorf("%q: broken %q, want %q", answer, broken, want.broken)
		}
	}
}

// compressing is a conversation on which the extension was agreed with the
// parameters, as a client and the same way in both directions.
func compressing(p deflate.Params, script func(*peer.Peer), other func(*other)) conversation {
	a := deflate.Answer{
		ClientNoContextTakeover: p.NoContextTakeover, ClientMaxWindowBits: p.WindowBits,
		ServerNoContextTakeover: p.NoContextTakeover, ServerMaxWindowBits: p.WindowBits,
	}
	o := deflate.Offer{ClientMaxWindowBits: deflate.AnyWindow, ServerNoContextTakeover: p.NoContextTakeover, ServerMaxWindowBits: p.WindowBits}
	return conversation{opening: peer.Opening{Offers: []deflate.Offer{o}}, extensions: a.String(), script: script, other: other}
}

// A message goes out compressed, with RSV1 on its first frame, and cut after
// compression; the numbers of both directions are right to the octet.
func TestCompressedMessage(t *testing.T) {
	data := bytes.Repeat(noise(100), 20)
	var sent []byte
	got := compressing(deflate.Params{}, func(p *peer.Peer) {
		if !p.Echo(peer.Message{Binary: true, Data: ws.Literal(data), Fragment: 50}) {
			t.Errorf("no echo: %s", p.Log().Echo.Difference)
		}
		p.Close(1000)
	}, func(o *other) {
		for i := 0; ; i++ {
			h, payload := o.readFrame()
			if rsv := uint8(0); h.RSV != 4 && i == 0 || h.RSV != rsv && i > 0 || h.Fin != (len(payload) < 50) || len(payload) > 50 {
				t.Errorf("frame %d: %+v with %d octets", i, h, len(payload))
			}
			if sent = append(sent, payload...); h.Fin {
				break
			}
		}
		o.write(o.frame(ws.Header{RSV: 4, Opcode: ws.Binary}, string(sent[:1])) + o.frame(ws.Header{Fin: true, Opcode: ws.Continuation}, string(sent[1:])))
		o.want(0, closeText1000)
		o.close(1000)
	}).run(t)
	inflated, _, err := deflate.NewInflater(deflate.Params{}).Inflate(nil, sent, 1<<20)
	if err != nil || !bytes.Equal(inflated, data) {
		t.Errorf("inflated to %d octets, %v", len(inflated), err)
	}
	n, frames := int64(len(sent)), int64(len(sent)/50+1)
	close := int64(2 + 2)
	want := wirelog.Traffic{
		In:  wirelog.Volume{Preopen: int64(len(got.Response)), Wire: 2 + 1 + 2 + (n - 1) + close, WebSocket: n, App: 2000, Frames: 2, Messages: 1, Deflated: 1},
		Out: wirelog.Volume{Preopen: int64(len(got.Request)), Wire: frames*6 + n + close + 4, WebSocket: n, App: 2000, Frames: frames, Messages: 1, Deflated: 1},
	}
	if n-1 > 125 {
		want.In.Wire += 2
	}
	if !reflect.DeepEqual(got.Traffic, want) {
		t.Errorf("traffic %+v\nwant    %+v", got.Traffic, want)
	}
	if c := got.Compression; c.Farthest != 100 || c.Context || len(c.Broken) > 0 || c.Window != 1<<15 {
		t.Errorf("%+v", c)
	}
}

// A peer may leave messages uncompressed; its share is known.
func TestUncompressedMessages(t *testing.T) {
	got := compressing(deflate.Params{}, nil, func(o *other) {
		o.send(ws.Text, "plain")
		o.write(o.frame(ws.Header{Fin: true, RSV: 4, Opcode: ws.Text}, "\x4b\x04\x00")) // the letter a, compressed with fixed codes
		o.sleep(1)
	}).run(t)
	if in := got.Traffic.In; in.Messages != 2 || in.Deflated != 1 || !strings.Contains(got.lines(), "= text \"plain\"\n") || !strings.Contains(got.lines(), "= text \"a\"\n") {
		t.Errorf("%+v\n%s", in, got.lines())
	}
}

// sendDeflated sends each text as a message, compressed with parameters of its own.
func sendDeflated(o *other, p deflate.Params, messages ...[]byte) {
	c := deflate.NewCompressor(p)
	for _, m := range messages {
		o.write(o.frame(ws.Header{Fin: true, RSV: 4, Opcode: ws.Binary}, string(c.Compress(nil, m))))
	}
	o.sleep(1)
}

// What a peer does against the agreement fails the connection and is noted with
// the section it is against; what it really used is noted in any case.
func TestBrokenAgreements(t *testing.T) {
	far := append(noise(1000), noise(1000)...) // the same again, 1000 octets later
	for name, c := range map[string]struct {
		agreed deflate.Params
		other  func(*other)
		broken string
		fails  ws.CloseCode // 0: not at all
		want   wirelog.Compression
	}{
		"all is well": {
			deflate.Params{}, func(o *other) { sendDeflated(o, deflate.Params{}, far, far) },
			"", 0, wirelog.Compression{Window: 1 << 15, Farthest: 2000, Context: true},
		},
		"context was given up, and not kept": {
			deflate.Params{NoContextTakeover: true}, func(o *other) { sendDeflated(o, deflate.Params{NoContextTakeover: true}, far, far) },
			"", 0, wirelog.Compression{Window: 1 << 15, NoContext: true, Farthest: 1000},
		},
		"context was given up, and kept": {
			deflate.Params{NoContextTakeover: true}, func(o *other) { sendDeflated(o, deflate.Params{}, noise(1000), noise(1000)) },
			"RFC 7692, 7.1.1", ws.InvalidPayload, wirelog.Compression{Window: 1 << 15, NoContext: true, Farthest: 1000, Context: true},
		},
		"the window is exceeded": {
			deflate.Params{WindowBits: 9}, func(o *other) { sendDeflated(o, deflate.Params{}, far) },
			"RFC 7692, 7.1.2", ws.InvalidPayload, wirelog.Compression{Window: 512, Farthest: 1000},
		},
		"the window is kept": {
			deflate.Params{WindowBits: 9}, func(o *other) { sendDeflated(o, deflate.Params{WindowBits: 9}, bytes.Repeat(noise(300), 3)) },
			"", 0, wirelog.Compression{Window: 512, Farthest: 300},
		},
		"no DEFLATE at all": {
			deflate.Params{}, func(o *other) {
				o.write(o.frame(ws.Header{Fin: true, RSV: 4, Opcode: ws.Binary}, "\xff\xff\xff"))
				o.sleep(1)
			},
			"RFC 7692, 7.2.2", ws.InvalidPayload, wirelog.Compression{Window: 1 << 15},
		},
		"the tail is left": {
			deflate.Params{}, func(o *other) {
				c := deflate.NewCompressor(deflate.Params{})
				o.write(o.frame(ws.Header{Fin: true, RSV: 4, Opcode: ws.Text}, string(c.Compress(nil, []byte("Hello")))+"\x00\x00\xff\xff"))
				o.sleep(1)
			},
			"RFC 7692, 7.2.1", 0, wirelog.Compression{Window: 1 << 15},
		},
		"RSV1 on a continuation": {
			deflate.Params{}, func(o *other) {
				o.write(o.frame(ws.Header{RSV: 4, Opcode: ws.Text}, "\x4b") + o.frame(ws.Header{Fin: true, RSV: 4, Opcode: ws.Continuation}, "\x04\x00"))
				o.sleep(1)
			},
			"RFC 7692, 6", ws.ProtocolError, wirelog.Compression{Window: 1 << 15},
		},
		"RSV1 on a ping": {
			deflate.Params{}, func(o *other) {
				o.write(o.frame(ws.Header{Fin: true, RSV: 4, Opcode: ws.Ping}, "\x4b\x04\x00"))
				o.sleep(1)
			},
			"RFC 7692, 6", ws.ProtocolError, wirelog.Compression{Window: 1 << 15},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := compressing(c.agreed, nil, c.other).run(t)
			broken := strings.Join(got.Compression.Broken, "; ")
			if !strings.HasPrefix(broken, c.broken) || (broken == "") != (c.broken == "") {
				t.Errorf("broken: %q, want %q", broken, c.broken)
			}
			if f := got.Facts; f.FailedByMe != (c.fails != 0) || f.FailedByMe && f.Local.Code != c.fails {
				t.Errorf("%s, want the connection failed with %d", factsOf(got.Log), c.fails)
			}
			got.Compression.Broken = nil
			if !reflect.DeepEqual(got.Compression, c.want) {
				t.Errorf("%+v, want %+v", got.Compression, c.want)
			}
		})
	}
}

// A few octets that inflate to a gigabyte cost no more than the bound.
func TestBomb(t *testing.T) {
	const limit = 1 << 20
	bomb := deflate.NewCompressor(deflate.Params{}).Compress(nil, make([]byte, 64<<20))
	c := compressing(deflate.Params{}, nil, func(o *other) {
		o.write(o.frame(ws.Header{Fin: true, RSV: 4, Opcode: ws.Binary}, string(bomb)))
		o.want(0, closing(ws.MessageTooBig, fmt.Sprintf("message inflates to more octets than the limit of %d", limit)))
	})
	c.config = func(cfg *peer.Config) { cfg.Backlog = limit }
	before := heap()
	got := c.run(t)
	if after := heap(); after > before+8*limit {
		t.Errorf("%d KiB more in use", (after-before)>>10)
	}
	if len(got.Compression.Broken) > 0 {
		t.Errorf("a limit of ours is no rule: %q", got.Compression.Broken)
	}
}

// Connections that share compressors do not share context.
func TestPool(t *testing.T) {
	pool := new(deflate.Pool)
	var first []byte
	for i := range 5 {
		c := compressing(deflate.Params{}, func(p *peer.Peer) {
			p.SendMessage(peer.Message{Binary: true, Data: ws.Literal(noise(1000))})
		}, func(o *other) {
			_, payload := o.readFrame()
			if first == nil {
				first = payload
			}
			if !bytes.Equal(payload, first) {
				t.Errorf("connection %d: compressed to %d octets, the first to %d", i, len(payload), len(first))
			}
			sendDeflated(o, deflate.Params{}, noise(500))
		})
		c.config = func(cfg *peer.Config) { cfg.Deflate = pool }
		if got := c.run(t); len(got.Compression.Broken) > 0 || got.Compression.Context {
			t.Errorf("connection %d: %+v", i, got.Compression)
		}
	}
}
