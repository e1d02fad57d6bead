// SPDX-License-Identifier: Apache-2.0

package wirelog

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/wsspec/wsspec/internal/ws"
)

// Parse reads lines that Record.String printed. Empty lines are passed over.
// The error names the line.
func Parse(text string) ([]Record, error) {
	var rs []Record
	n := 0
	for line := range strings.Lines(text) {
		n++
		if line = strings.TrimRight(line, "\r\n"); line == "" {
			continue
		}
		r, err := ParseRecord(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		rs = append(rs, r)
	}
	return rs, nil
}

// ParseRecord reads one line that Record.String printed.
func ParseRecord(line string) (Record, error) {
	stamp, rest, _ := strings.Cut(line, " ")
	sec, err := strconv.ParseFloat(stamp, 64)
	if err != nil || !(sec >= 0 && sec < math.MaxInt64/1e9) {
		return Record{}, fmt.Errorf("%.20q is no time in seconds", stamp)
	}
	sign, rest, _ := strings.Cut(rest, " ")
	r := Record{At: time.Duration(math.Round(sec*1e6)) * time.Microsecond}
	switch sign {
	case ">>", "<<":
		r.Kind = SentOctets
		if sign == "<<" {
			r.Kind = ReceivedOctets
		}
		r.Data, err = parseOctets(rest)
	case ">", "<":
		if strings.HasPrefix(rest, "tls ") {
			r.Kind = SentTLS
			if sign == "<" {
				r.Kind = ReceivedTLS
			}
			r.TLS, err = parseTLS(rest)
			return r, err
		}
		r.Kind = SentFrame
		if sign == "<" {
			r.Kind = ReceivedFrame
		}
		if isHTTPFrame(rest) {
			r.Kind = r.Kind - SentFrame + SentHTTP
			r.HTTP, err = ParseHTTPFrame(rest)
		} else {
			r.Frame, err = ParseFrame(rest)
		}
	case "=":
		r.Kind = Event
		err = r.parseEvent(rest)
	case "#":
		err = r.parseRemark(rest)
	default:
		err = fmt.Errorf("sign %.10q: want one of >> << > < = #", sign)
	}
	return r, err
}

func (r *Record) parseEvent(s string) (err error) {
	s, r.Unasked = strings.CutPrefix(s, "unasked ")
	word, rest, _ := strings.Cut(s, " ")
	if r.Unasked && word != "pong" {
		return fmt.Errorf("event %.20q: only a pong is unasked", word)
	}
	switch word {
	case "text":
		r.Type = TextEvent
	case "binary":
		r.Type = BinaryEvent
	case "pong":
		r.Type = PongEvent
	case "http":
		r.Type = AnswerEvent
		r.Status, err = strconv.Atoi(rest)
		if err != nil || r.Status < 0 || r.Status > 999 {
			err = fmt.Errorf("event http %.20q: want a status", rest)
		}
		return err
	case "timeout":
		r.Type = TimeoutEvent
		r.Tag, err = parseTag(rest)
		return err
	case "message":
		r.Type = BegunEvent
		if rest != "begun" {
			err = fmt.Errorf("event message %.20q: want begun", rest)
		}
		return err
	default:
		return fmt.Errorf("event %.20q: want text, binary, pong, http, timeout or message begun", word)
	}
	r.Data, err = parsePayload(strings.Split(rest, " "), rest)
	return err
}

func (r *Record) parseRemark(s string) (err error) {
	for kind, phrase := range remarks {
		if s == phrase {
			r.Kind = kind
			return nil
		}
	}
	for kind, phrase := range notes {
		if quoted, ok := strings.CutPrefix(s, phrase+" "); ok && strings.HasPrefix(quoted, `"`) {
			r.Kind = kind
			r.Note, err = strconv.Unquote(quoted)
			return err
		}
	}
	word, rest, _ := strings.Cut(s, " ")
	switch word {
	case "wait":
		r.Kind = WaitSet
		wait, tag, _ := strings.Cut(rest, " ")
		if r.Tag, err = parseTag(tag); err == nil {
			r.Wait, err = time.ParseDuration(wait)
		}
	case "waited":
		r.Kind = WaitOver
		r.Tag, err = parseTag(rest)
	case "fail", "close":
		r.Kind = FailSet
		if word == "close" {
			r.Kind = CloseSet
		}
		r.Wait, err = time.ParseDuration(strings.TrimPrefix(rest, "after "))
	case "not":
		r.Kind = NotSent
		r.Frame, err = ParseFrame(strings.TrimPrefix(rest, "sent "))
	default:
		err = fmt.Errorf("remark %.40q is not one of ours", s)
	}
	return err
}

// parseTag reads the name of a wait: one word, or nothing.
func parseTag(s string) (string, error) {
	if strings.ContainsFunc(s, unicode.IsSpace) {
		return "", fmt.Errorf("tag %.40q: want one word", s)
	}
	return s, nil
}

// ParseFrame reads what Frame.String printed.
func ParseFrame(s string) (Frame, error) {
	words := strings.Split(s, " ")
	op, ok := ws.ParseOpcode(words[0])
	if !ok {
		return Frame{}, fmt.Errorf("opcode %.20q is unknown", words[0])
	}
	f := Frame{Header: ws.Header{Fin: true, Opcode: op}}
	var declared *uint64
	i := 1
	for ; i < len(words); i++ {
		name, value, _ := strings.Cut(words[i], "=")
		if done, err := f.parseAttribute(name, value, &declared); err != nil {
			return Frame{}, fmt.Errorf("%.40q: %w", words[i], plain(err))
		} else if done {
			break
		}
	}
	var err error
	if f.Payload, err = parsePayload(words[i:], strings.Join(words[i:], " ")); err != nil {
		return Frame{}, err
	}
	f.Length = uint64(f.Payload.Len)
	if declared != nil {
		f.Length = *declared
	}
	f.Form = f.WireForm()
	return f, nil
}

// parseAttribute reads one word between opcode and payload; done is true where
// the word belongs to the payload.
func (f *Frame) parseAttribute(name, value string, declared **uint64) (done bool, err error) {
	switch name {
	case "more":
		f.Fin = false
	case "sync":
		f.Sync = true
	case "rsv":
		var n uint64
		n, err = strconv.ParseUint(value, 10, 3)
		f.RSV = uint8(n)
	case "mask":
		f.Masked = true
		var key []byte
		if key, err = hex.DecodeString(value); err == nil && len(key) != len(f.Key) {
			err = fmt.Errorf("want 4 octets")
		}
		copy(f.Key[:], key)
	case "form":
		for form, n := range formNames {
			if n == value && n != "" {
				f.Form = ws.LengthForm(form)
				return false, nil
			}
		}
		err = fmt.Errorf("want 7, 16 or 64")
	case "declared":
		var n uint64
		n, err = strconv.ParseUint(value, 10, 64)
		*declared = &n
	case "repeat":
		f.Repeat, err = strconv.Atoi(value)
	case "chop":
		f.Chop, err = strconv.Atoi(value)
	case "cut":
		from, to, _ := strings.Cut(value, "-")
		if f.Cut[0], err = strconv.Atoi(from); err == nil {
			f.Cut[1], err = strconv.Atoi(to)
		}
	case "gap":
		f.Gap, err = time.ParseDuration(value)
	default:
		return true, nil
	}
	return false, err
}

// parsePayload reads what Payload.String printed. words are the words of text.
func parsePayload(words []string, text string) (p Payload, err error) {
	p.Len = -1
	for _, w := range words {
		name, value, ok := strings.Cut(w, "=")
		if !ok || name != "len" && name != "sha256" {
			break
		}
		if name == "len" {
			p.Len, err = strconv.Atoi(value)
		} else if p.Sum, err = hex.DecodeString(value); err == nil && len(p.Sum) != sha256.Size {
			err = fmt.Errorf("want %d octets", sha256.Size)
		}
		if err != nil {
			return Payload{}, fmt.Errorf("%.80q: %w", w, plain(err))
		}
		text = strings.TrimPrefix(strings.TrimPrefix(text, w), " ")
	}
	body, cut := strings.CutSuffix(text, "...")
	if h, ok := strings.CutPrefix(body, "0x"); ok {
		p.Head, err = hex.DecodeString(h)
	} else {
		var s string
		s, err = strconv.Unquote(body)
		p.Head = []byte(s)
	}
	if err != nil {
		return Payload{}, fmt.Errorf("payload %.40q: want a quoted string or 0x and hex", body)
	}
	if p.Len < 0 {
		p.Len = len(p.Head)
	}
	if cut != (p.Len != len(p.Head)) || p.Len < len(p.Head) {
		return Payload{}, fmt.Errorf("payload %.40q: %d octets shown of %d", body, len(p.Head), p.Len)
	}
	return p, nil
}

func parseOctets(s string) (p Payload, err error) {
	n, h, _ := strings.Cut(s, " ")
	if p.Len, err = strconv.Atoi(n); err != nil {
		return p, fmt.Errorf("%.20q is no number of octets", n)
	}
	h, cut := strings.CutSuffix(h, "...")
	if p.Head, err = hex.DecodeString(h); err != nil {
		return p, fmt.Errorf("octets %.40q: %w", h, err)
	}
	if cut != (p.Len != len(p.Head)) || p.Len < len(p.Head) {
		return p, fmt.Errorf("octets %.40q: %d shown of %d", h, len(p.Head), p.Len)
	}
	return p, nil
}

// plain says in our words that something is no number that we can take: the word it stands in
// is told beside it.
func plain(err error) error {
	if _, ok := errors.AsType[*strconv.NumError](err); ok {
		return errors.New("want a number, and no larger one than a machine can take")
	}
	return err
}
