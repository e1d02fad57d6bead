// SPDX-License-Identifier: Apache-2.0

package fuzzclient

import (
	"github.com/wsspec/wsspec/internal/spec"
	"github.com/wsspec/wsspec/internal/stream"
)

// Listed are the servers of a specification.
func Listed(s *spec.Spec) []Server {
	var servers []Server
	for _, e := range s.Servers {
		servers = append(servers, Server{
			URL: e.URL, Agent: e.Agent, Origin: e.Origin, Protocols: e.Protocols, TLS: stream.ClientTLS{Name: e.HostName}, Options: e.Options,
		})
	}
	return servers
}
