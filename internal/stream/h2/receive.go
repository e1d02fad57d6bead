// SPDX-License-Identifier: Apache-2.0

package h2

import (
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/ws"
)

const (
	errProtocol = http2.ConnectionError(http2.ErrCodeProtocol)
	maxWindow   = 1<<31 - 1
)

// block is a header block that comes in.
type block struct {
	stream    uint32 // 0: none
	end       bool   // END_STREAM
	fragment  []byte
	fragments int
}

// frame handles a frame. The error is a fault of the peer.
func (c *conn) frame(f http2.Frame) error {
	switch f := f.(type) {
	case *http2.HeadersFrame:
		c.block = block{stream: f.StreamID, end: f.StreamEnded()}
		return c.fragment(f.HeaderBlockFragment(), f.HeadersEnded())
	case *http2.ContinuationFrame:
		return c.fragment(f.HeaderBlockFragment(), f.HeadersEnded())
	}
	c.tell(false, told(f))
	switch f := f.(type) {
	case *http2.DataFrame:
		return c.data(f)
	case *http2.WindowUpdateFrame:
		return c.windowUpdate(f)
	case *http2.RSTStreamFrame:
		if c.wasReset(f.StreamID, f.ErrCode) {
			return c.spentOn(stream.Unanswered)
		}
		return c.spent()
	case *http2.SettingsFrame:
		if err := c.settings(f); err != nil {
			return err
		}
		return c.spent()
	case *http2.PingFrame:
		if !f.IsAck() {
			data := f.Data
			ack := *f
			ack.Flags = http2.FlagPingAck
			c.control(told(&ack), func(f *http2.Framer) error { return f.WritePing(true, data) })
		}
		if f.IsAck() {
			c.ponged(f.Data)
		}
		return c.spent()
	case *http2.GoAwayFrame:
		c.gone(f.ErrCode)
		return nil
	case *http2.PushPromiseFrame:
		return errProtocol // nobody may push to us
	}
	return c.spent()
}

// spent takes a frame from the budget.
func (c *conn) spent() error { return c.spentOn(1) }

// spentOn takes as many as something costs.
func (c *conn) spentOn(frames float64) error {
	if c.budget.Spend(frames) {
		return nil
	}
	return errFlood
}

// fragment adds to the header block.
func (c *conn) fragment(b []byte, last bool) error {
	c.block.fragments++
	if c.block.fragments > maxFragments || len(c.block.fragment)+len(b) > maxBlock {
		return errFlood
	}
	c.block.fragment = append(c.block.fragment, b...)
	if !last {
		return nil
	}
	block := c.block
	c.block = blockAfter(block)
	section, long, err := c.decode(block.fragment)
	if err != nil {
		return http2.ConnectionError(http2.ErrCodeCompression)
	}
	return c.section(block, section, long)
}

// blockAfter keeps the memory of a short block for the next.
func blockAfter(b block) block {
	if cap(b.fragment) > maxFrame {
		return block{}
	}
	return block{fragment: b.fragment[:0]}
}

// decode decompresses a header block. Of a long section only so much is kept.
func (c *conn) decode(b []byte) (section ws.Fields, long bool, err error) {
	size := 0
	c.hdec.SetEmitFunc(func(f hpack.HeaderField) {
		if size += int(f.Size()); size > maxBlock {
			long = true
			return
		}
		section = append(section, ws.Field{Name: f.Name, Value: f.Value})
	})
	if _, err = c.hdec.Write(b); err == nil {
		err = c.hdec.Close()
	}
	return section, long, err
}

// section takes a complete header section: a request, an answer, or trailers.
func (c *conn) section(b block, section ws.Fields, long bool) error {
	frame := headersFrame(b.stream, b.end, section)
	c.mu.Lock()
	s := c.streams[b.stream]
	isNew := s == nil && c.role == ws.Server && b.stream > c.last
	busy := c.active >= MaxStreams
	if isNew {
		c.last = b.stream
	}
	if isNew && !busy && !long {
		s = c.newStream(b.stream)
	}
	c.mu.Unlock()
	switch {
	case isNew && b.stream%2 == 0:
		return errProtocol
	case isNew && (busy || long):
		code := http2.ErrCodeRefusedStream
		if long {
			code = http2.ErrCodeEnhanceYourCalm
		}
		c.resetStream(b.stream, code)
		return c.spent()
	case s == nil:
		return c.spent() // of a stream that is over; its block had to be decompressed
	case long:
		c.resetStream(b.stream, http2.ErrCodeEnhanceYourCalm)
		return c.spent()
	}
	c.tell(false, frame)
	c.mu.Lock()
	flood := len(s.heads) == maxHeads
	if !flood {
		s.heads = append(s.heads, section)
	}
	s.ended = s.ended || b.end
	s.wake()
	c.mu.Unlock()
	switch {
	case flood:
		c.resetStream(b.stream, http2.ErrCodeEnhanceYourCalm)
	case isNew:
		c.serve(s)
	}
	return nil
}

