// SPDX-License-Identifier: Apache-2.0

package testee

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/ws"
)

// Faults in compressing and decompressing (RFC 7692, 6 and 7.2).
const (
	keepsContext              = "keeps-context-against-agreement"
	exceedsWindow             = "exceeds-agreed-window"
	takesWindow8For9          = "takes-agreed-window-of-8-bits-for-9"
	emptyAsNothing            = "compresses-empty-messages-to-nothing"
	leavesTail                = "leaves-tail-of-deflate"
	rsv1OnFragments           = "sets-rsv1-on-continuations"
	rsv1OnControl             = "compresses-control-frames"
	neverCompresses           = "never-compresses"
	compressesAfresh          = "compresses-without-context"
	deflatesWithoutRSV1       = "compresses-without-rsv1"
	rsv1Uncompressed          = "sets-rsv1-on-uncompressed-messages"
	sendsBomb                 = "answers-with-bomb"
	losesLastOfLarge          = "loses-last-octet-of-large-compressed"
	forgetsContext            = "inflates-without-context"
	inflatesSmall             = "inflates-with-window-of-9-bits"
	inflatesTo32506           = "refuses-distances-above-32506"
	inflatesWithoutTail       = "inflates-without-tail"
	inflatesSingly            = "inflates-each-fragment-alone"
	refusesEmptyEnd           = "fails-on-empty-end-of-compressed-message"
	pingBreaksInflating       = "ping-breaks-inflating"
	inflatesPings             = "inflates-pings-between-fragments"
	refusesStored             = "refuses-stored-blocks"
	refusesUncompressed       = "refuses-uncompressed-with-deflate"
	uncompressedResets        = "uncompressed-message-resets-context"
	finalBlockEnds            = "final-block-ends-inflating"
	nothingAfterFinal         = "inflates-nothing-after-final-block"
	dropsBehindFinal          = "drops-data-behind-final-block"
	deliversCorrupt           = "delivers-what-it-could-inflate"
	deliversTruncated         = "delivers-truncated-deflate"
	hangsOnCorrupt            = "hangs-on-invalid-deflate"
	dropsOnCorrupt            = "drops-tcp-on-invalid-deflate"
	closes1000OnCorrupt       = "1000-for-invalid-deflate"
	skipsZlibHeader           = "skips-zlib-header"
	toleratesTail             = "accepts-unremoved-tail"
	skipsTextCheck            = "no-utf8-check-of-compressed-text"
	acceptsCutCompressed      = "accepts-cut-compressed-text"
	checksCompressed          = "checks-utf8-of-compressed-octets"
	inflatesAll               = "inflates-without-limit"
	diesOfBomb                = "dies-of-inflating-beyond-limit"
	acceptsRSV1Declined       = "accepts-rsv1-although-declined"
	acceptsRSV1OnContinuation = "accepts-rsv1-on-continuation"
	acceptsRSV1OnControl      = "accepts-rsv1-on-control"
	acceptsRSV2WithDeflate    = "accepts-rsv2-with-deflate"
	acceptsAnyWindow          = "inflates-beyond-agreed-window"
)

