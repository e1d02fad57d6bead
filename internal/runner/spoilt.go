// SPDX-License-Identifier: Apache-2.0

package runner

import (
	"slices"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
)

// mayBeSpoilt reports whether the verdict may be owed to load: anything but OK,
// except what a second look would not change: the peer demonstrably did nothing
// for a whole wait of the case, or broke in its answer to the handshake what was
// offered.
func mayBeSpoilt(r report.Result) bool {
	if r.Passed() {
		return false
	}
	if len(r.Log.Compression.Broken) > 0 && r.Log.Echo.Matched == r.Want.Echoes && r.Verdict.Close == verdict.OK {
		return false
	}
	if r.Verdict.Behavior == verdict.NonStrict && r.Verdict.Close == verdict.OK {
		return !slices.ContainsFunc(r.Log.Events(), func(e wirelog.Record) bool { return e.Type == wirelog.TimeoutEvent })
	}
	return true
}

// IsWrong reports whether what is not as it should be is no matter of time: the peer
// sent something else than it had to, or ended the connection of its own accord, as
// opposed to being late with what was right. A connection that it did not open is
// neither: it may serve only so many.
func IsWrong(r report.Result) bool {
	log := r.Log
	switch {
	case r.Passed() || !log.Facts.Opened:
		return false
	case log.Echo.Difference != "", len(log.Violations()) > 0, len(log.Compression.Broken) > 0:
		return true
	case r.Verdict.Close == verdict.WrongCode, isContrary(r):
		return true
	case log.Facts.DroppedByMe && isUnfinished(r):
		return false
	}
	return !waited(log)
}

// isUnfinished reports whether what came of a conversation that is judged as a whole is
// the beginning of something right: more might have come of it, had we not ended it.
func isUnfinished(r report.Result) bool {
	return r.Want.Whole && len(r.Want.Outcomes) > 0 && r.Want.Spoiler(r.Want.Received(r.Log)) < 0
}

// isContrary reports whether a message or Pong came that no outcome of the case has
// at its place.
func isContrary(r report.Result) bool {
	if len(r.Want.Outcomes) == 0 {
		return false
	}
	got := r.Want.Received(r.Log)
	i := r.Want.Spoiler(got)
	return i >= 0 && (got[i].Type == wirelog.TextEvent || got[i].Type == wirelog.BinaryEvent || got[i].Type == wirelog.PongEvent)
}

// waited reports whether patience of ours ran out, so that another verdict was
// possible with more of it.
func waited(log *wirelog.Log) bool {
	f := log.Facts
	if f.WasOpenHandshakeTimeout || f.WasCloseHandshakeTimeout || f.WasServerConnectionDropTimeout || log.Echo.Stalled > 0 {
		return true
	}
	if f.DroppedByMe && f.FailedByMe && !f.Local.Sent { // the peer did not read
		return true
	}
	return slices.ContainsFunc(log.Records, func(r wirelog.Record) bool {
		switch r.Kind {
		case wirelog.FailFired, wirelog.CloseFired, wirelog.StillOpen:
			return true
		}
		return r.Kind == wirelog.Event && r.Type == wirelog.TimeoutEvent
	})
}
