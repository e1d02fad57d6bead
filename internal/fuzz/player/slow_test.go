// SPDX-License-Identifier: Apache-2.0

package player_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"sort"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/fuzz/generator"
	"github.com/wsspec/wsspec/internal/fuzz/player"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/ws"
)

func TestSlow(t *testing.T) {
	if os.Getenv("SLOW") == "" {
		t.Skip()
	}
	p := endpoint(t, ws.Server)
	if os.Getenv("SLOW") == "tcp" {
		l, _ := net.Listen("tcp", "127.0.0.1:0")
		go testee.Server{}.Serve(t.Context(), l)
		p = &player.Player{Patience: player.Quick()}
		p.Host, p.Target = "x", "/"
		p.Connect = func(ctx context.Context) (stream.Stream, error) {
			return stream.Dial(ctx, stream.Target{Addr: l.Addr().String()})
		}
	}
	g := generator.New(generator.Base{Seed: 3})
	type slow struct {
		d time.Duration
		n uint64
	}
	var all []slow
	var sum time.Duration
	for n := range uint64(2000) {
		c := g.Draw(n, nil)
		b := time.Now()
		p.Play(t.Context(), c)
		d := time.Since(b)
		sum += d
		all = append(all, slow{d, n})
	}
	sort.Slice(all, func(i, j int) bool { return all[i].d > all[j].d })
	fmt.Println("sum", sum, "median", all[1000].d)
	for _, s := range all[:12] {
		fmt.Printf("%v %d\n%.500s\n", s.d, s.n, g.Draw(s.n, nil).Script())
	}
	for _, i := range []int{20, 50, 100, 200, 400} {
		fmt.Println(i, all[i].d)
	}
}