func compressionFaults() []Fault {
	return []Fault{
		{Name: keepsContext, Title: "Keeps its context although no takeover was agreed", Roles: InBoth},
		{Name: exceedsWindow, Title: "Compresses with a window of 15 bits whatever was agreed", Roles: InBoth},
		{Name: takesWindow8For9, Title: "Compresses with a window of 9 bits where 8 were agreed", Roles: InBoth},
		{Name: emptyAsNothing, Title: "Sends empty messages with RSV1 and without an octet", Roles: InBoth},
		{Name: leavesTail, Title: "Leaves 00 00 ff ff at the end of compressed messages", Roles: InBoth},
		{Name: rsv1OnFragments, Title: "Sends compressed messages in two fragments, both with RSV1", Roles: InBoth},
		{Name: rsv1OnControl, Title: "Compresses its control frames and sets RSV1", Roles: InBoth},
		{Name: neverCompresses, Title: "Sends uncompressed messages only", Roles: InBoth, Legal: true},
		{Name: compressesAfresh, Title: "Compresses each message by itself although it could refer to earlier ones", Roles: InBoth, Legal: true},
		{Name: deflatesWithoutRSV1, Title: "Compresses without setting RSV1", Roles: InBoth},
		{Name: rsv1Uncompressed, Title: "Sets RSV1 without compressing", Roles: InBoth},
		{Name: sendsBomb, Title: "Answers compressed messages with one that inflates to a gigabyte", Roles: InBoth},
		{Name: losesLastOfLarge, Title: "Loses the last octet of compressed messages of 64 KiB and more", Roles: InBoth},
		{Name: forgetsContext, Title: "Inflates each message without the context of the earlier ones", Roles: InBoth},
		{Name: inflatesSmall, Title: "Inflates with a window of 9 bits where none was agreed", Roles: InBoth},
		{Name: inflatesTo32506, Title: "Cannot inflate what refers more than 32506 octets back", Roles: InBoth},
		{Name: inflatesWithoutTail, Title: "Does not add 00 00 ff ff, and so takes the next message for lengths of a stored block", Roles: InBoth},
		{Name: inflatesSingly, Title: "Cannot inflate messages in several fragments", Roles: InBoth},
		{Name: refusesEmptyEnd, Title: "Fails on an empty last fragment of a compressed message", Roles: InBoth},
		{Name: pingBreaksInflating, Title: "Cannot inflate a message with a Ping between its fragments", Roles: InBoth},
		{Name: inflatesPings, Title: "Inflates the payload of a Ping between fragments as part of the message", Roles: InBoth},
		{Name: refusesStored, Title: "Cannot inflate stored blocks", Roles: InBoth},
		{Name: refusesUncompressed, Title: "Fails on uncompressed messages where compression was agreed", Roles: InBoth},
		{Name: uncompressedResets, Title: "Forgets its context for inflating at an uncompressed message", Roles: InBoth},
		{Name: finalBlockEnds, Title: "Cannot inflate anything after a final block", Roles: InBoth},
		{Name: nothingAfterFinal, Title: "Delivers all messages after one with a final block as empty", Roles: InBoth},
		{Name: dropsBehindFinal, Title: "Drops what is behind a final block in the same message", Roles: InBoth},
		{Name: deliversTruncated, Title: "Delivers what has come of compressed data that end too early", Roles: InBoth},
		{Name: skipsZlibHeader, Title: "Skips a zlib header before compressed data", Roles: InBoth},
		{Name: deliversCorrupt, Title: "Delivers what it could inflate of invalid data", Roles: InBoth},
		{Name: hangsOnCorrupt, Title: "Does nothing more where a message cannot be inflated", Roles: InBoth},
		{Name: dropsOnCorrupt, Title: "Ends TCP without a Close where a message cannot be inflated", Roles: InBoth, Legal: true},
		{Name: closes1000OnCorrupt, Title: "Fails the connection with 1000 where a message cannot be inflated", Roles: InBoth, Legal: true},
		{Name: toleratesTail, Title: "Accepts messages from which 00 00 ff ff was not removed", Roles: InBoth},
		{Name: skipsTextCheck, Title: "Does not check that compressed text is UTF-8", Roles: InBoth},
		{Name: acceptsCutCompressed, Title: "Accepts compressed text that ends inside a character", Roles: InBoth},
		{Name: checksCompressed, Title: "Checks that the compressed octets of text are UTF-8", Roles: InBoth},
		{Name: inflatesAll, Title: "Inflates up to 1 GiB whatever its limit", Roles: InBoth},
		{Name: diesOfBomb, Title: "Dies of a message that inflates beyond its limit", Roles: InBoth},
		{Name: acceptsRSV1Declined, Title: "Ignores RSV1 where compression was offered and not agreed", Roles: InBoth},
		{Name: acceptsRSV1OnContinuation, Title: "Accepts RSV1 on continuations where compression was agreed", Roles: InBoth},
		{Name: acceptsRSV1OnControl, Title: "Accepts RSV1 on control frames where compression was agreed", Roles: InBoth},
		{Name: acceptsRSV2WithDeflate, Title: "Accepts RSV2 where compression was agreed", Roles: InBoth},
		{Name: acceptsAnyWindow, Title: "Inflates beyond the agreed window and into earlier messages", Roles: InBoth},
	}
}

// bendParams changes how messages are compressed, and how that is checked, as
// an endpoint with faults does.
func (c *Conn) bendParams() {
	z := c.compression
	switch {
	case c.has(keepsContext):
		z.send.NoContextTakeover = false
	case c.has(exceedsWindow):
		z.send.WindowBits = deflate.MaxWindowBits
	case c.has(takesWindow8For9) && z.send.WindowBits == deflate.MinWindowBits:
		z.send.WindowBits++
	case c.has(acceptsAnyWindow):
		z.receive = deflate.Params{}
	case c.has(forgetsContext):
		z.receive.NoContextTakeover = true
	case c.has(compressesAfresh):
		z.send.NoContextTakeover = true
	case c.has(inflatesSmall) && z.receive.WindowBits == 0:
		z.receive.WindowBits = 9
	}
}

