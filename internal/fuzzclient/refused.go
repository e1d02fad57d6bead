// SPDX-License-Identifier: Apache-2.0

package fuzzclient

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/visible"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// A Refusal is the way in which a server does not open a WebSocket connection.
type Refusal uint8

// Ways of refusing the opening handshake.
const (
	ByStatus  Refusal = iota // an HTTP status other than 101
	WantsTLS                 // it speaks TLS, and we did not
	ByAlert                  // a TLS alert, once the TLS handshake was done
	NotHTTP                  // an answer that is no HTTP
	Silence                  // no answer in time, or only the beginning of one
	Endless                  // a head that is too long
	HangingUp                // it closed the connection before the answer was complete
)

// RefusedError says that a server answers the opening handshake with something
// else than 101, so that no case can be run. It is ErrUnreachable too. What the
// server has sent is made visible and bounded.
type RefusedError struct {
	URL      string
	Target   string // what was asked for, as in the request line
	How      Refusal
	Status   int    // ByStatus
	Reason   string // ByStatus: the words behind the status
	Location string // ByStatus: where a redirection leads
	Line     string // the first line of the content, or of what is no HTTP; may be empty
	Err      error  // ByAlert
	Waited   time.Duration
}

func (e *RefusedError) Error() string {
	what := ""
	switch e.How {
	case ByStatus:
		what = strings.TrimSpace(fmt.Sprintf("HTTP status %d %s", e.Status, e.Reason))
	case WantsTLS:
		what = "the port speaks TLS, and the URL begins with ws:"
	case ByAlert:
		what = e.Err.Error()
	case NotHTTP:
		what = "the answer is no HTTP"
	case Silence:
		what = fmt.Sprintf("no answer within %v", e.Waited.Round(time.Millisecond))
		if e.Line != "" {
			what = fmt.Sprintf("the answer had no end within %v", e.Waited.Round(time.Millisecond))
		}
	case Endless:
		what = fmt.Sprintf("the answer has a head of more than %d octets", maxHeard)
	case HangingUp:
		what = "the connection was closed before there was an answer"
	}
	if e.Location != "" {
		what += ", to " + e.Location
	}
	if e.Line != "" {
		what += ": " + e.Line
	}
	return fmt.Sprintf("%s: the server refuses the opening handshake: %s", e.URL, what)
}

// Is makes a server that refuses handshakes one that cannot be reached.
func (e *RefusedError) Is(target error) bool { return target == ErrUnreachable }

// Unwrap is the TLS alert, if it was one.
func (e *RefusedError) Unwrap() error { return e.Err }

// mayPass reports whether it may be otherwise in a moment: gateways and
// containers accept connections before what is behind them does.
func (e *RefusedError) mayPass() bool {
	return e.How == HangingUp || e.Status >= 502 && e.Status <= 504
}

// refusal says what a server that did not open the connection did instead.
func (e *Endpoint) refusal(o *overheard, log *wirelog.Log, waited time.Duration) *RefusedError {
	heard, err := o.said()
	if peer.TunnelOf(o) != nil {
		heard = append(slices.Clone(log.Response), heard...) // which came beside the stream
	}
	r := &RefusedError{URL: e.URL, Target: e.request.Target, Waited: waited}
	end := ws.HeadEnd(heard)
	answer, perr := ws.ParseResponse(heard[:end])
	begun := bytes.HasPrefix(heard, []byte("HTTP/"))
	switch {
	case perr == nil && isHTTPSHint(answer.Status, heard) && e.target.TLS == nil, isTLSRecord(heard):
		r.How = WantsTLS
	case perr == nil:
		r.Status, r.Reason, r.Line = answer.Status, shown(answer.Reason), firstLine(heard)
		if answer.Status/100 == 3 {
			r.Location = shown(answer.Fields.Get("Location"))
		}
	case isAlert(err):
		r.How, r.Err = ByAlert, e.alerted(err)
	case end > 0 || len(heard) > 0 && !begun:
		r.How, r.Line = NotHTTP, printable(heard)
	case len(heard) == maxHeard:
		r.How, r.Line = Endless, printable(heard)
	case err != nil, peer.TunnelOf(o) != nil && !log.Facts.WasOpenHandshakeTimeout:
		r.How, r.Line = HangingUp, printable(heard)
	default:
		r.How, r.Line = Silence, printable(heard)
	}
	return r
}

// isHTTPSHint reports whether the content says, as that of the usual servers does,
// that plain HTTP came to a port for HTTPS.
func isHTTPSHint(status int, heard []byte) bool {
	return status == 400 && bytes.Contains(heard, []byte("HTTP request")) && bytes.Contains(heard, []byte("HTTPS"))
}

// isTLSRecord reports whether a TLS alert or handshake begins b (RFC 8446, 5.1).
func isTLSRecord(b []byte) bool {
	const alert, handshake = 21, 22
	return len(b) >= 5 && (b[0] == alert || b[0] == handshake) && b[1] == 3 && b[2] <= 4
}

// isAlert reports whether the error is an alert that the server has sent.
func isAlert(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "remote error"
}

var (
	title = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)
	tags  = regexp.MustCompile(`(?s)<[^>]*>`)
)

// firstLine is the first line of the content of an HTTP response that says
// something; of HTML the title.
func firstLine(heard []byte) string {
	for _, version := range []string{ws.HTTP2, ws.HTTP3} { // which its content does not depend on
		if rest, ok := bytes.CutPrefix(heard, []byte(version+" ")); ok {
			heard = append([]byte(ws.HTTP1+" "), rest...)
		}
	}
	resp, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(heard)), nil)
	if err != nil {
		return ""
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body) // as far as it was heard
	if m := title.FindSubmatch(body); m != nil {
		body = m[1]
	}
	for line := range strings.Lines(string(body)) {
		if line = strings.TrimSpace(tags.ReplaceAllString(line, " ")); line != "" {
			return printable([]byte(line))
		}
	}
	return ""
}

// printable is the first line of b in quotes, if there is anything.
func printable(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	line, _, _ := strings.Cut(string(b), "\n")
	return `"` + shown(strings.TrimSpace(line)) + `"`
}

// shown makes visible what a server sent, and bounds it.
func shown(s string) string {
	const most = 120
	r := []rune(visible.Text(s[:min(len(s), 4*most)]))
	if len(r) <= most {
		return string(r)
	}
	return string(r[:most]) + "…"
}
