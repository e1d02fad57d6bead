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

// Contrast is the first difference of a long message from the best outcome, empty where
// there is none or a compact log keeps it too.
func (w Want) Contrast(log *wirelog.Log) string {
	got := w.Received(log)
	i := slices.IndexFunc(got, func(r wirelog.Record) bool { return r.Data.Complete() && r.Data.Len > wirelog.KeepEvent })
	if i < 0 || len(w.Outcomes) == 0 || i >= len(w.Outcomes[0].Events) {
		return ""
	}
	c, differs := w.Outcomes[0].Events[i].Contrast(got[i])
	if !differs || c.At < wirelog.KeepEvent {
		return ""
	}
	return c.String()
}

// wrongEcho is the first echo that is not as it was sent, with what stands around the
// place.
func wrongEcho(log *wirelog.Log) string {
	if log.Contrast == "" {
		return log.Echo.Difference
	}
	return log.Echo.Difference + ": " + log.Contrast
}
