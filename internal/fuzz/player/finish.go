// SPDX-License-Identifier: Apache-2.0

package player

import (
	"time"

	"github.com/wsspec/wsspec/internal/fuzz/conversation"
	"github.com/wsspec/wsspec/internal/ws"
)

// Probe is the payload of the Ping that asks whether the other side is still there.
const Probe = "still there?"

// finish brings a connection to its end once all has been said: what is owed comes first,
// then a Ping and a Close have to be answered, and TCP has to end.
//
// Where the other side has to fail the connection, the Ping goes out only when it has had
// the time to: an end with octets of ours on their way is one with a reset, which would
// destroy the Close.
func (l *line) finish() {
	if l.done() || !l.m.Opened() {
		l.refused()
		return
	}
	l.settle(l.p.Nudge)
	for range 3 { // Ping and Close, and an answer to theirs
		if l.done() || l.finished || l.deaf {
			break
		}
		if l.spoke.inside() { // nothing that we say would be a frame
			l.endWriting()
			break
		}
		code, closed := l.m.Closed()
		switch {
		case l.closeSent:
		case closed:
			l.sendClose(code)
		case l.m.Owes():
			l.sendProbe()
			l.flush()
			l.await(l.p.Owed, true)
			continue
		default:
			l.sendProbe()
			l.sendClose(ws.NormalClosure)
		}
		l.flush()
		if l.role == ws.Server { // who closes TCP first (RFC 6455, 7.1.1)
			l.settle(l.p.Owed)
			if _, closed := l.m.Closed(); closed || l.done() {
				l.endWriting()
			}
		}
		break
	}
	l.await(l.p.Owed, true)
}

// settle is await without a complaint, until they have closed.
func (l *line) settle(patience time.Duration) {
	for !l.done() && l.m.Owes() {
		if _, closed := l.m.Closed(); closed && (l.role == ws.Server || !l.closeSent) {
			return
		}
		if !l.readUntil(time.Now().Add(patience)) {
			return
		}
	}
}

func (l *line) sendProbe() {
	f := conversation.NewFrame(l.role, ws.Ping, Probe)
	l.out = f.Append(l.out)
	l.sent(&f)
	l.lastInput = probeKind
}

func (l *line) sendClose(code ws.CloseCode) {
	var payload []byte
	if code != ws.NoStatus {
		payload = ws.AppendClosePayload(nil, code, "")
	}
	f := conversation.NewFrame(l.role, ws.Close, string(payload))
	l.out = f.Append(l.out)
	l.sent(&f)
	l.closeSent, l.lastInput = true, closingKind
}

// refused is the end of a connection that was not opened: what a server owes a request
// that it refuses, and a client a wrong answer.
func (l *line) refused() {
	if l.done() {
		return
	}
	l.await(l.p.Owed, true)
}
