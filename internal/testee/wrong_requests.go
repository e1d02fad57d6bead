// SPDX-License-Identifier: Apache-2.0

package testee

import (
	"io"
	"slices"
	"strings"
	"time"

	"github.com/wsspec/wsspec/internal/ws"
)

// Faults of a server in reading the request (RFC 6455, 4.2.1).
const (
	acceptsAnyMethod        = "accepts-any-method"
	acceptsHTTP10           = "accepts-http-1.0"
	acceptsAnyTarget        = "accepts-any-request-target"
	acceptsFragment         = "accepts-fragment-in-request-target"
	refusesAbsoluteForm     = "refuses-absolute-form"
	acceptsNoHost           = "accepts-missing-host"
	acceptsManyHosts        = "accepts-several-hosts"
	acceptsNoUpgrade        = "accepts-missing-upgrade"
	upgradeBySubstring      = "matches-upgrade-by-substring"
	upgradeCaseSensitive    = "compares-upgrade-case-sensitively"
	upgradeWhole            = "refuses-upgrade-list"
	acceptsNoConnection     = "accepts-missing-connection"
	connectionBySubstring   = "matches-connection-by-substring"
	connectionCaseSensitive = "compares-connection-case-sensitively"
	connectionWhole         = "refuses-connection-list"
	connectionFirstLine     = "reads-only-first-connection-line"
	wantsHostFirst          = "wants-host-first"
	acceptsBlankBeforeColon = "accepts-blank-before-colon"
	unfoldsFields           = "unfolds-folded-fields"
	diesOfBadUTF8           = "dies-of-field-that-is-not-utf8"
	ignoresOrigin           = "ignores-origin-policy"
	firstOrigin             = "reads-only-first-origin"
	refusesTwoSubprotocols  = "refuses-subprotocols-in-two-fields"
	skipsBadSubprotocols    = "passes-over-malformed-subprotocols"
	namesCaseSensitive      = "compares-field-names-case-sensitively"
	acceptsNoKey            = "accepts-missing-key"
	acceptsAnyKey           = "accepts-any-key"
	acceptsManyKeys         = "accepts-several-keys"
	acceptsNoVersion        = "accepts-missing-version"
	acceptsAnyVersion       = "accepts-any-version"
	versionByNumber         = "reads-version-as-leading-number"
	firstVersion            = "reads-only-first-version-line"
	acceptsContent          = "takes-request-content-for-frames"
	acceptsBadExtensions    = "accepts-malformed-extensions"
	skipsBadExtensions      = "passes-over-malformed-extensions"
	firstExtensionLine      = "reads-only-first-extensions-line"
	wantsOneRead            = "needs-request-in-one-read"
	dropsBehindHead         = "drops-octets-behind-handshake"
	dropsReadWithAnswer     = "drops-what-was-read-with-answer"
	dropsBadRequests        = "drops-tcp-on-bad-request"
	dropsBadVersions        = "drops-tcp-on-version-mismatch"
	lowHeadLimit            = "ignores-requests-above-4k"
	readsEndlessHeads       = "reads-heads-of-up-to-16-mib"
)

