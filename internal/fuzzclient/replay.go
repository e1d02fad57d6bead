// SPDX-License-Identifier: Apache-2.0

package fuzzclient

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/fuzz/conversation"
	"github.com/wsspec/wsspec/internal/fuzz/player"
	"github.com/wsspec/wsspec/internal/model"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// CaseOf makes a case of a conversation, under an id. It is played where Run.Conversations
// has the conversation under the same id, and judged by package model.
func CaseOf(id, title string, c *conversation.Conversation) conform.Case {
	spec := c.Requirement
	if spec == "" {
		spec = "RFC 6455, RFC 7692"
	}
	return conform.Case{
		ID: id, Title: title, Spec: spec, Only: conform.AsClient,
		Play: func(*peer.Peer) {}, // what is said is in the conversation
		Tags: []conform.Tag{conform.Beyond},
	}
}

// replay plays a conversation in place of a case.
func (e *Endpoint) replay(ctx context.Context, st runner.Settings, c runner.Planned, agent string, said *conversation.Conversation) (report.Result, error) {
	factor := st.Factor
	if factor == 0 {
		factor = 1
	}
	p := player.Player{Peer: e.Peer(), Patience: player.Sure().Scaled(factor), Keep: true}
	log := wirelog.New(ws.Client)
	out := p.Play(ctx, said)
	switch {
	case ctx.Err() != nil:
		return report.Result{}, context.Cause(ctx)
	case out.Unreached != nil && errors.Is(out.Unreached, ErrUnreachable):
		return report.Result{}, out.Unreached
	case out.Unreached != nil:
		return report.Result{}, fmt.Errorf("%w: %w", ErrUnreachable, out.Unreached)
	}
	log.Records, log.Extension = out.Records, out.Extension
	log.Facts.Opened = out.Status == 101
	return report.Result{
		Agent: agent, ID: c.ID, Number: c.Number, Title: c.Title, Spec: c.Spec, Tags: c.Tags, URL: e.URL,
		Verdict: judged(out), Started: log.Start, Took: time.Since(log.Start), Seed: st.Seed, Log: log,
	}, nil
}

// judged is what the model has found, as a verdict.
func judged(out *player.Outcome) verdict.Verdict {
	v := verdict.Verdict{Behavior: verdict.OK, Close: verdict.OK, Result: "All that came back is as RFC 6455 and RFC 7692 allow it."}
	worst := out.Worst()
	if worst == nil {
		return v
	}
	v.Behavior, v.Result = verdict.Failed, fmt.Sprintf("%s (%s): %s", worst.What, worst.Requirement, worst.Sentence())
	if worst.Level == model.Should {
		v.Behavior = verdict.NonStrict
	}
	return v
}