// beforeInflate judges a compressed message as an endpoint with faults does.
func (c *Conn) beforeInflate() error {
	m, z := &c.msg, c.compression
	const zlibHeaders = "\x78\x01\x78\x5e\x78\x9c\x78\xda"
	switch {
	case c.has(checksCompressed) && m.opcode == ws.Text && !utf8.Valid(m.payload()):
		return errNotUTF8()
	case c.has(finalBlockEnds) && z.ended:
		return errors.New("stream has ended")
	case c.has(inflatesWithoutTail) && z.inflated > 0 && !z.receive.NoContextTakeover:
		return errors.New("bad stored block")
	case c.has(pingBreaksInflating) && m.pinged:
		return errors.New("stream is disturbed")
	case c.has(skipsZlibHeader) && len(m.payload()) > 2:
		if at := strings.Index(zlibHeaders, string(m.payload()[:2])); at >= 0 && at%2 == 0 {
			m.buf = slices.Delete(m.buf, ws.MaxHeaderLen, ws.MaxHeaderLen+2)
		}
	}
	z.inflated++
	return nil
}

// afterInflate returns what an endpoint with faults makes of the outcome of
// inflating.
func (c *Conn) afterInflate(stats deflate.Stats, err error) error {
	c.compression.ended = stats.Final
	corrupt := err != nil && !errors.Is(err, deflate.ErrLimit)
	switch {
	case c.has(refusesStored) && stats.Stored > 1:
		return errors.New("stored block")
	case c.has(inflatesTo32506) && stats.Farthest > 32506:
		return errors.New("distance too far back")
	case errors.Is(err, deflate.ErrLimit) && c.has(diesOfBomb):
		return errDied
	case corrupt && c.has(dropsBehindFinal) && stats.Final: // it has not seen what is corrupt
		return nil
	case corrupt && c.has(deliversCorrupt), errors.Is(err, deflate.ErrTail) && c.has(toleratesTail),
		errors.Is(err, deflate.ErrTruncated) && c.has(deliversTruncated):
		return nil
	case corrupt && c.has(hangsOnCorrupt):
		return c.hang()
	case corrupt && c.has(dropsOnCorrupt):
		return errDropped
	case corrupt && c.has(closes1000OnCorrupt):
		return &ProtocolError{ws.NormalClosure, ""}
	}
	return err
}

// wrongInflated returns what an endpoint with faults makes of a message that has
// been inflated to plain, behind room for a header.
func (c *Conn) wrongInflated(plain []byte, stats deflate.Stats) []byte {
	z := c.compression
	switch {
	case c.has(nothingAfterFinal) && z.final:
		plain = plain[:ws.MaxHeaderLen]
	case c.has(dropsBehindFinal) && stats.Final:
		// The standard library's reader stops at the end of a final block.
		first, _ := io.ReadAll(flate.NewReaderDict(bytes.NewReader(c.msg.payload()), z.earlier))
		plain = append(plain[:ws.MaxHeaderLen], first...)
	}
	z.final = z.final || stats.Final
	if c.has(dropsBehindFinal) {
		z.earlier = append(z.earlier, plain[ws.MaxHeaderLen:]...)
		z.earlier = z.earlier[max(0, len(z.earlier)-1<<deflate.MaxWindowBits):]
	}
	return plain
}

// wrongDeflate changes a compressed message and its header as an endpoint with
// faults does.
func (c *Conn) wrongDeflate(h ws.Header, buf []byte) (ws.Header, []byte) {
	switch {
	case c.has(emptyAsNothing) && len(c.msg.payload()) == 0:
		buf = buf[:ws.MaxHeaderLen]
	case c.has(leavesTail):
		buf = append(buf, 0, 0, 0xff, 0xff)
	case c.has(deflatesWithoutRSV1):
		h.RSV = 0
	case c.has(rsv1Uncompressed):
		buf = c.msg.buf
	case c.has(sendsBomb):
		buf = append(make([]byte, ws.MaxHeaderLen), bomb()...)
	}
	return h, buf
}

// bomb returns a gigabyte of zeros, compressed.
func bomb() []byte {
	part := deflate.NewCompressor(deflate.Params{}).Compress(nil, make([]byte, 1<<20))
	bomb := bytes.Repeat(append(part, 0, 0, 0xff, 0xff), 1<<10)
	return bomb[:len(bomb)-4]
}
