// SPDX-License-Identifier: Apache-2.0

package load_test

import (
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/load"
)

// What a kind of test never measures is no condition for it, and an objective is what is to hold.
func TestConditionsThatCannotBe(t *testing.T) {
	connect := load.Plan{Kind: load.Connect, URL: "ws://x"}
	echo := load.Plan{Kind: load.Echo, URL: "ws://x", InFlight: 1}
	open := load.Plan{Kind: load.Echo, URL: "WSS://x", Rate: 1, Ping: load.Duration(time.Second)}
	broadcast := load.Plan{Kind: load.Broadcast, URL: "ws://x", Rate: 1}
	find := load.Plan{Kind: load.Find, URL: "ws://x", Over: load.OverRate, From: 1, To: 2}
	for _, tt := range []struct {
		plan   load.Plan
		fine   []string
		refuse []string
	}{
		{connect, []string{"p99>1s", "open.p99>1s", "errors>0", "connect_rate<5", "held<1"}, []string{"message.p99>1s", "messages<1", "rate<1", "bytes<1", "first.p50>1s", "ping.p50>1s", "tls.p50>1s"}},
		{echo, []string{"p99>1s", "message.max>1s", "wrong>0"}, []string{"service.p99>1s", "first.p99>1s", "tls.mean>1s", "ping.max>1s"}},
		{open, []string{"service.p99>1s", "tls.p99>1s", "ping.p99>1s"}, []string{"last.p99>1s"}},
		{broadcast, []string{"p99>1s", "first.p99>1s", "message.p99>1s"}, []string{"service.p99>1s", "tls.p99>1s"}},
		{find, []string{"service.p99>1s", "rate<5"}, []string{"last.p99>1s", "ping.p50>1s"}},
	} {
		p := tt.plan
		p.Connections, p.Timeout, p.Duration, p.StepDuration, p.Size = 2, load.Duration(time.Second), load.Duration(time.Second), load.Duration(time.Second), "64"
		for i, text := range append(tt.fine, tt.refuse...) {
			p.FailIf, p.SLO = []string{text}, []string{"p99<1s"}
			if err := p.Check(); (err == nil) != (i < len(tt.fine)) {
				t.Errorf("%s, %s: %v", p.Kind, text, err)
			}
		}
		if p.Kind != load.Find {
			continue
		}
		p.FailIf = nil
		for text, fine := range map[string]bool{"p99<1s": true, "rate>100": true, "failed<=1%": true, "held>=1": true, "p99>1s": false, "missing>0": false, "service.p50>=1s": false} {
			p.SLO = []string{text}
			if err := p.Check(); (err == nil) != fine {
				t.Errorf("%s: %v", text, err)
			}
		}
	}
}
