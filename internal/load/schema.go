// SPDX-License-Identifier: Apache-2.0

package load

import (
	_ "embed"
	"encoding/json"
	"io"
)

//go:embed schema.json
var schema string

// Schema is the JSON Schema of a Result.
func Schema() string { return schema }

// WriteJSON writes the result as the schema has it.
func WriteJSON(w io.Writer, r *Result) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(r)
}
