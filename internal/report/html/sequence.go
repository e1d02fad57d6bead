// SPDX-License-Identifier: Apache-2.0

package html

import (
	"bytes"
	"fmt"
	"html/template"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/wsspec/wsspec/internal/report/telling"
	"github.com/wsspec/wsspec/internal/visible"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// Geometry of the sequence diagram, in units of its view box.
const (
	seqWidth  = 720
	seqUs     = 130 // x of our lifeline
	seqPeer   = 590 // x of the peer's
	seqMiddle = (seqUs + seqPeer) / 2
	seqStep   = 27 // from one arrow to the next
	seqLabel  = 58 // characters of an arrow's label
	seqNote   = 66 // characters of a remark
	mostSteps = 120
	mostLines = 8 // of a run of writes or reads that is drawn one by one
	longPause = 20 * time.Millisecond
)

// sequence draws a conversation: our side on the left, the peer on the right, time
// flowing down.
type sequence struct {
	markup
	y       int
	last    time.Duration // when the step before was
	times   bool
	steps   int
	log     *wirelog.Log
	culprit telling.Culprit // At is -1 where there is none
	blamed  bool            // it has been drawn
}

// sequenceDiagram returns the SVG of a log, with what its verdict is owed to in red, or
// nothing where nothing happened.
func sequenceDiagram(log *wirelog.Log, culprit telling.Culprit) template.HTML {
	if len(log.Records) == 0 {
		return ""
	}
	s := &sequence{y: 46, times: timed(log.Records), log: log, culprit: culprit}
	s.draw()
	s.y += 10
	us, peer := "wsspec", "the "+log.Facts.Role.Other().String()+" under test"
	var out markup
	out.tag(`<svg class=seq viewBox="0 0 %d %d" role=img aria-label="Sequence diagram of the conversation">`, seqWidth, s.y)
	for _, side := range []struct {
		x           int
		name, class string
	}{{seqUs, us, "us"}, {seqPeer, peer, "peer"}} {
		out.tag(`<line class=life x1=%d y1=28 x2=%[1]d y2=%[2]d /><text class="who %[3]s" x=%[1]d y=18>%[4]s</text>`, side.x, s.y, side.class, side.name)
	}
	out.WriteString(s.String())
	out.tag("</svg>")
	return template.HTML(out.String())
}

func (s *sequence) draw() {
	rs := s.log.Records
	i := s.handshake()
	for i < len(rs) {
		if s.steps >= mostSteps && i < len(rs)-1 {
			i = s.skip(i)
		}
		s.lack(i)
		r := rs[i]
		switch r.Kind {
		case wirelog.SentOctets, wirelog.ReceivedOctets:
			n := s.octets(rs[i:])
			if at := s.culprit.At; at >= i && at < i+n && s.guilt(at) != "" && !s.blamed {
				s.arrow(rs[at].At, rs[at].Kind == wirelog.SentOctets, count(rs[at].Data.Len, "octet"), "culprit")
				s.blame(at)
			}
			i += n
			continue
		case wirelog.SentFrame:
			s.arrow(r.At, true, frameText(r.Frame), "")
			if r.Frame.Chop > 0 {
				s.under(fmt.Sprintf("in writes of %s", count(r.Frame.Chop, "octet")))
			}
		case wirelog.ReceivedFrame:
			s.arrow(r.At, false, frameText(r.Frame), s.guilt(i))
		case wirelog.SentHTTP, wirelog.ReceivedHTTP:
			s.arrow(r.At, r.Kind == wirelog.SentHTTP, visible.Text(r.HTTP.String()), strings.TrimSuffix("http "+s.guilt(i), " "))
		case wirelog.NotSent:
			s.lost(r)
		case wirelog.SentBlocks, wirelog.ReceivedBlocks:
			s.under(cut(visible.Text("DEFLATE: "+r.Note), seqNote))
		case wirelog.Event: // the frame before shows it
		case wirelog.Violation:
			if !s.blamed || r.Note != s.culprit.Why { // else it has just been said
				s.remark(r, s.guilt(i))
			}
		default:
			s.remark(r, s.guilt(i))
		}
		s.blame(i)
		i++
	}
	s.lack(len(rs))
}

// skip leaves out what would be too many steps, and goes on at the culprit, if it is
// still to come, or else at the last record.
func (s *sequence) skip(i int) (next int) {
	rs := s.log.Records
	next = len(rs) - 1
	if at := s.culprit.At; at >= i && !s.blamed {
		next = min(max(at-1, i), next)
	}
	if next > i {
		s.step(rs[i].At)
		s.note(fmt.Sprintf("%d more records are in the wire log", next-i), "")
	}
	return next
}

// guilt is the class of what the verdict is owed to.
func (s *sequence) guilt(i int) string {
	if i == s.culprit.At && s.culprit.Missing == "" {
		return "culprit"
	}
	return ""
}

// blame says below what was just drawn that the verdict is owed to it, and why.
func (s *sequence) blame(i int) {
	if s.guilt(i) == "" || s.blamed {
		return
	}
	s.blamed = true
	s.reason()
}

// reason writes why the verdict is what it is, in up to three lines.
func (s *sequence) reason() {
	lines := fold(visible.Text(s.culprit.Why), seqNote, 3)
	for _, line := range lines {
		s.y += 15
		s.tag(`<text class="note culprit" x=%d y=%d>`, seqMiddle, s.y+2)
		s.text(line)
		s.tag("</text>")
	}
	s.y += 6
}

// lack draws what should have come before the record with the number.
func (s *sequence) lack(i int) {
	if i != s.culprit.At || s.culprit.Missing == "" || s.blamed {
		return
	}
	s.blamed = true
	s.steps++
	s.y += seqStep
	s.tag(`<path class="arrow missing" d="M%d %d H%d m8 -4 l-8 4 l8 4" />`, seqPeer, s.y, seqUs)
	s.label("missing: "+visible.Text(s.culprit.Missing), "culprit")
	s.reason()
}

// fold breaks prose into at most so many lines of width characters.
func fold(text string, width, most int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) <= width:
			line += " " + word
		case len(lines) == most-1:
			line = cut(line+" "+word, width-1) + "…"
			return append(lines, line)
		default:
			lines, line = append(lines, cut(line, width)), word
		}
	}
	if line != "" {
		lines = append(lines, cut(line, width))
	}
	return lines
}

