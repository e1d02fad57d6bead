// SPDX-License-Identifier: Apache-2.0

package inspect

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// Of a result as JSON. Fields that a kind of entry does not have are left out; octets
// are in hex.
type (
	resultJSON struct {
		Agreed     string      `json:"agreed,omitempty"`
		Refused    string      `json:"notLookedAt,omitempty"`
		Frames     int         `json:"frames"`
		Messages   int         `json:"messages"`
		Violations int         `json:"violations"`
		Unjudged   int         `json:"notJudged"`
		Left       int         `json:"entriesLeftOut,omitempty"`
		Entries    []entryJSON `json:"entries"`
	}
	entryJSON struct {
		Kind     Kind         `json:"kind"`
		From     string       `json:"from"`
		Offset   int64        `json:"offset"`
		Seconds  float64      `json:"seconds"`
		Head     string       `json:"head,omitempty"`
		Frame    *frameJSON   `json:"frame,omitempty"`
		Opcode   string       `json:"opcode,omitempty"`
		Code     ws.CloseCode `json:"code,omitempty"`
		Length   *int         `json:"length,omitempty"`
		Payload  *string      `json:"payload,omitempty"`
		Section  string       `json:"section,omitempty"`
		Note     string       `json:"note,omitempty"`
		Notation string       `json:"notation,omitempty"`
	}
	frameJSON struct {
		Fin        bool   `json:"fin"`
		RSV1       bool   `json:"rsv1"`
		RSV2       bool   `json:"rsv2"`
		RSV3       bool   `json:"rsv3"`
		Opcode     uint8  `json:"opcode"`
		Masked     bool   `json:"masked"`
		Key        string `json:"key,omitempty"`
		Length     uint64 `json:"length"`
		LengthBits int    `json:"lengthBits"`
		HeaderLen  int    `json:"headerLength"`
	}
)

// MarshalJSON writes the result; docs/inspecting.md describes it.
func (r Result) MarshalJSON() ([]byte, error) {
	j := resultJSON{
		Agreed: r.Agreed, Refused: r.Refused, Frames: r.Frames, Messages: r.Messages,
		Violations: r.Violations, Unjudged: r.Unjudged, Left: r.Left, Entries: []entryJSON{},
	}
	for _, e := range r.Entries {
		j.Entries = append(j.Entries, e.json())
	}
	return json.Marshal(j)
}

func (e Entry) json() entryJSON {
	j := entryJSON{Kind: e.Kind, From: e.From.String(), Offset: e.Offset, Seconds: e.At.Seconds(), Head: e.Head, Note: e.Note}
	switch e.Kind {
	case Frame:
		h := e.Frame.Header
		j.Frame = &frameJSON{
			Fin: h.Fin, RSV1: h.RSV&4 != 0, RSV2: h.RSV&2 != 0, RSV3: h.RSV&1 != 0, Opcode: uint8(h.Opcode), Masked: h.Masked,
			Length: h.Length, LengthBits: map[ws.LengthForm]int{ws.Length7: 7, ws.Length16: 16, ws.Length64: 64}[h.WireForm()], HeaderLen: e.HeaderLen,
		}
		if h.Masked {
			j.Frame.Key = hex.EncodeToString(h.Key[:])
		}
		j.Notation = e.sign() + " " + e.Frame.String()
		j.octets(e.Frame.Opcode, e.Frame.Payload)
	case Message:
		j.Notation = "= " + e.message()
		j.octets(e.Opcode, e.Data)
		if code, _, has := ws.ParseClosePayload(e.Data.Head); has && e.Opcode == ws.Close {
			j.Code = code
		}
	case Violation:
		j.Section, _, _ = strings.Cut(e.Note, ": ")
	}
	return j
}

func (j *entryJSON) octets(op ws.Opcode, p wirelog.Payload) {
	shown := fmt.Sprintf("%x", p.Head)
	j.Opcode, j.Length, j.Payload = op.String(), &p.Len, &shown
}
