// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/survey"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// clientTargets is what is left of 0.11: what a client makes of its URI, which shows in
// the requests of all its connections as far as the URIs had something to show, and that
// it waits for the answer.
func clientTargets() []conform.Case {
	look := func(id, title, section, unseenBecause string, rule func(r ws.Request) (shows bool, wrong []wirelog.Record), requirements ...string) conform.Case {
		return conform.Case{
			ID: id, Title: title, Spec: section, Only: conform.AsServer, Requirements: requirements, Want: surveyed(),
			Survey: func(e survey.Evidence) []wirelog.Record { return lookAtRequests(e, unseenBecause, rule) },
		}
	}
	return []conform.Case{
		look("0.11.9", "Look at the targets of requests for a URI without a path", "RFC 6455, 3",
			"no request was for a URI without a path: have the client connect to ws://host:port?agent=NAME too", emptyPath, "6455-3-2", "6455-4.1-11"),
		{
			ID: "0.11.10", Title: "Answer after a moment", Spec: "RFC 6455, 4.1", Only: conform.AsServer, Requirements: []string{"6455-4.1-22", "6455-6.1-1"},
			Open: edits(func(h *peer.Head) { h.Wait = withheld }), Play: live, Want: comesBack(),
		},
		look("0.11.13", "Look at what is not ASCII, or stands for something else, in request targets", "RFC 6455, 3",
			"no request target had anything in it that must be escaped: have the client call itself é, say", escapes, "6455-3-3", "6455-3-4", "6455-4.1-1"),
		{
			ID: "0.11.14", Title: "Look at Origin", Spec: "RFC 6455, 4.1", Only: conform.AsServer, Requirements: []string{"6455-4.1-17"},
			Survey: origins, Want: surveyed(),
		},
		look("0.11.15", "Look for credentials in request targets and in Host", "RFC 9110, 4.2.4",
			"no request has an Authorization: have the client connect to ws://user:password@host:port", credentials, "6455-4.1-1"),
	}
}

// withheld is how long an answer is kept from a client that should wait for it.
const withheld = 300 * time.Millisecond

// lookAtRequests looks at those requests that show what a case is about.
func lookAtRequests(e survey.Evidence, unseenBecause string, rule func(r ws.Request) (shows bool, wrong []wirelog.Record)) []wirelog.Record {
	var lapses []wirelog.Record
	n := 0
	for _, c := range e.Connections {
		r, err := ws.ParseRequest(c.Request)
		if err != nil {
			continue // 0.11.1
		}
		shows, wrong := rule(r)
		for _, w := range wrong {
			if w.Kind == wirelog.Violation {
				return []wirelog.Record{w}
			}
		}
		lapses = append(lapses, wrong...)
		if shows {
			n++
		}
	}
	switch {
	case len(lapses) > 0:
		return lapses[:1]
	case n == 0:
		return []wirelog.Record{unseen("%s", unseenBecause)}
	}
	return []wirelog.Record{seen("%d requests", n)}
}

// emptyPath wants a slash where the path of a URI is empty.
func emptyPath(r ws.Request) (shows bool, wrong []wirelog.Record) {
	target := r.Target
	if _, rest, absolute := strings.Cut(target, "://"); absolute && target[0] != '/' && target[0] != '?' {
		target = ""
		if i := strings.IndexAny(rest, "/?"); i >= 0 {
			target = rest[i:]
		}
	}
	switch {
	case target == "" || target[0] == '?':
		return true, []wirelog.Record{broke("RFC 6455, 3: the request target %.80q begins with no slash, which stands for an empty path", r.Target)}
	case target == "/" || strings.HasPrefix(target, "/?"):
		return true, nil
	}
	return false, nil
}

// escapes wants what is not ASCII escaped as UTF-8. A fragment is none of the server's
// business (RFC 6455, 3). Characters of ASCII that no URI has are sent as they are by
// browsers (the URL Standard says so of "|" in a query, for one): NON-STRICT.
func escapes(r ws.Request) (shows bool, wrong []wirelog.Record) {
	t := r.Target
	for i := range len(t) {
		switch c := t[i]; {
		case c == '#':
			return true, []wirelog.Record{broke("RFC 6455, 3: there is a # in the request target %.80q; one that begins no fragment is sent as %%23", t)}
		case c >= 0x7F || c < ' ':
			return true, []wirelog.Record{broke("RFC 6455, 3: octet %02X in the request target %.80q should have been escaped", c, t)}
		case strings.IndexByte("\"<>\\^`{|}", c) >= 0:
			return true, []wirelog.Record{lapsed("RFC 3986, 2: %q in the request target %.80q should have been escaped", c, t)}
		}
	}
	if !strings.Contains(t, "%") {
		return false, nil
	}
	// What is no UTF-8 may be meant so: no rule is broken by it for certain.
	plain, err := url.PathUnescape(t)
	if err != nil {
		return true, []wirelog.Record{broke("RFC 3986, 2.1: there is a %% in the request target %.80q that escapes nothing", t)}
	}
	return utf8.ValidString(plain), nil
}

// origins wants an Origin in each request of a browser: "The request MUST include a
// header field with the name |Origin| if the request is coming from a browser client"
// (RFC 6455, 4.1). That a client is one, its profile says.
func origins(e survey.Evidence) []wirelog.Record {
	return lookAtRequests(e, `no request has an Origin, which only browsers must send: a profile with "browser": true says that the client is one (--profile)`,
		func(r ws.Request) (shows bool, wrong []wirelog.Record) {
			if shows, wrong = origin(r); shows || !e.Browser {
				return shows, wrong
			}
			return true, []wirelog.Record{broke("RFC 6455, 4.1: a request has no Origin, and one that comes from a browser must have one")}
		})
}

// origin wants one Origin, in the form of RFC 6454, 7.1, where there is any.
func origin(r ws.Request) (shows bool, wrong []wirelog.Record) {
	values := r.Fields.Values("Origin")
	switch {
	case len(values) == 0:
		return false, nil
	case len(values) > 1:
		return true, []wirelog.Record{broke("RFC 6454, 7.3: %d fields Origin, and there must be one at most", len(values))}
	}
	for s := range strings.SplitSeq(values[0], " ") {
		if !serializedOrigin(s) {
			return true, []wirelog.Record{broke("RFC 6454, 7.1: Origin %.80q is no serialization of an origin", values[0])}
		}
	}
	return true, nil
}

// serializedOrigin reports whether s is null, or a scheme, a host and perhaps a port
// (RFC 6454, 6.2).
func serializedOrigin(s string) bool {
	if s == "null" {
		return true
	}
	u, err := url.Parse(s)
	return err == nil && u.Scheme != "" && u.Host != "" && u.Path == "" && u.User == nil &&
		!strings.ContainsAny(s, "?#") && u.Hostname() != ""
}

// credentials of a URI go into Authorization, if anywhere.
func credentials(r ws.Request) (shows bool, wrong []wirelog.Record) {
	authority := ""
	if _, rest, absolute := strings.Cut(r.Target, "://"); absolute && !strings.HasPrefix(r.Target, "/") {
		authority, _, _ = strings.Cut(rest, "/")
	}
	for where, s := range map[string]string{"Host": r.Fields.Get("Host"), "the request target": authority} {
		if strings.Contains(s, "@") {
			return true, []wirelog.Record{broke("RFC 9110, 4.2.4: there are credentials in %s", where)}
		}
	}
	return len(r.Fields.Values("Authorization")) > 0, nil
}