func requestFaults() []Fault {
	return []Fault{
		{Name: acceptsAnyMethod, Title: "Accepts methods other than GET", Roles: AsServer},
		{Name: acceptsHTTP10, Title: "Accepts HTTP/1.0", Roles: AsServer},
		{Name: acceptsAnyTarget, Title: "Accepts request targets that are none", Roles: AsServer},
		{Name: acceptsFragment, Title: "Accepts request targets with a fragment", Roles: AsServer},
		{Name: refusesAbsoluteForm, Title: "Refuses request targets in absolute form", Roles: AsServer},
		{Name: acceptsNoHost, Title: "Accepts a request without Host", Roles: AsServer},
		{Name: acceptsManyHosts, Title: "Accepts several Host fields", Roles: AsServer},
		{Name: acceptsNoUpgrade, Title: "Accepts a request without Upgrade: websocket", Roles: AsServer},
		{Name: upgradeBySubstring, Title: "Looks for websocket anywhere in Upgrade", Roles: AsServer},
		{Name: upgradeCaseSensitive, Title: "Wants Upgrade to be websocket in lower case", Roles: AsServer},
		{Name: upgradeWhole, Title: "Wants Upgrade to name nothing but websocket", Roles: AsServer},
		{Name: acceptsNoConnection, Title: "Accepts a request without Connection: Upgrade", Roles: AsServer},
		{Name: connectionBySubstring, Title: "Looks for upgrade anywhere in Connection", Roles: AsServer},
		{Name: connectionCaseSensitive, Title: "Wants Connection to list Upgrade in this spelling", Roles: AsServer},
		{Name: connectionWhole, Title: "Wants Connection to list nothing but Upgrade", Roles: AsServer},
		{Name: connectionFirstLine, Title: "Reads only the first Connection field", Roles: AsServer},
		{Name: wantsHostFirst, Title: "Refuses requests whose first field is not Host", Roles: AsServer},
		{Name: acceptsBlankBeforeColon, Title: "Accepts blanks between a field's name and the colon", Roles: AsServer},
		{Name: unfoldsFields, Title: "Accepts field lines that are folded", Roles: AsServer, Legal: true},
		{Name: diesOfBadUTF8, Title: "Dies of a field that is not UTF-8", Roles: AsServer},
		{Name: ignoresOrigin, Title: "Accepts requests from the origins that it has been told to refuse", Roles: AsServer},
		{Name: firstOrigin, Title: "Reads only the first of several Origin fields", Roles: AsServer, Legal: true},
		{Name: refusesTwoSubprotocols, Title: "Refuses requests with two Sec-WebSocket-Protocol fields", Roles: AsServer},
		{Name: skipsBadSubprotocols, Title: "Passes over a malformed Sec-WebSocket-Protocol field", Roles: AsServer},
		{Name: namesCaseSensitive, Title: "Wants field names in the usual spelling", Roles: InBoth},
		{Name: acceptsNoKey, Title: "Accepts a request without Sec-WebSocket-Key", Roles: AsServer},
		{Name: acceptsAnyKey, Title: "Accepts keys that are not 16 octets in base64", Roles: AsServer},
		{Name: acceptsManyKeys, Title: "Uses the first of several keys", Roles: AsServer},
		{Name: acceptsNoVersion, Title: "Accepts a request without Sec-WebSocket-Version", Roles: AsServer},
		{Name: acceptsAnyVersion, Title: "Accepts every version that is named", Roles: AsServer},
		{Name: versionByNumber, Title: "Reads the version up to the first octet that is no digit", Roles: AsServer},
		{Name: firstVersion, Title: "Reads only the first Sec-WebSocket-Version field", Roles: AsServer},
		{Name: acceptsContent, Title: "Takes the content of a request for frames", Roles: AsServer},
		{Name: acceptsBadExtensions, Title: "Accepts a malformed extensions field as permessage-deflate", Roles: AsServer},
		{Name: skipsBadExtensions, Title: "Passes over a malformed Sec-WebSocket-Extensions field", Roles: AsServer},
		{Name: firstExtensionLine, Title: "Reads only the first Sec-WebSocket-Extensions field", Roles: AsServer},
		{Name: wantsOneRead, Title: "Drops handshakes that come in more than one read", Roles: InBoth},
		{Name: dropsBehindHead, Title: "Drops octets that come right behind the handshake", Roles: InBoth},
		{Name: dropsReadWithAnswer, Title: "Drops octets that it has read together with the answer", Roles: AsClient, Chance: true},
		{Name: dropsBadRequests, Title: "Ends TCP instead of answering a bad request, unless for its version", Roles: AsServer, Legal: true},
		{Name: dropsBadVersions, Title: "Ends TCP instead of answering a request for another version", Roles: AsServer},
		{Name: lowHeadLimit, Title: "Does not answer requests above 4 KiB", Roles: AsServer},
		{Name: readsEndlessHeads, Title: "Reads HTTP heads of up to 16 MiB", Roles: InBoth},
	}
}

// dropBehindHead forgets what has come behind the head of the handshake, and,
// as a client with another fault, what comes right after.
func (c *Conn) dropBehindHead() {
	if c.has(dropsBehindHead) || c.has(dropsReadWithAnswer) {
		c.in.r = c.in.w
	}
	if c.role == ws.Server || !c.has(dropsBehindHead) {
		return
	}
	c.readBy(time.Now().Add(holdBack))
	_, _ = io.Copy(io.Discard, c.s) // the deadline ends it, or the next read tells
}

// without returns the fields but those with the name.
func without(f ws.Fields, name string) ws.Fields {
	return slices.DeleteFunc(slices.Clone(f), func(l ws.Field) bool { return strings.EqualFold(l.Name, name) })
}

// replaced returns the fields with one of the name, which has the value.
func replaced(f ws.Fields, name, value string) ws.Fields {
	return append(without(f, name), ws.Field{Name: name, Value: value})
}

