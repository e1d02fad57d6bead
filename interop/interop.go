// SPDX-License-Identifier: Apache-2.0

// Package interop holds measured facts about third-party WebSocket libraries.
// It is in a module of its own so that users of wsspec do not depend on them, and knows
// nothing of how wsspec works. Start at conformance_test.go.
package interop

import (
	"embed"
	"io/fs"
)

//go:embed testdata/oracle/*.json
var oracle embed.FS

// Oracle holds servers.json and clients.json: the verdicts of the reference
// suite, which testdata/oracle/README.md describes.
func Oracle() fs.FS {
	sub, err := fs.Sub(oracle, "testdata/oracle")
	if err != nil {
		panic(err) // the path above is wrong
	}
	return sub
}