// handshake draws the opening handshake as one arrow each way and returns the
// number of records it covers.
func (s *sequence) handshake() int {
	rs := s.log.Records
	i := 0
	for ; i < len(rs); i++ {
		r := rs[i]
		if r.Kind != wirelog.SentOctets && r.Kind != wirelog.ReceivedOctets {
			break
		}
		sent := r.Kind == wirelog.SentOctets
		head := s.log.Request
		if sent == (s.log.Facts.Role == ws.Server) {
			head = s.log.Response
		}
		first, _, _ := bytes.Cut(head, []byte("\n"))
		name := strings.TrimSuffix(string(first), "\r")
		if name == "" || i > 1 {
			break
		}
		s.arrow(r.At, sent, visible.Text(name), strings.TrimSuffix("http "+s.guilt(i), " "))
		s.blame(i)
	}
	return i
}

// step goes down to the next row, further where time passed, and writes the time.
func (s *sequence) step(at time.Duration) {
	s.steps++
	s.y += seqStep
	if !s.times {
		return
	}
	if gap := at - s.last; gap >= longPause && s.steps > 1 {
		s.y += 16
		for _, x := range []int{seqUs, seqPeer} {
			s.tag(`<path class=pause d="M%d %d v4 l-5 3 l10 5 l-5 3 v4" />`, x, s.y-seqStep-12)
		}
		s.tag(`<text class=gap x=%d y=%d>%s pass</text>`, seqMiddle, s.y-seqStep+2, pause(gap))
	}
	s.last = at
	s.tag(`<text class=at x=%d y=%d>%s</text>`, seqUs-14, s.y+4, stamp(at))
}

// stamp is a time since the beginning, as exact as it needs to be.
func stamp(at time.Duration) string {
	if at < time.Second {
		return fmt.Sprintf("%.2f ms", float64(at.Microseconds())/1000)
	}
	return fmt.Sprintf("%.3f s", at.Seconds())
}

func (s *sequence) arrow(at time.Duration, sent bool, text, class string) {
	s.step(at)
	from, to, tip := seqUs, seqPeer, -8
	if !sent {
		from, to, tip = seqPeer, seqUs, 8
		class += " rx"
	}
	s.tag(`<path class="arrow %s" d="M%d %d H%d m%d -4 l%d 4 l%[5]d 4" />`, class, from, s.y, to, tip, -tip)
	s.label(text, class)
}

