// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/tls"
	"os"

	"github.com/wsspec/wsspec/internal/stream/secure"
)

// selfSigned makes a certificate for this machine that lives as long as the run,
// two days at most.
func selfSigned() (tls.Certificate, error) {
	names := []string{"localhost", "127.0.0.1", "::1"}
	if name, err := os.Hostname(); err == nil {
		names = append(names, name)
	}
	a, err := secure.NewAuthority(names...)
	if err != nil {
		return tls.Certificate{}, err
	}
	return a.Certificate(secure.SelfSigned)
}
