// SPDX-License-Identifier: Apache-2.0

package wamp

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/ugorji/go/codec"
)

// entry is a message in a file, under the reference's keys.
type entry struct {
	Name    string  `json:"name"`
	Raw     Message `json:"rmsg"`
	JSON    string  `json:"json"`
	MsgPack string  `json:"msgpack"` // in hex
}

// maxDepth bounds how deep values may be nested that others have written.
const maxDepth = 100

// handle is MessagePack as WAMP has it: text apart from octets, keys that are text.
func handle() *codec.MsgpackHandle {
	h := new(codec.MsgpackHandle)
	h.MapType = reflect.TypeFor[map[string]any]()
	h.Canonical = true           // the same octets each time
	h.WriteExt = true            // the types str 8 and bin
	h.PositiveIntUnsigned = true // the shortest form, as most write it
	h.MaxDepth = maxDepth
	return h
}

// AppendMsgPack appends the message in MessagePack.
func (m Message) AppendMsgPack(dst []byte) ([]byte, error) {
	var b []byte
	if err := codec.NewEncoderBytes(&b, handle()).Encode([]any(m)); err != nil {
		return dst, err
	}
	return append(dst, b...), nil
}

// Write writes the samples as a JSON array, indented by 3, of objects with name, rmsg,
// json and msgpack.
func Write(w io.Writer) error {
	var entries []entry
	for _, m := range Samples() {
		packed, err := m.AppendMsgPack(nil)
		if err != nil {
			return err
		}
		entries = append(entries, entry{m.String(), m, compact(m), hex.EncodeToString(packed)})
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "   ")
	return e.Encode(entries)
}

// MaxFile bounds a file of messages, in octets.
const MaxFile = 16 << 20

// Check reads a file as [Write] makes it, from whichever serializer it comes, and returns
// how many messages are in it and what is wrong with them: a message that is none, JSON or
// MessagePack that stands for another one. Each finding names the line and the message. The
// error says where the file is not of this form at all.
func Check(b []byte) (messages int, findings []string, err error) {
	if len(b) > MaxFile {
		return 0, nil, fmt.Errorf("larger than %d octets", MaxFile)
	}
	line := func(offset int64) int { return 1 + bytes.Count(b[:min(int(offset), len(b))], []byte("\n")) }
	d := json.NewDecoder(bytes.NewReader(b))
	if t, err := d.Token(); err != nil || t != json.Delim('[') {
		return 0, nil, errors.New("line 1: want an array of messages, as \"wsspec wamp write\" makes it")
	}
	for d.More() {
		messages++
		at := line(start(b, d.InputOffset()))
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return messages, findings, fmt.Errorf("line %d: message %d: %w", at, messages, err)
		}
		for _, err := range checkEntry(raw) {
			findings = append(findings, fmt.Sprintf("line %d: message %d: %v", at, messages, err))
		}
	}
	if _, err := d.Token(); err != nil {
		return messages, findings, fmt.Errorf("line %d: the array does not end: %w", line(int64(len(b))), err)
	}
	if rest := bytes.TrimSpace(b[d.InputOffset():]); len(rest) > 0 {
		return messages, findings, fmt.Errorf("line %d: there is something behind the array", line(start(b, d.InputOffset())))
	}
	return messages, findings, nil
}

// start is where the next value begins, behind blanks and a comma.
func start(b []byte, offset int64) int64 {
	rest := b[offset:]
	return offset + int64(len(rest)-len(bytes.TrimLeft(rest, " \t\r\n,")))
}

// checkEntry finds what is wrong with one message of a file.
func checkEntry(raw json.RawMessage) (wrong []error) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil || fields == nil {
		return []error{fmt.Errorf("%.40s is not an object with rmsg, json and msgpack", raw)}
	}
	m, err := readList(fields["rmsg"])
	if err != nil {
		return []error{fmt.Errorf("rmsg: %w", err)}
	}
	if err := m.Verify(); err != nil {
		return []error{fmt.Errorf("rmsg: %w", err)}
	}
	l, _ := find(m[0])
	for _, form := range []struct {
		key  string
		read func(string) (Message, error)
	}{
		{"json", func(s string) (Message, error) { return readList([]byte(s)) }},
		{"msgpack", readHex},
	} {
		var text string
		if json.Unmarshal(fields[form.key], &text) != nil {
			wrong = append(wrong, fmt.Errorf("%s has no %s, a string", l.name, form.key))
			continue
		}
		got, err := form.read(text)
		if err == nil {
			err = differ("", []any(m), []any(got))
		}
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %s: %w", l.name, form.key, err))
		}
	}
	return wrong
}

