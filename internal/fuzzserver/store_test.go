// SPDX-License-Identifier: Apache-2.0

package fuzzserver_test

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/verdict"
)

// memory is a store that keeps results in memory.
type memory struct {
	mu      sync.Mutex
	results map[string]map[string]report.Result
	begun   []string
	done    int           // calls of Finish
	slow    time.Duration // of Put and Finish
	fail    error         // of Put and Finish
	refuse  error         // of Begin
}

func newMemory() *memory { return &memory{results: map[string]map[string]report.Result{}} }

func (m *memory) Begin(agent string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.refuse != nil {
		return m.refuse
	}
	m.begun = append(m.begun, agent)
	delete(m.results, agent)
	return nil
}

func (m *memory) Put(r report.Result) error {
	time.Sleep(m.slow)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.results[r.Agent] == nil {
		m.results[r.Agent] = map[string]report.Result{}
	}
	m.results[r.Agent][r.ID] = r
	return m.fail
}

func (m *memory) Finish() error {
	time.Sleep(m.slow)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.done++
	return m.fail
}

func (m *memory) finished() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.done
}

func (m *memory) Agents() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var names []string
	for name := range m.results {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (m *memory) Behavior(agent, id string) (verdict.Grade, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.results[agent][id]
	return r.Verdict.Behavior, ok
}

// Size counts 1,000 octets a result.
func (m *memory) Size() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	var n int64
	for _, rows := range m.results {
		n += 1000 * int64(len(rows))
	}
	return n
}

// verdicts are the results of an agent as "id behavior close", those apart in
// which both are as they should be.
func (m *memory) verdicts(agent string) (bad []string, total int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range m.results[agent] {
		if v := r.Verdict; v.Behavior != verdict.OK || v.Close != verdict.OK {
			bad = append(bad, fmt.Sprintf("%s %s %s", r.ID, v.Behavior, v.Close))
		}
	}
	slices.Sort(bad)
	return bad, len(m.results[agent])
}
