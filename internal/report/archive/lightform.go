// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"strings"
	"time"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// lightVersion is that of the form; a file of another is made anew.
const lightVersion = "wsspec light results 2\n"

// stamp is how a file was when it was read.
type stamp struct {
	Size    int64 // octets
	ModTime int64 // nanoseconds since 1970
}

// notes are what is kept of the case files of a folder.
type notes struct {
	index  stamp // of index.json, where each of its rows has a case file; zero: it may have others
	agents []noted
}

// noted are the results of an agent in the order of its cases, and the stamps of the
// files that they are from.
type noted struct {
	name    string
	results []report.Result
	stamps  []stamp
}

// leastNote is less than the notes of a result take, in octets.
const leastNote = 20

var (
	errOtherForm = errors.New("the notes on them are of another version")
	errDamaged   = errors.New("the notes on them are damaged")
)

// encode writes the notes: the version, the notes, and their CRC-32C.
func (n *notes) encode() []byte {
	c := codec{b: append(make([]byte, 0, 4<<10+100*n.size()), lightVersion...), texts: map[string]uint64{}, logs: map[logKey]int{}}
	c.stamp(&n.index)
	agents := len(n.agents)
	codeNumber(&c, &agents)
	for _, a := range n.agents {
		results := len(a.results)
		codeNumber(&c, &results)
		c.text(&a.name)
		for i := range a.results {
			before, after := splitName(a.results[i].File)
			c.text(&before)
			c.text(&after)
			c.stamp(&a.stamps[i])
			c.result(&a.results[i])
		}
	}
	return binary.LittleEndian.AppendUint32(c.b, checksum(c.b))
}

func checksum(b []byte) uint32 { return crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)) }

// splitName cuts the name of a case file in two, of which neither is rare.
func splitName(name string) (before, after string) {
	at := max(strings.LastIndex(name, "_case_"), 0)
	return name[:at], name[at:]
}

// decodeNotes reads notes, but for those of files that are not as they were: current
// says whether a file is, and gives its name back.
func decodeNotes(b []byte, current func(name []byte, then stamp) (string, bool)) (*notes, error) {
	body := len(b) - crc32.Size
	switch {
	case body < len(lightVersion) || string(b[:len(lightVersion)]) != lightVersion:
		return nil, errOtherForm
	case checksum(b[:body]) != binary.LittleEndian.Uint32(b[body:]):
		return nil, errDamaged
	}
	c, n, agents := codec{b: b[len(lightVersion):body], reading: true}, new(notes), 0
	c.stamp(&n.index)
	codeNumber(&c, &agents)
	for range agents {
		a := c.agent(current)
		if c.bad {
			return nil, errDamaged
		}
		if len(a.results) > 0 {
			n.agents = append(n.agents, a)
		}
	}
	if c.bad || len(c.b) > 0 {
		return nil, errDamaged
	}
	return n, nil
}

// agent reads the notes of an agent.
func (c *codec) agent(current func(name []byte, then stamp) (string, bool)) (a noted) {
	results := 0
	codeNumber(c, &results)
	c.text(&a.name)
	if results < 0 || results > len(c.b)/leastNote {
		c.bad = true
	}
	var name []byte
	for i := 0; i < results && !c.bad; i++ {
		var before, after string
		c.text(&before)
		c.text(&after)
		var then stamp
		c.stamp(&then)
		name = append(append(name[:0], before...), after...)
		file, same := current(name, then)
		r := report.Result{Agent: a.name, File: file}
		c.result(&r)
		if !same {
			continue
		}
		if a.results == nil {
			a.results, a.stamps = make([]report.Result, 0, results-i), make([]stamp, 0, results-i)
		}
		a.results, a.stamps = append(a.results, r), append(a.stamps, then)
	}
	return a
}

// result reads or writes what is kept of a result: see lighten.
func (c *codec) result(r *report.Result) {
	c.text(&r.ID)
	codeNumber(c, &r.Number)
	c.text(&r.Title)
	c.text(&r.Spec)
	c.flags(&r.Want.NeedsDeflate, &r.Want.ByRFC, &r.Timed, &r.Ratio, &r.Excerpt)
	c.flags(&r.Close.ByUs, &r.Close.Clean, &r.Close.WrongEndFails, &r.Close.WrongCodeFails)
	codeList(c, &r.Close.Codes, func(code *ws.CloseCode) { codeNumber(c, code) })
	c.verdict(&r.Verdict)
	c.time(&r.Started)
	codeNumber(c, &r.Took)
	c.seed(&r.Seed)
	c.text(&r.Caveat)
	c.text(&r.URL)
	codeList(c, &r.Flags, c.text)
	codeList(c, &r.Tags, func(t *conform.Tag) { codeText(c, t) })
	codeNumber(c, &r.Attempt)
	codeList(c, &r.Others, c.attempt)
	codeList(c, &r.Turns, func(t *report.Turn) { c.text(&t.Name); c.verdict(&t.Verdict); codeNumber(c, &t.Took) })
	c.sharedLog(&r.Log)
}

