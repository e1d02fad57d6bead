// SPDX-License-Identifier: Apache-2.0

package oracle

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// maxReport is the longest index.json we read, in octets. One of all cases of
// the reference has 100 KiB an agent.
const maxReport = 64 << 20

// A Report has the outcomes of one index.json: by agent, then by case id.
type Report map[string]map[string]Outcome

// ReadReport reads an index.json in the reference's format. The path may be
// that of the file or of the report directory around it.
func ReadReport(path string) (Report, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, "index.json")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	report, err := ParseReport(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return report, nil
}

// ParseReport reads the text of an index.json of at most 64 MiB. Fields that
// no comparison needs are ignored.
func ParseReport(r io.Reader) (Report, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxReport+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxReport {
		return nil, fmt.Errorf("longer than %d octets", maxReport)
	}
	var rows map[string]map[string]struct {
		Behavior        string
		BehaviorClose   string
		RemoteCloseCode int // null, for none, leaves it 0
	}
	if err := json.Unmarshal(text, &rows); err != nil {
		return nil, err
	}
	report := make(Report, len(rows))
	for agent, cases := range rows {
		report[agent] = make(map[string]Outcome, len(cases))
		for id, row := range cases {
			if row.Behavior == "" || row.BehaviorClose == "" {
				return nil, fmt.Errorf("agent %.80q, case %.80q: no behavior or no behaviorClose", agent, id)
			}
			report[agent][id] = Outcome{row.Behavior, row.BehaviorClose, row.RemoteCloseCode}
		}
	}
	return report, nil
}

// Agent returns the outcomes of the agent of that name; with the empty name,
// those of the only agent in the report.
func (r Report) Agent(name string) (map[string]Outcome, error) {
	agents := slices.Sorted(maps.Keys(r))
	if name == "" && len(agents) == 1 {
		name = agents[0]
	}
	if cases, ok := r[name]; ok {
		return cases, nil
	}
	return nil, fmt.Errorf("no agent %q; the report has %.200q", name, agents)
}
