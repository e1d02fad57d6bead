// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/peer"
)

// "When an endpoint is to interpret a byte stream as UTF-8 but finds that the
// byte stream is not, in fact, a valid UTF-8 stream, that endpoint MUST _Fail the
// WebSocket Connection_" (RFC 6455, 8.1). What UTF-8 is, RFC 3629 says.
const utf8Spec = "RFC 6455, 8.1"

// kosme is a Greek word of eleven octets. Its accent is the oxia, U+1F79, which
// looks like U+03CC and takes one octet less; hence the escape.
const kosme = "κ\u1f79σμε"

func utf8Handling() []conform.Case {
	cs := slices.Concat(emptyText(), validText(), invalidText(), failFast(), sequences())
	for i := range cs {
		cs[i].Tags = append(cs[i].Tags, conform.UTF8)
	}
	return cs
}

func emptyText() []conform.Case {
	const middle = "middle frame payload"
	c := func(n int, title, back string, fs ...peer.Frame) conform.Case {
		return conform.Case{
			ID: fmt.Sprintf("6.1.%d", n), Title: title, Spec: utf8Spec,
			Play: send(fs...), Want: ok(echo(back)), Close: weClose(), End: peer.CloseConnection,
		}
	}
	return []conform.Case{
		c(1, "Empty text", "", text("")),
		c(2, "Empty text in three empty fragments", "", more(text("")), more(cont("")), cont("")),
		c(3, "Text in three fragments, of which only the middle one has any", middle, more(text("")), more(cont(middle)), cont("")),
	}
}

func validText() []conform.Case {
	const latin, greek = "Hello-µ@ßöäüàá-UTF-8!!", kosme
	c := func(n int, title, s string, play func(*peer.Peer)) conform.Case {
		return conform.Case{
			ID: fmt.Sprintf("6.2.%d", n), Title: title, Spec: utf8Spec,
			Play: play, Want: ok(echo(s)), Close: weClose(), End: peer.CloseConnection,
		}
	}
	return []conform.Case{
		c(1, "Text beyond ASCII in one frame", latin, message(latin)),
		c(2, "Text beyond ASCII in two fragments, cut between characters", latin, send(more(text("Hello-µ@ßöä")), cont("üàá-UTF-8!!"))),
		c(3, "Text beyond ASCII in fragments of one octet", latin, fragments(1, latin)),
		c(4, "Greek text in fragments of one octet", greek, fragments(1, greek)),
	}
}

func invalidText() []conform.Case {
	const s = kosme + "\xed\xa0\x80edited"
	return []conform.Case{
		{
			ID: "6.3.1", Title: "Text with a surrogate, in one frame", Spec: utf8Spec,
			Play: message(s), Want: nothing(), Close: peerFailsFirst(1007),
		}, {
			ID: "6.3.2", Title: "Text with a surrogate, in fragments of one octet", Spec: utf8Spec,
			Play: fragments(1, s), Want: nothing(), Close: peerFailsFirst(1007),
		},
	}
}

// A peer that fails as soon as the octets cannot become valid any more is OK; one
// that notices only when the message is complete is not strict. The pauses make
// the difference visible.
func failFast() []conform.Case {
	wants := orNonStrict(ok(silence("A")), silence("A"), silence("B"))
	frames := func(first, second, third string) func(*peer.Peer) {
		return func(p *peer.Peer) {
			p.Send(more(text(first)))
			p.Pause(time.Second, "A")
			p.Send(more(cont(second)))
			p.Pause(time.Second, "B")
			p.Send(cont(third))
		}
	}
	pieces := func(first, second, third string) func(*peer.Peer) {
		return func(p *peer.Peer) {
			p.BeginFrame(len(first + second + third))
			p.FrameData([]byte(first))
			p.Pause(time.Second, "A")
			p.FrameData([]byte(second))
			p.Pause(time.Second, "B")
			p.FrameData([]byte(third))
			p.Send(cont(""))
		}
	}
	c := func(n int, title string, play func(*peer.Peer)) conform.Case {
		return conform.Case{
			ID: fmt.Sprintf("6.4.%d", n), Title: title, Spec: utf8Spec,
			Play: play, Want: wants, Close: peerFailsFirst(1007), Tags: []conform.Tag{conform.Paced},
		}
	}
	return []conform.Case{
		c(1, "Text in three fragments with pauses, the second invalid", frames(kosme, "\xf4\x90\x80\x80", "edited")),
		c(2, "Text in three fragments with pauses, invalid from the first octet of the second", frames(kosme+"\xf4", "\x90", "\x80\x80edited")),
		c(3, "One frame in three pieces with pauses, the second invalid", pieces(kosme, "\xf4\x90\x80\x80", "edited")),
		c(4, "One frame in three pieces with pauses, invalid from the first octet of the second", pieces(kosme+"\xf4", "\x90", "\x80\x80edited")),
	}
}

// sequences are the single octet sequences worth a message each.
func sequences() []conform.Case {
	var cs []conform.Case
	for _, group := range sequenceGroups() {
		for i, s := range group.texts {
			want, ends, title, tests := ok(echo(s)), weClose(), "%s: %+q", "6455-5.6-4"
			if !utf8.ValidString(s) {
				want, ends, title, tests = nothing(), peerFailsFirst(1007), "%s, invalid: %+q", notUTF8
			}
			cs = append(cs, conform.Case{
				ID: fmt.Sprintf("%s.%d", group.id, i+1), Title: fmt.Sprintf(title, group.what, s), Spec: utf8Spec,
				Play: message(s), Want: want, Close: ends, Limit: 500 * time.Millisecond,
				Requirements: strings.Fields(tests),
			})
		}
	}
	return cs
}