// data takes a DATA frame.
func (c *conn) data(f *http2.DataFrame) error {
	n, id := int64(f.Length), f.StreamID
	if n == 0 && !f.StreamEnded() {
		if err := c.spent(); err != nil {
			return err
		}
	}
	c.mu.Lock()
	if c.received += n; c.received > connWindow {
		c.mu.Unlock()
		return http2.ConnectionError(http2.ErrCodeFlowControl)
	}
	back := uint32(0)
	if c.received >= connWindow/2 {
		back, c.received = uint32(c.received), 0
	}
	s, code := c.streams[id], http2.ErrCodeNo
	padding := int64(0)
	switch {
	case s == nil && id > c.last && c.role == ws.Server:
		c.mu.Unlock()
		return errProtocol // of a stream that nobody opened
	case s != nil && s.cutOff:
		s.late()
		s = nil
	case s == nil || s.closed || s.err != nil:
		s = nil
	case s.ended:
		code = http2.ErrCodeStreamClosed
	case s.window < n:
		code = http2.ErrCodeFlowControl
	default:
		s.window -= n
		s.buf = append(s.buf, f.Data()...)
		padding = n - int64(len(f.Data()))
		s.ended = f.StreamEnded()
		s.wake()
	}
	c.mu.Unlock()
	if back > 0 {
		c.control(windowFrame(0, back), func(f *http2.Framer) error { return f.WriteWindowUpdate(0, back) })
	}
	switch {
	case code != http2.ErrCodeNo:
		c.resetStream(id, code)
	case s == nil:
		return c.spent() // it was on its way when we ended the stream
	case padding > 0:
		s.giveBack(padding)
	}
	return nil
}

// windowUpdate takes more room for what we send.
func (c *conn) windowUpdate(f *http2.WindowUpdateFrame) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f.StreamID == 0 {
		if c.sendWindow += int64(f.Increment); c.sendWindow > maxWindow {
			return http2.ConnectionError(http2.ErrCodeFlowControl)
		}
		for _, s := range c.streams {
			s.wake()
		}
		return nil
	}
	s := c.streams[f.StreamID]
	if s == nil {
		return nil // it is over
	}
	if s.sendWindow += int64(f.Increment); s.sendWindow > maxWindow {
		return http2.StreamError{StreamID: f.StreamID, Code: http2.ErrCodeFlowControl}
	}
	s.wake()
	return nil
}

// wasReset takes a RST_STREAM, and reports whether it is of a request that we have not answered.
func (c *conn) wasReset(id uint32, code http2.ErrCode) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.streams[id]
	if s == nil || s.err != nil {
		return false
	}
	s.err = &ResetError{Code: code}
	s.wake()
	return !s.headSent
}

// settings takes the peer's settings, and acknowledges them.
func (c *conn) settings(f *http2.SettingsFrame) error {
	c.mu.Lock()
	if f.IsAck() {
		defer c.mu.Unlock()
		if len(c.acks) > 0 {
			acked := c.acks[0]
			c.acks = c.acks[1:]
			acked()
		}
		return nil
	}
	err := f.ForeachSetting(c.setting)
	c.mu.Unlock()
	if err == nil {
		ack := frameOf("settings", 0)
		ack.Words = []string{"ack"}
		c.control(ack, (*http2.Framer).WriteSettingsAck)
	}
	select {
	case <-c.settled:
	default:
		close(c.settled) // behind the acknowledgement: who waits sends what rests on them
	}
	return err
}

// setting takes one of the peer's settings. The caller holds the lock.
func (c *conn) setting(s http2.Setting) error {
	if err := s.Valid(); err != nil && s.ID != http2.SettingEnableConnectProtocol { // which is for cases to judge
		return err
	}
	switch s.ID {
	case http2.SettingInitialWindowSize:
		for _, st := range c.streams {
			if st.sendWindow += int64(s.Val) - c.initial; st.sendWindow > maxWindow {
				return http2.ConnectionError(http2.ErrCodeFlowControl)
			}
			st.wake()
		}
		c.initial = int64(s.Val)
	case http2.SettingMaxFrameSize:
		c.frameSize = min(int(s.Val), connWindow) // longer ones do not pay
	case http2.SettingHeaderTableSize:
		c.tableSize.Store(s.Val)
	case http2.SettingEnableConnectProtocol:
		c.connect = s.Val != 0
	}
	return nil
}
