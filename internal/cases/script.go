// SPDX-License-Identifier: Apache-2.0

package cases

import (
	_ "embed"
	"strings"

	"golang.org/x/tools/txtar"
)

// scripts is what we send in each case, in the notation of the wire log, as it
// looks when nothing comes back. A test writes it.
//
//go:embed scripts.txtar
var scripts []byte

// Script returns the lines of the script of a case of the current edition: seconds since the opening
// handshake, and what we do. It is empty for an id that names no case.
func Script(id string) []string {
	for _, f := range txtar.Parse(scripts).Files {
		if f.Name == id {
			return strings.Split(strings.TrimSpace(string(f.Data)), "\n")
		}
	}
	return nil
}
