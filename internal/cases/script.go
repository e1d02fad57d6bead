// SPDX-License-Identifier: Apache-2.0

package cases

import (
	_ "embed"
	"strings"

	"golang.org/x/tools/txtar"

	"github.com/wsspec/wsspec/internal/conform"
)

// scripts is what we send in each case, in the notation of the wire log, as it
// looks when nothing comes back. A test writes it.
//
//go:embed scripts.txtar
var scripts []byte

// Script returns the lines of a case's script: seconds since the opening
// handshake, and what we do. It is empty for an id that names no case, and for
// 7.9 of an old edition, whose cases are others.
func Script(e Edition, id string) []string {
	if e == Old && conform.Subcategory(id) == "7.9" {
		return nil
	}
	for _, f := range txtar.Parse(scripts).Files {
		if f.Name == id {
			return strings.Split(strings.TrimSpace(string(f.Data)), "\n")
		}
	}
	return nil
}
