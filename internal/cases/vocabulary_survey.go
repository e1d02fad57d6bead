// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"fmt"

	"github.com/wsspec/wsspec/internal/survey"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// The words of surveys: cases that are not played, but look at what all connections
// of a run show.

// surveyed is what a survey is judged by: what it notes.
func surveyed() verdict.Want { return verdict.Want{Survey: true, Whole: true} }

// broke is a breach of a MUST, lapsed one of a SHOULD; seen is what was looked at, and
// unseen why nothing can be said.

func broke(format string, args ...any) wirelog.Record {
	return wirelog.Record{Kind: wirelog.Violation, Note: fmt.Sprintf(format, args...)}
}

func lapsed(format string, args ...any) wirelog.Record {
	return wirelog.Record{Kind: wirelog.Lapse, Note: fmt.Sprintf(format, args...)}
}

func seen(format string, args ...any) wirelog.Record {
	return wirelog.Record{Kind: wirelog.Noted, Note: fmt.Sprintf(format, args...)}
}

func unseen(format string, args ...any) wirelog.Record {
	return wirelog.Record{Kind: wirelog.NotJudged, Note: fmt.Sprintf(format, args...)}
}

// everyFrame is a survey of single frames: rule says what is wrong with one, or
// nothing.
func everyFrame(rule func(c survey.Connection, i int) string) func(survey.Evidence) []wirelog.Record {
	return func(e survey.Evidence) []wirelog.Record {
		n := 0
		for _, c := range e.Connections {
			for i := range c.Frames {
				if wrong := rule(c, i); wrong != "" {
					return []wirelog.Record{broke("%s", wrong)}
				}
				n++
			}
		}
		if n == 0 {
			return []wirelog.Record{unseen("no frame came")}
		}
		return []wirelog.Record{seen("%d frames on %d connections", n, len(e.Connections))}
	}
}

// everyRequest is a survey of the requests of a client: rule returns what it finds
// in one.
func everyRequest(rule func(c survey.Connection) []wirelog.Record) func(survey.Evidence) []wirelog.Record {
	return func(e survey.Evidence) []wirelog.Record {
		var lapses []wirelog.Record
		n := 0
		for _, c := range e.Connections {
			if len(c.Request) == 0 {
				continue
			}
			n++
			for _, r := range rule(c) {
				if r.Kind == wirelog.Violation {
					return []wirelog.Record{r}
				}
				lapses = append(lapses, r)
			}
		}
		switch {
		case n == 0:
			return []wirelog.Record{unseen("no request came")}
		case len(lapses) > 0:
			return lapses[:1]
		}
		return []wirelog.Record{seen("%d requests", n)}
	}
}

// everyAnswer is a survey of a server's answers with a status, where 3 stands for all
// from 300 to 399: rule returns what it finds in one.
func everyAnswer(status int, rule func(ws.Response) []wirelog.Record) func(survey.Evidence) []wirelog.Record {
	return func(e survey.Evidence) []wirelog.Record {
		var found []wirelog.Record
		n := 0
		for _, c := range e.Connections {
			r, err := ws.ParseResponse(c.Response)
			if err != nil || r.Status != status && r.Status/100 != status {
				continue
			}
			n++
			found = append(found, rule(r)...)
		}
		switch {
		case n == 0:
			return []wirelog.Record{unseen("no answer of this kind came")}
		case len(found) > 0:
			return found[:1]
		}
		return []wirelog.Record{seen("%d answers", n)}
	}
}