// readList reads a list in JSON. Numbers stay as they are written.
func readList(b []byte) (Message, error) {
	if len(b) == 0 {
		return nil, errors.New("there is none")
	}
	if !utf8.Valid(b) {
		return nil, errors.New("not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("no JSON: %w", err)
	}
	if len(bytes.TrimSpace(b[d.InputOffset():])) > 0 {
		return nil, errors.New("there is something behind the list")
	}
	m, ok := v.([]any)
	if !ok {
		return nil, fmt.Errorf("%.40s is not a list", b)
	}
	return m, nil
}

// readHex reads a list in MessagePack in hex.
func readHex(s string) (Message, error) {
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		return nil, fmt.Errorf("not hex: %w", err)
	}
	return ReadMsgPack(b)
}

// ReadMsgPack reads a message in MessagePack, and nothing behind it.
func ReadMsgPack(b []byte) (Message, error) {
	var v any
	d := codec.NewDecoderBytes(b, handle())
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("no MessagePack, at octet %d of %d: %w", d.NumBytesRead(), len(b), err)
	}
	if n := d.NumBytesRead(); n != len(b) {
		return nil, fmt.Errorf("%d octets behind the list", len(b)-n)
	}
	m, ok := v.([]any)
	if !ok {
		return nil, errors.New("not a list")
	}
	return m, nil
}

// differ says where a value is not the one it should be. Octets stand in JSON as a
// string of NUL and their base64 form.
func differ(path string, want, got any) error {
	if octets, ok := got.([]byte); ok {
		got = "\x00" + base64.StdEncoding.EncodeToString(octets)
	}
	other := fmt.Errorf("%s is %.40s: rmsg has %.40s", place(path), compact(got), compact(want))
	switch want := want.(type) {
	case []any:
		got, ok := got.([]any)
		if !ok || len(got) != len(want) {
			return other
		}
		for i := range want {
			if err := differ(fmt.Sprintf("%s[%d]", path, i), want[i], got[i]); err != nil {
				return err
			}
		}
		return nil
	case map[string]any:
		got, ok := got.(map[string]any)
		if !ok || len(got) != len(want) {
			return other
		}
		for k := range want {
			v, has := got[k]
			if !has {
				return other
			}
			if err := differ(path+"."+k, want[k], v); err != nil {
				return err
			}
		}
		return nil
	case json.Number:
		if !sameNumber(want, got) {
			return other
		}
		return nil
	}
	if want != got {
		return other
	}
	return nil
}

func place(path string) string {
	if path == "" {
		return "the list"
	}
	return path
}

// sameNumber compares numbers by their value: 1 and 1.0 are one.
func sameNumber(want json.Number, got any) bool {
	if a, ok := whole(want); ok {
		b, ok := whole(got)
		return ok && a == b
	}
	switch got := got.(type) {
	case json.Number:
		a, err1 := want.Float64()
		b, err2 := got.Float64()
		return want == got || err1 == nil && err2 == nil && a == b
	case float64:
		a, err := want.Float64()
		return err == nil && a == got
	case float32:
		a, err := want.Float64()
		return err == nil && float32(a) == got
	case uint64:
		return want.String() == fmt.Sprint(got)
	}
	return false
}

// Tally says how many messages a file has, and how many findings there are about them.
func Tally(messages, findings int) string {
	counted := func(n int, what string) string {
		if n == 1 {
			return "1 " + what
		}
		return fmt.Sprintf("%d %ss", n, what)
	}
	return counted(messages, "message") + ", " + counted(findings, "finding")
}