func (s *sequence) label(text, class string) {
	s.tag(`<text class="label %s" x=%d y=%d>`, class, seqMiddle, s.y-5)
	s.text(cut(text, seqLabel))
	s.tag("</text>")
}

// under writes a remark below the arrow just drawn.
func (s *sequence) under(text string) {
	s.y += 12
	s.tag(`<text class=under x=%d y=%d>`, seqMiddle, s.y)
	s.text(text)
	s.tag("</text>")
}

// octets draws the writes or reads that follow each other where they are not
// simply one frame, which its own arrow shows. It returns their number.
func (s *sequence) octets(rs []wirelog.Record) int {
	kind := rs[0].Kind
	n, sum := 0, 0
	for n < len(rs) && rs[n].Kind == kind {
		sum += rs[n].Data.Len
		n++
	}
	if n == 1 {
		return 1
	}
	verb, class, from, to := "writes", "tick", seqUs, seqPeer
	if kind == wirelog.ReceivedOctets {
		verb, class, from, to = "reads", "tick rx", seqPeer, seqUs
	}
	s.step(rs[0].At)
	s.tag(`<text class="under %s" x=%d y=%d>%d %s, %s`, class, seqMiddle, s.y+3, n, verb, count(sum, "octet"))
	if s.times {
		s.tag(", in %s", pause(rs[n-1].At-rs[0].At))
	}
	s.tag("</text>")
	s.y += 4
	for range min(n, mostLines) {
		s.y += 4
		s.tag(`<path class="%s" d="M%d %d H%d" />`, class, from, s.y, to)
	}
	s.last = rs[n-1].At
	return n
}

// lost draws a frame that could not be sent any more.
func (s *sequence) lost(r wirelog.Record) {
	s.step(r.At)
	s.tag(`<path class="arrow lost" d="M%d %d h90" /><text class=end x=%d y=%d>✗</text>`, seqUs, s.y, seqUs+90, s.y+5)
	s.label("not sent: "+frameText(r.Frame), "lost")
}

// remark draws what is neither octets nor a frame.
func (s *sequence) remark(r wirelog.Record, class string) {
	s.step(r.At)
	switch r.Kind {
	case wirelog.WaitSet:
		s.note("we wait "+strings.TrimSpace(pause(r.Wait)+" "+tagName(r.Tag)), "")
	case wirelog.WaitOver:
		s.note(strings.TrimSpace("the wait is over "+tagName(r.Tag)), "")
	case wirelog.FailSet:
		s.note("we give the peer "+pause(r.Wait)+" before we fail the connection", "")
	case wirelog.CloseSet:
		s.note("we give the peer "+pause(r.Wait)+" before we close", "")
	case wirelog.FailFired:
		s.note("time is up: we fail the connection", "bad")
	case wirelog.CloseFired:
		s.note("time is up: we close", class)
	case wirelog.Violation:
		s.note("the peer broke "+r.Note, "bad "+class)
	case wirelog.DroppedByMe:
		s.end(seqUs, "we close TCP", class)
	case wirelog.DroppedByPeer:
		s.end(seqPeer, "the peer closes TCP", class)
	case wirelog.ResetByPeer:
		s.end(seqPeer, "the peer resets TCP", "bad "+class)
	case wirelog.StillOpen:
		s.note("TCP is still open, and our patience is over", class)
	case wirelog.Settled:
		s.note("nothing that may still come changes the verdict", "")
	case wirelog.Dead:
		s.note("a new connection is no longer served: "+r.Note, "bad "+class)
	case wirelog.Lapse, wirelog.NotJudged, wirelog.Noted:
		s.note(r.Note, class)
	default:
		s.note(strings.TrimPrefix(r.Text(), "# "), class)
	}
}

func tagName(tag string) string {
	if tag == "" {
		return ""
	}
	return "(" + tag + ")"
}

// note writes a remark between the lifelines.
func (s *sequence) note(text, class string) {
	s.tag(`<text class="note %s" x=%d y=%d>`, class, seqMiddle, s.y+4)
	s.text(cut(visible.Text(text), seqNote))
	s.tag("</text>")
}

// end marks a lifeline where the connection ends.
func (s *sequence) end(x int, text, class string) {
	s.tag(`<text class=end x=%d y=%d>✗</text>`, x, s.y+6)
	s.note(text, class)
}
