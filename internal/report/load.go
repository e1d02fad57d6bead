// SPDX-License-Identifier: Apache-2.0

package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// Bounds of what is read back, in octets: files may come from anywhere.
const maxFile = 32 << 20

func milliseconds(n int64) time.Duration { return time.Duration(n) * time.Millisecond }

// Load reads the report in a folder: every case file there, whether the run that
// wrote it got as far as the index or not, and rows of the index without a file.
// A file that cannot be read is an error that names it; the rest is returned.
func Load(dir string) (*Report, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("read report: %w", err)
	}
	rep := new(Report)
	var errs []error
	for _, e := range entries {
		if !isCaseFile(e.Name()) || e.IsDir() {
			continue
		}
		r, err := loadCase(filepath.Join(dir, e.Name()))
		if err != nil {
			errs = append(errs, err)
			continue
		}
		r.File = e.Name()
		rep.Add(r)
	}
	if err := rep.addIndex(filepath.Join(dir, "index.json")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		errs = append(errs, err)
	}
	return rep, errors.Join(errs...)
}

func isCaseFile(name string) bool {
	return strings.HasSuffix(name, ".json") && strings.Contains(name, "_case_")
}

func readJSON(path string, v any) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return err
	}
	if len(b) > maxFile {
		return fmt.Errorf("%s: larger than %d octets", path, maxFile)
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

func loadCase(path string) (Result, error) {
	var f caseFile
	if err := readJSON(path, &f); err != nil {
		return Result{}, err
	}
	if f.ID == "" || f.Agent == "" {
		return Result{}, fmt.Errorf("%s: no case file: it has no id and agent", path)
	}
	r := f.decode()
	if f.Extra != nil {
		var x extra
		if err := json.Unmarshal(f.Extra, &x); err != nil {
			return Result{}, fmt.Errorf("%s: %w", path, err)
		}
		if err := x.decode(&r); err != nil {
			return Result{}, fmt.Errorf("%s: %w", path, err)
		}
	}
	return r, nil
}

// decode makes a result of the reference's keys. Its wire log stays empty:
// only ours can be read back.
func (f caseFile) decode() Result {
	role := ws.Client
	if f.IsServer {
		role = ws.Server
	}
	started, _ := time.Parse(startedLayout, f.Started) // unknown in very old reports
	log := &wirelog.Log{Start: started, Request: []byte(f.HTTPRequest), Response: []byte(f.HTTPResponse)}
	log.Facts = wirelog.Facts{
		Role: role, Opened: f.HTTPResponse != "", ClosedByMe: f.ClosedByMe, FailedByMe: f.FailedByMe, DroppedByMe: f.DroppedByMe,
		WasClean: f.WasClean, WasNotCleanReason: orEmpty(f.WasNotCleanReason),
		WasServerConnectionDropTime: f.WasDropTimeout, WasOpenHandshakeTimeout: f.WasOpenTimeout, WasCloseHandshakeTimeout: f.WasCloseTimeout,
		Local: decodeClose(f.LocalCloseCode, f.LocalCloseReason), Remote: decodeClose(f.RemoteCloseCode, f.RemoteCloseReason),
	}
	log.Stats = wirelog.Stats{
		ReceivedOctets: f.RxOctetStats, SentOctets: f.TxOctetStats,
		ReceivedFrames: f.RxFrameStats.frames(), SentFrames: f.TxFrameStats.frames(),
	}
	return Result{
		Agent: f.Agent, ID: f.ID, Number: f.Case, Title: f.Description, Started: started, Took: milliseconds(f.Duration),
		Verdict: verdict.Verdict{Behavior: f.Behavior, Close: f.BehaviorClose, Result: f.Result, CloseResult: f.ResultClose},
		Log:     log, Timed: f.ReportTime, Ratio: f.ReportCompressionRatio,
	}
}

func (c counts) frames() (frames [16]int) {
	for op, n := range c {
		if op >= 0 && op < len(frames) {
			frames[op] = n
		}
	}
	return frames
}

func decodeClose(code *int, reason *string) wirelog.CloseFacts {
	c := wirelog.CloseFacts{Reason: orEmpty(reason)}
	if code != nil {
		c.Sent, c.Coded, c.Code = true, true, ws.CloseCode(*code)
	}
	return c
}

func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// addIndex adds the rows of an index that no case file told of.
func (r *Report) addIndex(path string) error {
	var index map[string]map[string]indexRow
	if err := readJSON(path, &index); err != nil {
		return err
	}
	for agent, rows := range index {
		for id, row := range rows {
			if a, ok := r.Agent(agent); ok && a.has(id) {
				continue
			}
			r.Add(Result{
				Agent: agent, ID: id, Took: milliseconds(row.Duration),
				Verdict: verdict.Verdict{Behavior: row.Behavior, Close: row.BehaviorClose},
				Log:     &wirelog.Log{Facts: wirelog.Facts{Remote: decodeClose(row.RemoteCloseCode, nil)}},
			})
		}
	}
	return nil
}

func (a Agent) has(id string) bool {
	for _, r := range a.Results {
		if r.ID == id {
			return true
		}
	}
	return false
}
