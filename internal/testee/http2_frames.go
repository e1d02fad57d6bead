// SPDX-License-Identifier: Apache-2.0

package testee

import (
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/wsspec/wsspec/internal/ws"
)

// headers takes what there is of a header block.
func (c *h2Conn) headers(id uint32, complete bool) error {
	if len(c.block) > maxHead {
		return http2.ConnectionError(http2.ErrCodeEnhanceYourCalm)
	}
	if !complete {
		return nil
	}
	var fields ws.Fields
	size := 0
	c.hdec.SetEmitFunc(func(f hpack.HeaderField) {
		if size += len(f.Name) + len(f.Value); size <= maxHead {
			fields = append(fields, ws.Field{Name: f.Name, Value: f.Value})
		}
	})
	if _, err := c.hdec.Write(c.block); err != nil || c.hdec.Close() != nil {
		return http2.ConnectionError(http2.ErrCodeCompression)
	}
	s := c.streams[id]
	begins := s == nil && c.role == ws.Server && id%2 == 1 && id > c.last
	switch {
	case size > maxHead:
		return http2.ConnectionError(http2.ErrCodeEnhanceYourCalm)
	case begins && len(c.streams) == h2Streams:
		c.last = id
		return http2.StreamError{StreamID: id, Code: http2.ErrCodeRefusedStream}
	case begins:
		c.last = id
		s = c.open(id)
		defer c.serve(s)
	case s == nil:
		return nil // it is over
	case len(s.sections) == h2Sections:
		return http2.StreamError{StreamID: id, Code: http2.ErrCodeEnhanceYourCalm}
	}
	s.sections = append(s.sections, fields)
	s.ended = s.ended || c.ends
	c.news.Broadcast()
	return nil
}

// Numbers that the endpoint holds to.
const (
	h2Streams  = 100 // at a time
	h2Sections = 10  // on a stream, as long as nobody reads them
)

// data takes a DATA frame.
func (c *h2Conn) data(f *http2.DataFrame) error {
	whole, p := int64(f.Length), f.Data()
	c.giveBack(0, &c.eaten, whole) // streams have windows of their own
	s := c.streams[f.StreamID]
	switch {
	case s == nil && f.StreamID > c.last:
		return http2.ConnectionError(http2.ErrCodeProtocol)
	case s == nil || s.err != nil:
		return nil // it was on its way
	case s.ended:
		return http2.StreamError{StreamID: s.id, Code: http2.ErrCodeStreamClosed}
	}
	if s.room -= whole; s.room < 0 {
		return http2.StreamError{StreamID: s.id, Code: http2.ErrCodeFlowControl}
	}
	if c.faults[takesPadding] {
		p = append(p, make([]byte, max(0, whole-int64(len(p))-1))...)
	}
	s.eat(whole - int64(len(p)))
	if len(p) > 0 {
		s.in = append(s.in, append([]byte(nil), p...))
	}
	s.ended = f.StreamEnded() || len(p) == 0 && c.faults[emptyDataEnds]
	c.news.Broadcast()
	return nil
}

// giveBack gives the peer room for octets that are out of the way, once it pays. Stream 0
// stands for all.
func (c *h2Conn) giveBack(id uint32, eaten *int64, n int64) {
	if *eaten += n; *eaten < h2Credit || c.faults[neverWidens] {
		return
	}
	room := uint32(*eaten)
	*eaten = 0
	c.send(func(f *http2.Framer) error { return f.WriteWindowUpdate(id, room) })
}

// windowUpdate takes more room for what we send.
func (c *h2Conn) windowUpdate(id uint32, n int64) error {
	const most = 1<<31 - 1
	s := c.streams[id]
	switch {
	case id == 0:
		if c.window += n; c.window > most {
			return http2.ConnectionError(http2.ErrCodeFlowControl)
		}
	case s != nil:
		if s.window += n; s.window > most {
			return http2.StreamError{StreamID: id, Code: http2.ErrCodeFlowControl}
		}
	}
	c.news.Broadcast()
	return nil
}

// settings takes those of the peer.
func (c *h2Conn) settings(f *http2.SettingsFrame) error {
	if f.IsAck() {
		return nil
	}
	c.allowed = max(c.allowed, 0)
	anyValue := c.faults[takesAnySetting] || c.faults[asksUnallowed] // this one asks without looking
	err := f.ForeachSetting(func(s http2.Setting) error {
		if err := s.Valid(); err != nil && !(s.ID == http2.SettingEnableConnectProtocol && anyValue) {
			return err
		}
		switch s.ID {
		case http2.SettingInitialWindowSize:
			for _, st := range c.streams {
				st.window += int64(s.Val) - c.initial
			}
			c.initial = int64(s.Val)
		case http2.SettingMaxFrameSize:
			c.longest = int(s.Val)
		case http2.SettingHeaderTableSize:
			c.henc.SetMaxDynamicTableSizeLimit(s.Val)
		case http2.SettingEnableConnectProtocol:
			c.allowed = int64(s.Val)
		}
		return nil
	})
	c.send((*http2.Framer).WriteSettingsAck)
	return err
}
