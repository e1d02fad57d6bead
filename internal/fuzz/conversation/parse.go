// SPDX-License-Identifier: Apache-2.0

package conversation

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// Parse reads the text form. Lines that begin with "#" are for people and passed over.
// The error begins with the name of the file and the line: "name:7: …".
func Parse(name, text string) (*Conversation, error) {
	if len(text) > MaxText {
		return nil, fmt.Errorf("%s: longer than %d octets", name, MaxText)
	}
	p := parser{c: &Conversation{}, seen: map[string]bool{}}
	n := 0
	for line := range strings.Lines(text) {
		n++
		if err := p.line(n, strings.TrimRight(line, "\r\n")); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, n, err)
		}
	}
	switch {
	case n == 0:
		return nil, fmt.Errorf("%s: the file is empty: a conversation begins with %q", name, firstLine)
	case !p.seen["role"]:
		return nil, fmt.Errorf(`%s: the head does not say "role: client" or "role: server"`, name)
	case p.inHead:
		return nil, fmt.Errorf("%s: there is no empty line behind the head, and nothing to play", name)
	case len(p.c.Openings) == 0:
		p.c.Openings = []Opening{{}}
	}
	return p.c, nil
}

type parser struct {
	c      *Conversation
	inHead bool
	seen   map[string]bool // fields of the head
	on     int
	begun  []bool // connections that have had a step
	paused time.Duration
	octets int
}

func (p *parser) line(n int, line string) error {
	switch {
	case n == 1:
		if line != firstLine {
			return fmt.Errorf("%.40q: a conversation begins with %q", line, firstLine)
		}
		p.inHead = true
		return nil
	case strings.HasPrefix(line, "#"):
		return nil
	case p.inHead && line == "":
		p.inHead = false
		return nil
	case p.inHead:
		return p.head(line)
	case strings.TrimSpace(line) == "":
		return nil
	}
	return p.script(line)
}

func (p *parser) head(line string) error {
	name, value, ok := strings.Cut(line, ":")
	value = strings.TrimSpace(value)
	if !ok {
		return fmt.Errorf("%.40q: want a name, a colon and a value, and an empty line behind the last of them", line)
	}
	if p.seen[name] {
		return fmt.Errorf("%.40s is said twice", name)
	}
	p.seen[name] = true
	if name == "role" {
		switch value {
		case ws.Client.String():
			p.c.Role = ws.Client
		case ws.Server.String():
			p.c.Role = ws.Server
		default:
			return fmt.Errorf("role: %.20q: want client, which talks to servers, or server", value)
		}
		return nil
	}
	for _, f := range p.c.note() {
		if f.name == name {
			*f.value = value
			return nil
		}
	}
	return fmt.Errorf("%.20q is no field of the head: want role, requirement, rule, expected, received, agent or found", name)
}

func (p *parser) script(line string) error {
	word, rest, _ := strings.Cut(line, " ")
	switch word {
	case "connection":
		n, err := strconv.Atoi(rest)
		if err != nil || n < 1 || n > len(p.c.Openings)+1 || n > MaxConnections {
			return fmt.Errorf("connection %.20q: want a number, 1 first, up to %d", rest, min(len(p.c.Openings)+1, MaxConnections))
		}
		p.connection(n - 1)
		return nil
	case "offer", "answer", "command", "head":
		p.connection(p.on)
		if p.begun[p.on] {
			return fmt.Errorf("%s belongs before the first step of the connection", word)
		}
		return p.opening(&p.c.Openings[p.on], word, rest)
	}
	s, err := p.step(word, rest)
	if err != nil {
		return err
	}
	p.connection(p.on)
	p.begun[p.on] = true
	s.On = p.on
	if len(p.c.Steps) == MaxSteps {
		return fmt.Errorf("more than %d steps", MaxSteps)
	}
	p.c.Steps = append(p.c.Steps, s)
	return nil
}

func (p *parser) connection(n int) {
	p.on = n
	if n == len(p.c.Openings) {
		p.c.Openings = append(p.c.Openings, Opening{})
		p.begun = append(p.begun, false)
	}
}

func (p *parser) step(word, rest string) (s Step, err error) {
	switch line := strings.TrimSpace(word + " " + rest); {
	case word == ">":
		s.Kind = SendFrame
		s.Frame, err = ParseFrame(p.c.Role, rest)
		if p.octets += max(1, s.Frame.Times) * (s.Frame.Len() + ws.MaxHeaderLen); err == nil && p.octets > MaxTotal {
			err = fmt.Errorf("more than %d octets of payload", MaxTotal)
		}
	case word == ">>":
		s.Kind = SendOctets
		var r wirelog.Record
		r, err = wirelog.ParseRecord("0 >> " + rest)
		if s.Octets = r.Data.Head; err == nil && !r.Data.Complete() {
			err = errors.New("not all octets are there")
		}
	case word == "pause":
		s.Kind = Pause
		s.Wait, err = time.ParseDuration(rest)
		if err != nil || s.Wait <= 0 || s.Wait > MaxPause {
			return s, fmt.Errorf("pause %.20q: want a time such as 10ms, up to %v", rest, MaxPause)
		}
		if p.paused += s.Wait; p.paused > MaxPauses {
			return s, fmt.Errorf("the pauses are longer than %v together", MaxPauses)
		}
	case line == "await":
		s.Kind = Await
	case line == "end writing":
		s.Kind = EndWriting
	case line == "reset":
		s.Kind = Reset
	default:
		return s, fmt.Errorf("%.40q: want a frame (> text \"Hello\"), octets (>> 2 8900), pause, await, end writing, reset, connection, offer, answer, command or head", line)
	}
	return s, err
}

