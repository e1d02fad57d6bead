// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/wsspec/wsspec/internal/fuzzserver"
	"github.com/wsspec/wsspec/internal/visible"
)

// refusals are the clients to whom the server did not open a connection, by the
// reason.
type refusals struct {
	quiet  bool
	order  []string // reasons as they came
	counts map[string]int
}

const (
	refusalsShown = 3  // of each reason, as they come
	reasonsKept   = 50 // others are counted as one
)

// add takes a refusal and tells of it, unless many like it have come.
func (r *refusals) add(w io.Writer, e fuzzserver.Event) {
	reason := visible.Text(e.Err.Error())
	if e.Status != 0 {
		reason += fmt.Sprintf(" (HTTP status %d)", e.Status)
	}
	if r.counts == nil {
		r.counts = map[string]int{}
	}
	if r.counts[reason] == 0 {
		if len(r.order) >= reasonsKept {
			reason = "other reasons"
		}
		if r.counts[reason] == 0 {
			r.order = append(r.order, reason)
		}
	}
	r.counts[reason]++
	if r.quiet || r.counts[reason] > refusalsShown {
		return
	}
	who := fmt.Sprint(e.Remote)
	if e.Agent != "" {
		who = fmt.Sprintf("%q at %v", e.Agent, e.Remote)
	}
	fmt.Fprintf(w, "Refused %s: %s\n", who, reason)
	if hint := refusalHint(e.Err); hint != "" && r.counts[reason] == 1 {
		fmt.Fprintf(w, "hint: %s\n", hint)
	}
}

// refusalHint says what to do where another port or URL settles it.
func refusalHint(err error) string {
	switch {
	case errors.Is(err, fuzzserver.ErrTLS):
		return "--tls-cert and --tls-key, or --tls-self-signed, serve wss; otherwise the client's URL begins with ws:"
	case errors.Is(err, fuzzserver.ErrNoTLS):
		return "this server speaks TLS: the client's URL begins with wss:"
	}
	return ""
}

// summary counts the refusals.
func (r *refusals) summary(w io.Writer) {
	if len(r.order) == 0 {
		return
	}
	fmt.Fprintln(w, "\nRefused connections:")
	for _, reason := range r.order {
		fmt.Fprintf(w, "  %4d  %s\n", r.counts[reason], reason)
	}
}