// misreadRequest returns what a server with faults takes a request for.
func (c *Conn) misreadRequest(req ws.Request) ws.Request {
	if c.has(namesCaseSensitive) {
		req.Fields = usuallySpelled(req.Fields)
	}
	absolute := strings.HasPrefix(req.Target, "http")
	switch {
	case c.has(acceptsAnyMethod):
		req.Method = "GET"
	case c.has(acceptsHTTP10):
		req.Proto = "HTTP/1.1"
	case c.has(acceptsFragment):
		req.Target, _, _ = strings.Cut(req.Target, "#")
	case c.has(acceptsAnyTarget), c.has(refusesAbsoluteForm) && !absolute:
		req.Target = "/"
	case c.has(refusesAbsoluteForm):
		req.Target = "*"
	case c.has(acceptsContent):
		req.Fields = without(without(req.Fields, "Content-Length"), "Transfer-Encoding")
	}
	req.Fields = c.misreadRepeated(req.Fields)
	req.Fields = c.misreadHost(req.Fields)
	req.Fields = c.misreadUpgrade(req.Fields)
	return c.misreadKey(req)
}

// misreadRepeated passes over what comes after the first of several fields, or over fields
// that break the grammar.
func (c *Conn) misreadRepeated(f ws.Fields) ws.Fields {
	const extensions, protocols = "Sec-WebSocket-Extensions", "Sec-WebSocket-Protocol"
	for fault, name := range map[string]string{firstExtensionLine: extensions, firstOrigin: "Origin", firstVersion: "Sec-WebSocket-Version"} {
		if v := f.Get(name); c.has(fault) && v != "" {
			return replaced(f, name, v)
		}
	}
	_, malformed := ws.ParseExtensions(f.Values(extensions))
	switch {
	case c.has(skipsBadExtensions) && malformed != nil:
		return without(f, extensions)
	case c.has(skipsBadSubprotocols) && checkLists(ws.Request{Fields: f}) != nil:
		return without(f, protocols)
	}
	return f
}

// usuallySpelled returns the fields without those of the handshake that are not
// spelled as in the RFC.
func usuallySpelled(f ws.Fields) ws.Fields {
	names := []string{"Host", "Upgrade", "Connection", "Origin", "Sec-WebSocket-Key", "Sec-WebSocket-Version",
		"Sec-WebSocket-Accept", "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions"}
	return slices.DeleteFunc(slices.Clone(f), func(l ws.Field) bool {
		return slices.ContainsFunc(names, func(name string) bool { return name != l.Name && strings.EqualFold(name, l.Name) })
	})
}

func (c *Conn) misreadHost(f ws.Fields) ws.Fields {
	hosts := f.Values("Host")
	if c.has(acceptsNoHost) && len(hosts) == 0 || c.has(acceptsManyHosts) && len(hosts) > 1 {
		return replaced(f, "Host", "h")
	}
	return f
}

func (c *Conn) misreadUpgrade(f ws.Fields) ws.Fields {
	upgrade := f.Get("Upgrade")
	connection := f.Get("Connection")
	all := strings.Join(f.Values("Connection"), ",")
	switch {
	case c.has(acceptsNoUpgrade), c.has(upgradeBySubstring) && strings.Contains(strings.ToLower(upgrade), "websocket"):
		return replaced(f, "Upgrade", "websocket")
	case c.has(upgradeCaseSensitive) && upgrade != "websocket":
		return without(f, "Upgrade")
	case c.has(upgradeWhole) && !strings.EqualFold(strings.Join(f.Values("Upgrade"), ","), "websocket"):
		return without(f, "Upgrade")
	case c.has(acceptsNoConnection), c.has(connectionBySubstring) && strings.Contains(strings.ToLower(all), "upgrade"):
		return replaced(f, "Connection", "Upgrade")
	case c.has(connectionCaseSensitive) && !strings.Contains(all, "Upgrade"),
		c.has(connectionWhole) && !strings.EqualFold(all, "Upgrade"):
		return without(f, "Connection")
	case c.has(connectionFirstLine):
		return replaced(f, "Connection", connection)
	}
	return f
}

func (c *Conn) misreadKey(req ws.Request) ws.Request {
	const keyName, versionName = "Sec-WebSocket-Key", "Sec-WebSocket-Version"
	keys, versions := req.Fields.Values(keyName), req.Fields.Values(versionName)
	switch {
	case c.has(acceptsNoKey) && len(keys) == 0, c.has(acceptsAnyKey), c.has(acceptsManyKeys) && len(keys) > 1:
		const some = "dGhlIHNhbXBsZSBub25jZQ=="
		req.Fields = replaced(req.Fields, keyName, some)
	case c.has(acceptsNoVersion) && len(versions) == 0, c.has(acceptsAnyVersion) && len(versions) > 0:
		req.Fields = replaced(req.Fields, versionName, "13")
	case c.has(versionByNumber) && len(versions) > 0:
		v := strings.TrimLeft(versions[0], "0")
		if i := strings.IndexFunc(v, func(r rune) bool { return r < '0' || r > '9' }); i >= 0 {
			v = v[:i]
		}
		req.Fields = replaced(req.Fields, versionName, v)
	}
	return req
}
