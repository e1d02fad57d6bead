// SPDX-License-Identifier: Apache-2.0

package main

import (
	"sync"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/conformance"
	"github.com/wsspec/wsspec/internal/requirements"
	"github.com/wsspec/wsspec/internal/ws"
)

// kept says how far agents keep what the sections of the specifications require. It
// leaves out those of which no case ran.
func kept() func(report.Agent) []report.Kept {
	catalogue := sync.OnceValues(func() (requirements.Table, []conform.Case) {
		return requirements.Load(), cases.Full(cases.Current)
	})
	return func(a report.Agent) []report.Kept {
		table, all := catalogue()
		side := requirements.Server
		results := map[string]conformance.Result{}
		for _, r := range a.Results {
			if r.Log.Facts.Role == ws.Server {
				side = requirements.Client
			}
			results[r.ID] = conformance.Result{Verdict: r.Verdict, Opened: r.Log.Facts.Opened}
		}
		var list []report.Kept
		for _, s := range conformance.Of(table, all, side, results).Sections {
			if s.Run() > 0 {
				list = append(list, report.Kept{
					Place: s.Section.String(), Title: s.Section.Title, OK: len(s.OK), Of: s.Judged(), Unjudged: len(s.Unjudged), NotRun: len(s.NotRun),
					Against: append(append([]string{}, s.Failed...), s.Lapsed...),
				})
			}
		}
		return list
	}
}
