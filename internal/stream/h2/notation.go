// SPDX-License-Identifier: Apache-2.0

package h2

import (
	"fmt"
	"strings"

	"golang.org/x/net/http2"

	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// codeName is an error code as the RFC names it.
func codeName(code http2.ErrCode) string {
	if name := code.String(); strings.ToUpper(name) == name && !strings.Contains(name, " ") {
		return name
	}
	return fmt.Sprintf("0x%x", uint32(code))
}

func frameOf(typ string, id uint32) *wirelog.HTTPFrame {
	f := &wirelog.HTTPFrame{Proto: "h2", Type: typ, Stream: int64(id)}
	if id == 0 {
		f.Stream = -1
	}
	return f
}

func headersFrame(id uint32, end bool, section ws.Fields) *wirelog.HTTPFrame {
	f := frameOf("headers", id)
	if end {
		f.Words = append(f.Words, "end_stream")
	}
	f.Fields = section
	return f
}

// dataFrame has the length of the data and, where there is padding, that of it.
func dataFrame(id uint32, end bool, octets, padding int) *wirelog.HTTPFrame {
	f := frameOf("data", id)
	if end {
		f.Words = append(f.Words, "end_stream")
	}
	if f.Words = append(f.Words, fmt.Sprintf("len=%d", octets)); padding > 0 {
		f.Words = append(f.Words, fmt.Sprintf("padding=%d", padding))
	}
	return f
}

func goAwayFrame(last uint32, code http2.ErrCode, debug string) *wirelog.HTTPFrame {
	f := frameOf("goaway", 0)
	f.Words = []string{fmt.Sprintf("last=%d", last), codeName(code)}
	if debug != "" {
		f.Words = append(f.Words, wirelog.Quoted("debug", debug))
	}
	return f
}

func windowFrame(id, octets uint32) *wirelog.HTTPFrame {
	f := frameOf("window_update", id)
	f.Words = []string{fmt.Sprint(octets)}
	return f
}

func settingsFrame(settings []http2.Setting) *wirelog.HTTPFrame {
	f := frameOf("settings", 0)
	const most = 32
	for _, s := range settings[:min(len(settings), most)] {
		f.Words = append(f.Words, fmt.Sprintf("%s=%d", settingName(s.ID), s.Val))
	}
	if len(settings) > most {
		f.Words = append(f.Words, "cut")
	}
	return f
}

func settingName(id http2.SettingID) string {
	if name := id.String(); !strings.HasPrefix(name, "UNKNOWN") {
		return name
	}
	return fmt.Sprintf("0x%x", uint16(id))
}

// told is the notation of a frame that came, but for header blocks, which are told once
// they are complete.
func told(f http2.Frame) *wirelog.HTTPFrame {
	h := f.Header()
	switch f := f.(type) {
	case *http2.DataFrame:
		return dataFrame(h.StreamID, f.StreamEnded(), len(f.Data()), int(h.Length)-len(f.Data()))
	case *http2.SettingsFrame:
		if f.IsAck() {
			t := frameOf("settings", 0)
			t.Words = []string{"ack"}
			return t
		}
		var all []http2.Setting
		_ = f.ForeachSetting(func(s http2.Setting) error { all = append(all, s); return nil })
		return settingsFrame(all)
	case *http2.PingFrame:
		t := frameOf("ping", 0)
		if f.IsAck() {
			t.Words = []string{"ack"}
		}
		t.Words = append(t.Words, fmt.Sprintf("0x%x", f.Data))
		return t
	case *http2.RSTStreamFrame:
		t := frameOf("rst_stream", h.StreamID)
		t.Words = []string{codeName(f.ErrCode)}
		return t
	case *http2.GoAwayFrame:
		return goAwayFrame(f.LastStreamID, f.ErrCode, string(f.DebugData()))
	case *http2.WindowUpdateFrame:
		return windowFrame(h.StreamID, f.Increment)
	}
	t := frameOf(strings.ToLower(h.Type.String()), h.StreamID)
	if strings.HasPrefix(t.Type, "unknown") {
		t.Type = fmt.Sprintf("type0x%x", uint8(h.Type))
	}
	t.Words = []string{fmt.Sprintf("len=%d", h.Length)}
	return t
}
