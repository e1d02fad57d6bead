// SPDX-License-Identifier: Apache-2.0

// Package h3 is a stream of an extended CONNECT request over HTTP/3 (RFC 9220, RFC 9114)
// as a stream.Stream, in both roles, and the frames below for scripts that need them: any
// frame can be sent, legal or not, and every frame that comes can be seen. It knows nothing
// of WebSocket frames. Start at Conn and Stream.
//
// QUIC, its packets and its flow control are those of quic-go. HTTP/3 is our own: a library
// would neither send what is wrong nor show what came.
package h3

import (
	"errors"
	"fmt"

	"github.com/quic-go/quic-go"

	"github.com/wsspec/wsspec/internal/stream"
)

// Bounds of what a peer may have us do. Sizes are in octets.
const (
	MaxFields  = 64 << 10 // of a field section, as RFC 9114, 4.2.2 counts it
	maxControl = 4 << 10  // of a frame on the control stream whose payload we read
	maxIdle    = 10_000   // frames in a row that carry nothing: unknown ones, empty DATA
	maxSkipped = 16 << 20 // of unknown frames of a stream
	maxQPACK   = 64 << 10 // of instructions of QPACK, which cannot change anything
	maxUni     = 1_000    // unidirectional streams in the life of a connection
	maxHeld    = 128      // events that are kept for whoever observes later
	openAtOnce = 100      // request streams of a connection that are open
	uniAtOnce  = 16       // unidirectional streams that are
	readSize   = 4 << 10  // of a read that looks for frame headers
	gatherUpTo = 16 << 10 // of a payload that shares a write with its header
	drainUpTo  = 1 << 20  // of what still comes on a stream that has been closed

	streamWindow = 512 << 10 // of what comes on a stream that nobody has read
	connWindow   = 2 << 20   // and on all streams of a connection
)

// FrameType is the type of an HTTP/3 frame (RFC 9114, 7.2).
type FrameType uint64

// Frame types.
const (
	Data        FrameType = 0x0
	Headers     FrameType = 0x1
	CancelPush  FrameType = 0x3
	Settings    FrameType = 0x4
	PushPromise FrameType = 0x5
	GoAway      FrameType = 0x7
	MaxPushID   FrameType = 0xd
)

// Reserved is the n-th of the frame types, stream types and settings that mean nothing, and
// exist so that receivers learn to ignore what they do not know (RFC 9114, 7.2.8).
func Reserved(n uint64) uint64 { return 0x1f*n + 0x21 }

func (t FrameType) String() string {
	switch t {
	case Data:
		return "data"
	case Headers:
		return "headers"
	case CancelPush:
		return "cancel_push"
	case Settings:
		return "settings"
	case PushPromise:
		return "push_promise"
	case GoAway:
		return "goaway"
	case MaxPushID:
		return "max_push_id"
	}
	return fmt.Sprintf("type%#x", uint64(t))
}

// fromHTTP2 reports whether the type is one that HTTP/2 has and HTTP/3 forbids
// (RFC 9114, 7.2.8).
func (t FrameType) fromHTTP2() bool { return t == 0x2 || t == 0x6 || t == 0x8 || t == 0x9 }

// Stream types of unidirectional streams (RFC 9114, 6.2; RFC 9204, 4.2).
const (
	ControlStream uint64 = 0x0
	PushStream    uint64 = 0x1
	QPACKEncoder  uint64 = 0x2
	QPACKDecoder  uint64 = 0x3
)

// Identifiers of settings (RFC 9114, 7.2.4.1; RFC 9204, 5; RFC 9220, 5; RFC 9297, 5.1).
const (
	QPACKMaxTableCapacity uint64 = 0x1
	MaxFieldSectionSize   uint64 = 0x6
	QPACKBlockedStreams   uint64 = 0x7
	EnableConnectProtocol uint64 = 0x8
	Datagram              uint64 = 0x33 // RFC 9297
)

// Setting is an entry of a SETTINGS frame.
type Setting struct{ ID, Value uint64 }

// Allowing are the settings with which a server lets clients ask for a WebSocket.
func Allowing() []Setting { return append(Plain(), Setting{EnableConnectProtocol, 1}) }

