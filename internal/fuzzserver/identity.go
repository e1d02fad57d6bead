// SPDX-License-Identifier: Apache-2.0

package fuzzserver

import "github.com/wsspec/wsspec/internal/ws"

// Identity are the fields with which a server presents itself, under a name such as
// wsspec/1.2.
func Identity(name string) ws.Fields {
	return ws.Fields{{Name: "Server", Value: name}, {Name: "X-Powered-By", Value: name}}
}
