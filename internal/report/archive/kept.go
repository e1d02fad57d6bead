// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"bytes"

	"github.com/wsspec/wsspec/internal/report"
)

// mostKept is how many records of conversations a store keeps beside having written
// them. It comes to some 30 MiB.
const mostKept = 100_000

// Load is Load of the folder. Of what was put lately it need not read the files.
func (s *Store) Load() (*report.Report, error) {
	return load(s.dir, func(name string) (report.Result, bool) {
		s.mu.Lock()
		defer s.mu.Unlock()
		r, ok := s.kept[name]
		return r, ok
	})
}

// keep keeps what will be read from a file that has just been written. It is to be called
// with the lock held.
func (s *Store) keep(name string, r *report.Result) {
	if old, ok := s.kept[name]; ok {
		s.records -= len(old.Log.Records)
		delete(s.kept, name)
	}
	if r == nil || s.records+len(r.Log.Records) > mostKept {
		return
	}
	r.File = name
	s.kept[name] = *r
	s.records += len(r.Log.Records)
}

// asRead is the result that is read from the file, nil where that takes reading it: the
// file has something else for octets that are no text.
func (f *caseFile) asRead(r report.Result, file []byte) *report.Result {
	if f.Extra == nil || bytes.Contains(file, []byte(`\ufffd`)) {
		return nil
	}
	stored := f.stored()
	read := stored.result()
	x := *f.Extra
	x.Log = nil // what is printed in the notation is read as it was
	if x.decode(stored, &read) != nil {
		return nil
	}
	read.Log.Records, read.Close = r.Log.Records, r.Close
	return &read
}

// stored is what is read from the file under the reference's keys, as far as ours do not
// say it better.
func (f *caseFile) stored() storedCase {
	return storedCase{
		Agent: text(f.Agent), Behavior: text(f.Behavior), BehaviorClose: text(f.BehaviorClose), Case: number(f.Case), ClosedByMe: flag(f.ClosedByMe),
		Description: text(f.Description), DroppedByMe: flag(f.DroppedByMe), Duration: number(f.Duration), Expectation: text(f.Expectation),
		FailedByMe: flag(f.FailedByMe), HTTPRequest: text(f.HTTPRequest), HTTPResponse: text(f.HTTPResponse), ID: text(f.ID), IsServer: flag(f.IsServer),
		LocalCloseCode: numberOr(f.LocalCloseCode), LocalCloseReason: textOr(f.LocalCloseReason),
		RemoteCloseCode: numberOr(f.RemoteCloseCode), RemoteCloseReason: textOr(f.RemoteCloseReason),
		ReportCompressionRatio: flag(f.ReportCompressionRatio), ReportTime: flag(f.ReportTime), Result: text(f.Result), ResultClose: text(f.ResultClose),
		RxFrameStats: tally(f.RxFrameStats), RxOctetStats: tally(f.RxOctetStats), Started: text(f.Started),
		TxFrameStats: tally(f.TxFrameStats), TxOctetStats: tally(f.TxOctetStats), WasClean: flag(f.WasClean),
		WasCloseTimeout: flag(f.WasCloseTimeout), WasNotCleanReason: textOr(f.WasNotCleanReason), WasOpenTimeout: flag(f.WasOpenTimeout), WasDropTimeout: flag(f.WasDropTimeout),
	}
}

func numberOr(n *int) *number {
	if n == nil {
		return nil
	}
	m := number(*n)
	return &m
}

func textOr(s *string) text {
	if s == nil {
		return ""
	}
	return text(*s)
}
