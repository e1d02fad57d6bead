// SPDX-License-Identifier: Apache-2.0

package player

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"

	"github.com/wsspec/wsspec/internal/model"
	"github.com/wsspec/wsspec/internal/ws"
)

// keys are the masking keys of a client. The model sees one frame at a time, and a key says
// nothing by itself; of keys that somebody can foresee, two in a row are enough (RFC 6455, 5.3).
type keys struct {
	last  uint32
	known bool // there was one
}

// took looks at the key of a frame that has come. What is taken for a rule is chance once
// in a thousand million frames.
func (k *keys) took(key [4]byte, nonce string) *model.Violation {
	const rule = "6455-5.3-2"
	now := binary.BigEndian.Uint32(key[:])
	last, known := k.last, k.known
	k.last, k.known = now, true
	drawn, _ := base64.StdEncoding.DecodeString(nonce) // where it is none, the model says so
	switch {
	case known && now == last:
		return &model.Violation{Requirement: "6455-5.3-1", What: "it used a masking key for two frames"}
	case now == 0:
		return &model.Violation{Requirement: rule, What: "its masking key is 00000000"}
	case known && (now-last == 1 || now-last == 1<<24):
		return &model.Violation{Requirement: rule, What: "its masking keys count up"}
	case len(drawn) == 16 && bytes.Contains(drawn, key[:]):
		return &model.Violation{Requirement: rule, What: "its masking key is a part of its Sec-WebSocket-Key"}
	}
	return nil
}

// judgeNonce holds the Sec-WebSocket-Key of a client against that of its last connection.
func (l *line) judgeNonce() {
	if l.nonce != "" && l.nonce == l.p.lastNonce {
		l.violated(&model.Violation{Requirement: "6455-4.1-16", What: "its Sec-WebSocket-Key is that of another connection"})
	}
	l.p.lastNonce = l.nonce
}

// judgeKey does so for a client that has masked a frame.
func (l *line) judgeKey(h ws.Header) {
	if l.role == ws.Server && h.Masked {
		l.violated(l.keys.took(h.Key, l.nonce))
	}
}
