// SPDX-License-Identifier: Apache-2.0

package fuzz_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/fuzz/conversation"
	"github.com/wsspec/wsspec/internal/fuzz/player"
	"github.com/wsspec/wsspec/internal/ws"
)

func TestDbg(t *testing.T) {
	if os.Getenv("SCRIPT") == "" {
		t.Skip()
	}
	c, err := conversation.Parse("x", "wsspec conversation 1\nrole: client\n\n"+os.Getenv("SCRIPT")+"\n")
	if err != nil {
		t.Fatal(err)
	}
	p := player.Player{Peer: endpoint(t, ws.Server, os.Getenv("FAULT")), Patience: player.Sure(), Keep: true}
	out := p.Play(t.Context(), c)
	fmt.Println(strings.Join(player.Received(out.Records), "\n"), out.Expected)
}
