// SPDX-License-Identifier: Apache-2.0

package load

import (
	"fmt"
	"slices"
	"strings"

	"github.com/wsspec/wsspec/internal/load/stats"
)

// unmeasured says why a run of the plan never measures what a condition is about, and what would. Empty is that it
// can.
func (p *Plan) unmeasured(c Condition) (why, hint string) {
	if _, counted := metrics()[c.Metric]; counted {
		messages := []string{"sent", "messages", "missing", "wrong", "unsent", "bytes", "rate"}
		if p.Kind != Connect || !slices.Contains(messages, c.Metric) {
			return "", ""
		}
		if c.Metric == "rate" {
			return "load connect sends no messages", "connect_rate is how many connections are opened a second"
		}
		return "load connect sends no messages", "load echo and load broadcast do"
	}
	switch c.Phase {
	case stats.TLS:
		if !strings.HasPrefix(strings.ToLower(p.URL), "wss:") {
			return "there is no TLS to measure", "the URL of a server with TLS begins with wss:"
		}
	case stats.Ping:
		if p.Ping == 0 {
			return "no Pings are sent", "--ping 1s sends one a second on each connection"
		}
	case stats.Message:
		if p.Kind == Connect {
			return "load connect sends no messages", "load echo and load broadcast do"
		}
	case stats.Service:
		if p.Kind != Echo && p.Kind != Find || p.InFlight > 0 {
			return "service is measured for messages of the open model that come back", "load echo --rate 100"
		}
	case stats.First, stats.Median, stats.Last:
		if p.Kind != Broadcast {
			return fmt.Sprintf("%s is about receivers of a broadcast", c.Phase), "load broadcast measures it"
		}
	}
	return "", ""
}

// checkConditions looks at what is to be held against the result: whether each can be read, and is about something that is
// measured.
func (p *Plan) checkConditions(c *checker, field string, texts []string) {
	for _, text := range texts {
		condition, err := ParseCondition(text)
		if err != nil {
			c.wrong(field, "", "%w", err)
			continue
		}
		if why, hint := p.unmeasured(condition); why != "" {
			c.wrong(field, hint, "condition %q: %s", text, why)
		}
		if field == "slo" && condition.backwards() {
			turned := strings.Replace(text, ">", "<", 1)
			c.wrong(field, fmt.Sprintf("--slo '%s'; an objective is what is to hold, --fail-if what is not", turned), "objective %q: it would hold the better, the worse the server is", text)
		}
	}
}

// backwards reports whether a condition wants much of what is to be little.
func (c Condition) backwards() bool {
	if c.Op != ">" && c.Op != ">=" {
		return false
	}
	_, counted := metrics()[c.Metric]
	return !counted || slices.Contains([]string{"failed", "lost", "retries", "missing", "wrong", "unsent", "errors"}, c.Metric)
}
