// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/wsspec/wsspec/internal/folder"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/telling"
)

type mergeCmd struct {
	Reports []string `arg:"" complete:"file" help:"Folders or files."`
	Out     string   `short:"o" required:"" placeholder:"PATH" complete:"file" help:"Folder for the merged report; or NAME.json, or - for JSON on standard output, without the conversations."`
}

// Help is what "wsspec report merge --help" says beside the flags.
func (mergeCmd) Help() string {
	return `If two reports have results for the same case and agent, each becomes an attempt, and the worst counts; identical results become one. Where the file system allows it, the new folder shares case files with the original reports through hard links. wsspec never modifies an existing file, but if you edit one by hand you edit both.`
}

// merging is reports on their way into one.
type merging struct {
	sources []source
	plans   *report.Report
	joining report.Joining
	begun   time.Time
}

// Run merges the reports.
func (c mergeCmd) Run(p *process) error {
	if err := reserved(c.Out); err != nil {
		return err
	}
	m := merging{begun: time.Now()}
	var reps []*report.Report
	for _, path := range c.Reports {
		s, err := p.read(path)
		if err != nil {
			return err
		}
		m.sources, reps = append(m.sources, s), append(reps, s.Report)
	}
	m.plans = report.Plans(reps...)
	m.joining = report.Joining{Reports: reps, Explain: telling.Explain, Whole: m.whole}
	if c.Out == "-" || filepath.Ext(c.Out) == ".json" {
		merged, whole, err := m.all()
		if err != nil {
			return err
		}
		v := view()
		v.Whole = whole
		return output{"json", c.Out}.put(p, source{Report: merged}, v)
	}
	return c.fill(p, m)
}

func (m merging) whole(from int, r report.Result) (report.Result, error) {
	return m.sources[from].whole(r)
}

// all is the merged report, and what gets its conversations.
func (m merging) all() (merged *report.Report, whole func(report.Result) (report.Result, error), err error) {
	merged = m.plans
	from := map[[2]string]int{} // by agent and case
	err = m.joining.Each(func(agent string, all []report.Joined) error {
		for _, j := range all {
			from[[2]string{agent, j.Result.ID}] = j.From
			merged.Add(j.Result)
		}
		return nil
	})
	return merged, func(r report.Result) (report.Result, error) {
		if i := from[[2]string{r.Agent, r.ID}]; i != report.Made {
			return m.whole(i, r)
		}
		return r, nil
	}, err
}

// fill writes the folder. What it holds of other agents is not wanted in it.
func (c mergeCmd) fill(p *process, m merging) error {
	switch entries, err := os.ReadDir(c.Out); {
	case err == nil && len(entries) > 0:
		return badUsage(fmt.Errorf("--out %s: the folder or file is not empty", c.Out), "name a new folder, or a file that ends in .json")
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return badUsage(fmt.Errorf("--out: %w", err), "name a new folder, or a file that ends in .json")
	}
	f, err := p.openFolder(c.Out, false, false)
	if err != nil {
		return err
	}
	if err := f.Planned(m.plans); err != nil {
		return err
	}
	if err := m.joining.Each(func(_ string, all []report.Joined) error { return m.put(f, all) }); err != nil {
		return err
	}
	if err := f.Finish(); err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "Report: %s\n", f.Page())
	return nil
}

// put writes the results of an agent. Case files that tell just what is wanted are
// taken over as they are.
func (m merging) put(f *folder.Folder, all []report.Joined) error {
	taken := make([][]report.Result, len(m.sources))
	for _, j := range all {
		if j.From != report.Made && m.sources[j.From].dir != "" && j.Result.File != "" {
			if taken[j.From] == nil {
				taken[j.From] = make([]report.Result, 0, len(all))
			}
			taken[j.From] = append(taken[j.From], j.Result)
			continue
		}
		if err := f.Put(j.Result); err != nil {
			return err
		}
	}
	for from, results := range taken {
		if err := f.Adopt(m.sources[from].dir, m.begun, results); err != nil {
			return err
		}
	}
	return nil
}