func (c *codec) attempt(a *report.Attempt) {
	codeNumber(c, &a.Number)
	c.verdict(&a.Verdict)
	c.time(&a.Started)
	codeNumber(c, &a.Took)
	c.seed(&a.Seed)
	c.flags(&a.Loaded, &a.Wrong)
	c.text(&a.Why)
	codeNumber(c, &a.Left)
}

// logKey is all that notes say of a log in which nothing moved: most are like others.
type logKey struct {
	wirelog.Facts
	refused, extension string
}

// Before a log stands its number, where an equal one came before, or one of these.
const (
	newLog  = 0  // it comes, and gets the next number, from 1
	ownLog  = -1 // it comes, and gets none
	fromLog = 1  // numbers from here on
)

func (c *codec) sharedLog(l **wirelog.Log) {
	if c.reading {
		*l = c.readLog()
	} else {
		c.writeLog(*l)
	}
}

func (c *codec) writeLog(l *wirelog.Log) {
	n := ownLog
	if plainLog(l) {
		key := logKey{l.Facts, l.Refused, l.Extension}
		if n = c.logs[key]; n == newLog {
			c.logs[key] = len(c.logs) + fromLog
		}
	}
	if codeNumber(c, &n); n < fromLog {
		c.log(l)
	}
}

func (c *codec) readLog() *wirelog.Log {
	n := 0
	codeNumber(c, &n)
	if at := n - fromLog; at >= 0 && at < len(c.knownLogs) {
		return c.knownLogs[at]
	}
	c.bad = c.bad || n < ownLog || n >= fromLog
	l := new(wirelog.Log)
	if !c.bad {
		c.log(l)
	}
	if n == newLog {
		c.knownLogs = append(c.knownLogs, l)
	}
	return l
}

func plainLog(l *wirelog.Log) bool {
	c := l.Compression
	return l.Traffic == wirelog.Traffic{} && c.Window == 0 && c.Farthest == 0 && !c.NoContext && !c.Context && len(c.Broken) == 0
}

func (c *codec) log(l *wirelog.Log) {
	f := &l.Facts
	c.flags(&f.Opened, &f.ClosedByMe, &f.FailedByMe, &f.DroppedByMe, &f.WasClean, &f.WasServerConnectionDropTimeout, &f.WasOpenHandshakeTimeout, &f.WasCloseHandshakeTimeout)
	codeNumber(c, &f.Role)
	c.text(&f.WasNotCleanReason)
	for _, x := range []*wirelog.CloseFacts{&f.Local, &f.Remote} {
		c.flags(&x.Sent, &x.Coded)
		codeNumber(c, &x.Code)
		c.text(&x.Reason)
	}
	c.text(&l.Refused)
	c.text(&l.Extension)
	moved := l.Traffic != (wirelog.Traffic{})
	squeezed := l.Compression.Window != 0 || l.Compression.Farthest != 0 || len(l.Compression.Broken) > 0
	c.flags(&moved, &squeezed, &l.Compression.NoContext, &l.Compression.Context)
	if moved {
		for _, v := range []*wirelog.Volume{&l.Traffic.In, &l.Traffic.Out} {
			for _, n := range []*int64{&v.Preopen, &v.Wire, &v.WebSocket, &v.App, &v.Frames, &v.Messages, &v.Deflated} {
				codeNumber(c, n)
			}
		}
	}
	if squeezed {
		codeNumber(c, &l.Compression.Window)
		codeNumber(c, &l.Compression.Farthest)
		codeList(c, &l.Compression.Broken, c.text)
	}
}

func (c *codec) verdict(v *verdict.Verdict) {
	codeText(c, &v.Behavior)
	codeText(c, &v.Close)
	c.text(&v.Result)
	c.text(&v.CloseResult)
}

func (c *codec) stamp(s *stamp) {
	codeNumber(c, &s.Size)
	codeNumber(c, &s.ModTime)
}

func (c *codec) time(t *time.Time) {
	seconds, rest := t.Unix(), t.Nanosecond()
	codeNumber(c, &seconds)
	codeNumber(c, &rest)
	if c.reading {
		*t = time.Unix(seconds, int64(rest)).UTC()
	}
}
