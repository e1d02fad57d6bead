// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/archive"
	"github.com/wsspec/wsspec/internal/report/html"
)

// splitPages renders a report that is too large for one page, with more than so many
// results: an overview without conversations, and beside it a folder with a page for each
// agent, which are read and written one at a time. It reports whether the report is one.
func (p *process) splitPages(s source, out string, v report.View, most int) (done bool, err error) {
	if resultsOf(s.Report) <= most {
		return false, nil
	}
	name := strings.TrimSuffix(filepath.Base(out), filepath.Ext(out)) + "_agents"
	dir := filepath.Join(filepath.Dir(out), name)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return true, badUsage(err, "choose another file for the report")
	}
	overview := v
	overview.Light, overview.Pages = true, map[string]string{}
	for i, a := range s.Agents {
		page := fmt.Sprintf("%03d.html", i+1) // a peer chooses the agent's name
		overview.Pages[a.Name] = url.PathEscape(name) + "/" + page
		if err := writePage(filepath.Join(dir, page), &report.Report{Agents: []report.Agent{a}}, v); err != nil {
			return true, err
		}
	}
	p.note(fmt.Sprintf("%d results are too many for one page: %s is an overview, and %s has a page for each of %d agents", resultsOf(s.Report), out, dir, len(s.Agents)))
	return true, writePage(out, s.Report, overview)
}

// resultsOf is how many results there are of all agents.
func resultsOf(rep *report.Report) (n int) {
	for _, a := range rep.Agents {
		n += len(a.Results)
	}
	return n
}

func writePage(path string, rep *report.Report, v report.View) error {
	var b bytes.Buffer
	if err := html.Write(&b, rep, v); err != nil {
		return err
	}
	return archive.WriteOutput(path, b.Bytes())
}