func (p *parser) opening(o *Opening, word, rest string) error {
	if word != "head" {
		value, err := strconv.Unquote(rest)
		if err != nil {
			return fmt.Errorf("%s %.40q: want a quoted string", word, rest)
		}
		switch word {
		case "offer":
			o.Offer = value
		case "answer":
			o.Answer = value
		default:
			if _, err := ws.ParseCommands(value); err != nil {
				return err
			}
			o.Command = value
		}
		return nil
	}
	word, rest, _ = strings.Cut(rest, " ")
	switch {
	case word == "together" && rest == "":
		o.Behind = true
		return nil
	case word == "chop":
		n, err := strconv.Atoi(rest)
		if err != nil || n < 1 {
			return fmt.Errorf("head chop %.20q: want a number of octets", rest)
		}
		o.Chop = n
		return nil
	case !slices.Contains(EditWords(), word):
		return fmt.Errorf("head %.20q: want %s, chop or together", word, strings.Join(EditWords(), ", "))
	}
	text, behind, err := octetsAhead(rest)
	if err == nil && strings.TrimSpace(behind) != "" {
		err = fmt.Errorf("there is %.20q behind the string", behind)
	}
	if err != nil {
		return fmt.Errorf("head %s: %w", word, err)
	}
	o.Edits = append(o.Edits, Edit{word, text})
	return nil
}

// ParseFrame reads what Frame.Text printed for the role.
func ParseFrame(role ws.Role, s string) (Frame, error) {
	f := Frame{}
	if at := strings.Index(s, "deflate{"); at >= 0 && !strings.ContainsAny(s[:at], `"`) {
		var err error
		if s, err = f.parseBlocks(s, at); err != nil {
			return Frame{}, err
		}
	}
	var words []string
	unmasked, masked, formed, declared := false, false, false, false
	rest := s
	for rest != "" && rest[0] != '"' && !strings.HasPrefix(rest, "0x") {
		var word string
		word, rest, _ = strings.Cut(rest, " ")
		name, value, _ := strings.Cut(word, "=")
		switch name {
		case "times":
			n, err := strconv.Atoi(value)
			if err != nil || n < 1 || n > MaxTimes {
				return Frame{}, fmt.Errorf("%.20q: want a number up to %d", word, MaxTimes)
			}
			f.Times = n
			continue
		case "unmasked":
			unmasked = true
			continue
		case "mask":
			masked = true
		case "form":
			formed = true
		case "declared":
			declared = true
		case "sync", "gap", "len", "sha256":
			return Frame{}, fmt.Errorf("%.20s says how a frame was logged, not what is to be sent", word)
		}
		words = append(words, word)
	}
	wf, err := wirelog.ParseFrame(strings.Join(append(words, rest), " "))
	if err != nil {
		return Frame{}, err
	}
	f.Header, f.Payload, f.Repeat, f.Chop, f.Cut = wf.Header, wf.Payload.Head, wf.Repeat, wf.Chop, wf.Cut
	if unmasked && (masked || role == ws.Server) {
		return Frame{}, errors.New("unmasked: a server's frames are, and a masked one is not")
	}
	if !formed {
		f.Form = ws.Shortest
	}
	if !declared {
		f.Length = uint64(f.Len())
	}
	if role == ws.Client && !masked && !unmasked {
		f.Masked, f.Key = true, DefaultKey()
	}
	return f, f.check()
}

// check is about what no frame that is sent can have.
func (f *Frame) check() error {
	switch {
	case f.Repeat < 0 || f.Repeat > MaxPayload || f.Len() > MaxPayload:
		return fmt.Errorf("a payload has at most %d octets", MaxPayload)
	case f.Repeat > 0 && (len(f.Payload) == 0 || f.Blocks != nil):
		return errors.New("repeat needs octets, and not those of deflate{...}, to be repeated")
	case f.Repeat > 0 && f.Repeat < len(f.Payload):
		return errors.New("repeat is less than there are octets")
	case f.Chop < 0 || f.Cut[0] < 0 || f.Cut[1] < f.Cut[0]:
		return errors.New("chop and cut: want offsets in the frame, the lower first")
	}
	return nil
}

// parseBlocks takes deflate{...} out of a frame, and puts the octets in its place.
func (f *Frame) parseBlocks(s string, at int) (string, error) {
	end := strings.LastIndexByte(s, '}')
	if end < at {
		return "", errors.New("deflate{ without }")
	}
	var err error
	if f.Blocks, err = ParseBlocks(s[at+len("deflate{") : end]); err != nil {
		return "", err
	}
	if f.Blocks == nil {
		f.Blocks = Blocks{}
	}
	octets, err := f.Blocks.Octets()
	if err != nil {
		return "", err
	}
	f.From, f.To = 0, len(octets)
	if part := s[end+1:]; part != "" {
		from, to, ok := strings.Cut(strings.Trim(part, "[]"), ":")
		f.From, err = strconv.Atoi(from)
		if err == nil {
			f.To, err = strconv.Atoi(to)
		}
		if !ok || err != nil || f.From < 0 || f.To < f.From || f.To > len(octets) {
			return "", fmt.Errorf("deflate{...}%.20s: want [FROM:TO] within %d octets", part, len(octets))
		}
	}
	return s[:at] + fmt.Sprintf("0x%x", octets[f.From:f.To]), nil
}
