// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package main

import (
	"context"
	"errors"
	"net"
)

// listenShared is for Linux: elsewhere one process would get all connections.
func listenShared(context.Context, string) (net.Listener, error) {
	return nil, errors.New("--processes is for Linux: no other system shares connections out evenly")
}
