// SPDX-License-Identifier: Apache-2.0

package wirelog

import (
	"crypto/tls"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// TLS is what happened in TLS, below the octets of the connection.
type TLS struct {
	What     TLSWhat
	Versions []uint16 // TLSHello: those offered; TLSAgreed: the one
	Suite    string   // TLSAgreed
	Name     string   // TLSHello: the server's name (SNI), empty where there is none
	ALPN     []string // TLSHello: protocols offered; TLSAgreed: the one chosen, if any
	Alert    uint8    // TLSAlert: its description (RFC 8446, 6)
	Note     string   // TLSCertificate, TLSBroken: a few words
}

// TLSWhat is what a TLS is about.
type TLSWhat uint8

// What happens in TLS. The notation of each stands beside it, without its sign.
const (
	TLSHello       TLSWhat = iota // tls hello 1.3,1.2 sni="example.org" alpn="h2","http/1.1"
	TLSAgreed                     // tls agreed 1.3 TLS_AES_128_GCM_SHA256 alpn="http/1.1"
	TLSCertificate                // tls certificate "for example.org, until 2026-12-31, verified"
	TLSAlert                      // tls alert 42 bad_certificate: a fatal one
	TLSCloseNotify                // tls close_notify
	TLSTruncated                  // tls truncated: TCP ended without a close_notify
	TLSKeyUpdate                  // tls key_update
	TLSBroken                     // tls broken "…": it was ended as what came was wrong
)

var tlsWords = [...]string{
	TLSHello: "hello", TLSAgreed: "agreed", TLSCertificate: "certificate", TLSAlert: "alert",
	TLSCloseNotify: "close_notify", TLSTruncated: "truncated", TLSKeyUpdate: "key_update", TLSBroken: "broken",
}

// String prints it in the notation of logs; parseTLS reads it back.
func (t TLS) String() string {
	var b strings.Builder
	b.WriteString("tls " + tlsWords[t.What])
	switch t.What {
	case TLSHello:
		b.WriteString(" " + versionsText(t.Versions))
		if t.Name != "" {
			b.WriteString(" sni=" + strconv.Quote(t.Name))
		}
	case TLSAgreed:
		b.WriteString(" " + versionsText(t.Versions) + " " + t.Suite)
	case TLSCertificate, TLSBroken:
		b.WriteString(" " + strconv.Quote(t.Note))
	case TLSAlert:
		fmt.Fprintf(&b, " %d %s", t.Alert, AlertName(t.Alert))
	}
	for i, p := range t.ALPN {
		b.WriteString([...]string{" alpn=", ","}[min(i, 1)] + strconv.Quote(p))
	}
	return b.String()
}

// AlertName is the name of an alert, such as bad_certificate (RFC 8446, 6).
func AlertName(description uint8) string {
	name := strings.TrimPrefix(tls.AlertError(description).Error(), "tls: ")
	return strings.NewReplacer(" ", "_", "(", "", ")", "").Replace(name)
}

// versionsText lists versions of TLS: 1.3,1.2, or none.
func versionsText(vs []uint16) string {
	if len(vs) == 0 {
		return "none"
	}
	var words []string
	for _, v := range vs {
		words = append(words, VersionName(v))
	}
	return strings.Join(words, ",")
}

// VersionName is a version of TLS as people call it: 1.2, or in hex where it has no name.
func VersionName(v uint16) string {
	if v >= tls.VersionTLS10 && v <= tls.VersionTLS13 {
		return fmt.Sprintf("1.%d", v-tls.VersionTLS10)
	}
	return fmt.Sprintf("%04x", v)
}

func parseVersions(s string) (vs []uint16, err error) {
	if s == "none" {
		return nil, nil
	}
	for word := range strings.SplitSeq(s, ",") {
		minor, named := strings.CutPrefix(word, "1.")
		n, err := strconv.ParseUint(word, 16, 16)
		if named {
			if n, err = strconv.ParseUint(minor, 10, 2); err == nil {
				n += tls.VersionTLS10
			}
		}
		if err != nil {
			return nil, fmt.Errorf("version of TLS %.20q: want such as 1.3", word)
		}
		vs = append(vs, uint16(n))
	}
	return vs, nil
}

// parseTLS reads what TLS.String printed.
func parseTLS(s string) (t TLS, err error) {
	word, rest, _ := strings.Cut(strings.TrimPrefix(s, "tls "), " ")
	for what, name := range tlsWords {
		if name == word {
			t.What = TLSWhat(what)
			return t, t.parse(rest)
		}
	}
	return t, fmt.Errorf("tls %.20q: want hello, agreed, certificate, alert, close_notify, truncated, key_update or broken", word)
}

func (t *TLS) parse(rest string) (err error) {
	switch t.What {
	case TLSCertificate, TLSBroken:
		if t.Note, err = strconv.Unquote(rest); err != nil {
			err = fmt.Errorf("tls %s %.40q: want a quoted string", tlsWords[t.What], rest)
		}
		return err
	case TLSAlert:
		number, _, _ := strings.Cut(rest, " ")
		n, err := strconv.ParseUint(number, 10, 8)
		t.Alert = uint8(n)
		return err
	case TLSHello, TLSAgreed:
		word, more, _ := strings.Cut(rest, " ")
		if t.Versions, err = parseVersions(word); err != nil {
			return err
		}
		if rest = more; t.What == TLSAgreed {
			t.Suite, rest, _ = strings.Cut(rest, " ")
		}
		return t.parseNames(rest)
	}
	if rest != "" {
		return fmt.Errorf("tls %s: nothing follows, and not %.40q", tlsWords[t.What], rest)
	}
	return nil
}

// parseNames reads sni= and alpn=.
func (t *TLS) parseNames(s string) error {
	quoted := func(s string) (value, rest string, err error) {
		q, err := strconv.QuotedPrefix(s)
		if err != nil {
			return "", "", fmt.Errorf("tls %s: want a quoted string at %.40q", tlsWords[t.What], s)
		}
		value, err = strconv.Unquote(q)
		return value, s[len(q):], err
	}
	var err error
	if name, ok := strings.CutPrefix(s, "sni="); ok {
		if t.Name, s, err = quoted(name); err != nil {
			return err
		}
		s = strings.TrimPrefix(s, " ")
	}
	list, ok := strings.CutPrefix(s, "alpn=")
	for more := ok; more; list, more = strings.CutPrefix(list, ",") {
		var p string
		if p, list, err = quoted(list); err != nil {
			return err
		}
		t.ALPN = append(t.ALPN, p)
	}
	if !ok && s != "" || ok && list != "" {
		return fmt.Errorf("tls %s: %.40q is neither sni= nor alpn=", tlsWords[t.What], s+list)
	}
	return nil
}

// End is how TLS stood when TCP ended.
type End uint8

// Ends of TLS. The zero value is for connections without it.
const (
	EndUnsaid    End = iota // there was no TLS, or it was not seen
	EndNotified             // behind a close_notify
	EndBare                 // without one
	EndAlerted              // behind a fatal alert
	EndUnsecured            // before its handshake was done
)

var ends = [...]string{
	EndUnsaid: "", EndNotified: "behind close_notify", EndBare: "without close_notify",
	EndAlerted: "behind a TLS alert", EndUnsecured: "in the TLS handshake",
}

// String is empty for what says nothing of itself.
func (e End) String() string { return ends[e] }

// ParseEnd reads what String printed, where that says something.
func ParseEnd(s string) (End, bool) {
	i := slices.Index(ends[:], s)
	return End(max(i, 0)), i > 0
}

// tlsEnd is how TLS stood at the end of the records.
func tlsEnd(rs []Record) End {
	secured, agreed, end := false, false, EndUnsaid
	for _, r := range rs {
		if r.Kind != SentTLS && r.Kind != ReceivedTLS {
			continue
		}
		secured = true
		switch {
		case r.TLS.What == TLSAgreed:
			agreed = true
		case r.Kind == SentTLS:
		case r.TLS.What == TLSCloseNotify:
			end = EndNotified
		case r.TLS.What == TLSAlert:
			end = EndAlerted
		}
	}
	switch {
	case secured && !agreed:
		return EndUnsecured
	case secured && end == EndUnsaid:
		return EndBare
	}
	return end
}
