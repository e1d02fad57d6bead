// SPDX-License-Identifier: Apache-2.0

package wirelog_test

import (
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/wirelog"
)

func TestVolume(t *testing.T) {
	one := wirelog.Volume{Preopen: 1, Wire: 2, WebSocket: 250, App: 1000, Frames: 5, Messages: 4, Deflated: 3}
	if got := one.Plus(one); got != (wirelog.Volume{Preopen: 2, Wire: 4, WebSocket: 500, App: 2000, Frames: 10, Messages: 8, Deflated: 6}) {
		t.Errorf("twice %+v is %+v", one, got)
	}
	ratio, had := one.Ratio()
	share, sent := one.Share()
	if ratio != 0.25 || !had || share != 0.75 || !sent {
		t.Errorf("ratio %v, %v; share %v, %v", ratio, had, share, sent)
	}
	if got := (wirelog.Volume{App: 3e6}).Rate(2 * time.Second); got != 1.5 {
		t.Errorf("3 MB in 2 s are %v MB/s", got)
	}
	var none wirelog.Volume
	_, had = none.Ratio()
	_, sent = none.Share()
	if had || sent || none.Rate(time.Second) != 0 || one.Rate(0) != 0 {
		t.Error("figures of nothing")
	}
}
