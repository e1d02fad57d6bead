// SPDX-License-Identifier: Apache-2.0

package runner_test

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/ws"
)

var peerAddr = flag.String("peer", "", "TestModelOfPeer: HOST:PORT of a server to be judged twice")

// TestModelOfPeer plays the cases against a server that is there, and prints what the case
// and the model say differently.
func TestModelOfPeer(t *testing.T) {
	if *peerAddr == "" {
		t.Skip("no -peer")
	}
	b := newBench(ws.Server)
	b.settings.Profile.Subprotocols, b.settings.Profile.ForbiddenOrigin = nil, ""
	plan := slices.DeleteFunc(comparable(slices.Concat(b.plan, b.beyond)), voluminous)
	kinds := map[string][]opinion{}
	n := 0
	var mu sync.Mutex
	var going sync.WaitGroup
	places := make(chan struct{}, 8)
	for _, c := range plan {
		if c.Needs != conform.Unneeded && !c.Needs.In(b.settings.Profile) {
			continue
		}
		places <- struct{}{}
		going.Go(func() {
			defer func() { <-places }()
			_, err := runner.PlayAll(c, func(c runner.Planned) (report.Result, error) {
				end := &endpoint{dial: func(ctx context.Context) (stream.Stream, error) {
					return stream.Dial(ctx, stream.Target{Addr: *peerAddr})
				}}
				r, o, err := b.conductTapped(t.Context(), end, c)
				mu.Lock()
				defer mu.Unlock()
				if n++; err == nil && !afterwards(c) && !o.agree() {
					kind := fmt.Sprintf("%s %s %s", o.theCase, o.theModel, o.sentence())
					kinds[kind] = append(kinds[kind], o)
				}
				return r, err
			})
			if err != nil {
				t.Log(c.ID, err)
			}
		})
	}
	going.Wait()
	for kind, os := range kinds {
		t.Logf("%d times %s, as in %s", len(os), kind, os[0])
		for _, o := range os[1:] {
			t.Log("    ", o.id, o.reason)
		}
	}
	t.Log(n, "connections")
}
