// SPDX-License-Identifier: Apache-2.0

package testee

// More faults of endpoints whose WebSocket is a stream: what is special to HTTP/2, and what shows in
// any version.
const (
	takesSettingBack    = "takes-connect-setting-back"
	takesAnySetting     = "takes-any-value-of-connect-setting"
	acceptsNoAuthority  = "accepts-connect-without-authority"
	acceptsAnyScheme    = "accepts-any-scheme-in-connect"
	acceptsAnyConnect   = "accepts-protocol-with-any-method"
	acceptsTwoOfAPseudo = "accepts-pseudo-fields-twice"
	acceptsLatePseudo   = "accepts-late-pseudo-fields"
	acceptsUpperCase    = "accepts-capitals-in-field-names"
	refusesKeyInConnect = "refuses-key-in-connect"
	answersWithAccept   = "sends-accept-in-answer-to-connect"
	answersWithUpgrade  = "sends-upgrade-in-answer-to-connect"
	authorityIsTarget   = "connects-to-authority"
	tunnelsAnywhere     = "tunnels-to-anywhere"
	takesPadding        = "takes-padding-for-data"
	emptyDataEnds       = "takes-empty-data-frame-for-end"
	ignoresWindow       = "ignores-flow-control"
	neverWidens         = "never-widens-window"
	goAwayEnds          = "ends-connection-at-goaway"
	takes101            = "takes-101-in-answer-to-connect"
	wantsAccept         = "wants-accept-in-answer-to-connect"
)

func http2Faults() []Fault {
	return []Fault{
		{Name: takesSettingBack, Title: "Sends SETTINGS_ENABLE_CONNECT_PROTOCOL with the value 0 after 1", Roles: AsServer},
		{Name: takesAnySetting, Title: "Takes any value of SETTINGS_ENABLE_CONNECT_PROTOCOL but 0 for 1", Roles: AsClient},
		{Name: acceptsNoAuthority, Title: "Accepts an extended CONNECT without :authority and Host", Roles: AsServer},
		{Name: acceptsAnyScheme, Title: "Accepts an extended CONNECT with any :scheme", Roles: AsServer},
		{Name: acceptsAnyConnect, Title: "Accepts :protocol with any method", Roles: AsServer},
		{Name: acceptsTwoOfAPseudo, Title: "Accepts a pseudo-header field twice", Roles: AsServer},
		{Name: acceptsLatePseudo, Title: "Accepts pseudo-header fields behind other fields", Roles: AsServer},
		{Name: acceptsUpperCase, Title: "Accepts capitals in field names", Roles: AsServer},
		{Name: refusesKeyInConnect, Title: "Refuses an extended CONNECT with a Sec-WebSocket-Key", Roles: AsServer},
		{Name: answersWithAccept, Title: "Sends Sec-WebSocket-Accept in the answer to an extended CONNECT", Roles: AsServer, Legal: true},
		{Name: answersWithUpgrade, Title: "Sends Connection and Upgrade in the answer to an extended CONNECT", Roles: AsServer},
		{Name: authorityIsTarget, Title: "Connects to the :authority of an extended CONNECT", Roles: AsServer},
		{Name: tunnelsAnywhere, Title: "Is a proxy that connects to any :authority", Roles: AsServer},
		{Name: takesPadding, Title: "Takes the padding of DATA frames for data", Roles: InBoth},
		{Name: emptyDataEnds, Title: "Takes an empty DATA frame for the end of the stream", Roles: InBoth},
		{Name: ignoresWindow, Title: "Sends without regard to the window of the other side", Roles: InBoth},
		{Name: neverWidens, Title: "Never sends WINDOW_UPDATE", Roles: InBoth},
		{Name: goAwayEnds, Title: "Ends the connection when GOAWAY comes, with the streams that are open", Roles: InBoth},
		{Name: takes101, Title: "Takes 101 in answer to an extended CONNECT for 200", Roles: AsClient},
		{Name: wantsAccept, Title: "Wants Sec-WebSocket-Accept in the answer to an extended CONNECT", Roles: AsClient},
	}
}
