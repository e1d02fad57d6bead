// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"fmt"
	"strings"
	"time"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/verdict"
)

// utf8Early is 14.3: text that cannot become valid any more while more of it is to come.
//
// RFC 6455, 8.1 sets no time at which such text has to fail the connection. Whoever
// waits for the end of the message has to keep it all; as in 6.4 that is not strict.
// Between fragments a Ping shows whether the peer has read on; within a frame there can
// be none, and we wait.
func utf8Early() []conform.Case {
	between := func(n int, title, rest string, first ...peer.Frame) conform.Case {
		return conform.Case{
			ID: fmt.Sprintf("14.3.%d", n), Title: title, Spec: utf8Spec, Requirements: []string{"6455-8.1-5", "6455-8.1-2"},
			Play: steps(live, probed(first...), openOnly(together(cont(rest), ping(verdict.Probe)))),
			Want: failsEarly(pongs(verdict.Probe)), Tags: []conform.Tag{conform.UTF8},
		}
	}
	within := func(n int, title string, size int, first string) conform.Case {
		w := failsEarly(silence("A"))
		return conform.Case{
			ID: fmt.Sprintf("14.3.%d", n), Title: title, Spec: utf8Spec, Requirements: []string{"6455-8.1-5"},
			Play: steps(live, func(p *peer.Peer) {
				p.BeginFrame(size)
				p.FrameData([]byte(first))
				p.Pause(time.Second, "A")
				p.FrameData([]byte(strings.Repeat("a", size-len(first))))
			}, openOnly(together(cont(""), ping(verdict.Probe)))),
			Want: orLimited(verdict.Informational, w, echo(alive)), Tags: []conform.Tag{conform.UTF8, conform.Paced},
		}
	}
	const size = 1 << 20
	return []conform.Case{
		between(1, "Text that begins with a surrogate, its last octet in another fragment", "\x80", more(text("\xed\xa0"))),
		between(2, "Text that begins with an overlong form of 3 octets, the last in another fragment", "\x80", more(text("\xe0\x80"))),
		between(3, "Text that begins with an overlong form of 4 octets, two of them in another fragment", "\x80\x80", more(text("\xf0\x80"))),
		between(4, "Text that begins with a value above U+10FFFF, its last octets in another fragment", "\x80\x80", more(text("\xf4\x90"))),
		between(5, "Text that begins with C0, and the rest in another fragment", "\x80", more(text("\xc0"))),
		between(6, "Text that begins with F5, and the rest in another fragment", "\x80\x80\x80", more(text("\xf5"))),
		between(7, "Text that begins with a surrogate, each octet in a fragment of its own", "\x80", more(text("\xed")), more(cont("\xa0"))),
		within(8, "Text frame of 1 MiB with FF at its beginning, 1 KiB of it and the rest a second later", size, "\xff"+strings.Repeat("a", 1<<10-1)),
		within(9, "Text frame of 100 octets with FF in its middle, 60 of them and the rest a second later", 100, strings.Repeat("a", 50)+"\xff"+strings.Repeat("a", 9)),
	}
}

// probed sends frames with a Ping behind them and waits until the peer reacts to them.
func probed(fs ...peer.Frame) func(*peer.Peer) {
	return func(p *peer.Peer) {
		n := p.Events()
		p.SendTogether(append(fs, ping(verdict.Probe))...)
		p.Until(reaction, func() bool { return p.Events() > n || !p.IsOpen() })
	}
}

// openOnly plays a script unless the connection is closed or being closed.
func openOnly(play func(*peer.Peer)) func(*peer.Peer) {
	return func(p *peer.Peer) {
		if p.IsOpen() {
			play(p)
		}
	}
}

// failsEarly: the connection is failed with 1007 before the event, which shows that the
// peer has had the invalid octets; behind it is not as strict.
func failsEarly(before verdict.Event) verdict.Want {
	const late = "The connection was failed, but not before the text was complete, though the octets could no longer become valid."
	w := fails(1007)
	return or(w,
		why(late, is(verdict.NonStrict, echo(alive), before, closed(1007), ended())),
		why(late, is(verdict.NonStrict, echo(alive), before, ended())),
		why(late, is(verdict.NonStrict, echo(alive), before, uncoded(), ended())),
		is(verdict.WrongCode, echo(alive), before, closed(), ended()),
	)
}
