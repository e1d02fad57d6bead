// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// The end of 11.5: content, of which every octet is compared. Large payloads repeat a
// few hundred octets whose number is prime, so that no two blocks of the sizes that
// buffers have are alike.

// period is the number of octets that large payloads repeat.
const period = 251

// someOctets are n octets of any value, the same for a seed in every run.
func someOctets(seed uint64, n int) string {
	random := rand.New(rand.NewPCG(seed, 0x11))
	octets := make([]byte, n)
	for i := range octets {
		octets[i] = byte(random.Uint32())
	}
	return string(octets)
}

// someText is characters of one to four octets, 250 octets in all.
func someText() string {
	const letters = "aÀ€\U0001F600" // of one to four octets
	text := ""
	for range 25 {
		text += letters
	}
	return text
}

// randomFragments sends a message in fragments of any size, with Pings between some.
func randomFragments() conform.Case {
	const (
		size    = 64 << 10
		longest = 2000
	)
	unit := []byte(someOctets(13, period))
	whole := ws.Pattern{Unit: unit, Len: size}
	random := rand.New(rand.NewPCG(13, 13))
	var frames, pings []peer.Frame
	for at := 0; at < size; {
		n := min(1+random.IntN(longest), size-at)
		f := cont("")
		if at == 0 {
			f = binary("")
		}
		f.Payload = make([]byte, n)
		whole.Fill(f.Payload, at)
		at += n
		f.More = at < size
		if frames = append(frames, f); f.More && len(frames)%10 == 0 {
			pings = append(pings, ping(fmt.Sprint(at)))
			frames = append(frames, pings[len(pings)-1])
		}
	}
	message := verdict.Event{Type: echoOf(binary("")).Type, Data: whole}
	return conform.Case{
		ID: "11.5.13", Title: "64 KiB of binary in fragments of random size, with Pings between some", Spec: inFragments,
		Requirements: []string{"6455-5.4-4", "6455-5.4-7", "6455-5.4-14"}, Play: steps(live, send(frames...)),
		Want: orTooBig(withPongs(pings, message), latestPong(pings)...),
	}
}

// orTooBig takes it too that the message is too long for the peer, which may have
// answered Pings before.
func orTooBig(w verdict.Want, before ...verdict.Event) verdict.Want {
	o := tooBig()
	o.Events = behindEcho(maybeAll(before), closed(ws.MessageTooBig), ended())
	return or(w, o)
}

func largeMessages() []conform.Case {
	frames, echoed := pipelined(150)
	oneMiB, fourMiB := repeated(1<<20, binary(someOctets(21, period))), repeated(4<<20, binary(someOctets(22, period)))
	unit := someText()
	long := repeated(1<<20/len(unit)*len(unit), text(unit))
	return []conform.Case{
		{
			ID: "11.5.20", Title: "150 messages of random type and size up to 2000 octets, one behind the other", Spec: "RFC 6455, 6.2",
			Requirements: []string{"6455-5.4-14", "6455-5.6-4", "6455-6.2-5"}, Limit: 20 * time.Second,
			Play: steps(live, send(frames...)), Want: comesBack(echoed...),
		}, {
			ID: "11.5.21", Title: "Binary of 1 MiB and of 4 MiB, compared octet by octet", Spec: "RFC 6455, 5.6",
			Requirements: []string{"6455-5.2-13", "6455-5.6-3", "6455-5.6-4"}, Tags: []conform.Tag{conform.Slow}, Limit: 10 * time.Second,
			Turns: each([]peer.Frame{oneMiB, fourMiB}, func(f peer.Frame) conform.Turn {
				want := orTooBig(comesBack(echoOf(f)))
				return conform.Turn{Name: fmt.Sprintf("%d MiB", f.Repeat>>20), Play: steps(live, send(f)), Want: &want}
			}), Want: orTooBig(comesBack(echoOf(oneMiB))),
		}, {
			ID: "11.5.22", Title: "Text of 1 MiB with characters of every length, compared octet by octet", Spec: "RFC 6455, 5.6",
			Requirements: []string{"6455-5.2-13", "6455-5.6-4", "6455-8.1-4"}, Tags: []conform.Tag{conform.Slow, conform.UTF8}, Limit: 10 * time.Second,
			Play: steps(live, send(long)), Want: orTooBig(comesBack(echoOf(long))),
		},
	}
}

// pipelined is n messages and their echoes, the same in every run.
func pipelined(n int) (frames []peer.Frame, echoed []verdict.Event) {
	random := rand.New(rand.NewPCG(20, 20))
	for i := range n {
		f := text(fmt.Sprintf("%d,", i))
		if random.IntN(2) == 0 {
			f = binary(fmt.Sprintf("%d\xff", i))
		}
		f = repeated(random.IntN(2001), f)
		frames, echoed = append(frames, f), append(echoed, echoOf(f))
	}
	return frames, echoed
}
