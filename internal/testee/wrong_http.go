// SPDX-License-Identifier: Apache-2.0

package testee

// Faults of endpoints whose WebSocket is a stream of HTTP/2 or HTTP/3 (RFC 8441, RFC 9220).
const (
	acceptsAnyProtocol      = "accepts-any-protocol-in-connect"
	acceptsNoPath           = "accepts-connect-without-path-or-scheme"
	acceptsConnectionFields = "accepts-connection-fields-in-connect"
	wantsKeyInConnect       = "wants-key-in-connect"
	answers101ToConnect     = "answers-connect-with-101"
	allowsConnectTwice      = "sends-connect-setting-of-2"
	forbidsConnect          = "accepts-connect-without-setting"
	resetEndsConnection     = "ends-connection-when-stream-is-reset"
	closeEndsConnection     = "ends-connection-with-websocket"
	resetsAtEnd             = "resets-stream-at-end"
	dataFrameIsFrame        = "takes-data-frame-for-websocket-frame"
	chokesOnUnknown         = "ends-connection-at-unknown-frames"
	asksUnallowed           = "asks-without-connect-setting"
	sendsConnectionFields   = "sends-connection-fields-in-connect"
	sendsKeyInConnect       = "sends-key-in-connect"
	survivesReset           = "goes-on-after-stream-reset"
)

func httpFaults() []Fault {
	return []Fault{
		{Name: acceptsAnyProtocol, Title: "Opens a WebSocket whatever :protocol says", Roles: AsServer},
		{Name: acceptsNoPath, Title: "Accepts an extended CONNECT without :path or :scheme", Roles: AsServer},
		{Name: acceptsConnectionFields, Title: "Accepts an extended CONNECT with Connection and Upgrade", Roles: AsServer},
		{Name: wantsKeyInConnect, Title: "Wants a Sec-WebSocket-Key in an extended CONNECT", Roles: AsServer},
		{Name: answers101ToConnect, Title: "Answers an extended CONNECT with 101", Roles: AsServer},
		{Name: allowsConnectTwice, Title: "Sends SETTINGS_ENABLE_CONNECT_PROTOCOL with the value 2", Roles: AsServer},
		{Name: forbidsConnect, Title: "Does not send SETTINGS_ENABLE_CONNECT_PROTOCOL, and accepts an extended CONNECT", Roles: AsServer},
		{Name: resetEndsConnection, Title: "Ends the whole connection when one stream is reset", Roles: AsServer},
		{Name: closeEndsConnection, Title: "Ends the whole connection at the end of one WebSocket", Roles: AsServer},
		{Name: resetsAtEnd, Title: "Resets the stream where it is to end in order", Roles: InBoth},
		{Name: dataFrameIsFrame, Title: "Takes each DATA frame for a whole WebSocket frame", Roles: InBoth},
		{Name: chokesOnUnknown, Title: "Ends the connection when a frame of unknown type comes", Roles: InBoth},
		{Name: asksUnallowed, Title: "Sends an extended CONNECT that the server has not allowed", Roles: AsClient},
		{Name: sendsConnectionFields, Title: "Sends Connection and Upgrade in an extended CONNECT", Roles: AsClient},
		{Name: sendsKeyInConnect, Title: "Sends a Sec-WebSocket-Key in an extended CONNECT", Roles: AsClient},
		{Name: survivesReset, Title: "Goes on sending after the other side has reset the stream", Roles: AsClient},
	}
}
