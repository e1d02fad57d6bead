// SPDX-License-Identifier: Apache-2.0

package verdict

import (
	"slices"

	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// Contrast says where the payload that came first differs from the one that the event
// wants, with what stands around it. It reports false where they are the same, or the
// log has not kept the place.
func (w Event) Contrast(got wirelog.Record) (ws.Contrast, bool) {
	if w.Type != got.Type || w.Any || got.Data.Len > 0 && len(got.Data.Head) == 0 {
		return ws.Contrast{}, false
	}
	c, differs := w.Data.Contrast(got.Data.Head)
	if kept := len(got.Data.Head); differs && kept < got.Data.Len && c.At >= kept {
		return ws.Contrast{}, false
	}
	return c, differs
}

// contrast compares a message with the one of the outcomes that it is most like.
func (w Want) contrast(got wirelog.Record) (best ws.Contrast, ok bool) {
	for _, o := range w.Outcomes {
		for _, e := range o.Events {
			if c, differs := e.Contrast(got); differs && c.At > 0 && (!ok || c.At > best.At) {
				best, ok = c, true
			}
		}
	}
	return best, ok
}

// beyondLog is the first difference of a long message, where the log will not have
// kept it once it is compact.
func (w Want) beyondLog(got []wirelog.Record) (ws.Contrast, bool) {
	i := slices.IndexFunc(got, func(r wirelog.Record) bool { return r.Data.Complete() && r.Data.Len > wirelog.KeepEvent })
	if i < 0 || len(w.Outcomes) == 0 || i >= len(w.Outcomes[0].Events) {
		return ws.Contrast{}, false
	}
	c, differs := w.Outcomes[0].Events[i].Contrast(got[i])
	return c, differs && c.At >= wirelog.KeepEvent
}

// wrongEcho is the first echo that is not as it was sent, with what stands around the
// place.
func wrongEcho(e wirelog.Echo) string {
	if e.Contrast == "" {
		return e.Difference
	}
	return e.Difference + ": " + e.Contrast
}