// Plain are our settings, without any that a server allows more with.
func Plain() []Setting {
	return []Setting{{QPACKMaxTableCapacity, 0}, {MaxFieldSectionSize, MaxFields}, {QPACKBlockedStreams, 0}}
}

// Code is an error code of HTTP/3 (RFC 9114, 8.1; RFC 9204, 6).
type Code uint64

// Error codes.
const (
	NoError              Code = 0x100
	GeneralProtocolError Code = 0x101
	StreamCreationError  Code = 0x103
	ClosedCriticalStream Code = 0x104
	FrameUnexpected      Code = 0x105
	FrameError           Code = 0x106
	ExcessiveLoad        Code = 0x107
	IDError              Code = 0x108
	SettingsError        Code = 0x109
	MissingSettings      Code = 0x10a
	RequestRejected      Code = 0x10b
	RequestCancelled     Code = 0x10c
	RequestIncomplete    Code = 0x10d
	MessageError         Code = 0x10e
	ConnectError         Code = 0x10f
	DecompressionFailed  Code = 0x200
)

func (c Code) String() string {
	names := [...]string{
		"H3_NO_ERROR", "H3_GENERAL_PROTOCOL_ERROR", "H3_INTERNAL_ERROR", "H3_STREAM_CREATION_ERROR",
		"H3_CLOSED_CRITICAL_STREAM", "H3_FRAME_UNEXPECTED", "H3_FRAME_ERROR", "H3_EXCESSIVE_LOAD", "H3_ID_ERROR",
		"H3_SETTINGS_ERROR", "H3_MISSING_SETTINGS", "H3_REQUEST_REJECTED", "H3_REQUEST_CANCELLED",
		"H3_REQUEST_INCOMPLETE", "H3_MESSAGE_ERROR", "H3_CONNECT_ERROR", "H3_VERSION_FALLBACK",
	}
	switch i := c - NoError; {
	case c >= NoError && int(i) < len(names):
		return names[i]
	case c == DecompressionFailed:
		return "QPACK_DECOMPRESSION_FAILED"
	}
	return fmt.Sprintf("%#x", uint64(c))
}

// Error is why a stream, or the whole connection, came to an end before its time.
type Error struct {
	Code   Code
	Why    string // in our words, or the peer's; may be empty
	Remote bool   // the peer ended it
	Whole  bool   // the connection, not only the stream
}

func (e *Error) Error() string {
	what := "stream"
	if e.Whole {
		what = "HTTP/3 connection"
	}
	who := "we have ended the"
	if e.Remote {
		who = "the peer has ended the"
	}
	s := fmt.Sprintf("%s %s with %v", who, what, e.Code)
	if e.Why != "" {
		s += fmt.Sprintf(": %.200q", e.Why)
	}
	return s
}

// Unwrap makes stream.IsReset true of what the peer has cut off.
func (e *Error) Unwrap() error {
	if e.Remote {
		return stream.ErrReset
	}
	return nil
}

// A BreachError is an Error for which the peer is to blame: it broke a rule of HTTP/3, or sent more
// of something than anybody would.
type BreachError struct{ Of *Error }

func (e BreachError) Error() string { return e.Of.Error() }

// Unwrap is the Error.
func (e BreachError) Unwrap() error { return e.Of }

// Rule is the rule that was broken, as a sentence.
func (e BreachError) Rule() string {
	what := "an error of the stream"
	if e.Of.Whole {
		what = "an error of the connection"
	}
	return fmt.Sprintf("RFC 9114: %.200s, which is %s, %v", e.Of.Why, what, e.Of.Code)
}

// translated makes an Error of QUIC's errors that have a code. Others stay what they are.
func translated(err error) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*quic.StreamError](err); ok {
		return &Error{Code: Code(e.ErrorCode), Remote: e.Remote}
	}
	if e, ok := errors.AsType[*quic.ApplicationError](err); ok {
		return &Error{Code: Code(e.ErrorCode), Why: e.ErrorMessage, Remote: e.Remote, Whole: true}
	}
	return err
}
