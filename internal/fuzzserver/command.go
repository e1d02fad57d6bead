// SPDX-License-Identifier: Apache-2.0

package fuzzserver

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/ws"
)

// command is what a message of direct command mode asks for: frames, or a Close.
type command struct {
	frames  []peer.Frame
	close   bool
	payload []byte // of the Close
}

// maxFrames bounds the frames of one command.
const maxFrames = 1000

// parseCommand reads a command, a JSON array of its name and its arguments. The
// error says which of them is wrong.
func parseCommand(text []byte) (command, error) {
	var parts []json.RawMessage
	if err := json.Unmarshal(text, &parts); err != nil {
		return command{}, fmt.Errorf("no JSON array: %w", err)
	}
	var name string
	if len(parts) == 0 || len(parts) > 2 || json.Unmarshal(parts[0], &name) != nil {
		return command{}, errors.New("want an array of a name and an object")
	}
	arguments := json.RawMessage("{}")
	if len(parts) == 2 {
		arguments = parts[1]
	}
	cmd, err := parseArguments(name, arguments)
	if err != nil {
		return command{}, fmt.Errorf("%.40q: %w", name, err)
	}
	return cmd, nil
}

func parseArguments(name string, arguments json.RawMessage) (command, error) {
	switch name {
	case "sendframe":
		f, err := parseFrame(arguments)
		return command{frames: []peer.Frame{f}}, err
	case "sendframes":
		return parseFrames(arguments)
	case "echo":
		return parseEcho(arguments)
	case "close":
		return parseClose(arguments)
	}
	return command{}, errors.New("want sendframe, sendframes, close or echo")
}

// frameArguments are those of sendframe; nil means not given.
type frameArguments struct {
	Opcode   *ws.Opcode `json:"opcode"`
	Payload  string     `json:"payload"`
	Fin      *bool      `json:"fin"`
	RSV      uint8      `json:"rsv"`
	Mask     *string    `json:"mask"`
	Length   *int       `json:"payload_len"`
	ChopSize int        `json:"chopsize"`
	Sync     bool       `json:"sync"`
}

func parseFrame(arguments json.RawMessage) (peer.Frame, error) {
	var a frameArguments
	if err := decode(arguments, &a); err != nil {
		return peer.Frame{}, err
	}
	switch {
	case a.Opcode == nil || *a.Opcode > 15:
		return peer.Frame{}, errors.New("opcode: want a number from 0 to 15")
	case a.RSV > 7:
		return peer.Frame{}, errors.New("rsv: want a number from 0 to 7")
	case a.ChopSize < 0:
		return peer.Frame{}, errors.New("chopsize is negative")
	}
	f := peer.Frame{
		Opcode: *a.Opcode, More: a.Fin != nil && !*a.Fin, RSV: a.RSV, Payload: []byte(a.Payload), Chop: a.ChopSize, Sync: a.Sync,
	}
	if a.Mask != nil {
		key, err := parseMask(*a.Mask)
		if err != nil {
			return peer.Frame{}, err
		}
		f.Mask = &key
	}
	return f, repeat(&f, a.Length)
}

// parseMask reads a masking key: a string of four characters, each the number of
// an octet.
func parseMask(s string) (key [4]byte, err error) {
	runes := []rune(s)
	if len(runes) != len(key) {
		return key, fmt.Errorf("mask has %d characters: want 4", len(runes))
	}
	for i, r := range runes {
		if r > 0xFF {
			return key, fmt.Errorf("mask: character %U is no octet", r)
		}
		key[i] = byte(r)
	}
	return key, nil
}

// repeat has the payload repeated and cut to a length, where one is given.
func repeat(f *peer.Frame, length *int) error {
	switch {
	case length == nil:
		return nil
	case *length < 0 || *length > MaxCommand:
		return fmt.Errorf("payload_len: want a number from 0 to %d", MaxCommand)
	case *length > 0 && len(f.Payload) == 0:
		return errors.New("payload_len: there is no payload to repeat")
	}
	f.Repeat, f.Repeated = *length, true
	return nil
}

func parseFrames(arguments json.RawMessage) (command, error) {
	var list []json.RawMessage
	if err := decode(arguments, &list); err != nil {
		return command{}, err
	}
	if len(list) > maxFrames {
		return command{}, fmt.Errorf("%d frames: want at most %d", len(list), maxFrames)
	}
	cmd := command{}
	var total int
	for i, arguments := range list {
		f, err := parseFrame(arguments)
		if err != nil {
			return command{}, fmt.Errorf("frame %d: %w", i+1, err)
		}
		if total += f.Repeat; total > MaxCommand {
			return command{}, fmt.Errorf("payloads of more than %d octets in all", MaxCommand)
		}
		cmd.frames = append(cmd.frames, f)
	}
	return cmd, nil
}

func parseEcho(arguments json.RawMessage) (command, error) {
	var a struct {
		Payload string `json:"payload"`
		Length  *int   `json:"payload_len"`
	}
	if err := decode(arguments, &a); err != nil {
		return command{}, err
	}
	f := peer.Frame{Opcode: ws.Text, Payload: []byte(a.Payload)}
	err := repeat(&f, a.Length)
	return command{frames: []peer.Frame{f}}, err
}

func parseClose(arguments json.RawMessage) (command, error) {
	var a struct {
		Code   *uint16 `json:"code"`
		Reason *string `json:"reason"`
	}
	if err := decode(arguments, &a); err != nil {
		return command{}, err
	}
	cmd := command{close: true}
	switch {
	case a.Code != nil:
		reason := ""
		if a.Reason != nil {
			reason = *a.Reason
		}
		cmd.payload = ws.AppendClosePayload(nil, ws.CloseCode(*a.Code), reason)
	case a.Reason != nil:
		return command{}, errors.New("a reason needs a code")
	}
	if len(cmd.payload) > ws.MaxControlPayload {
		return command{}, fmt.Errorf("reason: want at most %d octets", ws.MaxControlPayload-2)
	}
	return cmd, nil
}

// decode is json.Unmarshal that does not take arguments of the wrong kind for
// none at all.
func decode(arguments json.RawMessage, v any) error {
	if bytes.Equal(arguments, []byte("null")) {
		return errors.New("its arguments are null")
	}
	if err := json.Unmarshal(arguments, v); err != nil {
		var typ *json.UnmarshalTypeError
		if errors.As(err, &typ) && typ.Field != "" {
			return fmt.Errorf("%s: a %s is not what it should be", typ.Field, typ.Value)
		}
		return err
	}
	return nil
}

// fit cuts a reason to what a Close frame holds (RFC 6455, 5.5).
func fit(reason string) string {
	const most = ws.MaxControlPayload - 2
	if len(reason) <= most {
		return reason
	}
	// What is left of a character that was cut is dropped.
	return strings.ToValidUTF8(reason[:most], "")
}
