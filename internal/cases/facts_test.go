// SPDX-License-Identifier: Apache-2.0

package cases_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"
)

// fact is a row of testdata/catalogue.json.
type fact struct {
	ID       string
	Number   int
	Steps    []step
	Expected map[string][]wantedEvent
	Close    struct {
		ClosedByMe bool     `json:"closedByMe"`
		Codes      []uint16 `json:"closeCode"`
		Clean      bool     `json:"requireClean"`
		EndIsFatal bool     `json:"closedByWrongEndpointIsFatal"`
	} `json:"expected_close"`
	Informational bool
	CodeIsFatal   bool `json:"wrong_code_fails_case"`
	Wait          int  `json:"waitsecs"`
	Count         int
}

type step struct {
	Do           string
	Opcode       byte
	Fin          *bool
	RSV          byte
	Payload      octets
	RepeatTo     *int `json:"repeat_payload_to_len"`
	Chop         int
	Sync         bool
	Binary       bool
	Fragment     int `json:"fragment_size"`
	AutoFragment int `json:"auto_fragment_size"`
	Len          int
	Code         *uint16
	Reason       octets
	Seconds      float64 `json:"s"`
	Tag          *string
}

type wantedEvent struct {
	Event   string
	Binary  bool
	Payload octets
	Tag     string
}

// octets are written as "", {"hex": …} or {"repeat_hex": …, "len": …}.
type octets []byte

func (o *octets) UnmarshalJSON(b []byte) error {
	if string(b) == `""` {
		*o = octets{}
		return nil
	}
	var v struct {
		Hex    string
		Repeat string `json:"repeat_hex"`
		Len    int
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		return err
	}
	unit, err := hex.DecodeString(v.Hex + v.Repeat)
	if err != nil {
		return err
	}
	*o = unit
	if v.Repeat != "" {
		*o = bytes.Repeat(unit, v.Len/len(unit))
	}
	return nil
}

// readFacts returns the rows by id.
func readFacts(t *testing.T) map[string]fact {
	t.Helper()
	b, err := os.ReadFile("testdata/catalogue.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []fact
	if err := json.Unmarshal(b, &rows); err != nil {
		t.Fatal(err)
	}
	facts := map[string]fact{}
	for _, r := range rows {
		facts[r.ID] = r
	}
	return facts
}

// oldCloseCodes turns the facts into those of edition 0.7, which tested the
// codes that were registered later as invalid, too.
func oldCloseCodes(facts map[string]fact) {
	for i, code := range []uint16{0, 999, 1004, 1005, 1006, 1012, 1013, 1014, 1015, 1016, 1100, 2000, 2999} {
		f := facts["7.9.1"]
		f.ID = fmt.Sprintf("7.9.%d", i+1)
		f.Steps = append([]step(nil), f.Steps...)
		f.Steps[0].Code = &code
		facts[f.ID] = f
	}
}

// segment is what one step puts onto the wire: a header, or payload, or both.
type segment struct {
	at   time.Duration // since the connection was opened
	head []byte        // without masking key; nil where body goes on with the frame before
	body []byte
	chop int
}

// timeline is what a script sends, and when.
type timeline struct {
	segments []segment
	now      time.Duration
	open     bool          // no Close has been sent
	closeAt  time.Duration // when we sent our Close
	endAt    time.Duration // when patience ends
	endClose bool          // with a Close without code, not with 1001
	masked   bool
	t        *testing.T
}

// play runs the steps against a peer that never answers, up to the end of
// the script.
func (f fact) play(t *testing.T, masked bool) *timeline {
	l := &timeline{open: true, masked: masked, t: t}
	for _, s := range f.Steps {
		l.step(s)
	}
	return l
}

func (l *timeline) step(s step) {
	payload := []byte(s.Payload)
	if s.RepeatTo != nil {
		payload = bytes.Repeat(payload, *s.RepeatTo/len(payload)+1)[:*s.RepeatTo]
	}
	switch s.Do {
	case "frame":
		l.frame(s.Fin == nil || *s.Fin, s.RSV, s.Opcode, payload, s.Chop)
	case "message":
		l.message(s, payload)
	case "begin_message":
	case "begin_frame_declaring_len":
		l.add(segment{head: l.head(false, 0, 1, s.Len)})
	case "frame_data":
		l.add(segment{body: payload})
	case "end_message":
		l.frame(true, 0, 0, nil, 0)
	case "close", "close_frame_unchecked":
		var body []byte
		if s.Code != nil {
			body = append(body, byte(*s.Code>>8), byte(*s.Code))
		}
		l.frame(true, 0, 8, append(body, s.Reason...), 0)
		l.open, l.closeAt = false, l.now
	case "fail_after_s", "close_after_s":
		l.endAt = l.now + time.Duration(s.Seconds*float64(time.Second))
		l.endClose = s.Do == "close_after_s"
	case "wait_s_then_continue_if_open":
		l.now += time.Duration(s.Seconds * float64(time.Second))
	default:
		l.t.Fatalf("step %q is unknown", s.Do)
	}
}

func (l *timeline) message(s step, payload []byte) {
	op, size := byte(1), s.Fragment+s.AutoFragment
	if s.Binary {
		op = 2
	}
	if size == 0 || len(payload) <= size {
		l.frame(true, 0, op, payload, 0)
		return
	}
	for {
		if len(payload) < size {
			l.frame(true, 0, op, payload, 0)
			return
		}
		l.frame(false, 0, op, payload[:size], 0)
		payload, op = payload[size:], 0
	}
}

func (l *timeline) add(s segment) { s.at = l.now; l.segments = append(l.segments, s) }

func (l *timeline) frame(fin bool, rsv, op byte, payload []byte, chop int) {
	l.add(segment{head: l.head(fin, rsv, op, len(payload)), body: payload, chop: chop})
}

func (l *timeline) head(fin bool, rsv, op byte, n int) []byte {
	return encodeHead(fin, rsv, op, l.masked, n)
}

// finish adds what follows where the peer stays silent to the end, and returns when we
// drop TCP: a second after our Close.
func (l *timeline) finish() time.Duration {
	if !l.open {
		return l.closeAt + time.Second
	}
	l.now = l.endAt
	if l.endClose {
		l.frame(true, 0, 8, nil, 0)
	} else {
		l.frame(true, 0, 8, append([]byte{0x03, 0xe9}, "Going Away"...), 0)
	}
	return l.endAt + time.Second
}

// encodeHead is RFC 6455, 5.2 once more, so that the engine is not held
// against itself.
func encodeHead(fin bool, rsv, op byte, masked bool, n int) []byte {
	b := []byte{rsv<<4 | op, 0}
	if fin {
		b[0] |= 0x80
	}
	switch {
	case n < 126:
		b[1] = byte(n)
	case n < 1<<16:
		b[1] = 126
		b = append(b, byte(n>>8), byte(n))
	default:
		b[1] = 127
		for shift := 56; shift >= 0; shift -= 8 {
			b = append(b, byte(n>>shift))
		}
	}
	if masked {
		b[1] |= 0x80
	}
	return b
}

// encodeFrame is a whole last frame, as the peer under test sends it.
func encodeFrame(op byte, masked bool, payload []byte) []byte {
	b := encodeHead(true, 0, op, masked, len(payload))
	if !masked {
		return append(b, payload...)
	}
	key := []byte{0xa5, 0x01, 0x7e, 0xff}
	return append(append(b, key...), xor(key, 0, payload)...)
}
